/** Every rule of conformance. A new one is a constant in the file of its subject, or a file of its own and a line here. */
import { answerRules } from "./answer.js";
import type { Rule } from "./rule.js";
import { streamRules } from "./stream.js";

export const RULES: readonly Rule[] = [...streamRules, ...answerRules];
