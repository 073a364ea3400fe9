/**
 * `report.json`: the part of a report that others build on. Its JSON Schema is generated from here and published
 * with the package. A value that cannot be known is `null` and has its reason in `notes` beside it.
 */
import { z } from "zod";
import {
  checklistItem,
  controlSummary,
  costSummary,
  difference,
  gateSummary,
  judgementSummary,
  outputsSummary,
  shift,
  sides,
  tailRatio,
  timeoutSummary,
} from "./decision.js";

export const REPORT_SCHEMA_VERSION = 1;

const number = z.number();
const maybe = z.number().nullable();
const counts = z.record(z.string(), z.int());

/** One endpoint's tail of one metric in one phase. Quantiles are HDR nearest-rank, clamped to the exact min and max. */
const tail = z.strictObject({
  /** Exchanges in the tail, failed ones included. For metrics with many values an exchange, `values` says how many. */
  n: z.int(),
  /** Values recorded in the histogram. */
  values: z.int(),
  /** Exchanges that ended before the value existed; they stand at the slow end as infinity. */
  failed: z.int(),
  /** Why exchanges have no value, with how many. */
  missing: counts,
  min: maybe,
  p1: maybe,
  p5: maybe,
  p10: maybe,
  p50: maybe,
  p90: maybe,
  p95: maybe,
  p99: maybe,
  max: maybe,
  mean: maybe,
  sum: maybe,
  /** One line for every cell that is null, and every doubt. */
  notes: z.array(z.string()),
});

const share = z.strictObject({
  count: z.int(),
  of: z.int(),
  share: maybe,
  notes: z.array(z.string()),
});

const phaseOfMetric = sides(tail.nullable()).extend({
  shift: shift.nullable(),
  /** Exchanges slower than twice the pooled median of their own case; phase warm, where it means something. */
  slow_share: sides(share).extend({ difference: difference.nullable() }).nullable(),
  /** Harrell-Davis quantile ratios candidate / baseline: not the quotient of the cells above. Keys `p90` … `p99.9`. */
  ratio: z.record(z.string(), tailRatio),
});

const metric = z.strictObject({
  unit: z.string(),
  better: z.enum(["lower", "higher", "neither"]),
  formula: z.string(),
  // One key a phase, only of phases that have exchanges.
  warm: phaseOfMetric.optional(),
  solo: phaseOfMetric.optional(),
  cold: phaseOfMetric.optional(),
  warmup: phaseOfMetric.optional(),
  probe: phaseOfMetric.optional(),
});

const finding = z.strictObject({
  rule: z.string(),
  severity: z.enum(["breaks", "differs", "note"]),
  message: z.string(),
  /** The clients or habits that it breaks. */
  clients: z.string(),
  /** What was sent, at most 200 characters. */
  evidence: z.string(),
  /** Absent when it is about the two endpoints together. */
  endpoint: z.enum(["baseline", "candidate"]).optional(),
  /** The case of the first exchange that showed it. */
  caseId: z.string().optional(),
  /** How many exchanges of this endpoint showed it, of those that were looked at. */
  exchanges: z.strictObject({ count: z.int(), of: z.int() }),
  /** Where the rule was seen; `pair` when it is about the two endpoints together. */
  sides: z.enum(["candidate", "baseline", "both", "pair"]),
});

const endpoint = z.strictObject({
  baseUrl: z.string(),
  /** By category or tag of a case; null where the endpoint is deliberately not asked. */
  models: z.record(z.string(), z.string().nullable()),
  /** As the endpoint named them in its answers. */
  modelsSeen: z.array(z.string()),
  systemFingerprints: z.array(z.string()),
  remoteAddresses: z.array(z.string()),
  /** The proxy that the requests went through; `remoteAddresses` are then its own. */
  proxy: z.string().nullable(),
  tier: z.string().nullable(),
  /** A label when the endpoint is simulated. */
  simulated: z.string().nullable(),
  exchanges: z.int(),
  attempts: z.int(),
  /** Mean exchanges in flight, as counted at each release in phase warm; of a merged run by the clocks of its machines. */
  meanInFlight: maybe,
});

