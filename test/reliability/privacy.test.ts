import { execute } from "./scenario.js";
import { PRIVACY } from "./scenarios/privacy.js";

execute(PRIVACY);
