/** Every scenario of the fault matrix. */
import type { Scenario } from "./scenario.js";
import { COLD } from "./scenarios/cold.js";
import { DISK } from "./scenarios/disk.js";
import { FAILING } from "./scenarios/failing.js";
import { GIVEN_UP } from "./scenarios/given-up.js";
import { HOSTILE_TEXT } from "./scenarios/hostile-text.js";
import { HOSTILE } from "./scenarios/hostile-wire.js";
import { KILLED } from "./scenarios/killed.js";
import { LIMITS } from "./scenarios/limits.js";
import { PRIVACY } from "./scenarios/privacy.js";
import { RESUMED } from "./scenarios/resumed.js";
import { SAFETY } from "./scenarios/safety.js";
import { TIMEOUTS } from "./scenarios/timeouts.js";
import { UNREACHABLE } from "./scenarios/unreachable.js";

export const SCENARIOS: readonly Scenario[] = [
  ...TIMEOUTS,
  ...UNREACHABLE,
  ...FAILING,
  ...GIVEN_UP,
  ...HOSTILE,
  ...HOSTILE_TEXT,
  ...SAFETY,
  ...LIMITS,
  ...DISK,
  ...KILLED,
  ...RESUMED,
  ...PRIVACY,
  ...COLD,
];
