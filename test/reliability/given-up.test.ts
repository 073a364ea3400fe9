import { execute } from "./scenario.js";
import { GIVEN_UP } from "./scenarios/given-up.js";
import { LIMITS } from "./scenarios/limits.js";

execute([...GIVEN_UP, ...LIMITS]);
