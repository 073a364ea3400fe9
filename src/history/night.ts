/**
 * One night of the history: what is kept of a run when its recording has long been deleted. It knows reports and headers,
 * no formats.
 */
import { z } from "zod";
import type { ScoredExchange } from "../measure/scored.js";
import type { HeaderLine } from "../recording/recording.js";
import type { MetricPhase, Summary, TailSummary } from "../report/summary.js";
import { measuredSettings, type SettingsFacts } from "./settings-facts.js";

export const NIGHT_SCHEMA_VERSION = 1;

const maybe = z.number().nullable();
/** Beyond what any night counts: a line with more is none of ours, and would take its time. */
const howMany = z.int().min(0).max(1e7);
const count = z.object({ count: howMany, of: howMany });
const usd = z.number().min(0).nullable();
const sides = <T extends z.ZodType>(inner: T) => z.object({ baseline: inner, candidate: inner });
const severity = z.enum(["breaks", "differs", "note"]);

/** Of phase warm. `p90` … `p99` where lower is better, `p10` … `p1` where higher is. */
const tail = z.object({
  n: z.number(),
  failed: z.number(),
  p1: maybe,
  p5: maybe,
  p10: maybe,
  p50: maybe,
  p90: maybe,
  p95: maybe,
  p99: maybe,
});

const endpoint = z.object({
  baseUrl: z.string(),
  /** As they were asked, by category or tag. */
  models: z.record(z.string(), z.string().nullable()),
  modelsSeen: z.array(z.string()),
  systemFingerprints: z.array(z.string()),
  simulated: z.string().nullable(),
});

/** A line of `nights.jsonl`. Keys that a later version adds are left alone. */
export const nightSchema = z.object({
  schemaVersion: z.literal(NIGHT_SCHEMA_VERSION),
  runId: z.string(),
  createdAt: z.string().refine((text) => Number.isFinite(Date.parse(text)), "a date"),
  twintail: z.string(),
  /** From where it was measured. `name` as it was given, in place of a host name that changes every night. */
  vantage: z.object({ host: z.string(), name: z.string().nullable() }),
  goldenSet: z.object({ name: z.string(), digest: z.string(), cases: z.number() }),
  /** What changes the thing that is measured; rounds, seed, gates and prices do not. */
  settings: z.record(z.string(), z.unknown()),
  settingsDigest: z.string(),
  rounds: z.number(),
  /** Of the run; a line with a later look stands in place of the earlier ones. */
  look: z.number().default(1),
  /** Three rounds, from which nothing is said of latency. */
  quick: z.boolean().default(false),
  /** Everything that was planned ran to its end. */
  whole: z.boolean(),
  /** False where the measuring machine itself was in doubt. */
  valid: z.boolean(),
  endpoints: sides(endpoint),
  verdict: z.enum(["pass", "fail", "inconclusive", "invalid"]).nullable(),
  verdictReason: z.string(),
  gates: z.array(
    z.object({ text: z.string(), result: z.string(), value: maybe, margin: z.number(), unit: z.string() }),
  ),
  metrics: z.record(
    z.string(),
    z.object({
      unit: z.string(),
      better: z.enum(["lower", "higher", "neither"]),
      baseline: tail.nullable(),
      candidate: tail.nullable(),
      /** `doubtful`: the numbers stand, a reading of them does not. */
      shift: z
        .object({ ratio: z.number().positive(), lo: maybe, hi: maybe, rounds: z.number(), doubtful: z.boolean() })
        .nullable(),
      slowShare: sides(count).extend({ difference: maybe }).nullable(),
    }),
  ),
  rates: z.record(z.string(), sides(count).extend({ better: z.enum(["lower", "higher"]), difference: maybe })),
  /** Every cold trial. */
  cold: sides(z.array(z.object({ wakeMs: maybe, verdict: z.string(), attempts: z.number() }))),
  /** USD of the whole run, retries included; null without prices or usage. */
  cost: sides(usd),
  /** On the candidate alone. */
  findings: z.array(z.object({ rule: z.string(), severity, exchanges: count })),
  /** Cases that the baseline met every time and the candidate at most half of the time. */
  regressions: z.array(z.object({ caseId: z.string(), severity })),
});

export type Night = z.infer<typeof nightSchema>;

export interface NightInput {
  readonly summary: Summary;
  readonly header: HeaderLine;
  /** Of all phases and arms. */
  readonly exchanges: readonly ScoredExchange[];
  /** Names the place in place of its host name. */
  readonly vantage?: string | undefined;
}

// What an endpoint named itself is kept, in bounds: a line has to stay one.
const MAX_TEXT = 200;
const MAX_SEEN = 20;
const MAX_LISTED = 200;

