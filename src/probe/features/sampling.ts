/** What a client may ask of sampling: logprobs, seeds, several choices, stop sequences, effort of reasoning. */
import { shown } from "../../check/evidence.js";
import { asArray, asObject } from "../../decode/json.js";
import { type Answer, contentOf, cutBeforeFirstWord, listIn, outputTokens, wasCut, writtenText } from "../answer.js";
import { ANSWER_TOKENS, type Feature, type Uses, user, verdict } from "../feature.js";
import { SAY_READY } from "./chat.js";

const asks =
  (key: string): Uses =>
  ({ api }, request) =>
    api === "chat" && request[key] !== undefined && request[key] !== null && request[key] !== false;

const logprobs: Feature = {
  id: "logprobs",
  name: "logprobs",
  keys: ["logprobs"],
  uses: asks("logprobs"),
  requests: ({ settings }) => [
    {
      part: "logprobs",
      api: "chat",
      variant: "body",
      request: { ...user(SAY_READY), ...settings(ANSWER_TOKENS), logprobs: true },
    },
  ],
  judge(answers) {
    const answer = answers.one("logprobs");
    const given = answer.completion.logprobs;
    const cut = given === null || given.tokens === 0 ? cutBeforeFirstWord(answer) : null;
    if (cut !== null) return cut;
    if (given === null) return verdict("ignored", "no logprobs in the answer");
    if (given.tokens === 0) return verdict("ignored", "an empty list of logprobs");
    if (!given.wellFormed) return verdict("broken", "logprobs without a token or a finite number");
    return verdict("supported", `logprobs of ${given.tokens} tokens`);
  },
};

const TOP = 3;

const topLogprobs: Feature = {
  id: "top-logprobs",
  name: "top_logprobs",
  keys: ["logprobs", "top_logprobs"],
  uses: asks("top_logprobs"),
  requests: ({ settings }) => [
    {
      part: "top",
      api: "chat",
      variant: "body",
      request: { ...user(SAY_READY), ...settings(ANSWER_TOKENS), logprobs: true, top_logprobs: TOP },
    },
  ],
  judge(answers) {
    const answer = answers.one("top");
    const given = answer.completion.logprobs;
    const cut = given === null || given.tokens === 0 ? cutBeforeFirstWord(answer) : null;
    if (cut !== null) return cut;
    if (given === null || given.tokens === 0) return verdict("ignored", "no logprobs in the answer");
    if (!given.wellFormed) return verdict("broken", "logprobs without a token or a finite number");
    if (given.topPerToken === 0) return verdict("ignored", `logprobs of ${given.tokens} tokens, but no top_logprobs`);
    const seen = `${given.topPerToken} alternatives a token where ${TOP} were asked for`;
    // One more than asked for is the sampled token where it is none of the likeliest.
    return verdict(given.topPerToken < TOP ? "broken" : "supported", seen);
  },
};

const RANDOM_WORDS = "Write twelve random English words of any kind, separated by spaces.";

const seed: Feature = {
  id: "seed",
  name: "seed",
  keys: ["seed"],
  uses: asks("seed"),
  requests({ settings }) {
    const request = { ...user(RANDOM_WORDS), ...settings(ANSWER_TOKENS), temperature: 1 };
    return [
      { part: "same", api: "chat", variant: "body", copies: 2, request: { ...request, seed: 11 } },
      { part: "other", api: "chat", variant: "body", request: { ...request, seed: 47 } },
    ];
  },
  judge(answers) {
    const [first, second] = answers.all("same");
    const other = answers.one("other");
    if (first === undefined || second === undefined) return verdict("unclear", "one of the two answers is missing");
    const texts = [first, second, other].map(writtenText) as [string, string, string];
    const [a, b, c] = texts;
    if (texts.some((text) => text.trim() === "")) {
      return cutBeforeFirstWord(first) ?? cutBeforeFirstWord(second) ?? verdict("unclear", "an answer is empty");
    }
    if (a === b && a !== c) return verdict("supported", "one seed gives one answer, another seed another");
    if (a === b) return verdict("unclear", `another seed gives the same answer too: ${shown(contentOf(first))}`);
    const alike = commonStart(a, b);
    const chance = Math.max(commonStart(a, c), commonStart(b, c));
    if (alike > 4 * chance + 20) {
      return verdict(
        "unclear",
        `answers of one seed agree for ${alike} characters and then part; with another seed for ${chance}`,
      );
    }
    return verdict(
      "ignored",
      `one seed, two answers: ${shown(contentOf(first), 60)} and ${shown(contentOf(second), 60)}`,
    );
  },
};

function commonStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}

const CHOICES = 2;

