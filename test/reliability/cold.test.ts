import { execute } from "./scenario.js";
import { COLD } from "./scenarios/cold.js";

execute(COLD);
