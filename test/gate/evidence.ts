/** What gates are held against, made by hand: round numbers, no bytes. */
import type { CheckOutcome } from "../../src/check/finding.js";
import { Comparison, type Side } from "../../src/compare/comparison.js";
import { type Doubts, NO_DOUBTS } from "../../src/compare/doubts.js";
import type { Estimand } from "../../src/compare/estimate.js";
import type { GateText } from "../../src/config/settings.js";
import type { Failure } from "../../src/decode/failure.js";
import { judge } from "../../src/gate/judge.js";
import type { Evidence, GateResult, Judgement } from "../../src/gate/judgement.js";
import type { Scalar } from "../../src/measure/scalars.js";
import type { ScoredExchange } from "../../src/measure/scored.js";

/** What one request came to: values by metric, `null` where it failed before it had one. */
export interface Came {
  readonly values?: Readonly<Record<string, number | null>>;
  readonly failed?: boolean;
  /** All expectations met; absent where none were made. */
  readonly met?: boolean;
  readonly toolCalls?: boolean;
}

export interface Asked {
  readonly caseId?: string;
  readonly round: number;
  readonly variant?: "stream" | "body";
  readonly baseline: Came | null;
  readonly candidate: Came | null;
}

const FAILURE: Failure = { kind: "http_5xx", class: "HTTP 500", code: null, message: "HTTP 500" } as unknown as Failure;

export function scored(side: Side, id: number, pairId: number, asked: Asked, came: Came): ScoredExchange {
  const scalars = Object.entries(came.values ?? {}).map(([name, value]): [string, Scalar] => [
    name,
    value === null ? { none: "http_5xx", failed: true } : { value },
  ]);
  return {
    id,
    pairId,
    segment: 0,
    endpoint: side,
    arm: side,
    caseId: asked.caseId ?? "a",
    repeat: 0,
    round: asked.round,
    phase: "warm",
    variant: asked.variant ?? "stream",
    requestId: "r",
    inFlight: 1,
    releasedAtNs: 0,
    bucket: came.failed ? "failed" : "warm",
    failure: came.failed ? FAILURE : null,
    attemptFailures: [came.failed ? FAILURE : null],
    staleConnections: 0,
    discarded: [],
    status: came.failed ? 500 : 200,
    firstTokenAtNs: null,
    endedAtNs: 0,
    cancelled: null,
    finishReason: null,
    usage: null,
    model: null,
    systemFingerprint: null,
    remoteAddress: null,
    characters: 0,
    tokenEvents: 0,
    coalescedEvents: 0,
    scalars: new Map(scalars),
    check: checkOf(came),
    answer: { content: null, reasoning: "", refusal: null, toolCalls: [], cut: true },
    sketch: null,
    waits: [],
    echoedKey: false,
  };
}

function checkOf({ met, toolCalls }: Came): CheckOutcome | null {
  if (met === undefined && toolCalls === undefined) return null;
  const isMet = met ?? toolCalls ?? false;
  return {
    judged: true,
    met: isMet,
    expectations: [{ name: "contains", met: isMet, detail: "" }],
    toolCalls: toolCalls === undefined ? null : { trigger: toolCalls, schema: null, value: null, faults: [] },
    jsonValid: null,
  };
}

export interface ComparisonParts {
  readonly doubts?: Doubts;
  readonly estimand?: Estimand;
}

export function comparisonOf(asked: readonly Asked[], parts: ComparisonParts = {}): Comparison {
  const pairs = asked.map((each, pairId) => ({
    pairId,
    baseline: each.baseline === null ? null : scored("baseline", 2 * pairId, pairId, each, each.baseline),
    candidate: each.candidate === null ? null : scored("candidate", 2 * pairId + 1, pairId, each, each.candidate),
    control: false,
  }));
  return new Comparison({
    pairs,
    doubts: parts.doubts ?? NO_DOUBTS,
    seed: 1,
    estimand: parts.estimand ?? "these prompts",
  });
}

export function evidenceOf(comparison: Comparison, more: Partial<Evidence> = {}): Evidence {
  return {
    comparison,
    control: null,
    cases: [
      { id: "a", category: "short", tags: ["fast", "plain"] },
      { id: "b", category: "long", tags: [] },
    ],
    findings: [],
    flips: [],
    cold: { baseline: [], candidate: [] },
    invalid: null,
    partial: null,
    quick: false,
    look: 1,
    ...more,
  };
}

/** A gate as a configuration has it, at line 7, column 5. */
export const gateText = (text: string): GateText => ({ text, line: 7, column: 5 });

export function judged(texts: readonly string[], evidence: Evidence): Judgement {
  return judge(texts.map(gateText), evidence);
}

export function judgedOne(text: string, evidence: Evidence): GateResult {
  return judged([text], evidence).gates[0] as GateResult;
}

/** `count` rounds of cases a and b: the baseline takes 100 ms, the candidate `ratio` times as long, give or take `noise`. */
export function shifted(metric: string, ratio: number, { rounds = 10, noise = 0.02 } = {}): Asked[] {
  return Array.from({ length: 2 * rounds }, (_, at): Asked => {
    const round = at >> 1;
    const swing = Math.exp(round % 2 === 0 ? noise : -noise);
    return {
      caseId: at % 2 === 0 ? "a" : "b",
      round,
      baseline: { values: { [metric]: 100 } },
      candidate: { values: { [metric]: 100 * ratio * swing } },
    };
  });
}

/** `n` pairs over ten rounds, with what each side came to by ordinal. */
export function pairs(n: number, baseline: (at: number) => Came, candidate: (at: number) => Came): Asked[] {
  return Array.from(
    { length: n },
    (_, at): Asked => ({ round: at % 10, baseline: baseline(at), candidate: candidate(at) }),
  );
}
