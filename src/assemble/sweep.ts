/** Puts what a sweep measured into a {@link SweepSummary}. Computes no statistic of its own. */
import { goodputOf } from "../capacity/goodput.js";
import { type Interval, kneeOf } from "../capacity/knee.js";
import { nextPoint, type Stopped, settled } from "../capacity/next-point.js";
import { intervalOfRate, type Rate } from "../capacity/rate.js";
import type { MeasuredPoint } from "../capacity/saturation.js";
import { shapeText } from "../capacity/shape-text.js";
import type { HeldTerm } from "../capacity/slo-state.js";
import type { SweepBook } from "../capacity/sweep-book.js";
import { NS_PER_MS } from "../core/units.js";
import { METRICS } from "../measure/catalogue.js";
import { machineFigures, passedLimits } from "../measure/machine.js";
import type { Metric } from "../measure/metric.js";
import type { EndLine, HeaderLine, RecordingFrame } from "../recording/recording.js";
import { unmeasuredTerms } from "../report/sweep-decision.js";
import {
  type EndpointSweep,
  SWEEP_SCHEMA_VERSION,
  type SweepInterval,
  type SweepPoint,
  type SweepSummary,
  type SweepTail,
  type SweptEndpoint,
} from "../report/sweep-summary.js";
import { rounded, tailSummary } from "./tails.js";
import { clockNotes } from "./validity.js";

type Role = "baseline" | "candidate";

/** @param book fed with every line of the recording that the frame is of */
export function assembleSweep(frame: RecordingFrame, book: SweepBook): SweepSummary {
  const { header } = frame;
  const measured = book.measured();
  const left = book.facts.roles.filter((role) => frame.stopped.every(({ endpoint }) => endpoint !== role));
  const next = nextPoint({ ...book.facts, roles: left }, measured);
  const cut = cutOf(frame, "done" in next);
  const endpoint = (role: Role): SweptEndpoint => {
    const facts = header.endpoints[role];
    return {
      baseUrl: facts.baseUrl,
      models: { ...facts.models },
      modelsSeen: book.modelsSeen(role),
      tier: facts.tier ?? null,
      simulated: facts.simulated ?? null,
      price: facts.price === undefined ? null : { ...facts.price },
      sweep: book.facts.roles.includes(role)
        ? sweepOf(
            measured.filter((point) => point.role === role),
            stoppedOf(role, next, cut, frame),
          )
        : null,
    };
  };
  const endpoints = { baseline: endpoint("baseline"), candidate: endpoint("candidate") };
  const needed = spoilt(header, measured);
  const validity = validityOf(frame, measured, needed);
  return {
    schemaVersion: SWEEP_SCHEMA_VERSION,
    ...verdictOf(endpoints, validity, needed, cut),
    run: runOf(frame),
    load: loadOf(header, book),
    endpoints,
    validity,
    notes: [],
  };
}

interface Cut {
  readonly kind: "limit" | "interrupted";
  readonly text: string;
}

const CUT: Readonly<Record<Exclude<EndLine["reason"], "complete" | "stopped">, Cut>> = {
  interrupted: { kind: "interrupted", text: "the sweep was interrupted" },
  deadline: { kind: "limit", text: "the sweep came to its deadline" },
  limit: { kind: "limit", text: "the sweep came to a limit" },
  failed: { kind: "interrupted", text: "the sweep ended with an error" },
};

/** Why the sweep has fewer loads than it meant to try; null where it has all. */
function cutOf({ end }: RecordingFrame, done: boolean): Cut | null {
  if (end === null) return { kind: "interrupted", text: "the sweep was killed" };
  // One that was given up says so itself, and the other's loads went on.
  if (end.reason === "complete" || end.reason === "stopped") {
    return done ? null : { kind: "interrupted", text: "the recording lacks loads that would have been tried" };
  }
  const { kind, text } = CUT[end.reason];
  return { kind, text: end.message === undefined ? text : `${text}: ${end.message.slice(0, 300)}` };
}

type StoppedSummary = EndpointSweep["stopped"];

function stoppedOf(
  role: Role,
  next: ReturnType<typeof nextPoint>,
  cut: Cut | null,
  frame: RecordingFrame,
): StoppedSummary {
  const given = frame.stopped.find(({ endpoint }) => endpoint === role);
  if (given !== undefined) {
    return {
      kind: "failing",
      text: `it was given up after ${given.after} failures in a row, the last ${given.last.slice(0, 200)}`,
    };
  }
  const own: Stopped | undefined = "done" in next ? next.done[role] : undefined;
  const stopped = own ?? cut ?? { kind: "interrupted" as const, text: "its loads were not all tried" };
  return { kind: stopped.kind, text: stopped.text };
}

