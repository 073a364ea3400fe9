/** What gates say of a recording, and what the run as a whole says. */
import type { Finding } from "../check/finding.js";
import type { Comparison, Side } from "../compare/comparison.js";
import type { EstimateMethod } from "../compare/estimate.js";
import type { GoldenCase } from "../golden/golden-set.js";

import type { PromisedWakes } from "./promise.js";

export type Verdict = "pass" | "fail" | "inconclusive" | "invalid";

/** A run may be extended twice: each of the three looks is at this confidence, so that together they keep 95 %. */
export const LOOKS = 3;
export const LOOK_ALPHA = 0.05 / LOOKS;

export type Operator = "<" | "<=" | ">" | ">=" | "==" | "!=";

export type Reading = "faster" | "slower" | "higher" | "lower" | "better" | "worse" | "~" | "unknown";

/** One gate held against what was measured. */
export interface GateResult {
  /** As it was written. */
  readonly text: string;
  /** In the configuration; null when it came from the command line. */
  readonly place: { readonly line: number; readonly column: number } | null;
  /** An untrustworthy machine can neither pass nor fail a latency gate. */
  readonly kind: "latency" | "contract";
  /** `skipped`: a quick run asks contract gates alone. */
  readonly result: Verdict | "skipped";
  /** In `unit`, as are the bounds and the margin; null without a sample. */
  readonly value: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly op: Operator;
  readonly margin: number;
  readonly unit: string;
  readonly n: number;
  readonly rounds: number;
  readonly method: EstimateMethod;
  readonly reads: Reading | null;
  /** The values beyond which this run would have decided. */
  readonly decides: { readonly pass: number | null; readonly fail: number | null } | null;
  readonly reason: string;
  readonly notes: readonly string[];
  /** What it asks about, as a key of the exploratory family: `warm shift ttfa`, `rate tool_calls`, `slow_share ttfa`. */
  readonly about: string | null;
}

export interface Judgement {
  /** Null without gates. */
  readonly verdict: Verdict | null;
  /** What decided it, in one sentence without its full stop. */
  readonly reason: string;
  readonly look: number;
  readonly looks: number;
  /** Of each one-sided bound. */
  readonly confidence: number;
  readonly gates: readonly GateResult[];
  readonly notes: readonly string[];
}

export interface WokenTrial {
  /** Null where no token came. */
  readonly wakeMs: number | null;
  readonly verdict: string;
  /** Null of a trial that does not tell what its wake took. */
  readonly budget?: "kept" | "broken" | null;
}

/** What gates may ask about. */
export interface Evidence {
  /** Phase warm, control arms left out. */
  readonly comparison: Comparison;
  /** Each endpoint against itself; null where the control was off. */
  readonly control: Readonly<Record<Side, Comparison>> | null;
  /** The golden set's, by which exchanges and flips are selected. */
  readonly cases: readonly Pick<GoldenCase, "id" | "category" | "tags">[];
  readonly findings: readonly Pick<Finding, "rule" | "severity" | "sides" | "endpoint" | "exchanges">[];
  readonly flips: readonly {
    readonly caseId: string;
    readonly direction: "regressed" | "improved";
    readonly severity: string;
    readonly consistent: boolean;
  }[];
  /** Cold trials, one by one. */
  readonly cold: Readonly<Record<Side, readonly WokenTrial[]>>;
  /** Why this machine cannot be trusted with a latency; null when it can. */
  readonly invalid: string | null;
  /** Why not everything that was planned is there; null when it is. */
  readonly partial: string | null;
  /** Why no answer could be held against expectations; null or absent where they could. */
  readonly unjudged?: string | null;
  /** Why no gate is asked of this recording by itself; null or absent where they are. */
  readonly unasked?: string | null;
  /** Contract gates only. */
  readonly quick: boolean;
  /** 1 for a run as it was planned. */
  readonly look: number;
  /** What decides without a gate; of a recording of cold trials alone. */
  readonly promise?: PromisedWakes | undefined;
}
