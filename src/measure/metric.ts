/**
 * One metric a file. A metric is a formula over one exchange; it does not know the endpoint's name, nor any
 * other exchange.
 */

import { NS_PER_MS } from "../core/units.js";
import type { Completion } from "../decode/completion.js";
import type { Failure } from "../decode/failure.js";
import type { Attempt, Exchange, HeaderLine } from "../recording/recording.js";

export type Better = "lower" | "higher" | "neither";

/** Cancelled and interrupted exchanges are in no bucket. */
export type Bucket = "cold" | "warm" | "failed" | "none";

export type Price = HeaderLine["endpoints"]["baseline"]["price"];

/** What a formula may look at. */
export interface Sample {
  readonly exchange: Exchange;
  /** The attempt that the latencies belong to: the last one. */
  readonly attempt: Attempt;
  readonly completion: Completion;
  /** Usage of every attempt that reported one: a retried request is paid twice. */
  readonly usages: readonly Completion["usage"][];
  readonly failure: Failure | null;
  readonly bucket: Bucket;
  readonly price: Price;
}

/** Values of one exchange (most metrics have one, `chunk_gap` many), or why there is none. */
export type Measurement =
  | { readonly values: readonly number[] }
  /** `failed`: the exchange ended before the value existed; it stands at the slow end of a tail, as infinity. */
  | { readonly none: string; readonly failed?: true };

export interface Metric {
  readonly name: string;
  /** As people read it. */
  readonly unit: "ms" | "tokens/s" | "characters/s" | "tokens" | "USD" | "tokens/event";
  /** Integers in the histogram are value × scale. */
  readonly scale: number;
  readonly better: Better;
  /**
   * Whether a successful answer may rightly have no value (too short to time, no tool call): a failure then counts as
   * infinite only for a case that has a value somewhere in the run.
   */
  readonly conditional?: true;
  /** The formula in words, as the README's table prints it. */
  readonly formula: string;
  /** When it has no value, as the README's table prints it. */
  readonly noValueWhen: string;
  measure(sample: Sample): Measurement;
}

/** One value. */
export function value(number: number): Measurement {
  return { values: [number] };
}

/** No value: because of the failure where there was one, else for the reason given. */
export function missing(sample: Sample, reason: string): Measurement {
  return sample.failure === null ? { none: reason } : { none: sample.failure.kind, failed: true };
}

/** A span of two stamps of one attempt in ms; missing when either stamp is. */
export function span(
  sample: Sample,
  fromNs: number | undefined,
  toNs: number | null | undefined,
  reason: string,
): Measurement {
  if (fromNs === undefined || toNs === undefined || toNs === null) return missing(sample, reason);
  return value((toNs - fromNs) / NS_PER_MS);
}

/** Why a streamed metric does not apply to this exchange at all; null when it does. */
export function notStreamed(sample: Sample): Measurement | null {
  return sample.exchange.variant === "stream" ? null : { none: "not streamed" };
}
