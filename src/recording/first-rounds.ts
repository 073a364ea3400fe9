/** When each process really sent its first round: a shard may have been late, whatever start it was given. */
import { NS_PER_MS } from "../core/units.js";
import type { Exchange, RecordingFrame } from "./recording.js";

type First = Pick<Exchange, "releasedAtNs" | "intendedAtNs">;

export class FirstRounds {
  /** By segment. */
  readonly #first = new Map<number, First>();

  add({ phase, round, segment, releasedAtNs, intendedAtNs }: Exchange): void {
    if (phase !== "warm" || round !== 0) return;
    const before = this.#first.get(segment)?.releasedAtNs ?? Number.POSITIVE_INFINITY;
    if (releasedAtNs >= before) return;
    this.#first.set(segment, { releasedAtNs, ...(intendedAtNs === undefined ? {} : { intendedAtNs }) });
  }

  /**
   * Shard → ms since the epoch; of one that sent nothing of the first round there is no entry.
   * @param shardOf a segment's shard
   */
  beganMs(
    { segments, begun }: Pick<RecordingFrame, "segments" | "begun">,
    shardOf: ReadonlyMap<number, number>,
  ): Map<number, number> {
    const began = new Map<number, number>();
    for (const { id, wallClockMs } of segments) {
      const [first, shard] = [this.#first.get(id), shardOf.get(id)];
      if (first === undefined || shard === undefined) continue;
      const { releasedAtNs, intendedAtNs } = first;
      const phaseNs = begun.find(({ segment, phase }) => segment === id && phase === "warm")?.atNs;
      // In an open loop the first arrival is due some time after the phase began.
      const dueNs = intendedAtNs === undefined || phaseNs === undefined ? 0 : intendedAtNs - phaseNs;
      const ms = wallClockMs + (releasedAtNs - dueNs) / NS_PER_MS;
      began.set(shard, Math.min(ms, began.get(shard) ?? Number.POSITIVE_INFINITY));
    }
    return began;
  }
}
