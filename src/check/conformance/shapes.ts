/**
 * Rules that hold the shape of the two endpoints' streams against each other. What decoding notes of first events and
 * envelopes needs none: a finding says on which sides it was seen.
 */
import { pairRule, type Rule } from "./rule.js";
import { isWholeStream } from "./wire.js";

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

export const shapeRules: readonly Rule[] = [tokensPerEvent];
