import type { ChecklistItem } from "../../report/decision.js";
import { type Answer, type Evidence, failed, notTested, plural, verified } from "./evidence.js";

const LONG_STREAM_MS = 60_000;
/** Rules about buffering need answers that could have come in pieces. */
const PIECES = 8;
/** Of 20 streams none broke: with 95 % confidence fewer than 14 % do. */
const LEAST_STREAMS = 20;

export function streamingItems(evidence: Evidence): ChecklistItem[] {
  const item = (id: string, text: string, answer: Answer): ChecklistItem => ({
    id,
    group: "streaming",
    item: text,
    ...answer,
  });
  return [
    item("not-buffered", "Nothing on the way buffers, compresses or caches streams", notBuffered(evidence)),
    item("streams-end", "Streams end with what clients wait for", streamsEnd(evidence)),
    item("streams-hold", "Streams do not break", streamsHold(evidence)),
    item("long-stream", "A stream of at least 60 s is not cut", longStream(evidence)),
    item(
      "cancellation",
      "A cancelled stream is closed upstream",
      notTested("a client cannot see it: `twintail probe --cancel-streams` tells by what it does to the next request"),
    ),
  ];
}

function streams({ own }: Evidence) {
  return own.filter(({ variant, cancelled }) => variant === "stream" && cancelled === null);
}

function notBuffered(evidence: Evidence): Answer {
  const bad = evidence.failedBy(
    "stream-buffered",
    "fewer-reads",
    "events-in-bunches",
    "stream-compressed",
    "cache-hit",
  );
  if (bad !== null) return bad;
  const long = streams(evidence).filter(({ failure, tokenEvents }) => failure === null && tokenEvents >= PIECES);
  if (long.length === 0) return notTested(`no stream had ${PIECES} events with text`);
  return verified(`${plural(long.length, "stream")} of ${PIECES} events or more came in pieces to this machine`);
}

function streamsEnd(evidence: Evidence): Answer {
  const bad = evidence.failedBy(
    "finish-reason-missing",
    "completed-event-missing",
    "stream-without-events",
    "unterminated-event",
    "done-missing",
  );
  if (bad !== null) return bad;
  const whole = streams(evidence).filter(({ failure }) => failure === null).length;
  return whole === 0
    ? notTested("no stream was answered")
    : verified(`${plural(whole, "stream")} with a finish reason and an end`);
}

function streamsHold(evidence: Evidence): Answer {
  const bad = evidence.failedBy("streams-cut-at-one-age", "stream-cut");
  if (bad !== null) return bad;
  const all = streams(evidence).filter(({ status }) => status === 200);
  const broken = all.filter(({ attemptFailures }) =>
    attemptFailures.some((failure) => failure?.kind === "broken_stream"),
  );
  if (broken.length > 0) return failed(`${broken.length} of ${all.length} broke`);
  if (all.length < LEAST_STREAMS) return notTested(`none of ${plural(all.length, "stream")}: too few to say`);
  return verified(`none of ${plural(all.length, "stream")} broke`);
}

function longStream(evidence: Evidence): Answer {
  const ages = streams(evidence).flatMap(({ failure, waits }) =>
    failure === null ? (waits.at(-1)?.totalMs ?? []) : [],
  );
  const cut = evidence.failedBy("streams-cut-at-one-age");
  if (cut !== null) return cut;
  const longest = Math.max(0, ...ages);
  const words = `the longest of ${plural(ages.length, "stream")} took ${(longest / 1_000).toFixed(longest < 10_000 ? 1 : 0)} s`;
  if (longest >= LONG_STREAM_MS) return verified(words);
  const ask = "`twintail probe --long-stream 90s` holds one open";
  return notTested(ages.length === 0 ? ask : `${words}; ${ask}`);
}
