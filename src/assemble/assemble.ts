/** Puts what was computed into a {@link Report}. Computes no statistic of its own. */
import { arrivalsText } from "../capacity/shape-text.js";
import type { Finding, ParityOutcome } from "../check/finding.js";
import type { Comparison } from "../compare/comparison.js";
import type { Pair } from "../compare/pairs.js";
import { RATES } from "../compare/rates.js";
import type { GateResult, Judgement } from "../gate/judgement.js";
import { METRICS } from "../measure/catalogue.js";
import type { ScoredExchange } from "../measure/scored.js";
import type { TailBook } from "../measure/tail-book.js";
import { awaitedRows, droppedRows, ownRows } from "../recording/own-rows.js";
import type { HeaderLine, RecordingFrame } from "../recording/recording.js";
import type { GateSummary } from "../report/decision.js";
import type { Report } from "../report/report.js";
import { type EndpointSummary, REPORT_SCHEMA_VERSION, type Summary } from "../report/summary.js";
import { checklist } from "./checklist.js";
import { controlSummary, outputsSummary } from "./control.js";
import { costSummary } from "./cost.js";
import { detailsOf } from "./details.js";
import { Exploratory, testable } from "./exploratory.js";
import { failureSummary, retrySummary } from "./failures.js";
import { type Comparisons, hasSlowShare, isCompared, metricSummaries } from "./metrics.js";
import { stillHolds, stoppedSummary } from "./partial.js";
import { rateSummaries } from "./rates.js";
import { shardSummary } from "./shards.js";
import { durationMs, hostsOf, limitPauseMs, meanInFlight } from "./spans.js";
import { rounded } from "./tails.js";
import { timeoutSummary } from "./timeouts.js";

export interface Judged {
  readonly frame: RecordingFrame;
  /** By id. */
  readonly exchanges: readonly ScoredExchange[];
  readonly pairs: readonly Pair[];
  readonly tails: TailBook;
  readonly parity: ReadonlyMap<number, ParityOutcome>;
  readonly flips: Summary["parity"]["flips"];
  readonly comparisons: Comparisons;
  /** Each endpoint against itself; null where the control was off. */
  readonly control: Readonly<Record<Role, Comparison>> | null;
  readonly judgement: Judgement;
  readonly validity: Summary["validity"];
  readonly cold: Summary["cold"];
  readonly findings: readonly Finding[];
  /** Why no answer could be held against expectations; null or absent where they could. */
  readonly unjudged?: string | null;
}

type Role = "baseline" | "candidate";
const ROLES = ["baseline", "candidate"] as const;

export function assembleReport(judged: Judged): Report {
  const { frame, exchanges } = judged;
  const { header } = frame;
  const { judgement } = judged;
  const warm = judged.comparisons.warm as Comparison;
  const exploratory = exploratoryOf(judged);
  const summary: Summary = {
    schemaVersion: REPORT_SCHEMA_VERSION,
    verdict: judgement.verdict,
    verdictReason: judgement.reason,
    judgement: {
      look: judgement.look,
      looks: judgement.looks,
      confidence: rounded(judgement.confidence) as number,
      estimand: warm.estimand,
      quick: header.judge.quick === true,
      notes: [...judgement.notes],
    },
    gates: judgement.gates.map((gate) => gateSummary(gate)),
    checklist: [],
    ...(header.kind === "wake"
      ? wakeDecision(header, judged)
      : {
          timeouts: timeoutSummary(header, exchanges, judged.cold),
          cost: {
            baseline: costSummary("baseline", header, exchanges),
            candidate: costSummary("candidate", header, exchanges),
          },
        }),
    control: judged.control === null ? null : controlSummary(judged.control),
    run: runSummary(judged),
    endpoints: {
      baseline: endpointSummary("baseline", frame, exchanges),
      candidate: endpointSummary("candidate", frame, exchanges),
    },
    metrics: metricSummaries(judged.tails, judged.comparisons, exploratory),
    rates: rateSummaries(warm, exploratory),
    cold: judged.cold,
    checks: checkSummary(header, exchanges),
    parity: paritySummary(judged, warm),
    failures: failureSummary(exchanges),
    retries: {
      baseline: retrySummary("baseline", header, exchanges),
      candidate: retrySummary("candidate", header, exchanges),
    },
    findings: judged.findings.map((finding) => ({ ...finding })) as Summary["findings"],
    validity: judged.validity,
  };
  const details = detailsOf(judged);
  // Cold trials are no golden set: they verify no item of a cutover, and no case has an answer to look at.
  if (header.kind === "wake") return { summary, details: { ...details, cases: [] } };
  return { summary: { ...summary, checklist: checklist(judged, summary) }, details };
}

