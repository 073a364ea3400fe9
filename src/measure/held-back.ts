/**
 * What was measured of an exchange that may turn out to be a cold start: of an endpoint that sleeps that is most of them, so
 * that it is held as small as it can be until all was seen.
 */
import { METRICS } from "./catalogue.js";
import type { Measurement, Metric } from "./metric.js";
import type { Scalar, Scalars } from "./scalars.js";

export class HeldBack {
  /** Of metrics with more values than the one that is a scalar already. */
  readonly #many: readonly (readonly [Metric, Float64Array])[];

  constructor(
    measurements: ReadonlyMap<Metric, Measurement>,
    private readonly scalars: Scalars,
  ) {
    this.#many = METRICS.flatMap((metric): (readonly [Metric, Float64Array])[] => {
      const measurement = measurements.get(metric) as Measurement;
      if ("none" in measurement || measurement.values.length === 1) return [];
      return [[metric, Float64Array.from(measurement.values)]];
    });
  }

  /** As they were. */
  measurements(): Map<Metric, Measurement> {
    const many = new Map(this.#many);
    return new Map(
      METRICS.map((metric) => {
        const values = many.get(metric);
        return [metric, values === undefined ? this.#single(metric) : { values: [...values] }];
      }),
    );
  }

  #single({ name }: Metric): Measurement {
    const scalar = this.scalars.get(name) as Scalar;
    if ("value" in scalar) return { values: [scalar.value] };
    return scalar.failed ? { none: scalar.none, failed: true } : { none: scalar.none };
  }
}
