/** Whole judgements of small recordings with known truth, written by hand. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { GoldenCase } from "../../src/golden/golden-set.js";
import type { Attempt, Exchange, HeaderLine } from "../../src/recording/recording.js";
import { score } from "../../src/score.js";
import { attempt, content, exchange, finish, headerLine, usage } from "../recording/exchange-builder.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-score-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

const golden = (id: string, more: Partial<GoldenCase> = {}): GoldenCase => ({
  id,
  category: "c",
  tags: [],
  detects: "",
  api: "chat",
  variants: ["stream"],
  repeat: 1,
  prefix: "unique",
  request: { messages: [] },
  expect: {},
  ...more,
});

/** One answer: `tokens` tokens of four characters, the first after `ttftMs`, one each 10 ms. */
const answer = (ttftMs: number, tokens = 3, dispatchedMs = 100): Attempt =>
  attempt({
    dispatchedMs,
    reads: [
      ...Array.from({ length: tokens }, (_, index) => [ttftMs + 10 * index, content("abcd")] as const),
      [ttftMs + 10 * tokens, finish() + usage(10, tokens)],
    ],
  });
const failed = (): Attempt => attempt({ status: 500, reads: [[5, "{}"]] });

type Side = Attempt | Attempt[];

/** Scores pairs of attempts, one a case and round. */
function scored(
  cases: readonly GoldenCase[],
  pairs: readonly { caseId: string; round?: number; baseline: Side; candidate: Side; phase?: Exchange["phase"] }[],
  change: (header: HeaderLine) => HeaderLine = (header) => header,
) {
  const exchanges = pairs.flatMap(({ caseId, round = 0, baseline, candidate, phase = "warm" }, pairId) =>
    [baseline, candidate].map((side, index) => {
      const role = index === 0 ? "baseline" : "candidate";
      return exchange([side].flat(), {
        id: 2 * pairId + index,
        pairId,
        caseId,
        round,
        phase,
        endpoint: role,
        arm: role,
      });
    }),
  );
  const header = change(headerLine(cases, exchanges));
  const segment = { type: "segment", id: 0, hrtimeOriginNs: "0", wallClockMs: 0, bootId: "b", host: "h", shard: null };
  const calm = { type: "machine", segment: 0, fromNs: 0, toNs: 1e9, stalls: [], busyShare: 0.1 };
  const machine = { ...calm, reads: 100, stalledReads: 0, maxReadsPerTurn: 1 };
  const file = join(folder, `${files++}.jsonl`);
  writeFileSync(file, [header, segment, ...exchanges, machine].map((line) => `${JSON.stringify(line)}\n`).join(""));
  return score(file).summary;
}

const rounds = <T>(n: number, make: (round: number) => T): T[] => Array.from({ length: n }, (_, round) => make(round));

/** As {@link scored}, with what a header may say beside its exchanges. */
function judgedBy(
  cases: readonly GoldenCase[],
  pairs: Parameters<typeof scored>[1],
  gates: readonly string[],
  estimand?: "traffic like these",
) {
  return scored(cases, pairs, (header) => ({
    ...header,
    judge: {
      gates: gates.map((text) => ({ text, line: 1, column: 1 })),
      ...(estimand === undefined ? {} : { estimand }),
    },
  }));
}

