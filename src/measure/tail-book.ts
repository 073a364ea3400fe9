/** All tails of a recording: one an endpoint, phase and metric. */
import type { Exchange } from "../recording/recording.js";
import type { Measurement, Metric } from "./metric.js";
import { Tail } from "./tail.js";

type EndpointRole = Exchange["endpoint"];
type Phase = Exchange["phase"];

interface DeferredFailure {
  readonly tail: Tail;
  readonly case: string;
  readonly measurement: Measurement;
}

export class TailBook {
  readonly #tails = new Map<string, Tail>();
  readonly #phases = new Set<Phase>();
  /** Cases that have a value somewhere, by conditional metric. */
  readonly #valued = new Set<string>();
  readonly #deferred: DeferredFailure[] = [];

  record(
    exchange: Pick<Exchange, "endpoint" | "phase" | "caseId" | "variant">,
    measurements: ReadonlyMap<Metric, Measurement>,
  ): void {
    const { endpoint, phase, caseId, variant } = exchange;
    this.#phases.add(phase);
    for (const [metric, measurement] of measurements) {
      const key = `${endpoint} ${phase} ${metric.name}`;
      let tail = this.#tails.get(key);
      if (tail === undefined) {
        tail = new Tail(metric);
        this.#tails.set(key, tail);
      }
      const ofCase = `${metric.name} ${caseId} ${variant}`;
      if (metric.conditional && "values" in measurement) this.#valued.add(ofCase);
      if (metric.conditional && "none" in measurement && measurement.failed) {
        this.#deferred.push({ tail, case: ofCase, measurement });
      } else tail.record(measurement);
    }
  }

  /** After the last exchange: a failure is infinite only where its case has a value at all. */
  settle(): void {
    for (const { tail, case: ofCase, measurement } of this.#deferred) {
      if (this.#valued.has(ofCase) || !("none" in measurement)) tail.record(measurement);
      else tail.record({ none: measurement.none });
    }
    this.#deferred.length = 0;
  }

  /** Phases that have exchanges, in the order in which reports show them. */
  get phases(): Phase[] {
    const order = ["warm", "solo", "cold", "warmup", "probe"];
    const rank = (phase: Phase): number => (order.indexOf(phase) + order.length + 1) % (order.length + 1);
    return [...this.#phases].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  }

  tail(endpoint: EndpointRole, phase: Phase, metric: Metric): Tail | null {
    return this.#tails.get(`${endpoint} ${phase} ${metric.name}`) ?? null;
  }
}
