/** Rules about `/responses`. */
import { anomalyRules, type Rule } from "./rule.js";
import { isWhole } from "./wire.js";

export const responseRules: readonly Rule[] = anomalyRules("responses", [
  {
    kind: "sequence-gap",
    severity: "differs",
    message: "`sequence_number` is missing or out of order: clients that resume or sort by it lose events",
    clients: "streams that are resumed with `starting_after`",
    when: isWhole,
  },
  {
    kind: "item-events-missing",
    severity: "breaks",
    message:
      "an output item was delivered without its `added` or `done` event: clients have nothing to add its text to",
    clients: "openai-node's `responses.stream()` throws `missing output at index`",
    when: isWhole,
  },
  {
    kind: "completed-event-missing",
    severity: "breaks",
    message: "no final event ended the stream: the response, its status and its usage are never delivered",
    clients: "code that waits for `response.completed`; usage stands there alone",
    when: isWhole,
  },
  {
    kind: "final-differs",
    severity: "differs",
    message: "the final response differs from what was streamed: what was shown is not what is stored",
    clients: "interfaces that show the stream and keep the final object",
  },
]);
