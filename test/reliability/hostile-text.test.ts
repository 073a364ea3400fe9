import { execute } from "./scenario.js";
import { HOSTILE_TEXT } from "./scenarios/hostile-text.js";

execute(HOSTILE_TEXT);