const choices: Feature = {
  id: "n",
  name: "n > 1",
  keys: ["n"],
  uses: ({ api }, request) => api === "chat" && typeof request.n === "number" && request.n > 1,
  requests: ({ settings }) => [
    {
      part: "two",
      api: "chat",
      variant: "body",
      request: { ...user(SAY_READY), ...settings(ANSWER_TOKENS), n: CHOICES },
    },
  ],
  judge(answers) {
    const answer = answers.one("two");
    const given = listIn(answer, "choices").map((choice) => asObject(choice));
    if (given.length <= 1) return verdict("ignored", `${given.length} choice where ${CHOICES} were asked for`);
    if (given.length !== CHOICES) return verdict("broken", `${given.length} choices where ${CHOICES} were asked for`);
    const indexes = new Set(given.map((choice) => choice?.index));
    if (indexes.size < given.length) return verdict("broken", `two choices with index ${shown([...indexes][0])}`);
    const empty = given.some((choice) => asObject(choice?.message) === null);
    return empty ? verdict("broken", "a choice without a message") : verdict("supported", `${given.length} choices`);
  },
};

const stop: Feature = {
  id: "stop",
  name: "stop",
  keys: ["stop"],
  uses: asks("stop"),
  requests: ({ settings }) => [
    {
      part: "stop",
      api: "chat",
      variant: "body",
      request: {
        ...user("Write the digits from 1 to 9 in order, separated by commas, and nothing else."),
        ...settings(ANSWER_TOKENS),
        stop: ["6"],
      },
    },
  ],
  judge(answers) {
    const answer = answers.one("stop");
    const [sequence] = asArray(answer.sent.stop);
    const cut = cutBeforeFirstWord(answer);
    if (cut !== null) return cut;
    const text = contentOf(answer);
    const at = text.indexOf(String(sequence));
    if (at >= 0) {
      const rest = text.slice(at + String(sequence).length);
      if (rest.trim() === "" && wasCut(answer)) return verdict("unclear", `cut at the stop text: ${shown(text)}`);
      return rest.trim() === ""
        ? verdict("broken", `ended there, but the stop text stands in the answer: ${shown(text)}`)
        : verdict("ignored", `went on past the stop text: ${shown(text)}`);
    }
    if (text.includes("5") && !wasCut(answer))
      return verdict("supported", `ended before the stop text: ${shown(text)}`);
    return verdict("unclear", `the answer never came to the stop text: ${shown(text)}`);
  },
};

/** Room to think: both efforts that end at the limit cannot be told apart. */
const THINKING_TOKENS = 2_000;

const effort: Feature = {
  id: "reasoning-effort",
  name: "reasoning_effort",
  keys: ["reasoning_effort"],
  uses: asks("reasoning_effort"),
  requests: ({ settings }) =>
    ["low", "high"].map((level) => ({
      part: level,
      api: "chat" as const,
      variant: "body" as const,
      request: {
        ...user("A bat and a ball cost 1.10 together; the bat costs 1.00 more than the ball. What does the ball cost?"),
        ...settings(THINKING_TOKENS),
        reasoning_effort: level,
      },
    })),
  judge(answers) {
    const [low, high] = [answers.one("low"), answers.one("high")];
    const thought = { low: thinking(low), high: thinking(high) };
    if (thought.low.size === 0 && thought.high.size === 0) {
      const cut = cutBeforeFirstWord(low) ?? cutBeforeFirstWord(high);
      if (cut !== null) return cut;
      const counted = spentTokens(low) !== null && spentTokens(high) !== null;
      const none = "no reasoning in either answer, neither as text nor in usage";
      return counted
        ? verdict("ignored", none)
        : verdict("unclear", "no reasoning in either answer, and no usage to count it");
    }
    const seen = `reasoning ${thought.low.text} at low, ${thought.high.text} at high`;
    if (wasCut(low) && wasCut(high)) return verdict("unclear", `${seen}; both were cut at ${THINKING_TOKENS} tokens`);
    // Two answers differ by chance too: a half more is taken for an effect.
    return verdict(thought.high.size >= 1.5 * thought.low.size ? "supported" : "unclear", seen);
  },
};

/** Tokens where usage counts them, else a fourth of the characters. */
function thinking(answer: Answer): { readonly size: number; readonly text: string } {
  const { usage, reasoning } = answer.completion;
  const counted = usage?.reasoningTokens ?? null;
  if (counted !== null && counted > 0) return { size: counted, text: `${counted} tokens` };
  if (reasoning.length > 0) return { size: reasoning.length / 4, text: `${reasoning.length} characters` };
  const hidden = (spentTokens(answer) ?? 0) - Math.ceil(contentOf(answer).length / CHARACTERS_A_TOKEN);
  if (hidden > HIDDEN_TOKENS) return { size: hidden, text: `about ${hidden} tokens that no text shows` };
  return { size: 0, text: `none (${outputTokens(answer) ?? "?"} output tokens)` };
}

/** Fewer than a token has in text on average, so that text is not taken for thinking. */
const CHARACTERS_A_TOKEN = 2;
/** Templates and ends of turns are counted too. */
const HIDDEN_TOKENS = 30;

/** Gemini counts thinking in `total_tokens` alone. Null when nothing was counted. */
function spentTokens(answer: Answer): number | null {
  const total = asObject(asObject(answer.json)?.usage)?.total_tokens;
  const output = outputTokens(answer);
  const input = answer.completion.usage?.inputTokens ?? null;
  if (typeof total !== "number" || input === null) return output;
  return Math.max(output ?? 0, total - input);
}

export const SAMPLING_FEATURES: readonly Feature[] = [logprobs, topLogprobs, seed, choices, stop, effort];
