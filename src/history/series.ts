/**
 * Nights → series: the same-night ratio candidate / baseline, beside it each side's own values. A bad hour of the network
 * or of this machine moves both sides of a night, and leaves the ratio.
 */
import type { TrendPoint, TrendSeries } from "../report/trend-summary.js";
import { type Count, chanceOfAsMany } from "./count-tail.js";
import type { Runs } from "./groups.js";
import type { Night } from "./night.js";
import { judgeNights, type NightState, neighbourCorrelation } from "./prediction.js";

const SHIFTS = ["ttft", "ttfa", "e2e", "stall", "char_rate", "decode_rate"] as const;
const DIFFERENCES = ["slow_share", "errors"] as const;

/** Of a logarithm of ratios: changes below a few tenths of a per cent are no alarm, however steady the nights were. */
const LEAST_SPREAD = 0.001;
/** As the bound itself. */
const ALPHA = 0.01;

/** In the order of reports; a series without a single value is left out. */
export function seriesOf(nights: readonly Runs[]): TrendSeries[] {
  return [
    ...SHIFTS.map((name) => shiftSeries(name, nights)),
    ...DIFFERENCES.map((name) => shareSeries(name, nights)),
  ].filter(({ points }) => points.some(({ value }) => value !== null));
}

function shiftSeries(name: string, nights: readonly Runs[]): TrendSeries {
  const known = nights.flat().find((run) => run.metrics[name] !== undefined)?.metrics[name];
  const better = known?.better === "higher" ? "higher" : "lower";
  const logs = nights.map((runs) => meanLog(runs, name));
  const values = logs.map((log) => (typeof log === "string" ? null : log));
  const states = judgeNights(values, { worse: better === "lower" ? "high" : "low", leastSpread: LEAST_SPREAD });
  const tailCell = better === "lower" ? "p95" : "p5";
  const points = nights.map((runs, night): TrendPoint => {
    const [log, state] = [logs[night] as number | string, states[night] as NightState];
    const shift = runs.length === 1 ? (runs[0].metrics[name]?.shift ?? null) : null;
    const shown = typeof log === "number" ? shift : null;
    return {
      night,
      value: typeof log === "number" ? near(Math.exp(log)) : null,
      lo: shown?.lo ?? null,
      hi: shown?.hi ?? null,
      ...stateOf(state, Math.exp),
      raw: { baseline: rawOf(runs, name, "baseline", tailCell), candidate: rawOf(runs, name, "candidate", tailCell) },
      counts: null,
      note: typeof log === "string" ? log : "",
    };
  });
  return { name, kind: "shift", unit: known?.unit ?? "", better, tailCell, ...closing(points, values) };
}

/** The mean over the night's runs, or why there is none. */
function meanLog(runs: Runs, name: string): number | string {
  const logs: number[] = [];
  let why = "";
  for (const run of runs) {
    const shift = run.metrics[name]?.shift ?? null;
    const reason =
      untrusted(run) ?? (shift === null ? "no paired value" : shift.doubtful ? "in doubt that night" : null);
    if (reason === null && shift !== null && shift.ratio > 0) logs.push(Math.log(shift.ratio));
    else why = reason ?? "no ratio";
  }
  return logs.length === 0 ? why : logs.reduce((sum, log) => sum + log, 0) / logs.length;
}

/** Why a run's times say nothing; null when they do. */
function untrusted(run: Night): string | null {
  if (run.quick) return "a quick run says nothing of latency";
  if (!run.valid) return "the measuring machine was in doubt";
  return run.whole ? null : "the run did not run to its end";
}

/** Of the night's last run. */
function rawOf(runs: Runs, name: string, role: "baseline" | "candidate", cell: "p95" | "p5") {
  const tail = runs.at(-1)?.metrics[name]?.[role] ?? null;
  return { p50: tail?.p50 ?? null, tail: tail?.[cell] ?? null };
}

function shareSeries(name: (typeof DIFFERENCES)[number], nights: readonly Runs[]): TrendSeries {
  const timing = name === "slow_share";
  const counts = nights.map((runs) => countsOf(runs, name, timing));
  const values = counts.map((count) =>
    typeof count === "string" ? null : shareOf(count.candidate) - shareOf(count.baseline),
  );
  const candidateOf = (night: number): Count => (counts[night] as { candidate: Count }).candidate;
  const states = judgeNights(values, {
    worse: "high",
    leastSpread: 0,
    // A baseline that got better also raises the difference; and few events are no normal distribution.
    confirm: (tonight, reference) =>
      chanceOfAsMany(candidateOf(tonight), totalOf(reference.map((night) => candidateOf(night)))) <= ALPHA,
  });
  const points = nights.map((_, night): TrendPoint => {
    const [count, value] = [counts[night] as Exclude<(typeof counts)[number], undefined>, values[night] ?? null];
    return {
      night,
      value: value === null ? null : near(value),
      lo: null,
      hi: null,
      ...stateOf(states[night] as NightState, (share) => share),
      raw: null,
      counts: typeof count === "string" ? null : { baseline: { ...count.baseline }, candidate: { ...count.candidate } },
      note: typeof count === "string" ? count : "",
    };
  });
  return { name, kind: "difference", unit: "share", better: "lower", tailCell: null, ...closing(points, values) };
}

function countsOf(
  runs: Runs,
  name: string,
  timing: boolean,
): { readonly baseline: Count; readonly candidate: Count } | string {
  const used = timing ? runs.filter((run) => untrusted(run) === null) : runs;
  const of = (role: "baseline" | "candidate"): Count => totalOf(used.flatMap((run) => run.rates[name]?.[role] ?? []));
  const [baseline, candidate] = [of("baseline"), of("candidate")];
  if (used.length === 0) return untrusted(runs[0]) ?? "";
  return baseline.of === 0 || candidate.of === 0 ? "no exchange of that kind" : { baseline, candidate };
}

function totalOf(counts: readonly Count[]): Count {
  return counts.reduce((sum, { count, of }) => ({ count: sum.count + count, of: sum.of + of }), { count: 0, of: 0 });
}

function shareOf({ count, of }: Count): number {
  return count / of;
}

function stateOf({ state, beyondBetter, expected }: NightState, scale: (value: number) => number) {
  return {
    state,
    beyondBetter,
    expected:
      expected === null
        ? null
        : {
            low: near(scale(expected.low)),
            center: near(scale(expected.center)),
            high: near(scale(expected.high)),
            nights: expected.nights,
          },
  };
}

function closing(points: TrendPoint[], values: readonly (number | null)[]) {
  // A row of alarms is a step, which would count as resemblance.
  const usual = values.filter((_, night) => ["ok", "short"].includes(points[night]?.state ?? "none"));
  const correlation = neighbourCorrelation(usual.filter((value) => value !== null));
  const notes =
    correlation === null
      ? []
      : [
          `a night resembles the night before it (correlation ${correlation.toFixed(2)}): alarms come more often by chance, and rows of them too`,
        ];
  return { state: points.at(-1)?.state ?? "none", points, notes } as const;
}

function near(value: number): number {
  return Number(value.toPrecision(6));
}
