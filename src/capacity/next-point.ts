/**
 * Which load to try next: a pure function of what was measured. `auto` doubles the load until an endpoint gives way, and then
 * halves, on a log scale, what is left between the loads on both sides of its knee and of its SLO.
 */
import type { EndpointRole } from "../config/settings.js";
import type { SweepFacts } from "../recording/recording.js";
import { sloBracket } from "./goodput.js";
import type { MeasuredPoint } from "./saturation.js";

/** Why no higher load was tried. */
export interface Stopped {
  readonly kind: "saturated" | "rate-limited" | "failing" | "top" | "full" | "machine" | "listed";
  /** One sentence, without its full stop. */
  readonly text: string;
}

export type NextPoint =
  | { readonly roles: EndpointRole[]; readonly load: number | null }
  | { readonly done: Readonly<Partial<Record<EndpointRole, Stopped>>> };

type Wanted = { readonly load: number | null } | { readonly stopped: Stopped };

/** @param measured of both endpoints, as {@link ./sweep-book.js} gives it */
export function nextPoint(facts: SweepFacts, measured: readonly MeasuredPoint[]): NextPoint {
  const done: Partial<Record<EndpointRole, Stopped>> = {};
  const wanted: { readonly role: EndpointRole; readonly load: number | null }[] = [];
  for (const role of facts.roles) {
    const next = wantedBy(
      facts,
      measured.filter((point) => point.role === role),
    );
    if ("stopped" in next) done[role] = next.stopped;
    else wanted.push({ role, load: next.load });
  }
  const [first] = facts.together ? wanted.toSorted((a, b) => (a.load ?? 0) - (b.load ?? 0)) : wanted;
  if (first === undefined) return { done };
  const roles = facts.together
    ? wanted.filter(({ load }) => load === first.load).map(({ role }) => role)
    : [first.role];
  return { roles, load: first.load };
}

function wantedBy({ load: settings }: SweepFacts, points: readonly MeasuredPoint[]): Wanted {
  const { loop, points: listed } = settings;
  if (loop.kind === "open" && loop.shape.kind === "trace") {
    return points.length === 0 ? { load: null } : stop("listed", "the trace was played once");
  }
  const refused = points.find(({ state }) => state === "rate-limited");
  if (refused !== undefined) {
    return stop("rate-limited", `it refused with 429 at a load of ${refused.load}: rate-limited, not saturated`);
  }
  if (listed !== "auto") {
    const next = nextListed(listed, points);
    return next === null ? stop("listed", "all listed loads were tried") : { load: next };
  }
  const whole = loop.kind === "closed";
  const rise = risen(riseOf(settings.from, settings.to, whole), points);
  if (!("stopped" in rise)) return rise;
  const refined = refine(points, rise.tried, whole);
  return refined === null ? { stopped: rise.stopped } : { load: refined };
}

function stop(kind: Stopped["kind"], text: string): { readonly stopped: Stopped } {
  return { stopped: { kind, text } };
}

/** A list may name a load twice: it is followed in the order in which it was measured. */
function nextListed(listed: readonly number[], points: readonly MeasuredPoint[]): number | null {
  const inOrder = points.toSorted((a, b) => a.index - b.index);
  for (const load of listed) {
    const own: MeasuredPoint[] = [];
    while (inOrder[0]?.load === load && settled(own) === undefined) {
      own.push(inOrder.shift() as MeasuredPoint);
    }
    const next = inOrder[0];
    // A load after which another was sent is over, whatever is thought of it since.
    if (next === undefined && settled(own) === undefined) return load;
  }
  return null;
}

const STEP = 2;

function riseOf(from: number, to: number, whole: boolean): number[] {
  const loads: number[] = [];
  for (let load = from; load < to; load *= STEP) loads.push(tidy(load, whole));
  return [...new Set([...loads, tidy(to, whole)])];
}

/** Lanes are whole; of rates three digits are enough. */
function tidy(load: number, whole: boolean): number {
  return whole ? Math.max(1, Math.round(load)) : Number(load.toPrecision(3));
}

