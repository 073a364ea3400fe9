/**
 * Did an endpoint give way under a load? Throughput that stays flat while waits grow, each tested with an interval. The points of
 * one endpoint are judged together: whether throughput is flat is a question about the loads below.
 */
import { isAbove, type PointFigures } from "./measured-point.js";
import { comparablePaces } from "./pace.js";
import { differsBy, logRatio, pooled, type Rate, reach } from "./rate.js";

/** `rate-limited`: it was refused with 429, which says nothing of its hardware. */
export type PointState = "steady" | "saturated" | "unsure" | "rate-limited" | "failing";

export interface MeasuredPoint extends PointFigures {
  readonly state: PointState;
  /** Not trusted since arrivals met `load.maxInFlight` too early, which they will do however often it is sent. */
  readonly full?: true;
}

const ALPHA = 0.05;
/**
 * Flat: of what a proportional endpoint would gain by the added load, at most so much. An engine that batches gains a third from
 * 32 to 64 in flight while it still has places.
 */
const FLAT = 0.2;
/** Loads nearer than this to each other differ by less than their errors. */
const APART = 1.4;
/** A queue lengthens the wait by more than the load itself does. */
const QUEUED = 1.5;
/** Errors beside 429 above this share. */
const FAILING = 0.5;
/** Of what was offered: a backlog that grows by less is within the ups and downs of arrivals. */
const LEAST_BACKLOG = 0.02;
const LEAST_WORK_BACKLOG = 0.05;
/** Arrivals that found no place: fewer are chance. */
const FULL = 0.01;
/** Plateaus that differ by less are one, however surely they differ. */
const ALIKE = 1.05;

const CUT_SHORT = "it was sent no more after its first 429: its rates are not those of the whole window";

/** @param figures of one endpoint, in any order; the answer is by load, then by index */
export function judgePoints(figures: readonly PointFigures[]): MeasuredPoint[] {
  const sorted = [...figures].sort((a, b) => (a.load ?? 0) - (b.load ?? 0) || a.index - b.index);
  const open = sorted.some(({ drift }) => drift !== null);
  const usable = sorted.filter((each) => each.trusted && refusal(each) === null);
  const judged = open ? openPoints(usable) : closedPoints(usable);
  return sorted.map((each) => {
    const state = refusal(each);
    if (state === "rate-limited") return { ...each, state, notes: [CUT_SHORT, ...each.notes] };
    if (state !== null) return { ...each, state };
    return judged.get(each.index) ?? { ...each, state: "unsure" };
  });
}

function refusal({ refused, errors }: PointFigures): "rate-limited" | "failing" | null {
  if (refused > 0) return "rate-limited";
  return errors.count - errors.http429 > FAILING * errors.of ? "failing" : null;
}

type Judged = Map<number, MeasuredPoint>;
type Paces = ReadonlyMap<number, Rate>;

function closedPoints(points: readonly PointFigures[]): Judged {
  const judged: Judged = new Map();
  const paces = comparablePaces(points);
  for (const [place, point] of points.entries()) {
    const below = points.slice(0, place).filter(({ load }) => (load ?? 0) * APART <= (point.load ?? 0));
    judged.set(point.index, { ...point, state: againstAll(point, below, paces) });
  }
  const flat = points.filter(({ index }) => judged.get(index)?.state === "saturated");
  // What a higher load is seen to exceed was no limit: a step in latency is not one.
  const saturated = flat.filter((point) => !isExceeded(point, points, paces));
  for (const point of points) {
    const { state } = judged.get(point.index) as MeasuredPoint;
    if (state === "saturated" && saturated.includes(point)) continue;
    if (saturated.length > 0) {
      judged.set(point.index, { ...point, state: besidePlateau(point, points, saturated, paces) });
    } else if (state !== "steady") {
      judged.set(point.index, {
        ...point,
        state: isExceeded(point, points, paces) ? "steady" : "unsure",
      });
    }
  }
  return judged;
}

/**
 * The nearest load tells whether throughput still grows. Where it looks flat from there and noise hides whether it is, loads further
 * below may tell: against them the same noise is less of the gain. They tell nothing where it looks as if it grew.
 */
function againstAll(point: PointFigures, below: readonly PointFigures[], paces: Paces): PointState {
  const near = below.at(-1);
  if (near === undefined) return "unsure";
  const state = against(point, near, paces);
  if (state !== "unsure" || gainOver(point, near, paces) > FLAT) return state;
  return below.some((each) => against(point, each, paces) === "saturated") ? "saturated" : "unsure";
}

/** Of what a proportional endpoint would gain by the added load, the share that it gained. */
function gainOver(point: PointFigures, below: PointFigures, paces: Paces): number {
  const gained = (paces.get(point.index) as Rate).value / (paces.get(below.index) as Rate).value;
  return (gained - 1) / ((point.load ?? 1) / (below.load ?? 1) - 1);
}