/** The line of one run. */
export function nightOf({ summary, header, exchanges, vantage }: NightInput): Night {
  const { run } = summary;
  const settings: SettingsFacts = measuredSettings(header);
  return {
    schemaVersion: NIGHT_SCHEMA_VERSION,
    runId: run.runId,
    createdAt: run.createdAt,
    twintail: run.versions.twintail,
    vantage: { host: cut(run.host), name: vantage === undefined ? null : cut(vantage) },
    goldenSet: { ...run.goldenSet, name: cut(run.goldenSet.name) },
    settings: settings.facts,
    settingsDigest: settings.digest,
    rounds: run.rounds,
    look: summary.judgement.look,
    quick: summary.judgement.quick,
    whole: !run.partial && run.ended === "complete",
    valid: summary.validity.ok,
    endpoints: { baseline: endpointOf(summary, "baseline"), candidate: endpointOf(summary, "candidate") },
    verdict: summary.verdict,
    verdictReason: cut(summary.verdictReason, 400),
    gates: summary.gates
      .slice(0, MAX_LISTED)
      .map(({ text, result, value, margin, unit }) => ({ text: cut(text), result, value, margin, unit })),
    metrics: Object.fromEntries(
      Object.entries(summary.metrics).flatMap(([name, { unit, better, warm }]) =>
        warm === undefined ? [] : [[name, { unit, better, ...metricOf(warm) }]],
      ),
    ),
    rates: Object.fromEntries(
      Object.entries(summary.rates).map(([name, { baseline, candidate, better, difference }]) => [
        name,
        { baseline: countOf(baseline), candidate: countOf(candidate), better, difference: difference?.value ?? null },
      ]),
    ),
    cold: { baseline: wakesOf(summary, "baseline"), candidate: wakesOf(summary, "candidate") },
    cost: { baseline: costOf(exchanges, "baseline"), candidate: costOf(exchanges, "candidate") },
    findings: summary.findings
      .filter(({ sides: where }) => where === "candidate")
      .slice(0, MAX_LISTED)
      .map((finding) => ({ rule: finding.rule, severity: finding.severity, exchanges: { ...finding.exchanges } })),
    regressions: summary.parity.flips
      .filter(({ direction, consistent }) => direction === "regressed" && consistent)
      .slice(0, MAX_LISTED)
      .map((flip) => ({ caseId: cut(flip.caseId), severity: flip.severity })),
  };
}

type Role = "baseline" | "candidate";

function endpointOf({ endpoints }: Summary, role: Role): Night["endpoints"][Role] {
  const { baseUrl, models, modelsSeen, systemFingerprints, simulated } = endpoints[role];
  const kept = (texts: readonly string[]): string[] => texts.slice(0, MAX_SEEN).map((text) => cut(text));
  return {
    baseUrl,
    models: { ...models },
    modelsSeen: kept(modelsSeen),
    systemFingerprints: kept(systemFingerprints),
    simulated,
  };
}

function metricOf({ baseline, candidate, shift, slow_share: slow }: MetricPhase) {
  return {
    baseline: tailOf(baseline),
    candidate: tailOf(candidate),
    shift:
      shift === null || shift.ratio === null
        ? null
        : {
            ratio: shift.ratio,
            lo: shift.lo,
            hi: shift.hi,
            rounds: shift.rounds,
            // An interval that is there and not read has a reason against its reading.
            doubtful: shift.reads === "unknown" && shift.lo !== null,
          },
    slowShare:
      slow === null
        ? null
        : {
            baseline: countOf(slow.baseline),
            candidate: countOf(slow.candidate),
            difference: slow.difference?.value ?? null,
          },
  };
}

function tailOf(given: TailSummary | null): z.infer<typeof tail> | null {
  if (given === null) return null;
  const { n, failed, p1, p5, p10, p50, p90, p95, p99 } = given;
  return { n, failed, p1, p5, p10, p50, p90, p95, p99 };
}

function countOf(share: { readonly count: number; readonly of: number }): z.infer<typeof count> {
  return { count: share.count, of: share.of };
}

function wakesOf({ cold }: Summary, role: Role): Night["cold"][Role] {
  return cold[role]
    .slice(0, MAX_LISTED)
    .map(({ wakeMs, verdict, attempts }) => ({ wakeMs, verdict: String(verdict), attempts }));
}

/** Every phase and every arm is paid for. */
function costOf(exchanges: readonly ScoredExchange[], role: Role): number | null {
  const known = exchanges.flatMap(({ endpoint, scalars }) => {
    const cost = endpoint === role ? scalars.get("cost") : undefined;
    return cost !== undefined && "value" in cost ? [cost.value] : [];
  });
  return known.length === 0 ? null : Number(known.reduce((total, each) => total + each, 0).toPrecision(6));
}

function cut(text: string, most = MAX_TEXT): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
