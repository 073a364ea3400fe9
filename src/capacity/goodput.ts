/**
 * The highest load at which the SLO holds: between the highest at which it was surely met and the lowest at which it was surely
 * missed, where the value of the term that breaks first meets its limit.
 */
import type { Interval } from "./knee.js";
import { borneOf, mixMeans, surestOf } from "./pace.js";
import type { MeasuredPoint } from "./saturation.js";
import { type HeldTerm, keeps } from "./slo-state.js";

export interface Goodput {
  readonly throughput: Interval;
  readonly load: Interval;
  /** The term that breaks first above it; null where none did. */
  readonly limitedBy: string | null;
  readonly notes: readonly string[];
}

/**
 * By its values alone, apart from their bounds. A load that was refused or failed keeps nothing; nor, for long, does an endpoint
 * that falls behind its arrivals.
 */
export function holdsByValue({ slo, state, drift }: MeasuredPoint): boolean {
  if (state === "rate-limited" || state === "failing" || slo.state === "none") return false;
  if (state === "saturated" && drift !== null) return false;
  return slo.terms.every(keeps);
}

/**
 * The neighbouring loads between which it breaks; `kept` alone where it never did.
 * @param points of one endpoint, by load. Null where the SLO never held.
 */
export function sloBracket(
  points: readonly MeasuredPoint[],
): { readonly kept: MeasuredPoint; readonly broken: MeasuredPoint | null } | null {
  const usable = points.filter((point) => point.trusted && point.load !== null && isHeld(point));
  // Chance may break a limit far below the load that does: a load above at which it was surely met counts for more.
  const met = usable.findLast(isSurelyMet);
  const start = met === undefined ? 0 : usable.indexOf(met);
  const broken = usable.findIndex(
    (point, place) => place > start - (met === undefined ? 1 : 0) && !holdsByValue(point),
  );
  const kept = broken < 0 ? usable.at(-1) : usable[broken - 1];
  return kept === undefined ? null : { kept, broken: broken < 0 ? null : (usable[broken] as MeasuredPoint) };
}

/** Where all answers are refused or fail, a metric that some rightly lack has no sample, and the load breaks the SLO all the same. */
function isHeld({ slo, state }: MeasuredPoint): boolean {
  return slo.state !== "none" || state === "rate-limited" || state === "failing";
}

/** Null without an SLO, or where it never held. */
export function goodputOf(points: readonly MeasuredPoint[]): Goodput | null {
  const bracket = sloBracket(points);
  if (bracket === null) return null;
  const { kept, broken } = bracket;
  const means = mixMeans(points);
  // A steady load leaves time over, so that nothing follows from how its time was spent.
  const borne = (point: MeasuredPoint) =>
    point.state === "steady" ? surestOf([point], means) : borneOf([point], means);
  const usable = points.filter(({ trusted, load }) => trusted && load !== null);
  const met = usable.findLast((point) => isSurelyMet(point) && (point.load as number) <= (kept.load as number));
  const missed = usable.find((point) => (point.load as number) > (kept.load as number) && isSurelyMissed(point));
  const notes = met === undefined ? ["no load has enough answers to be sure that it is met: raise load.window"] : [];
  const [lo, least] = met === undefined ? [null, null] : [met.load, borne(met).lo];
  const at = borne(kept);
  if (broken === null) {
    return {
      throughput: { value: at.value, lo: least, hi: null },
      load: { value: kept.load as number, lo, hi: null },
      limitedBy: null,
      notes: ["no load that was tried breaks it: the highest of them is a lower bound", ...notes],
    };
  }
  if (broken.state === "rate-limited") {
    // It was cut short by its first 429: what came of it is no throughput, and what it would have kept nobody knows.
    return {
      throughput: { value: at.value, lo: least === null ? null : Math.min(at.value, least), hi: null },
      load: { value: kept.load as number, lo, hi: broken.load },
      limitedBy: BROKEN_BY[broken.state],
      notes,
    };
  }
  if (missed === undefined) notes.push("no load has enough answers to be sure that it is missed: raise load.window");
  const { share, term } = crossing(kept, broken);
  const [from, to] = [kept.load as number, broken.load as number];
  // Past the knee more load brings no more answers, and may bring fewer.
  const above = borne(broken);
  const value = at.value + share * (above.value - at.value);
  // What was cut short by a 429 bounds no throughput.
  const past = missed === undefined || missed.state === "rate-limited" ? null : borne(missed);
  const most = [at, above, ...(past === null ? [] : [past])].map(({ value, hi }) => hi ?? value);
  return {
    throughput: {
      value,
      lo: least === null ? null : Math.min(value, least),
      hi: past === null ? null : Math.max(value, ...most),
    },
    load: { value: from * (to / from) ** share, lo, hi: missed?.load ?? null },
    limitedBy: term?.term.text ?? BROKEN_BY[broken.state],
    notes,
  };
}

function isSurelyMet(point: MeasuredPoint): boolean {
  return point.slo.state === "met" && holdsByValue(point);
}

function isSurelyMissed({ slo, state, drift }: MeasuredPoint): boolean {
  return (
    slo.state === "missed" ||
    state === "rate-limited" ||
    state === "failing" ||
    (state === "saturated" && drift !== null)
  );
}

const BROKEN_BY: Readonly<Record<MeasuredPoint["state"], string | null>> = {
  "rate-limited": "it refuses with 429",
  failing: "most requests fail",
  saturated: "it falls behind its arrivals",
  steady: null,
  unsure: null,
};

/** How far from `kept` to `broken` the first term breaks, 0 to 1 on a log scale of the load. */
function crossing(
  kept: MeasuredPoint,
  broken: MeasuredPoint,
): { readonly share: number; readonly term: HeldTerm | null } {
  let first: { share: number; term: HeldTerm | null } = { share: 1, term: null };
  for (const [place, above] of broken.slo.terms.entries()) {
    if (keeps(above)) continue;
    const share = shareOf(kept.slo.terms[place]?.value ?? null, above);
    if (first.term === null || share < first.share) first = { share, term: above };
  }
  return first.term === null ? { share: 0, term: null } : first;
}

function shareOf(below: number | null, { term, value }: HeldTerm): number {
  if (below === null || value === null) return 0;
  // Where failures stand the value is infinite, or 0 of a rate: it breaks right above.
  if (!Number.isFinite(value) || value === below) return 0;
  const logs = term.kind !== "rate" && below > 0 && value > 0;
  const scale = (number: number): number => (logs ? Math.log(number) : number);
  const share = (scale(term.limit) - scale(below)) / (scale(value) - scale(below));
  return Math.min(1, Math.max(0, share));
}