/** @param points of one endpoint, by load */
function sweepOf(points: readonly MeasuredPoint[], stopped: StoppedSummary): EndpointSweep {
  const knee = kneeOf(points);
  const goodput = goodputOf(points);
  const total = (pick: (point: MeasuredPoint) => number): number => points.reduce((sum, point) => sum + pick(point), 0);
  const [answers, input, output] = [
    total(({ usage }) => usage.answers),
    total(({ usage }) => usage.input),
    total(({ usage }) => usage.output),
  ];
  const cachedOf = total(({ usage }) => usage.cachedOf);
  const shown = points.map(pointSummary);
  return {
    stopped,
    knee:
      knee === null
        ? null
        : {
            throughput: interval(knee.throughput),
            outputTokensPerS: knee.outputTokensPerS === null ? null : interval(knee.outputTokensPerS),
            load: interval(knee.load),
            notes: [...knee.notes],
          },
    goodput:
      goodput === null
        ? null
        : {
            throughput: interval(goodput.throughput),
            load: interval(goodput.load),
            limitedBy: goodput.limitedBy,
            notes: [...goodput.notes],
          },
    meanInputTokens: answers === 0 ? null : rounded(input / answers),
    meanOutputTokens: answers === 0 ? null : rounded(output / answers),
    cachedShare: cachedOf === 0 ? null : rounded(total(({ usage }) => usage.cached) / cachedOf),
    points: shown,
    notes: [
      ...(answers > 0 || points.length === 0 ? [] : ["no answer reported its usage, so nothing is said in tokens"]),
      ...unmeasuredTerms(shown).map((term) => `whether ${term} was kept is not known: no answer had what it is about`),
    ],
  };
}

function pointSummary(point: MeasuredPoint): SweepPoint {
  const tail = (name: string): SweepTail | null => tailOf(point, name);
  return {
    index: point.index,
    load: point.load,
    settleMs: point.settleMs,
    windowMs: point.windowMs,
    requests: point.requests,
    offeredPerS: rounded(point.offeredPerS),
    sentPerS: near(point.sentPerS),
    throughput: rateInterval(point.throughput),
    outputTokensPerS: point.outputTokensPerS === null ? null : rateInterval(point.outputTokensPerS),
    inputTokensPerS: rounded(point.inputTokensPerS),
    inFlight: near(point.inFlight),
    ttft: tail("ttft"),
    ttft_intended: tail("ttft_intended"),
    chunk_gap: tail("chunk_gap"),
    e2e: tail("e2e"),
    e2e_intended: tail("e2e_intended"),
    decode_rate: tail("decode_rate"),
    char_rate: tail("char_rate"),
    send_lag: tail("send_lag"),
    errors: { ...point.errors },
    dropped: point.dropped,
    cachedShare: rounded(point.cachedShare),
    slo: { state: point.slo.state, terms: point.slo.terms.map(termSummary), goodPerS: rounded(point.slo.goodPerS) },
    state: point.state,
    trusted: point.trusted,
    ...(point.full ? { full: true } : {}),
    notes: [...point.notes],
  };
}

const METRIC = new Map<string, Metric>(METRICS.map((metric) => [metric.name, metric]));

/** A metric that no exchange could have under this load, such as a wait from an intended time in a closed loop, has no tail. */
function tailOf(point: MeasuredPoint, name: string): SweepTail | null {
  const tail = point.tail(name);
  if (tail === null || tail.n === 0) return null;
  const summary = tailSummary(METRIC.get(name) as Metric, tail);
  if (summary === null) return null;
  const { n, failed, min, p1, p5, p10, p50, p90, p95, p99, max, mean, notes } = summary;
  return { n, failed, min, p1, p5, p10, p50, p90, p95, p99, max, mean, notes };
}

function termSummary({ term, state, value, lo, hi }: HeldTerm): SweepPoint["slo"]["terms"][number] {
  return { text: term.text, state, value: finite(value), lo: finite(lo), hi: finite(hi) };
}

/** Where failures stand a value is infinite, which JSON has no word for. */
function finite(value: number | null): number | null {
  return value === null || !Number.isFinite(value) ? null : rounded(value);
}

function near(value: number): number {
  return rounded(value) as number;
}

function interval({ value, lo, hi }: Interval): SweepInterval {
  return { value: near(value), lo: finite(lo), hi: finite(hi) };
}

function rateInterval(rate: Rate): SweepInterval {
  return interval(intervalOfRate(rate));
}

function validityOf(
  { machine }: RecordingFrame,
  measured: readonly MeasuredPoint[],
  needed: readonly MeasuredPoint[],
): SweepSummary["validity"] {
  const lags = measured.flatMap((point) => {
    const tail = point.tail("send_lag");
    return tail === null || tail.n === 0 ? [] : [tail.quantile(0.99) as number];
  });
  const worst = lags.length === 0 ? null : lags.reduce((most, lag) => Math.max(most, lag), 0);
  const figures = machineFigures(machine, worst, "lower load.to").map((each) => ({
    ...each,
    value: rounded(each.value),
  }));
  return {
    ok: machine.length > 0 && needed.length === 0,
    notes: clockNotes(new Map([[null, machine]])),
    figures,
  };
}

