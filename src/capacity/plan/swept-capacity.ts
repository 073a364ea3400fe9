/** What one replica bore in its sweep, in requests a second at the lengths that were swept. */

import type { CapacityInterval, CapacityTier } from "../../report/capacity-summary.js";
import { formatShare, formatSignificant } from "../../report/numbers.js";
import type { EndpointSweep, SweepPoint } from "../../report/sweep-summary.js";
import { scaled } from "./interval.js";

export type SweptCapacity =
  | {
      readonly basis: NonNullable<CapacityTier["bears"]>["basis"];
      readonly perS: CapacityInterval;
      readonly atLeast: boolean;
      /** One sentence without its full stop. */
      readonly text: string;
      readonly notes: readonly string[];
    }
  | {
      readonly basis: null;
      /** `no`: it bears no load of this demand. `unsure`: the sweep does not say. */
      readonly meets: "no" | "unsure";
      readonly why: string;
    };

export interface SweptCapacityInput {
  readonly sweep: EndpointSweep;
  /** As it was written; null without one. */
  readonly slo: string | null;
  /** Of the knee, what is asked of a replica at most where there is no SLO. */
  readonly kneeShare: number;
  /** That stood behind the endpoint. */
  readonly replicas: number;
}

/**
 * The goodput where the sweep had an SLO; else a share of the knee, since at the knee itself queues have no end; else the
 * highest load that it bore. What no limit was found of is a lower bound, and its upper bound is not known.
 */
export function sweptCapacity({ sweep, slo, kneeShare, replicas }: SweptCapacityInput): SweptCapacity {
  const whole = slo === null ? withoutSlo(sweep, kneeShare) : withSlo(sweep, slo);
  if (whole.basis === null || replicas === 1) return whole;
  return {
    ...whole,
    perS: scaled(whole.perS, 1 / replicas),
    notes: [`the swept endpoint had ${replicas} replicas: each is taken to bear an equal part`, ...whole.notes],
  };
}

function withSlo(sweep: EndpointSweep, slo: string): SweptCapacity {
  const { goodput, knee, points } = sweep;
  if (goodput === null) {
    const doubtful = points.length === 0 || points.some(({ slo: { state } }) => state === "unsure" || state === "none");
    const lowest = points.find(({ load }) => load !== null)?.load ?? null;
    const where = lowest === null ? "any load that was swept" : `any load from ${formatSignificant(lowest)} up`;
    return doubtful
      ? { basis: null, meets: "unsure", why: `the sweep does not tell whether ${slo} holds at ${where}` }
      : { basis: null, meets: "no", why: `${slo} did not hold at ${where}` };
  }
  const open = goodput.limitedBy === null && knee === null && sweep.stopped.kind !== "failing";
  const limit = goodput.limitedBy === null ? "" : `; above it ${goodput.limitedBy} breaks`;
  return {
    basis: "goodput",
    perS: bounded(goodput.throughput, open),
    atLeast: open,
    text: open ? `it kept ${slo} at every load that was tried: ${unlimited(sweep)}` : `it keeps ${slo}${limit}`,
    notes: goodput.notes,
  };
}

function withoutSlo(sweep: EndpointSweep, kneeShare: number): SweptCapacity {
  const { knee, stopped } = sweep;
  if (knee !== null) {
    return {
      basis: "knee",
      perS: scaled(knee.throughput, kneeShare),
      atLeast: false,
      text: `${formatShare(kneeShare).replace(".0", "")} of its knee at ${formatSignificant(knee.throughput.value)} req/s, since its sweep had no SLO`,
      notes: knee.notes,
    };
  }
  const top = highestBorne(sweep.points);
  if (top === null) {
    return { basis: null, meets: "unsure", why: `no load was borne steadily in its sweep: ${bare(stopped.text)}` };
  }
  const open = stopped.kind !== "failing";
  return {
    basis: "highest",
    perS: bounded(top.throughput, open),
    atLeast: open,
    text: open
      ? `the highest load that it bore: ${unlimited(sweep)}`
      : `the highest load that it bore without failing: ${bare(stopped.text)}`,
    notes: top.notes,
  };
}

function unlimited({ stopped }: EndpointSweep): string {
  return stopped.kind === "rate-limited" ? "rate-limited, not saturated" : `no limit was found, ${bare(stopped.text)}`;
}

function bounded(interval: CapacityInterval, atLeast: boolean): CapacityInterval {
  return atLeast ? { ...interval, hi: null } : interval;
}

/** By throughput: a load is not a rate in a closed loop. */
function highestBorne(points: readonly SweepPoint[]): SweepPoint | null {
  const borne = points.filter(({ state, trusted }) => state === "steady" && trusted);
  return borne.reduce<SweepPoint | null>(
    (best, point) => (best === null || point.throughput.value > best.throughput.value ? point : best),
    null,
  );
}

function bare(sentence: string): string {
  return sentence.replace(/\.$/, "");
}
