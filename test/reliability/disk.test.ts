import { execute } from "./scenario.js";
import { DISK } from "./scenarios/disk.js";
import { KILLED } from "./scenarios/killed.js";

execute([...DISK, ...KILLED]);