/**
 * Loads that the sweep's answer needs, and that this machine could not be trusted with, as often as they were sent: those that were
 * asked for by name, and those above all that it could be trusted with. One between two others would only have told more exactly
 * where.
 */
function spoilt({ sweep }: HeaderLine, measured: readonly MeasuredPoint[]): MeasuredPoint[] {
  const named = sweep?.load.points !== "auto";
  return measured.filter((point) => {
    if (point.trusted) return false;
    // What was to be sent again, and was not since all of it ended, is only missing. After a 429 nothing is, nor is a trace.
    const again = point.load !== null && point.state !== "rate-limited";
    if (again && settled(sameLoad(point, measured)) === undefined) return false;
    const trusted = measured.filter((each) => each.trusted && each.role === point.role);
    if (named || point.load === null) return trusted.every(({ load }) => load !== point.load);
    return trusted.every(({ load }) => (load as number) < (point.load as number));
  });
}

function sameLoad({ role, load }: MeasuredPoint, measured: readonly MeasuredPoint[]): MeasuredPoint[] {
  return measured.filter((each) => each.role === role && each.load === load);
}

/** Loads that could be trusted are not spoilt by one that could not, but what was looked for may lie there. */
function verdictOf(
  endpoints: SweepSummary["endpoints"],
  { ok, figures }: SweepSummary["validity"],
  needed: readonly MeasuredPoint[],
  cut: Cut | null,
): Pick<SweepSummary, "verdict" | "reason"> {
  const swept = Object.entries(endpoints).flatMap(([role, { sweep }]) =>
    sweep === null ? [] : [[role, sweep] as const],
  );
  if (!ok) {
    const [first] = needed;
    const at =
      first === undefined
        ? ""
        : `${first.load === null ? "under the trace" : `at a load of ${first.load}`} on the ${first.role}, `;
    const why =
      first?.notes[0] ?? passedLimits(figures) ?? "nothing was recorded by which this machine could be judged";
    return { verdict: "invalid", reason: `${at}${why}` };
  }
  const unfinished = swept.filter(([, { stopped }]) => stopped.kind === "interrupted" || stopped.kind === "limit");
  if (cut !== null || unfinished.length > 0) {
    return { verdict: "partial", reason: cut?.text ?? "not all loads were tried" };
  }
  return { verdict: "measured", reason: swept.map(([role, sweep]) => ofEndpoint(role, sweep)).join("; ") };
}

function ofEndpoint(role: string, { knee, stopped, points }: EndpointSweep): string {
  if (knee === null) return `${role}: ${stopped.text}`;
  const { throughput } = knee;
  return `the ${role} bears ${Number(throughput.value.toPrecision(3))} requests/s, measured at ${points.length} loads`;
}

function runOf({ header, segments, begun, machine, end }: RecordingFrame): SweepSummary["run"] {
  const startNs = begun.reduce((least, { atNs }) => Math.min(least, atNs), Number.POSITIVE_INFINITY);
  const endNs = end?.atNs ?? machine.reduce((most, { toNs }) => Math.max(most, toNs), 0);
  return {
    runId: header.runId,
    createdAt: header.createdAt,
    durationMs: Number.isFinite(startNs) ? Math.round(Math.max(0, endNs - startNs) / NS_PER_MS) : 0,
    host: segments[0]?.host ?? "unknown",
    seed: header.seed,
    goldenSet: { name: header.goldenSet.name, digest: header.goldenDigest },
    versions: { ...header.versions },
  };
}

function loadOf(header: HeaderLine, { facts: { load, together }, slo }: SweepBook): SweepSummary["load"] {
  const { loop } = load;
  const open = loop.kind === "open";
  return {
    axis: !open ? "concurrency" : loop.shape.kind === "trace" ? "trace" : "rate",
    shape: shapeText(load),
    together,
    settleMs: load.settleMs,
    windowMs: load.windowMs,
    maxInFlight: open ? load.maxInFlight : null,
    whenFull: open ? load.whenFull : null,
    mix: mixOf(header),
    slo: slo?.text ?? null,
  };
}

/** By what the plan's rows ask. */
function mixOf({ plan, goldenSet }: HeaderLine): SweepSummary["load"]["mix"] {
  const category = new Map(goldenSet.cases.map((golden) => [golden.id, golden.category]));
  const byCategory = new Map<string, { rows: number; cases: Set<string> }>();
  const asked = plan.filter(({ phase }) => phase.startsWith("sweep:"));
  for (const { caseId } of asked) {
    const name = category.get(caseId) ?? "unknown";
    const own = byCategory.get(name) ?? { rows: 0, cases: new Set<string>() };
    own.rows++;
    own.cases.add(caseId);
    byCategory.set(name, own);
  }
  return [...byCategory]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { rows, cases }]) => ({ category: name, share: near(rows / asked.length), cases: cases.size }));
}
