/** Endpoints that mean harm, or might as well. */
import { execute } from "./scenario.js";
import { HOSTILE_TEXT } from "./scenarios/hostile-text.js";
import { HOSTILE } from "./scenarios/hostile-wire.js";

execute([...HOSTILE, ...HOSTILE_TEXT]);
