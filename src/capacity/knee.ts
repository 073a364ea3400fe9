/**
 * The knee: the throughput at which it stops growing with the load, and the load that reaches it.
 *
 * Throughput is what is borne of the mix (pace.ts) over the saturated points that measured one pace; where it falls off past the
 * knee, over the highest group. In an open loop the load is that rate itself. In a closed loop of N lanes, an engine whose step lengthens evenly with
 * its batch answers X(N) = N / (a + b·N): N / X is a straight line of the steady points, fitted by least squares with their
 * errors, and meets the plateau C at N = a·C / (1 − b·C).
 */
import { tCritical } from "../compare/t-distribution.js";
import { borneOf, comparablePaces, mixMeans } from "./pace.js";
import { intervalOfRate, pooled, type Rate } from "./rate.js";
import { differs, type MeasuredPoint, type Plateau, plateauOf } from "./saturation.js";

export interface Interval {
  readonly value: number;
  /** Two-sided, 95 %; null where the sample carries no bound. */
  readonly lo: number | null;
  readonly hi: number | null;
}

export interface Knee {
  readonly throughput: Interval;
  readonly outputTokensPerS: Interval | null;
  /** In the sweep's own unit. */
  readonly load: Interval;
  readonly notes: readonly string[];
}

/** @param points of one endpoint. Null where none that this machine can be trusted with is saturated. */
export function kneeOf(points: readonly MeasuredPoint[]): Knee | null {
  const usable = points.filter(
    ({ trusted, load, state }) => trusted && load !== null && state !== "failing" && state !== "rate-limited",
  );
  const open = usable.some(({ drift }) => drift !== null);
  const saturated = usable.filter(({ state }) => state === "saturated");
  if (saturated.length === 0) return null;
  const paces = comparablePaces(usable);
  const plateau = plateauOf([...saturated, ...(open ? [] : peak(usable, saturated, paces))], paces);
  const { parted, ...throughput } = borneOf(plateau.points, mixMeans(points), usable);
  const tokens = plateau.points.map(({ outputTokensPerS }) => outputTokensPerS);
  return {
    throughput,
    outputTokensPerS: tokens.includes(null) ? null : intervalOfRate(pooled(tokens as Rate[])),
    load: open ? throughput : closedLoad(usable, plateau, paces),
    notes: [
      ...fallOff(plateau.points, plateau.left),
      ...(parted === null
        ? []
        : [
            `it served some requests before others: what came of prompts and of output would be ${shown(parted[0])} and ${shown(parted[1])} requests/s of the mix, and what it bears of the whole mix in the long run lies between; settle for longer to see`,
          ]),
      ...beginningNotes(usable),
    ],
  };
}

/** Without a steady load below nobody knows where it begins to give way. */
function beginningNotes(usable: readonly MeasuredPoint[]): string[] {
  if (usable.some(({ state }) => state === "steady")) return [];
  if (usable[0]?.state !== "saturated")
    return [
      "no load below it was steady beyond doubt, so where it gives way is known from above alone: raise load.window",
    ];
  return ["it was saturated from its first load on: begin lower with load.from to see where it gives way"];
}

/** Where throughput falls off so soon that its highest point was still steady, that point is the knee. */
function peak(
  usable: readonly MeasuredPoint[],
  saturated: readonly MeasuredPoint[],
  paces: ReadonlyMap<number, Rate>,
): MeasuredPoint[] {
  const { rate } = plateauOf(saturated, paces);
  return usable.filter((point) => !saturated.includes(point) && differs(paces.get(point.index) as Rate, rate) > 0);
}

function shown(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function fallOff(points: readonly MeasuredPoint[], left: readonly MeasuredPoint[]): string[] {
  const highest = points.reduce((most, { load }) => Math.max(most, load ?? 0), 0);
  const fallen = left.filter(({ load }) => (load ?? 0) > highest).map(({ load }) => load as number);
  if (fallen.length === 0) return [];
  const from = fallen.reduce((least, load) => Math.min(least, load), Number.POSITIVE_INFINITY);
  return [`throughput falls off past it: less was answered at a load of ${from} than at the knee`];
}

/** Between the highest load that was steady and the lowest on the plateau. */
function closedLoad(
  points: readonly MeasuredPoint[],
  plateau: Plateau<MeasuredPoint>,
  paces: ReadonlyMap<number, Rate>,
): Interval {
  const hi = plateau.points.reduce((least, { load }) => Math.min(least, load as number), Number.POSITIVE_INFINITY);
  const steady = points.filter(({ state, load }) => state === "steady" && (load as number) < hi);
  const lo = steady.at(-1)?.load ?? null;
  if (lo === null) return { value: hi, lo: null, hi };
  const near = steady
    .slice(-NEAREST)
    .map(({ load, index }) => ({ load: load as number, pace: paces.get(index) as Rate }));
  const met = meeting(near, plateau.rate);
  const within = (load: number): number => Math.min(hi, Math.max(lo, load));
  if (met === null) return { value: Math.sqrt(lo * hi), lo, hi };
  const reach = tCritical(0.05, Math.max(1, plateau.rate.df)) * met.error;
  return { value: within(met.load), lo: within(met.load - reach), hi: within(met.load + reach) };
}

/** Far below the knee other things than the batch decide. */
const NEAREST = 4;

/** Where the line through N / X meets the plateau, with its error by the delta method; null where it never does. */
function meeting(
  steady: readonly { readonly load: number; readonly pace: Rate }[],
  plateau: Rate,
): { readonly load: number; readonly error: number } | null {
  const at = steady.flatMap(({ load, pace: { value, error } }) => {
    if (error === null || value === 0) return [];
    const y = load / value;
    return [{ x: load, y, weight: 1 / (Math.max(error / value, LEAST_ERROR) * y) ** 2 }];
  });
  if (at.length < 2 || plateau.error === null) return null;
  const sum = (of: (point: (typeof at)[number]) => number): number => at.reduce((total, point) => total + of(point), 0);
  const w = sum(({ weight }) => weight);
  const x = sum((point) => point.weight * point.x) / w;
  const y = sum((point) => point.weight * point.y) / w;
  const sxx = sum((point) => point.weight * (point.x - x) ** 2);
  // One load that was listed twice is no line.
  if (sxx <= LEAST_SPREAD * w * x * x) return null;
  const b = sum((point) => point.weight * (point.x - x) * (point.y - y)) / sxx;
  const a = y - b * x;
  const left = 1 - b * plateau.value;
  if (left <= 0 || a <= 0) return null;
  const load = (a * plateau.value) / left;
  // By the mean of y, by the slope about it, and by the plateau.
  const byY = plateau.value / left;
  const error = Math.hypot(byY / Math.sqrt(w), (byY * (load - x)) / Math.sqrt(sxx), (a / left ** 2) * plateau.error);
  return { load, error };
}

/** Of squares: loads apart by less are the same but for rounding. */
const LEAST_SPREAD = 1e-9;

/** An error of nothing, as of a simulation without noise, would be an infinite weight. */
const LEAST_ERROR = 1e-3;
