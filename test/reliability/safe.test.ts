/** What a run may cost, where keys go, and what a disk or a kill leaves. */
import { execute } from "./scenario.js";
import { DISK } from "./scenarios/disk.js";
import { KILLED } from "./scenarios/killed.js";
import { LIMITS } from "./scenarios/limits.js";
import { PRIVACY } from "./scenarios/privacy.js";
import { RESUMED } from "./scenarios/resumed.js";
import { SAFETY } from "./scenarios/safety.js";

execute([...SAFETY, ...LIMITS, ...DISK, ...KILLED, ...RESUMED, ...PRIVACY]);