describe("a gate does not pass", () => {
  const same = (n: number, caseId = "a") =>
    rounds(n, (round) => ({ caseId, round, baseline: answer(100), candidate: answer(100) }));
  const result = ({ gates }: ReturnType<typeof scored>, index = 0) => gates[index]?.result;

  it("of what a candidate that never answered shows on the wire", () => {
    const dead = rounds(20, (round) => ({
      caseId: "a",
      round,
      baseline: answer(100),
      candidate: attempt({
        outcome: { kind: "network", phase: "connect", code: "ECONNREFUSED", message: "connect ECONNREFUSED" },
      }),
    }));
    const summary = judgedBy([golden("a")], dead, ["findings new == 0"]);
    expect([result(summary), summary.verdict]).toEqual(["inconclusive", "inconclusive"]);
    expect(summary.gates[0]?.reason).toMatch(/none of 20 requests of the candidate was answered/);
  });

  it("of flips where no case was answered three times", () => {
    const cases = [golden("a", { expect: { contains: "abcd" } })];
    const bad = attempt({ reads: [[100, content("no") + finish() + usage(1, 1)]] });
    const pairs = rounds(2, (round) => ({ caseId: "a", round, baseline: answer(100), candidate: bad }));
    const summary = judgedBy(cases, pairs, ["flips regressed == 0"]);
    expect(result(summary)).toBe("inconclusive");
    expect(summary.gates[0]?.reason).toMatch(/every case has fewer than 3 pairs of answers, too few to flip/);
  });

  it("of a tail ratio that the tables leave blank", () => {
    const summary = judgedBy([golden("a")], same(60), ["ttfa ratio(p95) < 1.3", "ttfa ratio(p99) < 1.3"]);
    expect([result(summary), result(summary, 1)]).toEqual(["pass", "inconclusive"]);
    expect(summary.gates[1]?.reason).toMatch(/a ratio of p99 takes 299 requests a side, and there are 60/);
  });

  it("of traffic like two cases that were asked sixty times each", () => {
    const cases = [golden("a"), golden("b")];
    const gates = ["errors rate < 0.05", "errors diff < 0.05", "ttfa ratio(p95) < 1.3", "ttfa p95 < 1s"];
    const pairs = [...same(60), ...same(60, "b")];
    expect(judgedBy(cases, pairs, gates).gates.map((gate) => gate.result)).toEqual(Array(4).fill("pass"));
    const like = judgedBy(cases, pairs, gates, "traffic like these");
    expect(like.gates.map((gate) => gate.result)).toEqual(Array(4).fill("inconclusive"));
    expect(like.gates[1]?.decides).toBeNull();
    expect(like.gates[3]?.reason).toMatch(/to pass takes 80 cases, and there are 2/);
    expect(like.metrics.ttfa?.warm).toMatchObject({ ratio: {}, candidate: { p50: null, p95: null } });
    expect(like.metrics.ttfa?.warm?.candidate?.notes).toContain("p95 not estimable (2 cases < 59)");
  });

  it("of the whole run when it was killed after its last request, and says so", () => {
    expect(judgedBy([golden("a")], same(20), ["ttfa shift < 1.20"]).verdictReason).toBe(
      "a partial run can fail but not pass: 40 of 40 planned requests ran to their end, and the run itself was killed",
    );
  });
});

describe("failures", () => {
  it("stand in the tail as infinity, and leave paired shifts", () => {
    const { metrics, rates } = scored(
      [golden("a")],
      rounds(30, (round) => ({
        caseId: "a",
        round,
        baseline: answer(100),
        candidate: round < 3 ? failed() : answer(90),
      })),
    );
    const tail = metrics.ttft?.warm?.candidate;
    expect(tail).toMatchObject({
      n: 30,
      failed: 3,
      p50: expect.closeTo(90, 0),
      p90: expect.closeTo(90, 0),
      p95: null,
      max: 90,
    });
    expect(tail?.notes.join()).toMatch(/p95 not estimable/);
    expect(rates.errors?.candidate).toMatchObject({ count: 3, of: 30, share: 0.1 });
    expect(metrics.ttft?.warm?.shift).toMatchObject({
      pairs: 27,
      dropped: { baseline: 0, candidate: 3 },
      reads: "unknown",
    });
  });

  it("of a case too short to have a decode rate say nothing about decode rates", () => {
    const { metrics } = scored(
      [golden("short"), golden("long")],
      [
        ...rounds(3, (round) => ({ caseId: "short", round, baseline: answer(100), candidate: failed() })),
        { caseId: "long", baseline: answer(100, 100), candidate: answer(100, 100) },
        { caseId: "long", round: 1, baseline: answer(100, 100), candidate: failed() },
      ],
    );
    expect(metrics.decode_rate?.warm?.candidate).toMatchObject({ n: 2, failed: 1 });
    expect(metrics.ttft?.warm?.candidate).toMatchObject({ n: 5, failed: 4 });
  });

  it("that a retry mended count as errors, not as final ones, and leave the shift", () => {
    const { rates, metrics } = scored(
      [golden("a")],
      [{ caseId: "a", baseline: answer(100), candidate: [failed(), answer(50, 3, 2_000)] }],
    );
    expect([
      rates.errors?.candidate.count,
      rates.errors_final?.candidate.count,
      rates.retries?.candidate.count,
    ]).toEqual([1, 0, 1]);
    expect(metrics.ttft?.warm?.candidate?.n).toBe(1);
    expect(metrics.ttft?.warm?.shift).toBeNull();
  });

  it("of a dead kept-alive socket are nobody's error, and stay in the shift", () => {
    const stale = attempt({ reused: true, outcome: { kind: "staleConnection", code: "UND_ERR_SOCKET", message: "" } });
    const { rates, metrics } = scored(
      [golden("a")],
      rounds(2, (round) => ({ caseId: "a", round, baseline: answer(100), candidate: [stale, answer(50)] })),
    );
    expect([rates.errors?.candidate.count, rates.stale_connections?.candidate.count]).toEqual([0, 2]);
    expect(metrics.ttft?.warm?.shift).toMatchObject({ pairs: 2, ratio: 0.5 });
  });
});

