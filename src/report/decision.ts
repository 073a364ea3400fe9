/**
 * The parts of `report.json` that decide: estimates with their uncertainty, gates, and what a person is told to do. A
 * value that cannot be known is `null` and has its reason in `notes` beside it.
 */
import { z } from "zod";

const number = z.number();
const maybe = z.number().nullable();
const notes = z.array(z.string());

export const sides = <T extends z.ZodType>(inner: T) => z.strictObject({ baseline: inner, candidate: inner });

/** How an interval was made: over rounds, within one moment (fewer than 6 rounds), over cases (one round), or not at all. */
const method = z.enum(["rounds", "within-this-moment", "cases", "exact", "order-statistics", "none"]);

/** A paired estimate candidate / baseline, with the method that made its interval. */
export const shift = z.strictObject({
  ratio: maybe,
  /** Two-sided 95 % interval. */
  lo: maybe,
  hi: maybe,
  p: maybe,
  /** Holm-corrected over everything that no gate asks about; null for what a gate asks about. */
  pHolm: maybe,
  rounds: z.int(),
  pairs: z.int(),
  /** Pairs without a value on one side, per arm. */
  dropped: z.strictObject({ baseline: z.int(), candidate: z.int() }),
  method,
  /** Does the interval exclude 1, and to which side? `~` when it does not, or when the correction takes it back. */
  reads: z.enum(["faster", "slower", "higher", "lower", "~", "unknown"]),
  notes,
});

/** A difference of two shares, candidate − baseline. */
export const difference = z.strictObject({
  value: maybe,
  /** Two-sided 95 % interval over rounds, or exact where a count is 0 or all. */
  lo: maybe,
  hi: maybe,
  /** Exact conditional test, stratified by case; of `slow_share` the t over rounds. */
  p: maybe,
  /** Holm-corrected over everything that no gate asks about; null for what a gate asks about. */
  pHolm: maybe,
  rounds: z.int(),
  method,
  reads: z.enum(["better", "worse", "~", "unknown"]),
  notes,
});

export const tailRatio = z.strictObject({
  ratio: maybe,
  /** Two-sided 95 % interval by resampling rounds. */
  lo: maybe,
  hi: maybe,
  rounds: z.int(),
  notes,
});

/** At which confidence the gates were judged. */
export const judgementSummary = z.strictObject({
  /** 1 for a run as it was planned; one more for each time it was extended. */
  look: z.int(),
  looks: z.int(),
  /** Of each one-sided bound, so that all looks together keep 95 %. */
  confidence: number,
  /** What the intervals speak about. */
  estimand: z.enum(["these prompts", "traffic like these"]),
  /** Three rounds, contract gates only. */
  quick: z.boolean(),
  notes,
});

export const gateSummary = z.strictObject({
  /** As it was written. */
  text: z.string(),
  /** In `twintail.yaml`; null when it came from the command line. */
  place: z.strictObject({ line: z.int(), column: z.int() }).nullable(),
  /** An untrustworthy machine can neither pass nor fail a latency gate. */
  kind: z.enum(["latency", "contract"]),
  result: z.enum(["pass", "fail", "inconclusive", "invalid", "skipped"]),
  /** What was seen, in `unit`; null when there was no sample. */
  value: maybe,
  /** One-sided bounds at `judgement.confidence`, each; null where this sample carries none, or for counts. */
  lower: maybe,
  upper: maybe,
  op: z.enum(["<", "<=", ">", ">=", "==", "!="]),
  margin: number,
  /** Of `value`, the bounds and `margin`: `ms`, `tokens/s`, `characters/s`, `tokens`, `USD`, `ratio`, `share`, `count`. */
  unit: z.string(),
  n: z.int(),
  rounds: z.int(),
  method,
  /** What the two-sided 95 % interval says, apart from the gate: `slower` is not yet `fail`. Null where it says nothing. */
  reads: z.enum(["faster", "slower", "higher", "lower", "better", "worse", "~", "unknown"]).nullable(),
  /** The values beyond which this run would have decided: the smallest effect it could have told. */
  decides: z.strictObject({ pass: maybe, fail: maybe }).nullable(),
  /** One sentence. */
  reason: z.string(),
  notes,
});

export const checklistItem = z.strictObject({
  id: z.string(),
  group: z.enum(["parity", "reliability", "streaming", "latency", "cost", "privacy"]),
  item: z.string(),
  status: z.enum(["verified", "failed", "not tested"]),
  /** The evidence, or why it was not tested. */
  why: z.string(),
});

const cutCount = z.strictObject({ count: z.int(), of: z.int() });

export const timeoutSummary = z.strictObject({
  /** For a client of the candidate, from the bounds that the samples support. */
  suggested: z.array(
    z.strictObject({
      timeout: z.enum(["connect", "first byte", "idle", "total", "cold"]),
      ms: maybe,
      basis: z.string(),
    }),
  ),
  /** Requests of phase warm that a client's timeout would have cut. */
  cuts: z.array(
    z.strictObject({
      limitMs: number,
      /** A limit on the whole request. */
      total: sides(cutCount),
      /** A limit on silence: to the first byte, and between any two reads. */
      silence: sides(cutCount),
    }),
  ),
  notes,
});

export const costSummary = z.strictObject({
  /** USD, retries included; null without prices or usage. */
  per1000Requests: maybe,
  /** Of that, what was thrown away and asked again. */
  retriesPer1000Requests: maybe,
  /** At `traffic.requestsPerDay` in a month of 730 hours; null without it. */
  perMonth: maybe,
  requests: z.int(),
  notes,
});

const resolution = z.strictObject({
  /** A against A′: the baseline against itself. */
  baseline: shift.nullable(),
  /** B against B′. */
  candidate: shift.nullable(),
  /** The smallest ratio above 1 that this setup tells from no change; null when neither arm has an interval. */
  resolves: maybe,
});

/** Outputs: distances between rounds within an arm, against distances between arms. */
export const outputsSummary = z.strictObject({
  /** One global permutation test over all cases. */
  p: maybe,
  permutations: z.int(),
  cases: z.int(),
  rounds: z.int(),
  /** Mean distance of two answers of one case, 0 (the same words) to 1 (no two words in common). */
  within: sides(maybe),
  between: maybe,
  /** `between` less the mean of `within`: what the move itself changes. */
  excess: maybe,
  reads: z.enum(["alike", "differ", "unknown"]),
  /** The cases that differ most beyond their own variation, at most ten. */
  mostDiffering: z.array(z.strictObject({ caseId: z.string(), within: number, between: number, excess: number })),
  notes,
});

export const controlSummary = z.strictObject({
  metrics: z.record(z.string(), resolution),
  rates: z.record(z.string(), sides(difference.nullable())),
  outputs: sides(outputsSummary.nullable()),
  notes,
});

export type ShiftSummary = z.infer<typeof shift>;
export type DifferenceSummary = z.infer<typeof difference>;
export type TailRatioSummary = z.infer<typeof tailRatio>;
export type JudgementSummary = z.infer<typeof judgementSummary>;
export type GateSummary = z.infer<typeof gateSummary>;
export type ChecklistItem = z.infer<typeof checklistItem>;
export type TimeoutSummary = z.infer<typeof timeoutSummary>;
export type CostSummary = z.infer<typeof costSummary>;
export type ControlSummary = z.infer<typeof controlSummary>;
export type OutputsSummary = z.infer<typeof outputsSummary>;
