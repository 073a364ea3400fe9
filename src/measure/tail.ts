/**
 * A tail: an HDR histogram with exact count, minimum, maximum and sum beside it, and the exchanges that have no value.
 * A failed exchange stands at the slow end as infinity, so that timing out never looks fast.
 */
import { build, type Histogram } from "hdr-histogram-js";
import type { Better, Measurement, Metric } from "./metric.js";

/** 1 µs to one hour at three digits; fractions would floor, so values are scaled to integers first. */
const LOWEST = 1;
const HIGHEST = 3.6e9;

function emptyHistogram(): Histogram {
  return build({
    bitBucketSize: 32,
    lowestDiscernibleValue: LOWEST,
    highestTrackableValue: HIGHEST,
    numberOfSignificantValueDigits: 3,
    autoResize: false,
    useWebAssembly: false,
  });
}

/** What is read of a tail. */
export type TailFigures = Pick<
  Tail,
  "n" | "values" | "failed" | "overflow" | "missing" | "min" | "max" | "sum" | "mean" | "quantile"
>;

export class Tail {
  readonly better: Better;
  readonly scale: number;
  #histogram: Histogram | null = null;
  #exchanges = 0;
  #failed = 0;
  #values = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  /** Thousandths of a scaled integer, so that it does not depend on the order of recording. */
  #sum = 0;
  #overflow = 0;
  readonly #missing = new Map<string, number>();

  constructor(metric: Pick<Metric, "better" | "scale">) {
    this.better = metric.better;
    this.scale = metric.scale;
  }

  record(measurement: Measurement): void {
    if ("none" in measurement) {
      if (measurement.failed) this.#failed++;
      this.#missing.set(measurement.none, (this.#missing.get(measurement.none) ?? 0) + 1);
      return;
    }
    this.#exchanges++;
    for (const value of measurement.values) this.#value(value);
  }

  /** Exchanges with a value, and those that failed before they had one. */
  get n(): number {
    return this.#exchanges + this.#failed;
  }

  /** Values in the histogram. */
  get values(): number {
    return this.#values;
  }

  get failed(): number {
    return this.#failed;
  }

  /** Values beyond what the histogram can hold; they are counted at its edge, and exact in `max`. */
  get overflow(): number {
    return this.#overflow;
  }

  /** Reasons for no value, with their counts, in alphabetical order. */
  get missing(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#missing].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  get min(): number | null {
    return this.#values === 0 ? null : this.#min;
  }

  get max(): number | null {
    return this.#values === 0 ? null : this.#max;
  }

  get sum(): number | null {
    return this.#values === 0 ? null : this.#sum / (1_000 * this.scale);
  }

  get mean(): number | null {
    return this.#values === 0 ? null : this.#sum / (1_000 * this.scale) / this.#values;
  }

  /**
   * Nearest-rank quantile, clamped to the exact minimum and maximum; `Infinity` when a failed exchange stands there
   * (`0` for a metric where higher is better: nothing came). Null when there is no exchange.
   * @param q from 0 to 1, on the scale of values: 0.99 is slow for a latency, 0.01 for a rate
   */
  quantile(q: number): number | null {
    const total = this.#values + this.#failed;
    if (total === 0) return null;
    let rank = Math.min(total, Math.max(1, Math.ceil(q * total - 1e-9)));
    if (this.better === "higher") {
      if (rank <= this.#failed) return 0;
      rank -= this.#failed;
    } else if (rank > this.#values) return Number.POSITIVE_INFINITY;
    const histogram = this.#histogram as Histogram;
    const value = histogram.getValueAtPercentile((100 * rank) / this.#values) / this.scale;
    return Math.min(this.#max, Math.max(this.#min, value));
  }

  /** HdrHistogram's own percentile distribution, in the metric's unit; null when there is no value. */
  percentileText(): string | null {
    if (this.#histogram === null) return null;
    const text = this.#histogram.outputPercentileDistribution(5, this.scale);
    const failed = `#[Failed  = ${this.#failed} of ${this.n}: beyond every percentile above, at the slow end]\n`;
    return this.#failed === 0 ? text : `${text}${failed}`;
  }

  #value(value: number): void {
    // NaN and infinity would be counted or thrown, by build options: they are never values.
    if (!Number.isFinite(value)) throw new Error(`a measurement of ${value}`);
    this.#histogram ??= emptyHistogram();
    const scaled = Math.round(value * this.scale);
    if (scaled > HIGHEST) this.#overflow++;
    this.#histogram.recordValue(Math.min(HIGHEST, Math.max(0, scaled)));
    this.#values++;
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
    this.#sum += Math.round(value * this.scale * 1_000);
  }
}

/**
 * The fewest exchanges for which the largest of them is an upper 95 % bound of quantile q: the order-statistic rule
 * n ≥ ln 0.05 / ln q. p50 5, p90 29, p95 59, p99 299, p99.9 2,995.
 */
export function neededFor(q: number): number {
  return Math.ceil(Math.log(0.05) / Math.log(q) - 1e-9);
}

/** The share of requests that lie below the maximum of n with 95 % confidence: 0.05^(1/n). */
export function supportedShare(n: number): number {
  return n === 0 ? 0 : 0.05 ** (1 / n);
}
