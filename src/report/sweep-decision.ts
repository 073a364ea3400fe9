/**
 * What a sweep decides, before it has a form: what each endpoint bears, up to where the SLO holds, why no higher load was
 * tried, and what must be known about these figures.
 */
import type { EndpointRole } from "../config/settings.js";
import { SIDES } from "./facts.js";
import { formatMs, plural } from "./numbers.js";
import type { EndpointSweep, SweepPoint, SweepSummary } from "./sweep-summary.js";
import { atLoad, intervalText, LOAD_UNITS, loadText, STOP_WORDS } from "./sweep-words.js";

export interface DecisionRow {
  readonly name: string;
  /** Of the endpoints that were swept. */
  readonly cells: Readonly<Partial<Record<EndpointRole, string>>>;
  /** Belongs to the row before it. */
  readonly minor: boolean;
}

/** The endpoints that were swept, baseline first. */
export function sweptSides({ endpoints }: SweepSummary): EndpointRole[] {
  return SIDES.filter((side) => endpoints[side].sweep !== null);
}

/** Knee, highest goodput and stop, as rows with a cell an endpoint; rows that no endpoint fills are left out. */
export function decisionRows(summary: SweepSummary): DecisionRow[] {
  const { axis } = summary.load;
  // One trace is one load: it has no curve that could bend.
  const noKnee = axis === "trace" ? "" : "not reached";
  const rows: [name: string, minor: boolean, cell: (sweep: EndpointSweep) => string][] = [
    ["knee", false, ({ knee }) => (knee === null ? noKnee : `${intervalText(knee.throughput)} requests/s`)],
    ["", true, ({ knee }) => (knee === null ? "" : atLoad(knee.load, axis))],
    ["", true, ({ knee }) => (knee?.outputTokensPerS ? `${intervalText(knee.outputTokensPerS)} tokens/s` : "")],
    [axis === "trace" ? "SLO" : "goodput", false, (sweep) => goodputText(sweep, summary.load)],
    ["", true, ({ goodput }) => (goodput === null ? "" : atLoad(goodput.load, axis))],
    ["", true, ({ goodput }) => (goodput === null ? "" : limitText(goodput.limitedBy))],
    ["stopped", false, ({ stopped }) => STOP_WORDS[stopped.kind]],
  ];
  const sides = sweptSides(summary);
  return rows.flatMap(([name, minor, cell]): DecisionRow[] => {
    const cells = Object.fromEntries(
      sides.map((side) => [side, cell(summary.endpoints[side].sweep as EndpointSweep)]),
    ) as DecisionRow["cells"];
    return Object.values(cells).every((text) => text === "") ? [] : [{ name, cells, minor }];
  });
}

/** The throughput at the highest load that keeps the SLO, or why there is none; empty without an SLO. */
export function goodputText({ goodput, points }: EndpointSweep, { slo, axis }: SweepSummary["load"]): string {
  if (goodput !== null) return `${intervalText(goodput.throughput)} requests/s`;
  if (slo === null) return "";
  if (axis === "trace") return points[0] === undefined ? "not known" : SLO_WORDS[points[0].slo.state];
  const trusted = points.filter((point) => point.trusted && point.state !== "rate-limited");
  return trusted.length > 0 && trusted.every((point) => point.slo.state === "missed") ? "held at no load" : "not known";
}

/** Terms of the SLO of which no load that answered had a sample: whether they were kept nobody knows. */
export function unmeasuredTerms(points: readonly SweepPoint[]): string[] {
  const answered = points.filter(
    ({ trusted, requests, state }) => trusted && requests > 0 && state !== "failing" && state !== "rate-limited",
  );
  return (answered[0]?.slo.terms ?? []).flatMap(({ text }, place) =>
    answered.every(({ slo }) => slo.terms[place]?.state === "none") ? [text] : [],
  );
}

/** What breaks first above the highest goodput. */
export function limitText(limitedBy: string | null): string {
  if (limitedBy === null) return "limited by no term: held at the highest load";
  return isTerm(limitedBy) ? `limited by ${limitedBy}` : `limited: ${limitedBy}`;
}

