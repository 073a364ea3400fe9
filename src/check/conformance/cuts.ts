/** Rules about streams that ended before they were finished. */
import type { Attempt } from "../../recording/recording.js";
import { type Account, endpointRule, type Rule, rule, type WireView } from "./rule.js";
import { anomalyEvidence, hasChoices, lastText } from "./wire.js";

/** The connection was lost after the answer had begun, and neither a finish reason nor an error had come. */
function isLost({ exchange, attempt, completion }: WireView): boolean {
  const { outcome, status } = attempt;
  return (
    exchange.variant === "stream" &&
    status === 200 &&
    outcome.kind === "network" &&
    outcome.phase === "body" &&
    completion.finishReason === null &&
    completion.error === null
  );
}

/** Ended in order, without an end: what a proxy does that closes both sides by its own deadline. */
function isUnfinished(view: WireView): boolean {
  const { exchange, attempt, completion } = view;
  return (
    exchange.variant === "stream" &&
    attempt.status === 200 &&
    attempt.outcome.kind === "complete" &&
    hasChoices(view) &&
    completion.eventCount > 0 &&
    completion.finishReason === null &&
    completion.error === null &&
    // An endpoint that says the end in another way has not been cut.
    !completion.done &&
    anomalyEvidence(view, "finish-reason-empty") === null
  );
}

const lost = rule(
  {
    id: "stream-cut",
    subject: "delivery",
    everyAttempt: true,
    severity: "breaks",
    message: "the connection was lost in the middle of an answer: clients throw after part of it was shown",
    clients: "openai-node and openai-python throw while iterating, and never retry a stream that has begun",
  },
  (view) => {
    if (!isLost(view)) return null;
    const { attempt } = view;
    const code = attempt.outcome.kind === "network" ? attempt.outcome.code : "";
    return `${code} after ${(ageOf(attempt) / 1e9).toFixed(1)} s: …${lastText(attempt, 120)}`;
  },
);

const CLASS_NS = 100_000_000;
const MIN_AGE_NS = 3_000_000_000;
/** Ages in one window of this many classes, or of 3 %, are one age. */
const WINDOW_CLASSES = 5;
const WINDOW_SHARE = 0.03;
const MIN_CUTS = 3;
/** Ages beyond an hour are counted as an hour, which bounds the number of classes. */
const MAX_CLASS = 36_000;

/** Counts ages in classes of 100 ms. */
class Ages {
  readonly #counts = new Map<number, number>();

  add(ns: number): void {
    const step = Math.min(MAX_CLASS, Math.round(ns / CLASS_NS));
    this.#counts.set(step, (this.#counts.get(step) ?? 0) + 1);
  }

  /** The window that holds most cuts; the earliest of equals. */
  densest(): { count: number; fromS: number; toS: number } {
    const steps = [...this.#counts].sort((a, b) => a[0] - b[0]);
    let best = { count: 0, fromS: 0, toS: 0 };
    let low = 0;
    let count = 0;
    for (const [step, own] of steps) {
      count += own;
      while (step - (steps[low]?.[0] ?? step) > width(step)) {
        count -= steps[low]?.[1] ?? 0;
        low++;
      }
      if (count > best.count) best = { count, fromS: (steps[low]?.[0] ?? step) / 10, toS: step / 10 };
    }
    return best;
  }
}

const width = (step: number): number => Math.max(WINDOW_CLASSES, step * WINDOW_SHARE);

/** One age may be that of the whole stream, or of its last silence: both are deadlines that proxies have. */
class Cuts {
  readonly #total = new Ages();
  readonly #idle = new Ages();
  #count = 0;
  #first: { id: number; caseId: string; end: string } | null = null;

  add({ attempt, exchange: { id, caseId } }: WireView): void {
    this.#count++;
    this.#total.add(ageOf(attempt));
    const silence = attempt.endedAtNs - (attempt.reads.at(-1)?.[0] ?? sentAt(attempt));
    if (silence >= MIN_AGE_NS) this.#idle.add(silence);
    if (this.#first === null || id < this.#first.id) this.#first = { id, caseId, end: lastText(attempt, 80) };
  }

  verdict(): ReturnType<Account["verdict"]> {
    if (this.#first === null) return null;
    const [byTotal, byIdle] = [this.#total.densest(), this.#idle.densest()];
    const bySilence = byIdle.count > byTotal.count;
    const { count, fromS, toS } = bySilence ? byIdle : byTotal;
    if (count < MIN_CUTS || count * 2 <= this.#count) return null;
    const when = bySilence ? "of silence" : "after they were asked for";
    return {
      evidence: `${count} streams were cut between ${fromS.toFixed(1)} s and ${toS.toFixed(1)} s ${when}: …${this.#first.end}`,
      caseId: this.#first.caseId,
      count,
      of: this.#count,
    };
  }
}

const sentAt = ({ sentAtNs, dispatchedAtNs }: Attempt): number => sentAtNs ?? dispatchedAtNs;
const ageOf = (attempt: Attempt): number => attempt.endedAtNs - sentAt(attempt);

/** An exchange counts once, by the first of its attempts that was cut late enough. */
function ageAccount(): Account {
  const lost = new Cuts();
  const all = new Cuts();
  /** Some stream had a finish reason: one that ends in order without it was cut, rather than of an endpoint's habit. */
  let finishes = false;
  return {
    see(view) {
      const { exchange, completion } = view;
      if (exchange.variant === "stream" && hasChoices(view) && completion.finishReason !== null) finishes = true;
      const attempts = [...view.earlier, view].filter(({ attempt }) => ageOf(attempt) >= MIN_AGE_NS);
      const broken = attempts.find(isLost);
      const ended = broken ?? attempts.find(isUnfinished);
      if (broken !== undefined) lost.add(broken);
      if (ended !== undefined) all.add(ended);
    },
    verdict: () => (finishes ? all : lost).verdict(),
  };
}

const sameAge = endpointRule(
  {
    id: "streams-cut-at-one-age",
    subject: "delivery",
    severity: "breaks",
    message: "streams are cut at about the same age: a deadline of a proxy or gateway ends them, not the model",
    clients: "every answer that takes longer than the deadline, reasoning models first",
  },
  ageAccount,
);

export const cutRules: readonly Rule[] = [lost, sameAge];
