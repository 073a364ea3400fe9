import { ANOMALIES, type Anomaly, type AnomalyKind } from "./anomaly.js";

const MAX_EVIDENCE = 200;
const KINDS = Object.keys(ANOMALIES) as AnomalyKind[];

/** Collects the facts of one attempt: the first sighting of each kind counts. */
export class AnomalyLog {
  readonly #seen = new Map<AnomalyKind, Anomaly>();

  has(kind: AnomalyKind): boolean {
    return this.#seen.has(kind);
  }

  note(kind: AnomalyKind, evidence: string, read?: number): void {
    if (this.#seen.has(kind)) return;
    // A slice would keep the whole text that it was cut from in memory.
    const copy = Buffer.from(evidence.slice(0, MAX_EVIDENCE)).toString();
    this.#seen.set(kind, { kind, evidence: copy, ...(read === undefined ? {} : { read }) });
  }

  /** In the order of the catalogue, so that it says nothing about how the bytes came. */
  list(): Anomaly[] {
    if (this.#seen.size === 0) return [];
    return KINDS.flatMap((kind) => this.#seen.get(kind) ?? []);
  }
}
