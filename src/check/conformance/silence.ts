/**
 * Rules about bytes that are not tokens. They depend on reads, as those of buffering.ts do: a read that brings no token
 * is what they look for.
 */
import { NS_PER_MS } from "../../core/units.js";
import { type Rule, rule, type WireView } from "./rule.js";
import { firstText } from "./wire.js";

const EARLY_NS = 1_000 * NS_PER_MS;
const SILENCE_NS = 5_000 * NS_PER_MS;

const earlyBytes = rule(
  {
    id: "first-bytes-not-tokens",
    subject: "delivery",
    severity: "note",
    message:
      "bytes came long before the first token: deadlines and dashboards that look at bytes take the wait for an answer",
    clients: "time to first byte as a measure of latency; deadlines on the first byte that then never fire",
  },
  (view) => {
    const { attempt, completion } = view;
    const first = completion.tokenEvents[0]?.atNs;
    const bytes = attempt.reads[0]?.[0];
    if (view.exchange.variant !== "stream" || first === undefined || bytes === undefined) return null;
    if (attempt.sentAtNs === undefined) return null;
    const [byteNs, tokenNs] = [bytes - attempt.sentAtNs, first - attempt.sentAtNs];
    if (tokenNs - byteNs < EARLY_NS || byteNs * 4 > tokenNs) return null;
    return `first byte after ${inMs(byteNs)} ms, first token after ${inMs(tokenNs)} ms: ${firstText(attempt, 120)}`;
  },
);

const keptAlive = rule(
  {
    id: "silence-kept-alive",
    subject: "delivery",
    severity: "note",
    message: "bytes without tokens kept a silence of more than 5 s alive: deadlines that count idle bytes never fire",
    clients: "read timeouts of HTTP clients, which any byte restarts",
  },
  (view) => {
    const silence = longestSilence(view);
    if (silence === null || silence.reads === 0 || silence.ns < SILENCE_NS) return null;
    return `${silence.reads} reads without a token in ${inMs(silence.ns)} ms, ${view.completion.commentCount} comment lines in the stream`;
  },
);

/** The longest time between two tokens, or to the first one, in which reads came, and how many. */
function longestSilence({ exchange, attempt, completion }: WireView): { ns: number; reads: number } | null {
  if (exchange.variant !== "stream" || attempt.status !== 200 || attempt.sentAtNs === undefined) return null;
  let longest = { ns: 0, reads: 0 };
  let from = attempt.sentAtNs;
  let fromRead = -1;
  for (const { atNs, read } of completion.tokenEvents) {
    const reads = read - fromRead - 1;
    if (reads > 0 && atNs - from > longest.ns) longest = { ns: atNs - from, reads };
    from = atNs;
    fromRead = read;
  }
  return longest;
}

const inMs = (ns: number): number => Math.round(ns / NS_PER_MS);

export const silenceRules: readonly Rule[] = [earlyBytes, keptAlive];
