/** A plain answer, its streaming, its usage, and the limits on its length. */
import { shown } from "../../check/evidence.js";
import { formatDurationMs } from "../../core/duration.js";
import { NS_PER_MS } from "../../core/units.js";
import { contentOf, cutBeforeFirstWord, outputTokens, wasCut } from "../answer.js";
import { ANSWER_TOKENS, type Answers, type Feature, type Judgement, user, verdict } from "../feature.js";

/** What every other feature is held against: an endpoint that refuses this refuses all of them alike. */
const chat: Feature = {
  id: "chat",
  name: "chat completion",
  keys: [],
  uses: ({ api, variants }) => api === "chat" && variants.includes("body"),
  requests: ({ settings }) => [
    { part: "plain", api: "chat", variant: "body", request: { ...user(SAY_READY), ...settings(ANSWER_TOKENS) } },
  ],
  judge(answers) {
    const answer = answers.one("plain");
    const text = contentOf(answer).trim();
    if (text !== "") return verdict("supported", `answered ${shown(text)}`);
    return cutBeforeFirstWord(answer) ?? verdict("broken", "the answer is empty");
  },
};

export const SAY_READY = "Reply with the single word: ready";
const COUNT = "Count from one to twenty in English words, separated by commas.";

const stream: Feature = {
  id: "stream",
  name: "stream",
  keys: [],
  uses: ({ variants }) => variants.includes("stream"),
  requests: ({ settings }) => [
    { part: "stream", api: "chat", variant: "stream", request: { ...user(COUNT), ...settings(ANSWER_TOKENS) } },
  ],
  judge(answers) {
    const answer = answers.one("stream");
    const { completion, attempt } = answer;
    if (completion.eventCount === 0) return verdict("ignored", "one JSON body came in place of events");
    const reads = new Set(completion.tokenEvents.map(({ read }) => read)).size;
    const events = completion.tokenEvents.length;
    if (events === 0) {
      return cutBeforeFirstWord(answer) ?? verdict("broken", `${completion.eventCount} events, none with text`);
    }
    const span = formatDurationMs(((attempt.reads.at(-1)?.[0] ?? 0) - (attempt.reads[0]?.[0] ?? 0)) / NS_PER_MS);
    const held = events >= BUFFERED_EVENTS && reads === 1 ? "; all in one read, as if held back" : "";
    const done = completion.done ? "" : "; no [DONE]";
    return verdict("supported", `${events} events in ${reads} reads over ${span}${held}${done}`);
  },
};

/** So many events seldom share a read by chance. */
const BUFFERED_EVENTS = 8;

const streamUsage: Feature = {
  id: "stream-usage",
  name: "stream_options.include_usage",
  keys: ["stream_options"],
  uses: ({ api, variants }) => variants.includes("stream") && api !== "responses",
  requests: ({ settings }) => [
    {
      part: "usage",
      api: "chat",
      variant: "stream",
      request: { ...user(SAY_READY), ...settings(ANSWER_TOKENS), stream_options: { include_usage: true } },
    },
  ],
  judge(answers) {
    const { usage, eventCount } = answers.one("usage").completion;
    if (usage === null) return verdict("ignored", `no usage in ${eventCount} events`);
    const { inputTokens, outputTokens: output, source } = usage;
    return verdict("supported", `${inputTokens ?? "?"} input and ${output ?? "?"} output tokens in ${source}`);
  },
};

const COUNT_LONG = "Count from one to three hundred in English words, and write out every number.";
/** The smallest limit that all endpoints take: some refuse less than 16. */
const FEW_TOKENS = 16;
/** More characters than any tokenizer puts into a token of English numerals, on average. */
const CHARACTERS_A_TOKEN = 12;

function limitFeature(key: "max_tokens" | "max_completion_tokens"): Feature {
  return {
    id: key.replaceAll("_", "-"),
    name: key,
    keys: [key],
    uses: ({ api }, request) => api === "chat" && key in request,
    requests: ({ settings }) => [
      {
        part: "few",
        api: "chat",
        variant: "body",
        request: { ...user(COUNT_LONG), ...settings(null), [key]: FEW_TOKENS },
      },
    ],
    judge: judgeLimit,
  };
}

function judgeLimit(answers: Answers): Judgement {
  const answer = answers.one("few");
  const { completion } = answer;
  const content = contentOf(answer);
  const reasoned = completion.usage?.reasoningTokens ?? 0;
  const tokens = outputTokens(answer);
  // What was kept of the answer counts too: some count usage after they cut.
  const characters = content.length + completion.reasoning.length;
  const said = tokens === null ? `${characters} characters` : `${tokens} tokens`;
  const isLong = (counted: number, length: number): boolean =>
    counted > FEW_TOKENS + COUNTED_MORE || length > FEW_TOKENS * CHARACTERS_A_TOKEN;
  const over = verdict("ignored", `${said} where ${FEW_TOKENS} tokens were allowed`);
  const visible = Math.max(0, (tokens ?? 0) - reasoned);
  if (isLong(tokens ?? 0, characters)) {
    const thought = reasoned > 0 || completion.reasoning !== "";
    if (content.length > FEW_TOKENS * CHARACTERS_A_TOKEN) return over;
    if (wasCut(answer) && thought && content.trim() !== "" && (reasoned === 0 || !isLong(visible, content.length))) {
      return verdict("supported", `the answer was cut, finish reason length; ${said} with its reasoning`);
    }
    if (wasCut(answer) && !thought) return verdict("unclear", `cut, but after ${said}, more than its text has`);
    if (!thought || wasCut(answer) || isLong(visible, content.length)) return over;
    return verdict("unclear", `the answer ended by itself after ${said} with its reasoning: ${shown(content)}`);
  }
  if (wasCut(answer)) return verdict("supported", `cut after ${said}, finish reason length`);
  if (/\b(?:eight|twelve|twenty)\b/i.test(content) || tokens === FEW_TOKENS) {
    return verdict("broken", `cut after ${said}, but the finish reason is ${shown(completion.finishReason)}`);
  }
  return verdict("unclear", `the answer ended by itself after ${said}: ${shown(content)}`);
}

/** Some count the token that ends an answer. */
const COUNTED_MORE = 1;

export const CHAT_FEATURES: readonly Feature[] = [
  chat,
  stream,
  streamUsage,
  limitFeature("max_tokens"),
  limitFeature("max_completion_tokens"),
];