it("a request of which no attempt found a live socket is an error", () => {
  const stale = attempt({ reused: true, outcome: { kind: "staleConnection", code: "UND_ERR_SOCKET", message: "" } });
  const { rates } = scored([golden("a")], [{ caseId: "a", baseline: answer(100), candidate: [stale] }]);
  expect([rates.errors?.candidate.count, rates.errors_final?.candidate.count]).toEqual([1, 1]);
});

describe("cancelled cases", () => {
  const cancelled = attempt({ reads: [[50, content("a")]], outcome: { kind: "cancelled", by: "plan" } });

  it("are in no tail, no expectation and no list of unmet ones, also when the answer came first", () => {
    const { metrics, rates, checks } = scored(
      [golden("c", { cancel: { afterReads: 5 }, expect: { contains: "never" } })],
      [{ caseId: "c", baseline: cancelled, candidate: answer(60) }],
    );
    expect(metrics.e2e).toBeUndefined();
    expect(metrics.ttft).toBeUndefined();
    expect(rates.expectations?.candidate.of).toBe(0);
    expect(rates.errors).toMatchObject({ baseline: { count: 0, of: 1 }, candidate: { count: 0, of: 1 } });
    expect(checks.unmet).toEqual([]);
  });

  it("still count as errors when they fail", () => {
    const { rates } = scored(
      [golden("c", { cancel: { afterReads: 5 } })],
      [{ caseId: "c", baseline: cancelled, candidate: failed() }],
    );
    expect(rates.errors?.candidate).toMatchObject({ count: 1, of: 1 });
  });
});

describe("slow_share", () => {
  it("counts what exceeds twice its own case's median, at its midpoint", () => {
    const { rates } = scored(
      [golden("a")],
      rounds(10, (round) => ({ caseId: "a", round, baseline: answer(100), candidate: answer(250) })),
    );
    // The pooled median is 175: 250 is not beyond twice that.
    expect(rates.slow_share).toMatchObject({ baseline: { count: 0, of: 10 }, candidate: { count: 0, of: 10 } });
  });
});

describe("comparisons that mean nothing are blank", () => {
  const heavy = (tokens: number, perEvent: number, withUsage = true): Attempt =>
    attempt({
      reads: [
        ...Array.from({ length: 10 }, (_, index) => [100 + 10 * index, content("abcd".repeat(perEvent))] as const),
        [220, finish() + (withUsage ? usage(10, tokens) : "")],
      ],
    });

  it("chunk gaps where one side packs more into an event, by tokens or by characters", () => {
    const [byTokens, byCharacters] = [true, false].map((withUsage) =>
      scored(
        [golden("a")],
        rounds(6, (round) => ({ caseId: "a", round, baseline: heavy(10, 1), candidate: heavy(30, 3, withUsage) })),
      ),
    );
    for (const summary of [byTokens, byCharacters]) {
      expect(summary?.metrics.chunk_gap?.warm?.shift).toMatchObject({
        ratio: null,
        reads: "unknown",
        notes: [expect.stringMatching(/not compared/)],
      });
    }
  });

  it("token rates where the same prompts count differently", () => {
    const counted = (input: number): Attempt =>
      attempt({
        reads: [
          ...Array.from({ length: 80 }, (_, index) => [100 + 10 * index, content("abcd")] as const),
          [1_000, finish() + usage(input, 80)],
        ],
      });
    const { metrics } = scored(
      [golden("a")],
      rounds(6, (round) => ({ caseId: "a", round, baseline: counted(100), candidate: counted(120) })),
    );
    expect(metrics.decode_rate?.warm?.shift).toMatchObject({
      ratio: null,
      notes: [expect.stringMatching(/tokenizers differ/)],
    });
    expect(metrics.char_rate?.warm?.shift?.ratio).toBe(1);
  });

  it("first tokens where a prefix cache answers for one side", () => {
    const cached = (tokens: number): Attempt =>
      attempt({
        reads: [
          [tokens > 0 ? 20 : 100, content("a")],
          [200, finish() + usage(100, 1, { prompt_tokens_details: { cached_tokens: tokens } })],
        ],
      });
    const { metrics } = scored(
      [golden("a")],
      rounds(6, (round) => ({ caseId: "a", round, baseline: cached(0), candidate: cached(90) })),
    );
    expect(metrics.ttft?.warm?.shift).toMatchObject({
      ratio: 0.2,
      reads: "unknown",
      notes: [expect.stringMatching(/prefix cache answers for one side/)],
    });
  });
});

