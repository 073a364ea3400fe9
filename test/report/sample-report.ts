/**
 * A whole report made up from a seed: 38 cases × 3 rounds, cold trials, failures, hostile text. Numbers are drawn,
 * not measured; quantiles are nearest-rank, so that the shapes are those of a real run.
 */
import type { CheckOutcome, ParityOutcome } from "../../src/check/finding.js";
import type { EndpointRole } from "../../src/config/settings.js";
import { type Random, seededRandom } from "../../src/core/random.js";
import type { Variant } from "../../src/golden/golden-set.js";
import type { CaseView, ExchangeView, PairView, Report, TimelineBar } from "../../src/report/report.js";
import type { EndpointSummary, Summary } from "../../src/report/summary.js";
import { SAMPLE_CASES, type SampleCase } from "./sample-cases.js";
import {
  SAMPLE_CHECKLIST,
  SAMPLE_COST,
  SAMPLE_GATES,
  SAMPLE_OUTPUTS,
  SAMPLE_TIMEOUTS,
  sampleControl,
  sampleDifference,
} from "./sample-decision.js";
import { NO_SHIFT, sampleCold, sampleMetrics } from "./sample-metrics.js";

export const SAMPLE_ROUNDS = 3;
const NOT_TESTED = "the candidate maps no model for embeddings";

