/** Rules that hold the shape of the two endpoints' streams against each other. */
import { isObject, parseJson } from "../json.js";
import { pairRule, type Rule } from "./rule.js";
import { firstText, isWholeStream } from "./wire.js";

const MIN_STREAMS = 3;
const RATIO = 1.5;

interface TokenCount {
  streams: number;
  tokens: number;
  events: number;
}

const tokensPerEvent = pairRule<TokenCount>(
  {
    id: "tokens-per-event-differ",
    subject: "events",
    severity: "note",
    message:
      "the endpoints put different numbers of tokens into an event: text comes in other steps, and gaps do not compare",
    clients: "interfaces that animate events; `chunk_gap` in this report",
  },
  () => ({ streams: 0, tokens: 0, events: 0 }),
  (account, view) => {
    const { completion } = view;
    const tokens = completion.usage?.outputTokens ?? 0;
    // A call may come in one piece by design, and a hidden thought is counted and never sent.
    if (!isWholeStream(view) || tokens === 0 || completion.tokenEvents.length === 0) return false;
    if (completion.toolCalls.length > 0 || (completion.usage?.reasoningTokens ?? 0) > 0) return false;
    account.streams++;
    account.tokens += tokens;
    account.events += completion.tokenEvents.length;
    return true;
  },
  (baseline, candidate) => {
    if (baseline.streams < MIN_STREAMS || candidate.streams < MIN_STREAMS) return null;
    const [a, b] = [baseline.tokens / baseline.events, candidate.tokens / candidate.events];
    if (Math.max(a, b) < RATIO * Math.min(a, b)) return null;
    return { evidence: `tokens an event: baseline ${a.toFixed(2)}, candidate ${b.toFixed(2)}` };
  },
);

const MAX_FIRST_EVENT = 4_000;

/** What the first event of a stream is made of, in words; null when it cannot be read. */
export function firstEventShape(text: string): string | null {
  const line = /(?:^|[\r\n\uFEFF])data: ?([^\r\n]*)[\r\n]/.exec(text)?.[1];
  if (line === undefined) return null;
  const parsed = parseJson(line);
  const json = "value" in parsed && isObject(parsed.value) ? parsed.value : null;
  const choices = json?.choices;
  if (!Array.isArray(choices)) return null;
  if (choices.length === 0) return "no choice";
  const [choice] = choices as unknown[];
  const delta = isObject(choice) && isObject(choice.delta) ? choice.delta : null;
  if (delta === null) return "no delta";
  const role = "role" in delta ? "role and " : "no role and ";
  if (typeof delta.content === "string") return role + (delta.content === "" ? "empty content" : "content");
  return role + (delta.content === null ? "content null" : "no content");
}

/** Streams of the commonest shape; there are nine at most. */
function commonest(shapes: ReadonlyMap<string, number>): string {
  return [...shapes].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0] ?? "";
}

const firstEvent = pairRule<Map<string, number>>(
  {
    id: "first-event-differs",
    subject: "events",
    severity: "note",
    message:
      "the first event of a stream has another shape: clients that take it for the start of an answer begin elsewhere",
    clients: "code that skips the first event, or takes role and text from it",
  },
  () => new Map(),
  (shapes, view) => {
    if (!isWholeStream(view) || view.golden.api !== "chat" || view.completion.toolCalls.length > 0) return false;
    const shape = firstEventShape(firstText(view.attempt, MAX_FIRST_EVENT));
    if (shape === null) return false;
    shapes.set(shape, (shapes.get(shape) ?? 0) + 1);
    return true;
  },
  (baseline, candidate) => {
    const [a, b] = [commonest(baseline), commonest(candidate)];
    return a === b ? null : { evidence: `baseline: ${a}; candidate: ${b}` };
  },
);

export const shapeRules: readonly Rule[] = [tokensPerEvent, firstEvent];
