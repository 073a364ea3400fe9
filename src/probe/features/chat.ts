/** A plain answer, its streaming, its usage, and the limits on its length. */
import { shown } from "../../check/evidence.js";
import { contentOf, outputTokens, wasCut } from "../answer.js";
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
    if (wasCut(answer)) return verdict("unclear", `${ANSWER_TOKENS} tokens went before the first word of an answer`);
    return verdict("broken", "the answer is empty");
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
    const { completion, attempt } = answers.one("stream");
    if (completion.eventCount === 0) return verdict("ignored", "one JSON body came in place of events");
    const reads = new Set(completion.tokenEvents.map(({ read }) => read)).size;
    const events = completion.tokenEvents.length;
    if (events === 0) return verdict("broken", `${completion.eventCount} events, none with text`);
    const spanMs = Math.round(((attempt.reads.at(-1)?.[0] ?? 0) - (attempt.reads[0]?.[0] ?? 0)) / 1e6);
    const held = events >= BUFFERED_EVENTS && reads === 1 ? "; all in one read, as if held back" : "";
    const done = completion.done ? "" : "; no [DONE]";
    return verdict("supported", `${events} events in ${reads} reads over ${spanMs} ms${held}${done}`);
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
  const characters = contentOf(answer).length + completion.reasoning.length;
  const tokens = outputTokens(answer);
  const said = tokens === null ? `${characters} characters` : `${tokens} tokens`;
  // What was kept of the answer counts too: some count usage after they cut.
  const within = (tokens ?? 0) <= FEW_TOKENS && characters <= FEW_TOKENS * CHARACTERS_A_TOKEN;
  if (!within) return verdict("ignored", `${said} where ${FEW_TOKENS} tokens were allowed`);
  if (wasCut(answer)) return verdict("supported", `cut after ${said}, finish reason length`);
  if (/\b(?:eight|twelve|twenty)\b/i.test(contentOf(answer)) || tokens === FEW_TOKENS) {
    return verdict("broken", `cut after ${said}, but the finish reason is ${shown(completion.finishReason)}`);
  }
  return verdict("unclear", `the answer ended by itself after ${said}: ${shown(contentOf(answer))}`);
}

export const CHAT_FEATURES: readonly Feature[] = [
  chat,
  stream,
  streamUsage,
  limitFeature("max_tokens"),
  limitFeature("max_completion_tokens"),
];
