/** Rules about what an answer is made of: text, reasoning, log probabilities, choices. */
import { anomalyRules, type Rule, rule } from "./rule.js";
import { isWholeAnswer, lastText } from "./wire.js";

const seen = anomalyRules("content", [
  {
    kind: "content-parts",
    severity: "breaks",
    message:
      "`content` is an array of parts where clients expect a string: it is shown as `[object Object]` or refused",
    clients: "the Vercel AI SDK's OpenAI provider requires a string; code that joins `delta.content`",
  },
  {
    kind: "content-absent",
    severity: "differs",
    message: "a message has no key `content`, which OpenAI sends as null: reading it by key fails",
    clients: 'code that reads `message["content"]` in Python; the OpenAI SDKs give None or undefined',
  },
  {
    kind: "reasoning-content",
    severity: "note",
    message: "reasoning came in `reasoning_content`, a field that OpenAI's chat API does not have",
    clients: "the OpenAI SDKs pass it through untyped; the Vercel AI SDK's compatible provider reads it",
  },
  {
    kind: "reasoning",
    severity: "note",
    message: "reasoning came in `reasoning`, a field that OpenAI's chat API does not have",
    clients: "code that reads `reasoning_content` shows nothing",
  },
  {
    kind: "reasoning-details",
    severity: "note",
    message: "reasoning came in `reasoning_details`, a field that OpenAI's chat API does not have",
    clients: "code that reads `reasoning_content` or `reasoning` shows nothing",
  },
  {
    kind: "reasoning-parts",
    severity: "breaks",
    message: "reasoning came as parts of the content: clients that expect a string fail, others show it as the answer",
    clients: "the Vercel AI SDK's OpenAI provider requires a string; code that joins `delta.content`",
  },
  {
    kind: "reasoning-inline",
    severity: "differs",
    message: "reasoning came as `<think>` inside the content: users read it, and JSON answers no longer parse",
    clients: "everything that shows or parses `content` as the answer",
  },
  {
    kind: "reasoning-twice",
    severity: "note",
    message: "the same reasoning was sent under two names: who reads both shows it twice",
    clients: "code that joins all known reasoning fields",
  },
  {
    kind: "logprobs-legacy",
    severity: "differs",
    message: "logprobs have the shape of the old completions API: `logprobs.content` is not there",
    clients: "code that reads `choice.logprobs.content`",
    when: ({ golden }) => golden.api !== "completions",
  },
]);

const reasoningOnly = rule(
  {
    id: "reasoning-only",
    subject: "content",
    // OpenAI's reasoning models do so too, but a client that comes from a model without reasoning has not met it.
    severity: "differs",
    message:
      "reasoning used up the limit of output tokens and the answer is empty: it is billed, and there is nothing to show",
    clients: "clients whose `max_tokens` was chosen for a model that does not reason",
    setting: "`extra` with the endpoint's own switch for reasoning, or `rename: {max_tokens: max_completion_tokens}`",
  },
  ({ completion: { content, refusal, toolCalls, reasoning, finishReason, usage } }) => {
    const empty = (content ?? "").trim() === "" && (refusal ?? "") === "" && toolCalls.length === 0;
    const reasoned = reasoning.trim() !== "" || (usage?.reasoningTokens ?? 0) > 0;
    if (!empty || !reasoned || finishReason !== "length") return null;
    return `finish_reason length, ${usage?.outputTokens ?? "unknown"} output tokens, reasoning: ${reasoning}`;
  },
);

const logprobsMissing = rule(
  {
    id: "logprobs-missing",
    subject: "content",
    severity: "differs",
    message: "logprobs were asked for and did not come: the endpoint ignores the field without saying so",
    clients: "classifiers and evaluations that read `choice.logprobs.content`",
    setting: "`omit: [logprobs, top_logprobs]` where they are not needed",
  },
  (view) => {
    const { completion, body } = view;
    if (body.logprobs !== true || !isWholeAnswer(view) || completion.error !== null) return null;
    if ((completion.content ?? "") === "") return null;
    return completion.logprobs === null || completion.logprobs.tokens === 0 ? lastText(view.attempt) : null;
  },
);

const logprobsMalformed = rule(
  {
    id: "logprobs-malformed",
    subject: "content",
    severity: "differs",
    message: "logprobs are incomplete: a token lacks its text, its number, or the alternatives that were asked for",
    clients: "the Vercel AI SDK's schema requires token, logprob and top_logprobs of each; JSON has no -Infinity",
  },
  ({ completion: { logprobs }, body }) => {
    if (logprobs === null || logprobs.tokens === 0) return null;
    const asked = typeof body.top_logprobs === "number" ? body.top_logprobs : 0;
    if (logprobs.wellFormed && (asked === 0 || logprobs.topPerToken >= asked)) return null;
    return `${logprobs.tokens} tokens, at most ${logprobs.topPerToken} of ${asked} top_logprobs, ${logprobs.wellFormed ? "well formed" : "malformed"}`;
  },
);

const choicesMissing = rule(
  {
    id: "choices-ignored",
    subject: "content",
    severity: "differs",
    message:
      "the number of choices is not the `n` that was asked for: the endpoint ignores the field without saying so",
    clients: "self-consistency and best-of-n, which index `choices` up to n",
    setting: "`omit: [n]`",
  },
  (view) => {
    const { completion, body } = view;
    if (typeof body.n !== "number" || body.n <= 1 || !isWholeAnswer(view) || completion.error !== null) return null;
    if (completion.choices === 0 || completion.choices === body.n) return null;
    return `n: ${body.n}, ${completion.choices} choices came`;
  },
);

export const contentRules: readonly Rule[] = [
  ...seen,
  reasoningOnly,
  logprobsMissing,
  logprobsMalformed,
  choicesMissing,
];
