/** What one replica bore in its sweep, in requests a second at the lengths that were swept. */

import type { CapacityInterval, CapacityTier } from "../../report/capacity-summary.js";
import { percentText, perTimeText } from "../../report/capacity-words.js";
import { formatSignificant } from "../../report/numbers.js";
import { breakText, unmeasuredTerms } from "../../report/sweep-decision.js";
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
  const { goodput, knee, stopped } = sweep;
  const unmeasured = notMeasured(sweep);
  if (goodput === null) {
    const whole = heldNowhere(sweep, slo);
    // What broke at every load is missed, whatever else was not measured.
    return whole.basis === null ? whole : (unmeasured ?? whole);
  }
  if (unmeasured !== null) return unmeasured;
  const { limitedBy, throughput, notes } = goodput;
  if (isCutBy429(sweep, goodput.load.lo ?? 0)) {
    const text = `it kept ${slo} until it was refused with 429: ${unlimited(sweep)}`;
    return { basis: "goodput", perS: bounded(throughput, true), atLeast: true, text, notes };
  }
  const open = limitedBy === null && knee === null && stopped.kind !== "failing";
  const limit = limitedBy === null ? "" : `; above that ${breakText(limitedBy)}`;
  return {
    basis: "goodput",
    perS: bounded(throughput, open),
    atLeast: open,
    text: open ? `it kept ${slo} at every load that was tried: ${unlimited(sweep)}` : `it keeps ${slo}${limit}`,
    notes,
  };
}

function notMeasured({ points }: EndpointSweep): SweptCapacity | null {
  const terms = unmeasuredTerms(points);
  if (terms.length === 0) return null;
  const why = `nobody knows whether it keeps ${terms.join(" and ")}: no answer of its sweep had what that is about`;
  return { basis: null, meets: "unsure", why };
}

/**
 * A trace is one load, above which nobody looked. Only loads that this machine could be trusted with say no, and a 429 says
 * nothing of what it would have borne.
 */
function heldNowhere(sweep: EndpointSweep, slo: string): SweptCapacity {
  const { points } = sweep;
  const trusted = points.filter((point) => point.trusted);
  const lowest = trusted.find(({ load }) => load !== null)?.load ?? null;
  const where = lowest === null ? "any load that was swept" : `any load from ${formatSignificant(lowest)} up`;
  const unsure = (why: string): SweptCapacity => ({ basis: null, meets: "unsure", why });
  if (isRateLimited(sweep)) {
    return unsure(`it was refused with 429 before ${slo} held at a load: rate-limited, not saturated`);
  }
  if (points.length > 0 && trusted.length === 0) {
    return unsure(`no load of its sweep can be trusted, so nobody knows whether ${slo} holds`);
  }
  const trace = trusted.find((point) => point.load === null && point.state === "steady" && point.slo.state === "met");
  if (trace !== undefined) {
    const text = `it kept ${slo} as its trace was played: ${unlimited(sweep)}`;
    return { basis: "highest", perS: bounded(trace.throughput, true), atLeast: true, text, notes: trace.notes };
  }
  if (trusted.length > 0 && trusted.every(({ state }) => state === "failing")) {
    return unsure(`most of its requests failed at ${where}, so nobody knows what it bears when it works`);
  }
  return trusted.length > 0 && trusted.every((point) => point.slo.state === "missed")
    ? { basis: null, meets: "no", why: `${slo} did not hold at ${where}` }
    : unsure(`the sweep does not tell whether ${slo} holds at ${where}`);
}

function isRateLimited({ stopped, points }: EndpointSweep): boolean {
  return stopped.kind === "rate-limited" || points.some(({ state }) => state === "rate-limited");
}

/**
 * What ended it is the limit of a gateway, unless the SLO broke at a load that was not refused.
 * @param met the highest load at which the SLO was surely met: chance may have broken it below
 */
function isCutBy429(sweep: EndpointSweep, met: number): boolean {
  if (!isRateLimited(sweep)) return false;
  const above = sweep.points.filter(({ trusted, load }) => trusted && (load ?? 0) > met);
  return !above.some(({ state, slo, offeredPerS }) => {
    if (state === "rate-limited") return false;
    return slo.state === "missed" || state === "failing" || (state === "saturated" && offeredPerS !== null);
  });
}

function withoutSlo(sweep: EndpointSweep, kneeShare: number): SweptCapacity {
  const { knee, stopped } = sweep;
  if (knee !== null) {
    return {
      basis: "knee",
      perS: scaled(knee.throughput, kneeShare),
      atLeast: false,
      text: `${percentText(kneeShare)} of its knee at ${perTimeText(knee.throughput.value)}, since its sweep had no SLO`,
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

function unlimited(sweep: EndpointSweep): string {
  return isRateLimited(sweep) ? "rate-limited, not saturated" : `no limit was found, ${bare(sweep.stopped.text)}`;
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
