/** Replicas of one tier behind one address: who gets the next sequence. Each has its own queue; none is moved later. */
import { BatchingEngine, type Sequence } from "./engine.js";
import type { EngineParameters } from "./tiers.js";
import type { Schedule } from "./wheel.js";

/** `least`: the replica with the fewest sequences queued or running, in turn where several have as few. */
export const BALANCES = ["least", "round-robin"] as const;

export type Balance = (typeof BALANCES)[number];

export interface ReplicaOptions {
  /** 1 by default. */
  readonly replicas?: number;
  /** `least` by default. */
  readonly balance?: Balance;
}

/** As many engines as there are replicas: their capacity is that of one, times their number. */
export class Replicas {
  readonly #engines: readonly BatchingEngine[];
  readonly #balance: Balance;
  #next = 0;

  constructor(parameters: EngineParameters, schedule: Schedule, seed: number, options: ReplicaOptions = {}) {
    const { replicas = 1, balance = "least" } = options;
    // The first has the seed itself, so that one replica times as it did before there were several.
    this.#engines = Array.from(
      { length: replicas },
      (_, index) => new BatchingEngine(parameters, schedule, index === 0 ? seed : `${seed}/replica-${index}`),
    );
    this.#balance = balance;
  }

  /** Sequences queued or running, replica by replica. */
  get loads(): readonly number[] {
    return this.#engines.map((engine) => engine.load);
  }

  /** Queues a sequence at one replica; the returned function takes it out again. */
  submit(sequence: Sequence): () => void {
    const chosen = this.#choose();
    this.#next = (chosen + 1) % this.#engines.length;
    return (this.#engines[chosen] as BatchingEngine).submit(sequence);
  }

  #choose(): number {
    if (this.#balance === "round-robin" || this.#engines.length === 1) return this.#next;
    const { loads } = this;
    const inTurn = loads.map((_, index) => (this.#next + index) % loads.length);
    return inTurn.reduce((best, index) => ((loads[index] ?? 0) < (loads[best] ?? 0) ? index : best));
  }
}