/** Something else may have kept this machine busy for a moment: a load that it could not be trusted with is sent again. */
const TRIES = 3;

/** Of those under one load, the one that counts; undefined while the load is to be sent, or sent again. */
export function settled(own: readonly MeasuredPoint[]): MeasuredPoint | undefined {
  return own.find(({ trusted }) => trusted) ?? own.find(({ full }) => full) ?? own[TRIES - 1];
}

/** Saturated points that it takes to stop: one may be chance. */
const CONFIRMED = 2;

/** The next load of the rise, or why it ended and at how many loads. */
function risen(
  rise: readonly number[],
  points: readonly MeasuredPoint[],
): { readonly load: number } | { readonly stopped: Stopped; readonly tried: number } {
  const saturated: MeasuredPoint[] = [];
  let tried = 0;
  let last: MeasuredPoint["state"] = "steady";
  for (const load of rise) {
    const point = settled(points.filter((each) => each.load === load));
    if (point === undefined) return { load };
    tried++;
    const ended = (kind: Stopped["kind"], text: string) => ({ ...stop(kind, text), tried });
    if (point.full) return ended("full", `at a load of ${load} arrivals met load.maxInFlight: raise it`);
    if (!point.trusted) return ended("machine", `at a load of ${load} this machine could not be trusted`);
    if (point.state === "failing") {
      return ended("failing", `at a load of ${load} ${point.errors.count} of ${point.errors.of} requests failed`);
    }
    last = point.state;
    if (point.state !== "saturated") continue;
    saturated.push(point);
    const from = saturated[0]?.load;
    if (saturated.length >= CONFIRMED) {
      return ended("saturated", `from a load of ${from} on throughput stays flat while waits grow`);
    }
  }
  if (saturated.length > 0) {
    return {
      ...stop("saturated", `at its highest load of ${saturated[0]?.load} throughput stays flat while waits grow`),
      tried,
    };
  }
  const borne = last === "steady" ? "it bore it" : "whether it bore it cannot be told";
  return { ...stop("top", `${rise.at(-1)} is the highest load that was asked for, and ${borne}`), tried };
}

/** Loads nearer than this to each other need none between them. */
const NEAR = 1.05;
const REFINEMENTS = 4;

/**
 * A load between two, first around the knee, then around the SLO; null where both are near, or enough were tried.
 *
 * @param risen loads of the rise
 */
function refine(points: readonly MeasuredPoint[], risen: number, whole: boolean): number | null {
  const trusted = points.filter((point) => point.trusted && point.load !== null);
  const tried = new Set(points.map(({ load }) => load));
  const used = tried.size - risen;
  const open = (load: number): boolean => settled(points.filter((point) => point.load === load)) === undefined;
  const between = (lo: number | null, hi: number | null, most: number): number | null => {
    if (lo === null || hi === null || hi / lo <= NEAR) return null;
    const middle = tidy(Math.sqrt(lo * hi), whole);
    return middle > lo && middle < hi && open(middle) && (used < most || tried.has(middle)) ? middle : null;
  };
  const knee = kneeBracket(trusted);
  const slo = sloBracket(trusted);
  return (
    between(knee?.lo ?? null, knee?.hi ?? null, REFINEMENTS) ??
    between(slo?.kept.load ?? null, slo?.broken?.load ?? null, 2 * REFINEMENTS)
  );
}

/** The highest steady load below every saturated one, and the lowest above it that is not. */
function kneeBracket(points: readonly MeasuredPoint[]): { readonly lo: number; readonly hi: number } | null {
  const saturated = points.find(({ state }) => state === "saturated");
  if (saturated === undefined) return null;
  const below = points.filter(({ load }) => (load as number) < (saturated.load as number));
  const lo = below.findLast(({ state }) => state === "steady");
  if (lo === undefined) return null;
  const hi = below.find(({ load }) => (load as number) > (lo.load as number)) ?? saturated;
  return { lo: lo.load as number, hi: hi.load as number };
}