/** The report that most tests render. */
export function sampleReport(rounds = SAMPLE_ROUNDS): Report {
  const random = seededRandom(20_260_731, "sample report");
  const cases = sampleViews(random, rounds);
  const exchanges = cases.flatMap((each) =>
    each.pairs.flatMap((pair) => [pair.baseline, pair.candidate].filter((side) => side !== null)),
  );
  const { metrics, curves, dots } = sampleMetrics(cases, exchanges);
  const { cold, bars } = sampleCold();
  const warm = sampleTimeline(cases, 520_000);
  const of = (role: EndpointRole): ExchangeView[] => exchanges.filter((each) => each.arm === role);
  const rate = (count: number, total: number, notes: string[] = []) => ({
    count,
    of: total,
    share: total === 0 ? null : count / total,
    notes: total === 0 ? ["no exchange of this kind"] : notes,
  });
  const counted = (test: (view: ExchangeView) => boolean, among: (view: ExchangeView) => boolean = () => true) => {
    const side = (role: EndpointRole) =>
      rate(of(role).filter(among).filter(test).length, of(role).filter(among).length);
    const [baseline, candidate] = [side("baseline"), side("candidate")];
    const value = (candidate.share ?? 0) - (baseline.share ?? 0);
    const difference = candidate.of === 0 ? null : sampleDifference(value, value - 0.04, value + 0.04);
    return { baseline, candidate, difference };
  };
  const hasTools = (view: ExchangeView): boolean => view.check.toolCalls !== null;
  const hasJson = (view: ExchangeView): boolean => view.check.jsonValid !== null;
  const pairs = cases.flatMap((each) => each.pairs);
  const rungs: Record<string, number> = { bytes: 0, text: 0, json: 0, tool_calls: 0, expectations: 0, none: 0 };
  for (const pair of pairs) if (pair.parity) rungs[pair.parity.rung] = (rungs[pair.parity.rung] ?? 0) + 1;
  return {
    summary: {
      schemaVersion: 1,
      verdict: "fail",
      verdictReason: '2 of 6 gates failed: tool_calls drop < 0.05; findings{severity="breaks"} new == 0',
      judgement: {
        look: 1,
        looks: 3,
        confidence: 0.983333,
        estimand: "these prompts",
        quick: false,
        notes: ["3 rounds hold for this moment alone"],
      },
      gates: [...SAMPLE_GATES],
      checklist: [...SAMPLE_CHECKLIST],
      timeouts: SAMPLE_TIMEOUTS,
      cost: SAMPLE_COST,
      control: sampleControl(metrics.ttfa?.warm?.shift ?? NO_SHIFT),
      run: {
        runId: "demo-20260731-141205",
        kind: "demo",
        store: "full",
        createdAt: "2026-07-31T14:12:05.120Z",
        durationMs: 612_400,
        host: "bench-02",
        labels: [
          "SIMULATED baseline: twintail sim, profile steady",
          "SIMULATED candidate: twintail sim, profile spiky",
        ],
        goldenSet: { name: "migration", digest: `sha256:${"5b".repeat(32)}`, cases: 38 },
        planDigest: `sha256:${"a1".repeat(32)}`,
        seed: 7,
        rounds,
        concurrency: 4,
        prefix: "unique",
        order: "random",
        control: true,
        versions: { twintail: "0.1.0", node: "20.20.0", undici: "7.30.2" },
        ended: "complete",
        endedMessage: null,
        stopped: [],
        resumed: { times: 0, brokenPairs: 0, repairedBytes: 0 },
        limitPausesMs: { baseline: 0, candidate: 0 },
        planned: exchanges.length + 11,
        recorded: exchanges.length + 11,
        partial: false,
        stillHolds: [],
        recent: [
          { runId: "demo-20260731-091102", createdAt: "2026-07-31T09:11:02.000Z" },
          { runId: "demo-20260730-220450", createdAt: "2026-07-30T22:04:50.000Z" },
        ],
      },
      endpoints: {
        baseline: endpoint("http://127.0.0.1:41001/v1", "sim-steady", null, of("baseline").length, cold.baseline),
        candidate: endpoint("http://127.0.0.1:41002/v1", "sim-spiky", "h100x2", of("candidate").length, cold.candidate),
      },
      metrics,
      rates: {
        errors: { ...counted((view) => !view.ok), better: "lower", of: "first attempts" },
        errors_final: { ...counted((view) => !view.ok), better: "lower", of: "exchanges" },
        timeouts: { ...counted((view) => view.outcome.startsWith("timeout")), better: "lower", of: "exchanges" },
        broken_streams: {
          ...counted((view) => view.outcome === "stream broken"),
          better: "lower",
          of: "streamed exchanges",
        },
        http_429: { ...counted(() => false), better: "lower", of: "attempts" },
        expectations: { ...counted((view) => view.check.met), better: "higher", of: "exchanges with expectations" },
        tool_calls: {
          ...counted((view) => view.check.toolCalls?.value === true, hasTools),
          better: "higher",
          of: "exchanges of cases that expect calls or none",
        },
        json_valid: {
          ...counted((view) => view.check.jsonValid === true, hasJson),
          better: "higher",
          of: "exchanges that ask for JSON",
        },
        parse_errors: {
          baseline: rate(0, 0),
          candidate: rate(0, 0),
          difference: null,
          better: "lower",
          of: "exchanges with events",
        },
      },
      cold,
      checks: {
        unmet: unmetRows(cases),
        toolFaults: { baseline: {}, candidate: { type: 3, value: 3 } },
        notTested: [{ caseId: "embeddings", endpoint: "candidate", reason: NOT_TESTED }],
      },
      parity: {
        pairs: pairs.filter((pair) => pair.parity !== null).length,
        rungs,
        // In the order of findFlips.
        flips: [
          {
            caseId: "json-object",
            direction: "regressed",
            count: 3,
            of: 3,
            severity: "breaks",
            detail: "is_json: fenced block ```json before the object | not parseable as sent",
            consistent: true,
          },
          {
            caseId: "long-needle-90",
            direction: "regressed",
            count: 3,
            of: 3,
            severity: "breaks",
            detail: "contains ‘meadow’: not found",
            consistent: true,
          },
          {
            caseId: "tools-choose-one",
            direction: "regressed",
            count: 3,
            of: 3,
            severity: "breaks",
            detail: 'argument limit: expected a number, got the string "5"',
            consistent: true,
          },
          {
            caseId: "closed-arithmetic",
            direction: "regressed",
            count: 2,
            of: 3,
            severity: "differs",
            detail: 'contains "391": the answer has "381"',
            consistent: false,
          },
          {
            caseId: "chat-list-three",
            direction: "improved",
            count: 1,
            of: 3,
            severity: "note",
            detail: "contains_all met only on the candidate",
            consistent: false,
          },
        ],
        outputTokenRatio: 0.982,
        matchedLength: 96,
        outputs: SAMPLE_OUTPUTS,
      },
      failures: {
        baseline: [
          {
            class: "HTTP 429",
            code: "rate_limit_exceeded",
            message: "HTTP 429: Rate limit reached for requests",
            attempts: 4,
            exchanges: 0,
            cases: ["short-fact"],
          },
        ],
        candidate: [
          {
            class: "unsupported feature",
            code: "upstream_error",
            message: "HTTP 502: The model does not implement <b>response_format</b>.",
            attempts: 9,
            exchanges: 3,
            cases: ["json-schema", "json-object", "json-nested", "json-enum"],
          },
          {
            class: "broken stream",
            code: null,
            message: "ended without a finish reason",
            attempts: 2,
            exchanges: 1,
            cases: ["long-answer"],
          },
        ],
      },
      retries: {
        baseline: {
          exchanges: 120,
          attempts: 124,
          amplification: 1.03333,
          retried: 4,
          recovered: 4,
          backoffMs: 8_250,
          discardedAnswers: 0,
          discardedOutputTokens: 0,
          discardedCostUsd: null,
        },
        candidate: {
          exchanges: 120,
          attempts: 127,
          amplification: 1.05833,
          retried: 4,
          recovered: 1,
          backoffMs: 9_812,
          discardedAnswers: 1,
          discardedOutputTokens: 412,
          discardedCostUsd: 0.00025,
        },
      },
      findings: [
        {
          rule: "usage-on-every-event",
          severity: "differs",
          message: "usage stands on every event, not only on the last",
          clients: "LangChain adds the usage of all chunks together",
          evidence: '"usage":{"prompt_tokens":12,"completion_tokens":1}',
          endpoint: "candidate",
          exchanges: { count: 76, of: 114 },
          sides: "candidate",
        },
        {
          rule: "done-missing",
          severity: "differs",
          message: "the stream ends without [DONE]",
          clients: "clients that wait for it <b>",
          evidence: 'data: {"choices":[{"finish_reason":"stop"}]}<EOF> <script>alert(1)</script>\u001b[2J',
          endpoint: "candidate",
          caseId: "chat-capital",
          exchanges: { count: 40, of: 114 },
          sides: "both",
        },
        {
          rule: "done-missing",
          severity: "differs",
          message: "the stream ends without [DONE]",
          clients: "clients that wait for it <b>",
          evidence: "data: {}",
          endpoint: "baseline",
          caseId: "chat-capital",
          exchanges: { count: 1, of: 114 },
          sides: "both",
        },
        {
          rule: "tool-arguments-object",
          severity: "breaks",
          message: "tool arguments arrive as an object, not as text",
          clients: "`JSON.parse(call.function.arguments)`",
          evidence: '"arguments":{"city":"Oslo"}',
          endpoint: "candidate",
          caseId: "tools-parallel",
          exchanges: { count: 3, of: 114 },
          sides: "candidate",
        },
        {
          rule: "hops-differ",
          severity: "note",
          message: "headers name other servers and hops on the way",
          clients: "none by itself",
          evidence: "baseline: server: one; candidate: server: two",
          exchanges: { count: 228, of: 228 },
          sides: "pair",
        },
        ...(["baseline", "candidate"] as const).map((endpoint) => ({
          rule: "role-repeated",
          severity: "differs" as const,
          message: "role stands on every delta",
          clients: "openai-python's helper",
          evidence: '"delta":{"role":"assistant","content":" a"}',
          endpoint,
          exchanges: { count: 114, of: 114 },
          sides: "both" as const,
        })),
      ],
      validity: {
        ok: true,
        notes: [],
        figures: [
          {
            name: "send lag p99",
            value: 1.8,
            limit: 20,
            unit: "ms",
            ok: true,
            remedy: "fewer streams in flight, or another machine",
          },
          {
            name: "stalled reads",
            value: 0.0004,
            limit: 0.01,
            unit: "share",
            ok: true,
            remedy: "close what else runs on this machine",
          },
          {
            name: "busy share of the capture thread",
            value: 0.21,
            limit: 0.7,
            unit: "share",
            ok: true,
            remedy: "fewer streams in flight",
          },
          { name: "reads per loop turn p99", value: null, limit: 64, unit: "reads", ok: true, remedy: "more workers" },
        ],
      },
    },
    details: {
      cases,
      exchanges: [],
      timeline: [...bars, ...warm],
      curves,
      dots,
      tailFiles: [
        {
          name: "ttft.warm.baseline.hgrm",
          text: "       Value     Percentile TotalCount 1/(1-Percentile)\n\n     300.000 0.000000000000          1           1.00\n",
        },
        {
          name: "ttft.warm.candidate.hgrm",
          text: "       Value     Percentile TotalCount 1/(1-Percentile)\n\n     280.000 0.000000000000          1           1.00\n",
        },
      ],
    },
  };
}

