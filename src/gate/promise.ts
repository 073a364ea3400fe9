/**
 * What an endpoint that scales to zero promised, its budget and its cap, held against its cold trials. It decides a
 * recording of cold trials in which no gate asks about them.
 */
import type { GateText } from "../config/settings.js";
import { formatDurationMs } from "../core/duration.js";
import type { Evidence, Verdict } from "./judgement.js";
import { parseGates } from "./parse.js";
import type { RunVerdict } from "./verdict.js";

/** As a setting says it: `8 min`, `4 s`. */
function limitWords(name: "budget" | "cap", ms: number): string {
  return `${name} of ${formatDurationMs(ms).replace(".0 s", " s")}`;
}

type Side = "baseline" | "candidate";

const SIDES = ["candidate", "baseline"] as const;

/** A cold trial, as far as its promise is concerned. */
export interface PromisedTrial {
  readonly wakeMs: number | null;
  readonly verdict: string;
  readonly budget: "kept" | "broken" | null;
  readonly cap: "kept" | "broken" | null;
  readonly note: string;
}

export interface PromisedWakes extends Readonly<Record<Side, readonly PromisedTrial[]>> {
  /** Null of an endpoint that never sleeps. */
  readonly promised: Readonly<Record<Side, { readonly budgetMs: number; readonly capMs: number } | null>>;
}

/**
 * The gates that can judge cold trials: of a configuration those that ask about wakes, since the others are for its runs;
 * of the command line all of them.
 */
export function wakeGates(gates: readonly GateText[]): GateText[] {
  return gates.filter((source) => source.line === 0 || asksAboutWakes(source));
}

export function asksAboutWakes(source: GateText): boolean {
  return parseGates([source]).some(({ gate }) => gate.question.subject === "wake");
}

/** What the trials say of the promise, worst first; inconclusive where nothing was cold, or not all is there. */
export function promiseVerdict(wakes: PromisedWakes, { partial }: Pick<Evidence, "partial">): RunVerdict {
  const sides = SIDES.map((side) => ({ side, ...sideSays(wakes, side) }));
  const worst = RANK.find((verdict) => sides.some((each) => each.verdict === verdict)) ?? "inconclusive";
  const said = sides.sort((a, b) => rankOf(a.verdict) - rankOf(b.verdict)).map(({ says }) => says);
  const notes = partial === null ? [] : [`a partial run can fail but not pass: ${partial}`];
  const verdict = worst === "pass" && partial !== null ? "inconclusive" : worst;
  return { verdict, reason: said.join("; "), notes };
}

/** `null` is a side without a say: it never sleeps. */
const RANK: readonly Verdict[] = ["fail", "inconclusive", "pass"];

function rankOf(verdict: Verdict | null): number {
  return verdict === null ? RANK.length : RANK.indexOf(verdict);
}

function sideSays(wakes: PromisedWakes, side: Side): { verdict: Verdict | null; says: string } {
  const promise = wakes.promised[side];
  const trials = wakes[side];
  if (promise === null) return { verdict: null, says: `${side} never sleeps` };
  const budget = `its ${limitWords("budget", promise.budgetMs)}`;
  const failed = trials.filter(({ verdict }) => verdict === "failed");
  const slow = trials.filter((trial) => trial.verdict !== "failed" && isBroken(trial));
  if (failed.length > 0 || slow.length > 0)
    return { verdict: "fail", says: brokenWords(side, trials, failed, slow, promise) };
  const kept = trials.filter(({ verdict, budget: held }) => verdict === "cold" && held === "kept");
  if (kept.length === 0) return { verdict: "inconclusive", says: notColdWords(side, trials) };
  const longest = kept.reduce((most, { wakeMs }) => Math.max(most, wakeMs ?? 0), 0);
  const warm = trials.filter(({ verdict }) => verdict === "not cold").length;
  const unknown = trials.length - kept.length - warm;
  const left = [
    ...(warm === 0 ? [] : [`${warm} of ${trials.length} trials ${warm === 1 ? "was" : "were"} not cold`]),
    ...(unknown === 0 ? [] : [`of ${unknown} of ${trials.length} trials it is not known`]),
  ];
  const rest = left.length === 0 ? "" : ` (${left.join("; ")})`;
  const took = formatDurationMs(longest);
  return kept.length === 1
    ? { verdict: "pass", says: `${side} woke in ${took}, within ${budget}${rest}` }
    : { verdict: "pass", says: `${side} woke ${kept.length} times, in ${took} at most, within ${budget}${rest}` };
}

function isBroken({ budget, cap }: PromisedTrial): boolean {
  return budget === "broken" || cap === "broken";
}

function brokenWords(
  side: Side,
  trials: readonly PromisedTrial[],
  failed: readonly PromisedTrial[],
  slow: readonly PromisedTrial[],
  promise: { readonly budgetMs: number; readonly capMs: number },
): string {
  const of = trials.length === 1 ? "" : ` in ${failed.length || slow.length} of ${trials.length} trials`;
  const [lost] = failed;
  if (lost !== undefined) return `${side} did not wake${of}: ${lost.note}`;
  const longest = slow.reduce((most, { wakeMs }) => Math.max(most, wakeMs ?? 0), 0);
  const beyond = slow.some(({ cap }) => cap === "broken");
  const limit = beyond ? limitWords("cap", promise.capMs) : limitWords("budget", promise.budgetMs);
  const took = formatDurationMs(longest);
  return trials.length === 1
    ? `${side} woke in ${took}, over its ${limit}`
    : `${side} woke in ${took} at most, over its ${limit}${of}`;
}

function notColdWords(side: Side, trials: readonly PromisedTrial[]): string {
  if (trials.length === 0) return `no cold trial of the ${side} came to an end`;
  const [first] = trials;
  if (trials.length === 1 && first !== undefined) return `${side} was not seen to wake: ${first.note}`;
  return `${side} was not seen to wake in ${trials.length} trials: ${first?.note ?? ""}`;
}
