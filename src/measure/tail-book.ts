/** All tails of a recording: one an endpoint, phase and metric. */
import type { Exchange } from "../recording/recording.js";
import type { Measurement, Metric } from "./metric.js";
import { Tail } from "./tail.js";

type EndpointRole = Exchange["endpoint"];
type Phase = Exchange["phase"];

export class TailBook {
  readonly #tails = new Map<string, Tail>();
  readonly #phases = new Set<Phase>();

  record(endpoint: EndpointRole, phase: Phase, measurements: ReadonlyMap<Metric, Measurement>): void {
    this.#phases.add(phase);
    for (const [metric, measurement] of measurements) {
      const key = `${endpoint} ${phase} ${metric.name}`;
      let tail = this.#tails.get(key);
      if (tail === undefined) {
        tail = new Tail(metric);
        this.#tails.set(key, tail);
      }
      tail.record(measurement);
    }
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
