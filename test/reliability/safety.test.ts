import { execute } from "./scenario.js";
import { SAFETY } from "./scenarios/safety.js";

execute(SAFETY);
