/**
 * A tail of one load. A failure stands at its slow end as infinity; where a metric may rightly lack a value, only if its case
 * has one at this load. Which cases do is known when all were seen, so that failures are counted beside the tail until it is
 * read: it can be read at any time, and again.
 */
import type { Measurement, Metric } from "../measure/metric.js";
import { Tail, type TailFigures } from "../measure/tail.js";

export class PointTail implements TailFigures {
  readonly metric: Metric;
  readonly #tail: Tail;
  #exchanges = 0;
  readonly #valued = new Set<string>();
  /** By case. */
  readonly #failures = new Map<string, number>();

  constructor(metric: Metric) {
    this.metric = metric;
    this.#tail = new Tail(metric);
  }

  /** @param of the case and its variant */
  record(of: string, measurement: Measurement): void {
    if ("values" in measurement) {
      this.#exchanges++;
      this.#valued.add(of);
      this.#tail.record(measurement);
    } else if (measurement.failed) this.#failures.set(of, (this.#failures.get(of) ?? 0) + 1);
    else this.#tail.record(measurement);
  }

  get failed(): number {
    let failed = 0;
    for (const [of, count] of this.#failures) if (!this.metric.conditional || this.#valued.has(of)) failed += count;
    return failed;
  }

  get n(): number {
    return this.#exchanges + this.failed;
  }

  get values(): number {
    return this.#tail.values;
  }

  get overflow(): number {
    return this.#tail.overflow;
  }

  get missing(): Readonly<Record<string, number>> {
    return this.#tail.missing;
  }

  get min(): number | null {
    return this.#tail.min;
  }

  get max(): number | null {
    return this.#tail.max;
  }

  get sum(): number | null {
    return this.#tail.sum;
  }

  get mean(): number | null {
    return this.#tail.mean;
  }

  /** As of {@link Tail}. */
  quantile(q: number): number | null {
    const { failed, values } = this;
    const total = values + failed;
    if (total === 0) return null;
    const rank = Math.min(total, Math.max(1, Math.ceil(q * total - 1e-9)));
    const higher = this.metric.better === "higher";
    if (higher && rank <= failed) return 0;
    const own = higher ? rank - failed : rank;
    return own > values ? Number.POSITIVE_INFINITY : this.#tail.quantile(own / values);
  }
}