describe("cold trials", () => {
  const at = (baseline: Attempt[], warmupTtft: number, soloTtft: number) =>
    scored(
      [golden("a")],
      [
        { caseId: "a", phase: "cold", baseline, candidate: answer(10) },
        { caseId: "a", phase: "warmup", baseline: answer(warmupTtft), candidate: answer(10) },
        { caseId: "a", phase: "solo", baseline: answer(soloTtft), candidate: answer(10) },
      ],
    ).cold.baseline[0];

  it("are cold against the same prompt's warm time, not against a longer one's", () => {
    expect(at([answer(8_000)], 200, 3_000)).toMatchObject({ verdict: "cold", attempts: 1 });
    expect(at([answer(500)], 200, 50)).toMatchObject({ verdict: "not cold" });
  });

  it("count every attempt, by what it was spent on", () => {
    const refused = attempt({
      dispatchedMs: 0,
      outcome: { kind: "network", phase: "connect", code: "ECONNREFUSED", message: "" },
    });
    const { status: _, ...withoutStatus } = refused;
    const trial = at(
      [withoutStatus as Attempt, attempt({ dispatchedMs: 2_000, status: 503 }), answer(500, 3, 5_000)],
      200,
      50,
    );
    expect(trial).toMatchObject({ attempts: 3, parts: { refusedMs: 2_000, unavailableMs: 3_000, connectMs: 9 } });
    expect(trial?.wakeMs).toBeCloseTo(5_511, 0);
  });

  it("that broke after their first token woke all the same, and say how they ended", () => {
    const broken = attempt({
      reads: [[900, content("a")]],
      outcome: { kind: "network", phase: "body", code: "ECONNRESET", message: "" },
    });
    expect(at([broken], 100, 50)).toMatchObject({ verdict: "cold", note: expect.stringMatching(/connection lost/) });
    expect(at([failed()], 100, 50)).toMatchObject({
      verdict: "failed",
      wakeMs: null,
      note: expect.stringMatching(/HTTP 500/),
    });
  });
});

describe("the report", () => {
  it("lists flips, rungs and token ratios of known pairs", () => {
    const said = (text: string): Attempt =>
      attempt({
        reads: [
          [100, content(text)],
          [110, finish() + usage(10, text.length)],
        ],
      });
    const { parity, rates } = scored(
      [golden("a", { expect: { contains: "yes" } })],
      [
        { caseId: "a", baseline: said("yes"), candidate: said("yes") },
        { caseId: "a", round: 1, baseline: said("yes, it is"), candidate: said("no") },
      ],
    );
    expect(parity).toMatchObject({ pairs: 2, rungs: { bytes: 1, none: 1 }, matchedLength: 1 });
    expect(parity.flips).toEqual([
      expect.objectContaining({ caseId: "a", direction: "regressed", count: 1, of: 2, severity: "differs" }),
    ]);
    expect(parity.outputTokenRatio).toBeCloseTo(5 / 13, 4);
    expect(rates.expectations).toMatchObject({ baseline: { count: 2, of: 2 }, candidate: { count: 1, of: 2 } });
  });
});
