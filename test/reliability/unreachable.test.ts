import { execute } from "./scenario.js";
import { UNREACHABLE } from "./scenarios/unreachable.js";

execute(UNREACHABLE);
