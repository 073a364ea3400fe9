/**
 * Rules about how tokens are delivered. They are the only ones, with those of silence.ts, that depend on how bytes were
 * cut into reads: the cut is what they are about.
 *
 * A stream is held back when at least {@link MIN_EVENTS} token-bearing events came in at most a fifth as many reads, in
 * the last fifth of the time from sending to the last token, and that time was at least {@link MIN_DURATION_NS}. That is
 * what a buffering proxy does, but also a fast model after a long wait (prefill, a queue). The two are told apart over
 * the exchanges of one endpoint, by two signs together. The tokens come faster than a model generates them: who waits
 * longer for a longer prompt still generates at the speed of a model. And the longer a stream that was held back, the
 * later it begins, while the first token of a model does not wait for the last. Where the held-back streams are too few
 * or too much of one length to see that, the burst must be one that nothing comes near.
 *
 * Short answers, several tokens an event (they are one event, and one read), and a whole answer within a loopback turn
 * are no cause.
 */
import { NS_PER_MS } from "../../core/units.js";
import type { Completion } from "../../decode/completion.js";
import { type Account, endpointRule, type Rule, type WireView } from "./rule.js";
import { isWholeStream } from "./wire.js";

const MIN_EVENTS = 20;
const EVENTS_PER_READ = 5;
const MIN_DURATION_NS = 250_000_000;
/** Share of the whole time that is left for delivery when the first token comes. */
const LATE_SHARE = 0.2;
/** Tokens a second of one stream that no model is known to generate: the fastest on offer reach about half of it. */
const IMPLAUSIBLE_RATE = 5_000;
/** Enough by itself. */
const IMPOSSIBLE_RATE = 10_000;
/** How much later long answers must begin than short ones, and how much longer they must be. */
const LATER = 1.5;
const LONGER = 4;
/** Held-back streams that each of the two lengths must have. */
const MIN_OF_LENGTH = 3;
/** A finding needs this share of the streams that are long enough. */
const MIN_SHARE = 0.5;

interface Delivery {
  readonly events: number;
  /** At least so many tokens: events, or what the usage says where there are several events a token. */
  readonly tokens: number;
  /** Reads that carried a token-bearing event. */
  readonly reads: number;
  readonly firstNs: number;
  readonly lastNs: number;
}

/** How the tokens of a whole stream came; null when it has none, or was no whole stream. */
function deliveryOf(view: WireView): Delivery | null {
  const { attempt, completion } = view;
  const [first] = completion.tokenEvents;
  const last = completion.tokenEvents.at(-1);
  if (!isWholeStream(view) || first === undefined || last === undefined || attempt.sentAtNs === undefined) return null;
  return {
    events: completion.tokenEvents.length,
    tokens: Math.min(completion.tokenEvents.length, completion.usage?.outputTokens || Number.POSITIVE_INFINITY),
    reads: readsOf(completion),
    firstNs: first.atNs - attempt.sentAtNs,
    lastNs: last.atNs - attempt.sentAtNs,
  };
}

function readsOf({ tokenEvents }: Completion): number {
  let reads = 0;
  let current = -1;
  for (const { read } of tokenEvents) {
    if (read !== current) reads++;
    current = read;
  }
  return reads;
}

function isHeldBack({ events, reads, firstNs, lastNs }: Delivery): boolean {
  return (
    events >= MIN_EVENTS &&
    reads * EVENTS_PER_READ <= events &&
    lastNs >= MIN_DURATION_NS &&
    lastNs - firstNs <= lastNs * LATE_SHARE
  );
}

/** Times to first token in classes of a fifth each, so that a median needs no list of all values. */
class Times {
  readonly #counts = new Map<number, number>();
  #total = 0;

  add(ns: number): void {
    const step = Math.round(Math.log2(Math.max(1, ns)) * 4);
    this.#counts.set(step, (this.#counts.get(step) ?? 0) + 1);
    this.#total++;
  }

  get total(): number {
    return this.#total;
  }

