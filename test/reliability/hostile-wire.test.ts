import { execute } from "./scenario.js";
import { HOSTILE } from "./scenarios/hostile-wire.js";

execute(HOSTILE);