/** One cold trial: every value is listed, since so few can never make a tail. */
const coldTrial = z.strictObject({
  exchangeId: z.int(),
  /** Release to first token, through every attempt. Null when no token came. */
  wakeMs: maybe,
  attempts: z.int(),
  /** What the wake was spent on, from release to first token: the parts add up to it. Without a token, up to the end. */
  parts: z.strictObject({
    refusedMs: number,
    unavailableMs: number,
    connectMs: number,
    /** On this side: until the request was dispatched, and from the open connection until it was written. */
    requestMs: number,
    headersMs: maybe,
    firstTokenMs: maybe,
  }),
  /** Which trial of the recording, from 0. */
  trial: z.int(),
  /** Attempts by how the endpoint put them off: `connection refused`, `HTTP 503`, `HTTP 202`, … */
  putOff: counts,
  /** Waits between attempts, all together, ms: contained in `parts.refusedMs` and `parts.unavailableMs`. */
  backoffMs: number,
  /** Against the endpoint's `wake.budget` and `wake.cap`; null where it was not cold, or the run was stopped. */
  budget: z.enum(["kept", "broken"]).nullable(),
  cap: z.enum(["kept", "broken"]).nullable(),
  /** Whole answer, release to end, ms. */
  e2eMs: maybe,
  /** How it was known to sleep. */
  asleepBy: z.enum(["assumed", "idle", "scale-down"]),
  /** Time to first token of the warm requests right after this trial, ms, in order. */
  warmTtftMs: z.array(number),
  verdict: z.enum(["cold", "not cold", "failed", "no warm reference"]),
  note: z.string(),
});

/** A cold start that nobody planned: it is in no warm tail and no pair. */
const unplannedCold = z.strictObject({
  exchangeId: z.int(),
  caseId: z.string(),
  round: z.int(),
  ttftMs: maybe,
  /** The case's own warm time to first token, ms. */
  usualMs: maybe,
  /** What it was recognised by, in one line. */
  evidence: z.string(),
});

/** Of the wakes of one endpoint. Null with fewer than six cold trials: they are listed one by one. */
const wakeInterval = z.strictObject({
  n: z.int(),
  /** Null where half of the trials or more never woke. */
  p50: maybe,
  /** Distribution-free bounds of the median, two-sided; null where trials that never woke stand there. */
  lower: maybe,
  upper: maybe,
  confidence: number,
  notes: z.array(z.string()),
});

/** Failures alike, of one endpoint. Phase cold is left out: a waking endpoint refuses on purpose. */
const failureGroup = z.strictObject({
  /** `HTTP 429`, `network: tls`, `timeout: first byte`, `error in the answer`, `broken stream`, … */
  class: z.string(),
  /** The provider's own code, or the transport's. */
  code: z.string().nullable(),
  /** As it was put the first time. */
  message: z.string(),
  attempts: z.int(),
  /** Exchanges that ended so, after all their attempts. */
  exchanges: z.int(),
  cases: z.array(z.string()),
});

/** What asking again added, outside phase cold. */
const retries = z.strictObject({
  exchanges: z.int(),
  attempts: z.int(),
  /** Attempts an exchange; 1 when nothing was asked again. */
  amplification: maybe,
  retried: z.int(),
  /** Retried exchanges that were answered in the end. */
  recovered: z.int(),
  /** Waited before the next attempts, all together. */
  backoffMs: number,
  /** Attempts that had begun to answer with status 200 when they were given up: those are billed. */
  discardedAnswers: z.int(),
  /** By their usage where it came, else from the same request's input tokens and 4 characters a token. */
  discardedOutputTokens: z.int(),
  /** Null without prices. */
  discardedCostUsd: maybe,
});