function endpoint(
  baseUrl: string,
  model: string,
  tier: string | null,
  exchanges: number,
  cold: Summary["cold"]["baseline"],
): EndpointSummary {
  return {
    baseUrl,
    models: { default: model, embeddings: `${model}-embed` },
    modelsSeen: [`${model}-2026-05-01`],
    systemFingerprints: ["fp_44709d6fcb"],
    remoteAddresses: ["127.0.0.1"],
    proxy: null,
    tier,
    simulated: "twintail sim",
    exchanges,
    // Three retries, and what put the cold trials off.
    attempts: exchanges + 3 + cold.reduce((polls, { attempts }) => polls + attempts - 1, 0),
    meanInFlight: 3.62,
  };
}

function sampleViews(random: Random, rounds: number): CaseView[] {
  let pairId = 0;
  return SAMPLE_CASES.map((each, index) => {
    const pairs: PairView[] = [];
    for (let round = 0; round < rounds; round++) {
      for (const variant of each.both ? (["stream", "body"] as const) : (["stream"] as const)) {
        const id = pairId++;
        const baseline = exchange(each, "baseline", id * 2, round, variant, random, index);
        const candidate =
          each.id === "embeddings" ? null : exchange(each, "candidate", id * 2 + 1, round, variant, random, index);
        pairs.push({
          pairId: id,
          round,
          variant,
          control: false,
          baseline,
          candidate,
          parity: parityOf(baseline, candidate),
        });
      }
    }
    return {
      id: each.id,
      category: each.category,
      detects: each.detects,
      requestText: JSON.stringify(
        {
          model: "sim-steady",
          messages: [{ role: "user", content: `Prompt of ${each.id} </script>` }],
          temperature: 0,
          stream: true,
        },
        null,
        2,
      ),
      pairs,
      notTested: each.id === "embeddings" ? [NOT_TESTED] : [],
    };
  });
}