/** Of cold trials: the one timeout that they size, and no cost of requests that were never made. */
function wakeDecision(header: HeaderLine, { exchanges, cold }: Judged): Pick<Summary, "timeouts" | "cost"> {
  const { suggested } = timeoutSummary(header, exchanges, cold);
  const sized = suggested.filter(({ timeout, ms }) => timeout === "cold" && ms !== null);
  const cost = (role: Role) => ({ ...costSummary(role, header, exchanges), notes: [] });
  return {
    timeouts: { suggested: sized, cuts: [], notes: [] },
    cost: { baseline: cost("baseline"), candidate: cost("candidate") },
  };
}

/** Everything that is tested in numbers: metrics, rates, slow shares. Outputs are one test of their own. */
function exploratoryOf({ comparisons, judgement }: Judged): Exploratory {
  const tests = new Map<string, number | null>();
  for (const [phase, comparison] of Object.entries(comparisons)) {
    if (comparison === undefined) continue;
    for (const metric of METRICS.filter(isCompared)) {
      const shift = comparison.shift(metric.name);
      if (!shift.doubtful) tests.set(`${phase} shift ${metric.name}`, shift.p);
    }
  }
  const { warm } = comparisons;
  if (warm !== undefined) {
    for (const metric of METRICS.filter(hasSlowShare))
      tests.set(`slow_share ${metric.name}`, testable(warm.slowShare(metric.name)));
    for (const rule of RATES) tests.set(`rate ${rule.name}`, testable(warm.rate(rule)));
  }
  return new Exploratory(tests, new Set(judgement.gates.flatMap(({ about }) => about ?? [])));
}

function gateSummary({ about: _, notes, decides, place, ...gate }: GateResult): GateSummary {
  const near = (value: number | null): number | null =>
    value === null || !Number.isFinite(value) ? null : rounded(value);
  return {
    ...gate,
    place: place === null ? null : { ...place },
    value: near(gate.value),
    lower: near(gate.lower),
    upper: near(gate.upper),
    decides: decides === null ? null : { pass: near(decides.pass), fail: near(decides.fail) },
    notes: [...notes],
  };
}

function runSummary({ frame, exchanges, pairs, judgement }: Judged): Summary["run"] {
  const { header, end } = frame;
  const { arrivals } = header.capture;
  const planned = ownRows(header).length;
  const dropped = droppedRows(frame.dropped).size;
  const recorded = exchanges.filter(({ cancelled }) => cancelled !== "user").length;
  const labels = ROLES.flatMap((role) => {
    const { simulated } = header.endpoints[role];
    return simulated === undefined ? [] : [`${role}: ${simulated}`];
  });
  return {
    runId: header.runId,
    kind: header.kind === "probe" || header.kind === "sweep" ? "run" : header.kind,
    store: header.store ?? "full",
    createdAt: header.createdAt,
    durationMs: durationMs(exchanges, frame),
    host: hostsOf(frame),
    labels,
    goldenSet: { name: header.goldenSet.name, digest: header.goldenDigest, cases: header.goldenSet.cases.length },
    planDigest: header.planDigest,
    seed: header.seed,
    rounds: header.capture.rounds,
    concurrency: header.capture.concurrency,
    ...(arrivals === undefined ? {} : { arrivals: arrivalsText(arrivals) }),
    prefix: header.capture.prefix,
    order: header.capture.order,
    control: header.capture.control,
    versions: header.versions,
    ended: end?.reason ?? "killed",
    // Each shard has its part of a limit.
    endedMessage:
      end?.message === undefined ? null : `${header.shards === undefined ? "" : "in one shard: "}${end.message}`,
    stopped: stoppedSummary(frame, exchanges),
    ...shardSummary(frame, exchanges),
    resumed: {
      times: frame.resumes.length,
      brokenPairs: pairs.filter(({ broken }) => broken).length,
      repairedBytes: frame.resumes.reduce((sum, { repairedBytes }) => sum + repairedBytes, 0),
    },
    limitPausesMs: { baseline: limitPauseMs(frame, "baseline"), candidate: limitPauseMs(frame, "candidate") },
    planned,
    ...(dropped === 0 ? {} : { dropped }),
    recorded,
    partial: recorded < awaitedRows(frame).length,
    stillHolds: stillHolds(frame, exchanges, pairs, judgement.gates),
    recent: (header.recent ?? []).map((run) => ({ ...run })),
  };
}