export const summarySchema = z.strictObject({
  schemaVersion: z.literal(REPORT_SCHEMA_VERSION),
  /** `null` where there is no gate. */
  verdict: z.enum(["pass", "fail", "inconclusive", "invalid"]).nullable(),
  /** What decided it, in one sentence. */
  verdictReason: z.string(),
  judgement: judgementSummary,
  gates: z.array(gateSummary),
  checklist: z.array(checklistItem),
  timeouts: timeoutSummary,
  cost: sides(costSummary),
  /** Each endpoint against itself: what this setup can resolve. Null where the control was off. */
  control: controlSummary.nullable(),
  run: z.strictObject({
    runId: z.string(),
    kind: z.enum(["run", "demo", "wake"]),
    /** What the recording holds of prompts and answers. */
    store: z.enum(["full", "redacted", "metadata"]),
    createdAt: z.string(),
    durationMs: number,
    host: z.string(),
    /** Printed in every report; empty when nothing was simulated. */
    labels: z.array(z.string()),
    goldenSet: z.strictObject({ name: z.string(), digest: z.string(), cases: z.int() }),
    planDigest: z.string(),
    seed: z.int(),
    rounds: z.int(),
    /** Pairs in flight; of an open loop nothing, which {@link arrivals} says. */
    concurrency: z.int(),
    /** Of an open loop: how its pairs came, such as `open loop, Poisson arrivals, 20 pairs a second`. */
    arrivals: z.string().optional(),
    prefix: z.enum(["unique", "shared"]),
    order: z.enum(["random", "serial"]),
    control: z.boolean(),
    versions: z.strictObject({ twintail: z.string(), node: z.string(), undici: z.string() }),
    /**
     * `complete`, `interrupted`, `deadline` (the run's own), `stopped` (an endpoint was given up), `limit` (of requests or
     * cost), `failed`, or `killed` when the recording has no end line.
     */
    ended: z.enum(["complete", "interrupted", "deadline", "stopped", "limit", "failed", "killed"]),
    /** One line, where it ended with an error or at a limit. */
    endedMessage: z.string().nullable(),
    /** Endpoints that were given up. */
    stopped: z.array(
      z.strictObject({
        endpoint: z.enum(["baseline", "candidate"]),
        kind: z.enum(["key refused", "credit spent", "failures"]),
        /** Exchanges in a row that failed before. */
        after: z.int(),
        last: z.string(),
        /** Planned requests that were not sent to it. */
        notSent: z.int(),
        /** Of a merged run: the shards that gave it up, from 1. */
        shards: z.array(z.int()).optional(),
      }),
    ),
    /** Which part of a run this is; absent of a whole one. Gates are judged when all parts were merged. */
    shard: z.strictObject({ index: z.int(), count: z.int(), startAtMs: number }).optional(),
    /** The parts that it was merged from; absent of a run that one process sent. */
    shards: z
      .strictObject({
        count: z.int(),
        /** When all of them began, ms since the epoch: of the first one. */
        startAtMs: number,
        /** Pairs of phase warm, in all. */
        pairs: z.int(),
        parts: z.array(
          z.strictObject({
            /** From 1. */
            index: z.int(),
            /** Null of one that is missing, as is the host. */
            runId: z.string().nullable(),
            host: z.string().nullable(),
            ended: z.enum(["complete", "interrupted", "deadline", "stopped", "limit", "failed", "killed", "missing"]),
            pairs: z.int(),
            /** Pairs of which not both requests ran to their end. */
            lacking: z.int(),
          }),
        ),
      })
      .optional(),
    /** How often it was taken up again after a kill or a stop; pairs of two processes are broken. */
    resumed: z.strictObject({ times: z.int(), brokenPairs: z.int(), repairedBytes: z.int() }),
    /** Time in which nothing was sent, to keep within `limits`, ms; of a merged run, in which a shard sent nothing. */
    limitPausesMs: sides(number),
    planned: z.int(),
    /** Of those planned: arrivals that an open loop did not send, since as many were in flight as may be; absent where none. */
    dropped: z.int().optional(),
    recorded: z.int(),
    partial: z.boolean(),
    /** What can be concluded from a run that is not whole, one sentence each; empty when it is whole. */
    stillHolds: z.array(z.string()),
    /** Runs of the same golden set against the same endpoints in the 24 hours before. */
    recent: z.array(z.strictObject({ runId: z.string(), createdAt: z.string() })),
  }),
  endpoints: sides(endpoint),
  metrics: z.record(z.string(), metric),
  /** Counts with their denominators, phase warm. */
  rates: z.record(
    z.string(),
    sides(share).extend({
      better: z.enum(["lower", "higher"]),
      of: z.string(),
      /** Candidate − baseline; null where a side has no sample. */
      difference: difference.nullable(),
    }),
  ),
  cold: z.strictObject({
    baseline: z.array(coldTrial),
    candidate: z.array(coldTrial),
    /** Warm time to first token beside it, ms. */
    warmTtftP50: sides(maybe),
    interval: sides(wakeInterval.nullable()),
    unplanned: sides(z.array(unplannedCold)),
    /** The budget and the cap that were promised, ms; null of an endpoint that never sleeps. */
    promised: sides(z.strictObject({ budgetMs: number, capMs: number }).nullable()),
  }),
  checks: z.strictObject({
    /** Cases with an unmet expectation. */
    unmet: z.array(
      z.strictObject({
        caseId: z.string(),
        endpoint: z.enum(["baseline", "candidate"]),
        met: z.int(),
        of: z.int(),
        /** The first unmet expectation, in one line. */
        detail: z.string(),
      }),
    ),
    toolFaults: sides(counts),
    notTested: z.array(
      z.strictObject({ caseId: z.string(), endpoint: z.enum(["baseline", "candidate"]), reason: z.string() }),
    ),
  }),
  parity: z.strictObject({
    pairs: z.int(),
    rungs: z.record(z.string(), z.int()),
    flips: z.array(
      z.strictObject({
        caseId: z.string(),
        direction: z.enum(["regressed", "improved"]),
        count: z.int(),
        of: z.int(),
        severity: z.enum(["breaks", "differs", "note"]),
        detail: z.string(),
        /** One side in every pair, the other in at most half: no noise of single answers. */
        consistent: z.boolean(),
      }),
    ),
    /** Output tokens candidate / baseline over pairs that have both; "faster because shorter" shows here. */
    outputTokenRatio: maybe,
    /** Pairs whose answers are within 10 % in characters. */
    matchedLength: z.int(),
    /** Do answers differ more between the endpoints than between rounds of one? Null with fewer than two rounds. */
    outputs: outputsSummary.nullable(),
  }),
  /** Everything that failed, grouped by class and by the endpoint's own words; cold polls are under `cold`. */
  failures: sides(z.array(failureGroup)),
  retries: sides(retries),
  findings: z.array(finding),
  validity: z.strictObject({
    ok: z.boolean(),
    /** What the machine did that no limit is set for, such as a clock that was set. */
    notes: z.array(z.string()),
    figures: z.array(
      z.strictObject({
        name: z.string(),
        value: maybe,
        limit: number,
        unit: z.string(),
        ok: z.boolean(),
        remedy: z.string(),
      }),
    ),
  }),
});

/** One endpoint's tail of one metric in one phase. */
export type TailSummary = z.infer<typeof tail>;
/** One metric's tails of both endpoints in one phase, with their paired shift. */
export type MetricPhase = z.infer<typeof phaseOfMetric>;
export type MetricPhaseName = "warm" | "solo" | "cold" | "warmup" | "probe";
export type MetricSummary = z.infer<typeof metric>;
export type ShareSummary = z.infer<typeof share>;
export type ColdTrial = z.infer<typeof coldTrial>;
export type UnplannedCold = z.infer<typeof unplannedCold>;
export type FailureGroup = z.infer<typeof failureGroup>;
export type RetrySummary = z.infer<typeof retries>;
export type EndpointSummary = z.infer<typeof endpoint>;
/** The content of `report.json`. */
export type Summary = z.infer<typeof summarySchema>;
