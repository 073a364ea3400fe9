/**
 * When requests come, in ms: a unit process (one arrival a unit of time, on average) seen through a rate that may change.
 * With time rescaled by the rate's integral, every shape of arrivals goes with every course of the rate.
 */
import type { ArrivalShape, TraceArrival } from "../../config/settings.js";
import { TwintailError } from "../../core/errors.js";
import type { Random } from "../../core/random.js";

/** A stretch of time over which the rate goes evenly from one value to another, per second. */
export interface RateStretch {
  readonly forMs: number;
  readonly from: number;
  readonly to: number;
}

/** More would be no schedule but a denial of service, and would not fit into a plan. */
const MAX_ARRIVALS = 2_000_000;

/**
 * Arrival times from 0 to the end of the last stretch, ascending.
 * @throws TwintailError for more arrivals than a plan can hold.
 */
export function arrivalTimes(
  shape: Exclude<ArrivalShape, { kind: "trace" }>,
  course: readonly RateStretch[],
  random: Random,
): number[] {
  const times: number[] = [];
  const gap = gapsOf(shape, random);
  // The first comes half a gap late where gaps are even: arrivals are then centred in the window.
  let area = shape.kind === "constant" ? 0.5 : gap();
  let startMs = 0;
  let passed = 0;
  for (const stretch of course) {
    const whole = areaOf(stretch, stretch.forMs);
    for (; area < passed + whole; area += gap()) {
      if (times.length >= MAX_ARRIVALS) throw tooMany(course);
      times.push(startMs + timeOfArea(stretch, area - passed));
    }
    passed += whole;
    startMs += stretch.forMs;
  }
  return times;
}

/** So many arrivals at this course, which goes on at its last rate for as long as it takes. */
export function firstArrivals(
  shape: Exclude<ArrivalShape, { kind: "trace" }>,
  course: RateStretch,
  count: number,
  random: Random,
): number[] {
  const gap = gapsOf(shape, random);
  const whole = areaOf(course, course.forMs);
  const times: number[] = [];
  for (let area = shape.kind === "constant" ? 0.5 : gap(); times.length < count; area += gap()) {
    times.push(
      area < whole ? timeOfArea(course, area) : course.forMs + (1_000 * (area - whole)) / Math.max(1e-9, course.to),
    );
  }
  return times;
}

/** The arrivals of a trace, again and again with the trace's own length between, until there are so many. */
export function repeatedTrace(arrivals: readonly TraceArrival[], count: number): TraceArrival[] {
  const last = arrivals.at(-1);
  if (last === undefined) return [];
  const meanGapMs = arrivals.length > 1 ? last.atMs / (arrivals.length - 1) : 1_000;
  const lengthMs = last.atMs + meanGapMs;
  return Array.from({ length: count }, (_, index) => {
    const arrival = arrivals[index % arrivals.length] as TraceArrival;
    return { ...arrival, atMs: arrival.atMs + lengthMs * Math.floor(index / arrivals.length) };
  });
}

/** Arrivals expected over the first `ms` of a stretch. */
export function areaOf({ forMs, from, to }: RateStretch, ms: number): number {
  const end = from + ((to - from) * ms) / forMs;
  return forMs === 0 ? 0 : ((from + end) / 2) * (ms / 1_000);
}

/** The time at which so many arrivals are due: the root of a quadratic, in the form that stays exact where the slope is small. */
function timeOfArea({ forMs, from, to }: RateStretch, area: number): number {
  const slope = (1_000 * (to - from)) / forMs;
  const seconds = (2 * area) / (from + Math.sqrt(Math.max(0, from * from + 2 * slope * area)));
  return Math.min(forMs, 1_000 * seconds);
}

function gapsOf(shape: Exclude<ArrivalShape, { kind: "trace" }>, random: Random): () => number {
  switch (shape.kind) {
    case "constant":
      return () => 1;
    case "poisson":
      return () => random.exponential();
    case "gamma":
      return () => gammaDraw(shape.burstiness, random) / shape.burstiness;
  }
}

/** Gamma with this shape and scale 1 (Marsaglia and Tsang 2000; below shape 1 by their boost). */
function gammaDraw(shape: number, random: Random): number {
  if (shape < 1) return gammaDraw(shape + 1, random) * (1 - random.next()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random.next()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

function tooMany(course: readonly RateStretch[]): TwintailError {
  const planned = Math.round(course.reduce((sum, stretch) => sum + areaOf(stretch, stretch.forMs), 0));
  return new TwintailError({
    cause: `${planned} arrivals would be planned, and a plan holds ${MAX_ARRIVALS}`,
    remedy: "lower the rate, or measure for less long",
  });
}
