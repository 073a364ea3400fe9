/** Endpoints that are slow, down, failing, or asleep. */
import { execute } from "./scenario.js";
import { COLD } from "./scenarios/cold.js";
import { FAILING } from "./scenarios/failing.js";
import { GIVEN_UP } from "./scenarios/given-up.js";
import { TIMEOUTS } from "./scenarios/timeouts.js";
import { UNREACHABLE } from "./scenarios/unreachable.js";

execute([...TIMEOUTS, ...UNREACHABLE, ...FAILING, ...GIVEN_UP, ...COLD]);