  median(): number {
    let left = this.#total / 2;
    for (const [step, count] of [...this.#counts].sort((a, b) => a[0] - b[0])) {
      left -= count;
      if (left <= 0) return 2 ** (step / 4);
    }
    return 0;
  }
}

/** The stream that shows it, lowest exchange id first. */
interface Shown {
  readonly id: number;
  readonly caseId: string;
  readonly delivery: Delivery;
}

function heldBackAccount(): Account {
  /** Of streams that were held back, by the power of two of the number of events. */
  const byLength = new Map<number, Times>();
  let long = 0;
  let held = 0;
  let implausible = 0;
  let impossible = 0;
  let first: Shown | null = null;
  return {
    see(view) {
      const delivery = deliveryOf(view);
      if (delivery === null || delivery.events < MIN_EVENTS) return;
      long++;
      if (!isHeldBack(delivery)) return;
      held++;
      const length = Math.floor(Math.log2(delivery.events));
      const times = byLength.get(length) ?? new Times();
      byLength.set(length, times);
      times.add(delivery.firstNs);
      const spanS = (delivery.lastNs - delivery.firstNs) / 1e9;
      if (delivery.tokens >= spanS * IMPLAUSIBLE_RATE) implausible++;
      if (delivery.tokens >= spanS * IMPOSSIBLE_RATE) impossible++;
      const { id, caseId } = view.exchange;
      if (first === null || id < first.id) first = { id, caseId, delivery };
    },
    verdict() {
      if (first === null || held < long * MIN_SHARE) return null;
      const growth = growthOf(byLength);
      if ((growth === null ? impossible : implausible) < long * MIN_SHARE) return null;
      if (growth !== null && growth < LATER) return null;
      const grows = growth === null ? "" : `; long answers begin × ${growth.toFixed(1)} later than short ones`;
      return { evidence: described(first.delivery) + grows, caseId: first.caseId, count: held, of: long };
    },
  };
}

/**
 * Median time to first token of the longest answers over that of the shortest, of the lengths that there are enough of;
 * null when those are all of about one length.
 */
function growthOf(byLength: ReadonlyMap<number, Times>): number | null {
  const lengths = [...byLength]
    .flatMap(([length, { total }]) => (total >= MIN_OF_LENGTH ? [length] : []))
    .sort((a, b) => a - b);
  const [shortest, longest] = [lengths[0], lengths.at(-1)];
  if (shortest === undefined || longest === undefined || 2 ** (longest - shortest) < LONGER) return null;
  const [short, long] = [byLength.get(shortest)?.median() ?? 0, byLength.get(longest)?.median() ?? 0];
  return short > 0 ? long / short : null;
}

function described({ events, reads, firstNs, lastNs }: Delivery): string {
  const [first, last] = [Math.round(firstNs / NS_PER_MS), Math.round(lastNs / NS_PER_MS)];
  return `${events} token events in ${reads} reads, the first after ${first} ms, the last after ${last} ms`;
}

const heldBack = endpointRule(
  {
    id: "stream-buffered",
    subject: "delivery",
    severity: "differs",
    message: "streams are held back and delivered at the end: the first token comes when the last one is there",
    clients:
      "interfaces that show tokens as they come, and deadlines on the first token; a buffering proxy is the usual cause",
  },
  heldBackAccount,
);

const BUNCH_EVENTS = 8;
const BUNCH_GAP_NS = 50 * NS_PER_MS;
const BUNCH_MIN_EVENTS = 50;

/** Many events a read although reads are far apart: someone collects them. A burst of one turn has no gaps. */
function isBunched({ events, reads, firstNs, lastNs }: Delivery): boolean {
  if (events < BUNCH_MIN_EVENTS || reads < 3 || reads * BUNCH_EVENTS > events) return false;
  return (lastNs - firstNs) / (reads - 1) >= BUNCH_GAP_NS && lastNs - firstNs > lastNs * LATE_SHARE;
}

function bunchAccount(): Account {
  let long = 0;
  let bunched = 0;
  let first: Shown | null = null;
  return {
    see(view) {
      const delivery = deliveryOf(view);
      if (delivery === null || delivery.events < BUNCH_MIN_EVENTS) return;
      long++;
      if (!isBunched(delivery)) return;
      bunched++;
      const { id, caseId } = view.exchange;
      if (first === null || id < first.id) first = { id, caseId, delivery };
    },
    verdict: () =>
      first === null || bunched < long * MIN_SHARE
        ? null
        : { evidence: described(first.delivery), caseId: first.caseId, count: bunched, of: long },
  };
}

const inBunches = endpointRule(
  {
    id: "events-in-bunches",
    subject: "delivery",
    severity: "note",
    message: "events are collected and delivered many at a time: text comes in jumps, and gaps are those of a buffer",
    clients: "interfaces that show tokens as they come; `chunk_gap` measures the buffer",
  },
  bunchAccount,
);

export const bufferingRules: readonly Rule[] = [heldBack, inBunches];