/** What an endpoint calls itself may be as long as an answer. */
const MAX_NAME = 200;

function cutName(name: string): string {
  return name.length > MAX_NAME ? `${name.slice(0, MAX_NAME - 1)}…` : name;
}

function endpointSummary(role: Role, frame: RecordingFrame, exchanges: readonly ScoredExchange[]): EndpointSummary {
  const own = exchanges.filter(({ endpoint }) => endpoint === role);
  const facts = frame.header.endpoints[role];
  const seen = (pick: (exchange: ScoredExchange) => string | null): string[] =>
    [
      ...new Set(
        own
          .map(pick)
          .filter((value) => value !== null)
          .map(cutName),
      ),
    ]
      .sort()
      .slice(0, 50);
  return {
    baseUrl: facts.baseUrl,
    models: { ...facts.models },
    modelsSeen: seen(({ model }) => model),
    systemFingerprints: seen(({ systemFingerprint }) => systemFingerprint),
    remoteAddresses: seen(({ remoteAddress }) => remoteAddress),
    proxy: facts.proxy ?? null,
    tier: facts.tier ?? null,
    simulated: facts.simulated ?? null,
    exchanges: own.length,
    attempts: own.reduce((total, { attemptFailures }) => total + attemptFailures.length, 0),
    meanInFlight: rounded(meanInFlight(own, frame)),
  };
}

function judgedOfCase(): Record<Role, ScoredExchange[]> {
  return { baseline: [], candidate: [] };
}

function checkSummary(header: HeaderLine, exchanges: readonly ScoredExchange[]): Summary["checks"] {
  const unmet: Summary["checks"]["unmet"] = [];
  const toolFaults: Summary["checks"]["toolFaults"] = { baseline: {}, candidate: {} };
  const byCase = new Map(header.goldenSet.cases.map(({ id }) => [id, judgedOfCase()]));
  for (const exchange of exchanges) {
    if (exchange.check && !exchange.check.excluded) byCase.get(exchange.caseId)?.[exchange.endpoint].push(exchange);
  }
  for (const [id, judged] of byCase) {
    for (const endpoint of ROLES) {
      const own = judged[endpoint];
      const failed = own.filter(({ check }) => check?.met === false);
      const detail =
        failed[0]?.check?.expectations.find(({ met }) => !met)?.detail ?? failed[0]?.failure?.message ?? "";
      if (failed.length > 0)
        unmet.push({ caseId: id, endpoint, met: own.length - failed.length, of: own.length, detail });
      for (const { check } of own) {
        for (const { fault } of check?.toolCalls?.faults ?? []) {
          toolFaults[endpoint][fault] = (toolFaults[endpoint][fault] ?? 0) + 1;
        }
      }
    }
  }
  return { unmet, toolFaults, notTested: header.notTested.map((row) => ({ ...row })) };
}

const MATCHED_LENGTH = 0.1;

function paritySummary({ pairs, parity, flips }: Judged, warm: Comparison): Summary["parity"] {
  const rungs: Record<string, number> = { bytes: 0, text: 0, json: 0, tool_calls: 0, expectations: 0, none: 0 };
  for (const { rung } of parity.values()) rungs[rung] = (rungs[rung] ?? 0) + 1;
  let matchedLength = 0;
  let baselineTokens = 0;
  let candidateTokens = 0;
  for (const { pairId, baseline, candidate } of pairs) {
    if (baseline === null || candidate === null || !parity.has(pairId)) continue;
    const [shorter, longer] = [baseline.characters, candidate.characters].sort((a, b) => a - b) as [number, number];
    if (longer > 0 && (longer - shorter) / longer <= MATCHED_LENGTH) matchedLength++;
    const [a, b] = [baseline.usage?.outputTokens ?? null, candidate.usage?.outputTokens ?? null];
    if (a !== null && b !== null) {
      baselineTokens += a;
      candidateTokens += b;
    }
  }
  return {
    pairs: parity.size,
    rungs,
    flips: [...flips],
    outputTokenRatio: baselineTokens === 0 ? null : rounded(candidateTokens / baselineTokens),
    matchedLength,
    outputs: outputsSummary(warm.outputs()),
  };
}
