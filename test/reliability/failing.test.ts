import { execute } from "./scenario.js";
import { FAILING } from "./scenarios/failing.js";

execute(FAILING);
