/**
 * One metric a file. A metric is a formula over one exchange; it does not know the endpoint's name, nor any
 * other exchange.
 */
import type { Completion } from "../decode/completion.js";
import type { Attempt, Exchange } from "../recording/recording.js";

export type Better = "lower" | "higher" | "neither";

/** Cancelled and interrupted exchanges are in no bucket. */
export type Bucket = "cold" | "warm" | "failed" | "none";

/** What a formula may look at. */
export interface Sample {
  readonly exchange: Exchange;
  /** The attempt that the latencies belong to: the last one. */
  readonly attempt: Attempt;
  readonly completion: Completion;
  readonly bucket: Bucket;
}

/** Values of one exchange (most metrics have one, `chunk_gap` many), or why there is none. */
export type Measurement =
  | { readonly values: readonly number[] }
  /** `failed`: the exchange ended before the value existed; it counts as +∞ (the slow end) in a tail. */
  | { readonly none: string; readonly failed?: true };

export interface Metric {
  readonly name: string;
  /** As people read it. */
  readonly unit: "ms" | "tokens/s" | "characters/s" | "tokens" | "USD" | "tokens/event";
  /** Integers in the histogram are value × scale. */
  readonly scale: number;
  readonly better: Better;
  /** The formula in words, as the README's table prints it. */
  readonly formula: string;
  /** When it has no value, as the README's table prints it. */
  readonly noValueWhen: string;
  measure(sample: Sample): Measurement;
}
