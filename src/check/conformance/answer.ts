/** Rules about what an answer is made of. */
import { type Rule, rule } from "./rule.js";
import { firstText, header } from "./wire.js";

const html = rule(
  "html-answer",
  "breaks",
  "HTML came instead of JSON: clients fail while parsing, and the real error is lost",
  ({ attempt }) => {
    const start = firstText(attempt);
    const isHtml =
      /^\s*text\/html\b/i.test(header(attempt, "content-type") ?? "") || /^\s*<(?:!doctype html|html)\b/i.test(start);
    return isHtml ? start || "content-type: text/html" : null;
  },
);

const reasoningOnly = rule(
  "reasoning-only",
  "breaks",
  "reasoning used up max_tokens and the answer is empty: it is billed, and the client has nothing to show",
  ({ completion }) => {
    const { content, refusal, toolCalls, reasoning, finishReason, usage } = completion;
    const empty = (content ?? "").trim() === "" && (refusal ?? "") === "" && toolCalls.length === 0;
    const reasoned = reasoning.trim() !== "" || (usage?.reasoningTokens ?? 0) > 0;
    if (!empty || !reasoned || finishReason !== "length") return null;
    return `finish_reason length, ${usage?.outputTokens ?? "unknown"} output tokens, reasoning: ${reasoning}`;
  },
);

/** Ids are unique by contract, so an id that comes again was stored: an answer cache, or a constant. */
const repeatedId: Rule = {
  id: "completion-id-repeated",
  severity: "differs",
  message:
    "different requests got the same completion id: a cache answered, or ids are made up, and logs cannot be joined",
  watch() {
    const first = new Map<string, { exchangeId: number; caseId: string }>();
    return ({ exchange, completion: { id } }) => {
      if (id === null || id === "") return null;
      const own = { exchangeId: exchange.id, caseId: exchange.caseId };
      const known = first.get(id);
      if (known === undefined || own.exchangeId < known.exchangeId) first.set(id, own);
      if (known === undefined) return null;
      // In whatever order a recording is read, all but the lowest exchange of an id are its repetitions.
      const repeated = known.exchangeId > own.exchangeId ? known : own;
      return { evidence: `id: ${id}`, ...repeated };
    };
  },
};

export const answerRules: readonly Rule[] = [html, reasoningOnly, repeatedId];
