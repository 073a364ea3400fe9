import { execute } from "./scenario.js";
import { TIMEOUTS } from "./scenarios/timeouts.js";

execute(TIMEOUTS);