/** `ttft p95 < 1s breaks`, `most requests fail`: a clause, whichever of the two it was. */
export function breakText(limitedBy: string): string {
  return isTerm(limitedBy) ? `${limitedBy} breaks` : limitedBy;
}

/** Where no term broke, `limitedBy` is a clause of its own, which compares nothing. */
function isTerm(limitedBy: string): boolean {
  return /[<>]/.test(limitedBy);
}

const SLO_WORDS = { met: "met", missed: "missed", unsure: "not told by this sample", none: "no sample" } as const;

export interface DecisionNote {
  /** Null of a note on the sweep as a whole. */
  readonly side: EndpointRole | null;
  readonly about: "sweep" | "knee" | "goodput" | "stopped" | "clocks";
  readonly text: string;
}

/** Sentences about the decision, why each sweep stopped first. */
export function decisionNotes(summary: SweepSummary): DecisionNote[] {
  const own = sweptSides(summary).flatMap((side): DecisionNote[] => {
    const { stopped, knee, goodput, notes, points } = summary.endpoints[side].sweep as EndpointSweep;
    const parted = clocksNote(points, summary.load.axis);
    const about = (kind: DecisionNote["about"], texts: readonly string[]): DecisionNote[] =>
      texts.map((text) => ({ side, about: kind, text }));
    return [
      ...about("stopped", [stopped.text]),
      ...about("knee", knee?.notes ?? []),
      ...about("goodput", goodput?.notes ?? []),
      ...about("clocks", parted === null ? [] : [parted]),
      ...about("sweep", notes),
    ];
  });
  const whole = [...summary.notes, ...summary.validity.notes.map((note) => `the measuring machine: ${note}`)];
  return [...own, ...whole.map((text): DecisionNote => ({ side: null, about: "sweep", text }))];
}

/** Both clocks of one quantile, the deepest that both support. */
export interface Clocks {
  readonly quantile: "p99" | "p95" | "p50";
  readonly sentMs: number;
  readonly intendedMs: number;
}

export function clocksOf({ ttft, ttft_intended }: SweepPoint): Clocks | null {
  for (const quantile of ["p99", "p95", "p50"] as const) {
    const [sentMs, intendedMs] = [ttft?.[quantile] ?? null, ttft_intended?.[quantile] ?? null];
    if (sentMs !== null && intendedMs !== null) return { quantile, sentMs, intendedMs };
  }
  return null;
}

/** The deepest quantile of which some point has both clocks; p99 where none has. */
export function clockQuantile(points: readonly SweepPoint[]): Clocks["quantile"] {
  const held = new Set(points.map((point) => clocksOf(point)?.quantile));
  return (["p99", "p95", "p50"] as const).find((quantile) => held.has(quantile)) ?? "p99";
}

/** The intended clock holds the connection too: what is less than this may be a handshake. */
const PARTED_SHARE = 1.2;
const PARTED_MS = 20;

/** Requests waited to be sent: what a client that counts from the send does not see. */
export function areParted({ sentMs, intendedMs }: Clocks): boolean {
  return intendedMs >= PARTED_SHARE * sentMs && intendedMs - sentMs >= PARTED_MS;
}

function clocksNote(points: readonly SweepPoint[], axis: SweepSummary["load"]["axis"]): string | null {
  // Where this machine was in the way, what waited may have waited for that.
  const known = points.flatMap((point) => {
    if (!point.trusted) return [];
    const clocks = clocksOf(point);
    return clocks === null ? [] : [{ point, clocks }];
  });
  const parted = known.filter(({ clocks }) => areParted(clocks));
  const widest = [...parted].sort((a, b) => apart(b.clocks) - apart(a.clocks))[0];
  if (widest === undefined) return null;
  const { quantile, sentMs, intendedMs } = widest.clocks;
  const where =
    axis === "trace"
      ? ""
      : ` at ${parted.length} of ${plural(known.length, "load")}, most at ${loadText(widest.point.load)} ${LOAD_UNITS[axis]}`;
  return `requests waited to be sent${where}: ttft ${quantile} is ${formatMs(intendedMs)} from the intended time and ${formatMs(sentMs)} from the send, and a client that counts from the send does not see the difference (coordinated omission)`;
}

function apart({ sentMs, intendedMs }: Clocks): number {
  return intendedMs - sentMs;
}
