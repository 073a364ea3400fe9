/** Rules about the token counts of an answer. */
import { isObject } from "../json.js";
import { type Account, anomalyRules, endpointRule, type Rule, type RuleText, rule, type WireView } from "./rule.js";
import { hasChoices, isWholeAnswer, isWholeStream, lastText } from "./wire.js";

const seen = anomalyRules("usage", [
  {
    kind: "usage-on-finish-event",
    severity: "note",
    message: "usage came on the finish event, not on an event of its own: code that waits for `choices: []` misses it",
    clients: "code that reads usage only from an event without choices",
  },
  {
    kind: "usage-on-every-event",
    severity: "differs",
    message: "usage came on every event: clients that add up what they see count the answer many times over",
    clients: "LangChain adds the usage of all chunks together; accounting that sums the usage of events",
  },
  {
    kind: "usage-elsewhere",
    severity: "differs",
    message: "usage stood in `x_groq.usage` or `choices[0].usage`: clients that read `usage` count nothing",
    clients: "the OpenAI SDKs, LangChain and the Vercel AI SDK read the top-level `usage` alone",
  },
  {
    kind: "usage-in-several-places",
    severity: "note",
    message: "usage was sent in more than one place: who sums over places counts twice",
    clients: "accounting that reads every known place of usage",
  },
  {
    kind: "usage-inconsistent",
    severity: "differs",
    message: "`total_tokens` is not the sum of its parts: budgets by total and by part disagree",
    clients: "accounting that derives one of the three counts from the other two",
  },
  {
    kind: "usage-excludes-reasoning",
    severity: "differs",
    message: "`completion_tokens` leaves reasoning out: costs that are computed from it are too low",
    clients: "accounting that multiplies `completion_tokens` by the price of output",
  },
]);

/** A stream that was asked for usage, and said that it was whole. */
function owesUsage(view: WireView): boolean {
  const { completion, body } = view;
  if (!isWholeStream(view) || completion.finishReason === null || completion.error !== null) return false;
  return isObject(body.stream_options) && body.stream_options.include_usage === true;
}

/** Above this share of streams without usage the endpoint does not send it; below, it was lost in some of them. */
const LOST_SHARE = 0.2;

/** Counts the streams that owe usage; `lost` tells those of an endpoint that normally sends it from all others. */
function usageAccount(lost: boolean): Account {
  let owed = 0;
  let missing = 0;
  let first: { id: number; caseId: string; evidence: string } | null = null;
  return {
    see(view) {
      if (!owesUsage(view)) return;
      owed++;
      if (view.completion.usage !== null) return;
      missing++;
      const { id, caseId } = view.exchange;
      if (first === null || id < first.id) first = { id, caseId, evidence: lastText(view.attempt) };
    },
    verdict() {
      if (first === null || missing <= owed * LOST_SHARE !== lost) return null;
      return { evidence: first.evidence, caseId: first.caseId, count: missing, of: owed };
    },
  };
}

const missingText: RuleText = {
  id: "usage-missing",
  subject: "usage",
  severity: "breaks",
  message: "usage was asked for and the stream carries none: token accounting and budgets have nothing to count",
  clients:
    "accounting by `stream_options.include_usage`; LangChain's `usage_metadata` and the Vercel AI SDK's `usage` stay empty",
  setting: "`streamUsage: false` where the endpoint rejects `stream_options`; token counts are then missing, never 0",
  covers: ["usage-null"],
};

const lostText: RuleText = {
  id: "usage-lost",
  subject: "usage",
  severity: "breaks",
  message:
    "single streams finish without the usage that the others carry: a finish was made up after the upstream broke off",
  clients: "everything that trusts `stop`: the answer may be cut, and its tokens are not counted",
};

const missingInBody = rule(
  {
    id: "usage-missing-in-body",
    subject: "usage",
    severity: "differs",
    message: "a body has no usage: token accounting has nothing to count",
    clients: "code that reads `response.usage.total_tokens`, which OpenAI sends with every body",
  },
  (view) => {
    const { exchange, completion, golden, attempt } = view;
    if (exchange.variant !== "body" || !isWholeAnswer(view) || completion.error !== null) return null;
    if (golden.api === "embeddings" ? completion.dimensions === null : completion.finishReason === null) return null;
    return completion.usage === null ? lastText(attempt) : null;
  },
);

const impossible = rule(
  {
    id: "usage-impossible",
    subject: "usage",
    severity: "differs",
    message: "token counts cannot be right: costs and budgets that are computed from them are wrong",
    clients: "accounting, and every figure of tokens in this report",
  },
  (view) => {
    const { usage, content, reasoning, toolCalls } = view.completion;
    if (usage === null || !isWholeAnswer(view)) return null;
    const { inputTokens, outputTokens, reasoningTokens, cachedTokens } = usage;
    const said = (content ?? "") !== "" || reasoning !== "" || toolCalls.length > 0;
    const faults = [
      inputTokens === 0 ? "0 input tokens" : "",
      hasChoices(view) && outputTokens === 0 && said ? "0 output tokens beside text or a call" : "",
      over(reasoningTokens, outputTokens) ? `${reasoningTokens} reasoning tokens of ${outputTokens} output tokens` : "",
      over(cachedTokens, inputTokens) ? `${cachedTokens} cached tokens of ${inputTokens} input tokens` : "",
    ].filter((fault) => fault !== "");
    return faults.length === 0 ? null : `${usage.source}: ${faults.join(", ")}`;
  },
);

const over = (part: number | null, whole: number | null): boolean => part !== null && whole !== null && part > whole;

export const usageRules: readonly Rule[] = [
  endpointRule(missingText, () => usageAccount(false)),
  endpointRule(lostText, () => usageAccount(true)),
  missingInBody,
  impossible,
  ...seen,
];