function exchange(
  each: SampleCase,
  arm: EndpointRole,
  id: number,
  round: number,
  variant: Variant,
  random: Random,
  index: number,
): ExchangeView {
  const faster = arm === "candidate" ? 0.9 : 1;
  const stall = arm === "candidate" && random.next() < 0.08 ? 1_200 + random.int(1_800) : 0;
  const ttftMs = each.ttftMs * faster * Math.exp(random.normal() * 0.16) + (stall > 2_000 ? stall / 2 : 0);
  const charRate = (arm === "candidate" ? 330 : 260) * Math.exp(random.normal() * 0.08);
  const answer = arm === "candidate" ? (each.candidate ?? each.answer) : each.answer;
  const failed =
    arm === "candidate" &&
    ((index === 9 && round === 1) || (index === 26 && round === 2) || (index === 33 && round === 0));
  const met =
    !failed &&
    !(arm === "candidate" && ["json-object", "tools-choose-one", "long-needle-90"].includes(each.id)) &&
    !(arm === "candidate" && each.id === "closed-arithmetic" && round > 0);
  const streamed = variant === "stream" && each.id !== "embeddings";
  const reasoning = each.reasoning ?? "";
  const thinkMs = reasoning === "" ? 0 : 240;
  return {
    id,
    arm,
    phase: "warm",
    round,
    variant,
    outcome: failed ? (["HTTP 503", "timeout: first byte after 2 min", "stream broken"][round] ?? "HTTP 503") : "ok",
    ok: !failed,
    attempts: failed ? 3 : 1,
    status: failed && round === 0 ? 503 : failed && round === 1 ? null : 200,
    ttftMs: failed ? null : ttftMs,
    ttfaMs: failed ? null : ttftMs + thinkMs,
    e2eMs: failed ? null : ttftMs + thinkMs + stall + (each.tokens * 4.2 * 1_000) / charRate,
    stallMs: failed || !streamed ? null : Math.max(40, stall) * Math.exp(random.normal() * 0.2),
    decodeRate: failed || !streamed || each.tokens < 64 ? null : charRate / 4.2,
    charRate: failed || !streamed ? null : charRate,
    inputTokens: 120,
    outputTokens: failed ? null : each.tokens,
    reasoningTokens: reasoning === "" ? null : 32,
    cachedTokens: 0,
    finishReason: failed ? null : each.tools ? "tool_calls" : "stop",
    content: failed ? (round === 2 ? answer.slice(0, 12) : null) : each.tools ? null : answer,
    reasoning,
    refusal: null,
    toolCalls:
      failed || !each.tools ? [] : [{ name: "get_weather", argumentsText: each.tools[arm === "baseline" ? 0 : 1] }],
    textCut: each.id === "long-answer",
    check: outcome(each, met, !failed),
  };
}