/** A point against one well below it. */
function against(point: PointFigures, below: PointFigures, paces: Paces): PointState {
  const ratio = logRatio(paces.get(point.index) as Rate, paces.get(below.index) as Rate);
  const load = (point.load ?? 1) / (below.load ?? 1);
  if (ratio === null) return "unsure";
  const gain = (log: number): number => (Math.exp(log) - 1) / (load - 1);
  const grown = waitGrew(point, below);
  if (grown && gain(ratio.value + reach(ratio, ALPHA)) < FLAT) return "saturated";
  const grows = gain(ratio.value - reach(ratio, ALPHA)) > FLAT;
  return grows || (!grown && gain(ratio.value) > FLAT) ? "steady" : "unsure";
}

function waitGrew({ wait }: PointFigures, below: PointFigures): boolean {
  const [lo, hi] = [wait?.lo ?? null, below.wait?.hi ?? null];
  return lo !== null && hi !== null && lo > hi;
}

/** Whether a higher load brought more, beyond doubt. */
function isExceeded(point: PointFigures, points: readonly PointFigures[], paces: Paces): boolean {
  const own = paces.get(point.index) as Rate;
  return points.some(
    ({ index, load }) => (load ?? 0) > (point.load ?? 0) && differs(paces.get(index) as Rate, own) > 0,
  );
}

/** Where there is a plateau a point is below it, or on it with a queue, whatever its neighbours left open. */
function besidePlateau(
  point: PointFigures,
  points: readonly PointFigures[],
  saturated: readonly PointFigures[],
  paces: Paces,
): PointState {
  const plateau = plateauOf(saturated, paces).rate;
  const isBelow = ({ index }: PointFigures): boolean => differs(paces.get(index) as Rate, plateau) < 0;
  const fallen = saturated.every(({ load }) => (load ?? 0) < (point.load ?? 0));
  if (isBelow(point)) return fallen ? "saturated" : "steady";
  const steady = points.findLast((each) => (each.load ?? 0) < (point.load ?? 0) && isBelow(each));
  if (steady?.wait == null || point.wait === null) return "unsure";
  const queued = point.wait.value / steady.wait.value > (QUEUED * (point.load ?? 1)) / (steady.load ?? 1);
  return queued && waitGrew(point, steady) ? "saturated" : "unsure";
}

/** As {@link differsBy} tells, by more than a twentieth. */
export function differs(of: Rate, to: Rate): -1 | 0 | 1 {
  return differsBy(of, to, ALIKE);
}

export interface Plateau<P extends PointFigures> {
  readonly rate: Rate;
  readonly points: readonly P[];
  /** Saturated, and significantly below it. */
  readonly left: readonly P[];
}

/**
 * Saturated points that measured one pace: the highest, and those that are not significantly below it. Where throughput falls
 * off past the knee, its highest group is what the endpoint bears.
 */
export function plateauOf<P extends PointFigures>(saturated: readonly P[], paces: Paces): Plateau<P> {
  const paceOf = ({ index }: P): Rate => paces.get(index) as Rate;
  const sorted = [...saturated].sort((a, b) => paceOf(b).value - paceOf(a).value || a.index - b.index);
  const points: P[] = [];
  for (const point of sorted) {
    if (points.length > 0 && differs(paceOf(point), pooled(points.map(paceOf))) < 0) break;
    points.push(point);
  }
  return { rate: pooled(points.map(paceOf)), points, left: sorted.slice(points.length) };
}

/** An open loop asks for a rate: an endpoint that answers less falls behind, and what waits for it waits longer. */
function openPoints(points: readonly PointFigures[]): Judged {
  const lowest = points[0];
  return new Map(points.map((point) => [point.index, openPoint(point, lowest === point ? undefined : lowest)]));
}

function openPoint(point: PointFigures, lowest: PointFigures | undefined): MeasuredPoint {
  const { drift, offeredPerS, dropped, waited, requests } = point;
  if (drift === null || drift.backlog.error === null || requests < 2) return { ...point, state: "unsure" };
  const { backlog, work } = drift;
  const behind =
    (isAbove(backlog, ALPHA) && backlog.value > LEAST_BACKLOG * (offeredPerS ?? 0)) ||
    (work !== null && isAbove(work.backlog, ALPHA) && work.backlog.value > LEAST_WORK_BACKLOG * work.sentPerS);
  const slower = isAbove(drift.wait, ALPHA);
  const full = dropped + waited > FULL * (requests + dropped);
  const grown = slower || lowest === undefined || waitGrew(point, lowest);
  if (full && !grown) {
    const note =
      "arrivals met the limit in flight while the endpoint was no slower than under its lowest load: raise load.maxInFlight";
    return { ...point, state: "unsure", trusted: false, full: true, notes: [note, ...point.notes] };
  }
  if (behind && (slower || full)) return { ...point, state: "saturated" };
  if (!behind && !slower && !full) return { ...point, state: "steady" };
  const note = "it may have fallen behind: the window is too short to tell";
  return { ...point, state: "unsure", notes: [...point.notes, note] };
}
