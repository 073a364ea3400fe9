/**
 * One number an exchange and metric, for comparisons. Kept as a row of numbers: a hundred thousand exchanges with a
 * dictionary of twenty objects each would be most of what a judgement holds.
 */
import { METRICS } from "./catalogue.js";
import type { Measurement, Metric } from "./metric.js";

/** A median where there are many. */
export type Scalar = { readonly value: number } | Missing;

interface Missing {
  readonly none: string;
  readonly failed: boolean;
}

/** By name of the metric. */
export interface Scalars {
  get(metric: string): Scalar | undefined;
}

/** Why metrics have no value, in the order of the catalogue; null where they have. */
type Reasons = readonly (Missing | null)[];

const PLACES: ReadonlyMap<string, number> = new Map(METRICS.map(({ name }, place) => [name, place]));

class Row implements Scalars {
  readonly #values: readonly number[];
  readonly #reasons: Reasons;

  /** @param values in the order of the catalogue, NaN where there is none */
  constructor(values: readonly number[], reasons: Reasons) {
    this.#values = values;
    this.#reasons = reasons;
  }

  get(metric: string): Scalar | undefined {
    const place = PLACES.get(metric);
    if (place === undefined) return undefined;
    return this.#reasons[place] ?? { value: this.#values[place] as number };
  }
}

/** Exchanges lack values for a handful of reasons, in a handful of combinations: each is kept once. */
export class ScalarRows {
  readonly #reasons = new Map<string, Reasons>();

  of(measurements: ReadonlyMap<Metric, Measurement>): Scalars {
    const inOrder = METRICS.map((metric) => measurements.get(metric) as Measurement);
    const values = inOrder.map((each) => ("values" in each ? middleOf(each.values) : Number.NaN));
    return new Row(values, this.#reasonsOf(inOrder));
  }

  #reasonsOf(measurements: readonly Measurement[]): Reasons {
    const pattern = measurements.map((each) => ("values" in each ? "" : `${each.failed === true} ${each.none}`)).join();
    const known = this.#reasons.get(pattern);
    if (known !== undefined) return known;
    const reasons = measurements.map((each) =>
      "values" in each ? null : { none: each.none, failed: each.failed === true },
    );
    this.#reasons.set(pattern, reasons);
    return reasons;
  }
}

function middleOf(values: readonly number[]): number {
  if (values.length === 1) return values[0] as number;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] as number)) / 2;
}