function outcome(each: SampleCase, met: boolean, judged: boolean): CheckOutcome {
  const name = each.tools
    ? "tool_calls"
    : each.category.includes("json") || each.category.includes("schema")
      ? "is_json"
      : "contains";
  return {
    judged,
    met,
    expectations: [
      { name: "finish_reason", met: judged, detail: judged ? "" : "expected stop, saw none" },
      { name, met, detail: met ? "" : `expected <the reference>, saw something else in ${each.id}` },
    ],
    toolCalls: each.category.startsWith("tools")
      ? {
          trigger: judged,
          schema: met,
          value: met,
          faults: met ? [] : [{ fault: "type", detail: "limit: expected a number, got a string" }],
        }
      : null,
    jsonValid: name === "is_json" ? met : null,
  };
}

function parityOf(baseline: ExchangeView, candidate: ExchangeView | null): ParityOutcome | null {
  if (candidate === null || !candidate.ok) return null;
  const left = baseline.content ?? baseline.toolCalls[0]?.argumentsText ?? "";
  const right = candidate.content ?? candidate.toolCalls[0]?.argumentsText ?? "";
  if (left === right) return { rung: "bytes", similarity: 1, firstDifference: null };
  const at = [...left].findIndex((character, index) => character !== [...right][index]);
  return {
    rung: candidate.check.met ? "expectations" : "none",
    similarity: 0.62,
    firstDifference: { at: Math.max(0, at), baseline: left.slice(at, at + 24), candidate: right.slice(at, at + 24) },
  };
}

function unmetRows(cases: readonly CaseView[]): Report["summary"]["checks"]["unmet"] {
  const rows: Report["summary"]["checks"]["unmet"] = [];
  for (const each of cases) {
    for (const endpoint of ["baseline", "candidate"] as const) {
      const views = each.pairs.map((pair) => pair[endpoint]).filter((view) => view !== null);
      const met = views.filter((view) => view.check.met).length;
      const first = views.flatMap((view) => view.check.expectations).find((expectation) => !expectation.met);
      if (first)
        rows.push({ caseId: each.id, endpoint, met, of: views.length, detail: `${first.name}: ${first.detail}` });
    }
  }
  return rows;
}

function sampleTimeline(cases: readonly CaseView[], startMs: number): TimelineBar[] {
  const lanes = [startMs, startMs, startMs, startMs];
  const bars: TimelineBar[] = [];
  const pairs = cases.flatMap((each) => each.pairs.map((pair) => ({ each, pair })));
  for (const { each, pair } of pairs.sort(
    (a, b) => a.pair.round - b.pair.round || ((a.pair.pairId * 7) % 13) - ((b.pair.pairId * 7) % 13),
  )) {
    const lane = lanes.indexOf(Math.min(...lanes));
    const releasedMs = lanes[lane] ?? startMs;
    let end = releasedMs;
    for (const side of [pair.baseline, pair.candidate]) {
      if (side === null) continue;
      const endedMs = releasedMs + (side.e2eMs ?? 900);
      end = Math.max(end, endedMs);
      bars.push({
        exchangeId: side.id,
        caseId: each.id,
        endpoint: side.arm === "candidate" ? "candidate" : "baseline",
        phase: "warm",
        releasedMs,
        firstTokenMs: side.ttftMs === null ? null : releasedMs + side.ttftMs,
        endedMs,
        ok: side.ok,
      });
    }
    lanes[lane] = end + 15;
  }
  return bars;
}
