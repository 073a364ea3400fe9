/** Gates held against evidence with known truth. Bounds are at 1 − 0.05/3, each side. */
import { describe, expect, it } from "vitest";
import { shareBound } from "../../src/compare/binomial.js";
import type { Comparison } from "../../src/compare/comparison.js";
import { comparisonDoubts } from "../../src/compare/doubts.js";
import { tQuantile } from "../../src/compare/t-distribution.js";
import { judge } from "../../src/gate/judge.js";
import type { Evidence } from "../../src/gate/judgement.js";
import { type Asked, comparisonOf, evidenceOf, judged, judgedOne, pairs, shifted } from "./evidence.js";

const ALPHA = 0.05 / 3;
const shiftEvidence = (ratio: number, more: Partial<Evidence> = {}, noise = 0.02): Evidence =>
  evidenceOf(comparisonOf(shifted("ttfa", ratio, { noise })), more);
/** Ten rounds of ±noise: s = noise × √(10/9), error = s / √10. */
const half = (noise: number): number => (tQuantile(ALPHA, 9) * noise * Math.sqrt(10 / 9)) / Math.sqrt(10);

describe("a shift", () => {
  it("fails when its lower bound lies beyond the margin, passes when its upper bound lies within", () => {
    expect(judgedOne("ttfa shift < 1.20", shiftEvidence(1.34))).toMatchObject({
      result: "fail",
      value: expect.closeTo(1.34, 6),
      lower: expect.closeTo(1.34 * Math.exp(-half(0.02)), 6),
      upper: expect.closeTo(1.34 * Math.exp(half(0.02)), 6),
      reads: "slower",
      unit: "ratio",
      kind: "latency",
      method: "rounds",
      n: 20,
      rounds: 10,
      about: "warm shift ttfa",
      place: { line: 7, column: 5 },
      decides: null,
      reason: expect.stringMatching(/^ttfa shift 1\.34 \[1\.3\d, 1\.3\d\] is above 1\.20$/),
    });
    expect(judgedOne("ttfa shift < 1.20", shiftEvidence(1.02))).toMatchObject({ result: "pass", reads: "slower" });
    expect(judgedOne("ttfa shift < 1.20", shiftEvidence(1))).toMatchObject({ result: "pass", reads: "~" });
  });

  it("is inconclusive between, and says the values at which this very run would have decided", () => {
    const noise = 0.1;
    const gate = judgedOne("ttfa shift < 1.20", shiftEvidence(1.18, {}, noise));
    const { pass, fail } = gate.decides ?? {};
    expect([gate.result, pass, fail]).toEqual([
      "inconclusive",
      expect.closeTo(1.2 / Math.exp(half(noise)), 6),
      expect.closeTo(1.2 * Math.exp(half(noise)), 6),
    ]);
    expect(gate.reason).toMatch(
      /does not settle < 1\.20; this run would have passed at 1\.\d\d or less and failed at 1\.\d\d or more$/,
    );
    // A hair beyond these values, with the same error, it would have.
    const at = (ratio: number) => judgedOne("ttfa shift < 1.20", shiftEvidence(ratio, {}, noise)).result;
    expect([at((pass as number) * 0.999), at((pass as number) * 1.001)]).toEqual(["pass", "inconclusive"]);
    expect([at((fail as number) * 0.999), at((fail as number) * 1.001)]).toEqual(["inconclusive", "fail"]);
  });

  it("of what is better when higher is held the other way round", () => {
    const rate = (ratio: number) => evidenceOf(comparisonOf(shifted("char_rate", ratio)));
    expect(judgedOne("char_rate shift > 0.90", rate(1.1))).toMatchObject({ result: "pass", reads: "faster" });
    expect(judgedOne("char_rate shift > 0.90", rate(0.8))).toMatchObject({
      result: "fail",
      reads: "slower",
      reason: expect.stringMatching(/is below 0\.90$/),
    });
    const open = judgedOne("char_rate shift > 0.90", rate(0.9));
    expect([open.result, (open.decides?.pass ?? 0) > 0.9, (open.decides?.fail ?? 1) < 0.9]).toEqual([
      "inconclusive",
      true,
      true,
    ]);
  });

  it("without variation that equals its margin fails < and passes <=", () => {
    const same = shiftEvidence(1.2, {}, 0);
    expect([judgedOne("ttfa shift < 1.2", same).result, judgedOne("ttfa shift <= 1.2", same).result]).toEqual([
      "fail",
      "pass",
    ]);
  });

  it("is shown in as many digits as tell it from its margin", () => {
    expect(judgedOne("ttfa shift < 1.2", shiftEvidence(1.2004, {}, 0)).reason).toMatch(/1\.2004 .* is above 1\.2000$/);
  });

  it("that a doubt concerns is inconclusive, however clear its numbers are", () => {
    const lopsided = shifted("ttfa", 0.5).map(
      (asked, at): Asked => (at < 4 ? { ...asked, candidate: { failed: true, values: { ttfa: null } } } : asked),
    );
    expect(judgedOne("ttfa shift < 1.20", evidenceOf(comparisonOf(lopsided)))).toMatchObject({
      result: "inconclusive",
      reads: "unknown",
      reason: expect.stringMatching(/is doubtful: pairs without a value differ by more than 2 points/),
    });
    const cached = comparisonOf(shifted("ttfa", 0.5), {
      doubts: { cached: "a prefix cache answers for one side", blank: new Map() },
    });
    for (const text of ["ttfa shift < 1.20", "ttfa ratio(p90) < 1.20", "ttfa slow_share diff < 0.9"]) {
      expect(judgedOne(text, evidenceOf(cached))).toMatchObject({
        result: "inconclusive",
        reason: expect.stringMatching(/is doubtful: .*a prefix cache answers for one side/),
      });
    }
  });

  it("that is blank since the tokenizers differ is inconclusive for that reason", () => {
    const asked = shifted("decode_rate", 2).map(
      (each): Asked => ({
        ...each,
        baseline: { values: { ...each.baseline?.values, input_tokens: 100 } },
        candidate: { values: { ...each.candidate?.values, input_tokens: 130 } },
      }),
    );
    const plain = comparisonOf(asked);
    const comparison = comparisonOf(asked, { doubts: comparisonDoubts(plain.pairs) });
    for (const text of ["decode_rate shift > 0.90", "decode_rate ratio(p5) > 0.90"]) {
      expect(judgedOne(text, evidenceOf(comparison))).toMatchObject({
        result: "inconclusive",
        value: null,
        reason: expect.stringMatching(/the same prompts count 1\.30 times the tokens, so the tokenizers differ/),
      });
    }
    // One side's own rate is no comparison.
    expect(judgedOne("decode_rate p50 > 90", evidenceOf(comparison)).value).toBeGreaterThan(90);
  });

  it("without a sample is inconclusive, and says so", () => {
    expect(judgedOne("e2e shift < 1.2", shiftEvidence(1))).toMatchObject({
      result: "inconclusive",
      value: null,
      n: 0,
      reason: "e2e shift: no pair has both values",
    });
    expect(judgedOne("ttfa shift < 1.2", evidenceOf(comparisonOf([]))).result).toBe("inconclusive");
  });

  it("of one pair has no bounds, and is inconclusive for that", () => {
    const one = evidenceOf(comparisonOf(shifted("ttfa", 5).slice(0, 1)));
    expect(judgedOne("ttfa shift < 1.2", one)).toMatchObject({
      result: "inconclusive",
      reason: expect.stringMatching(/has no bounds/),
    });
  });
});

describe("selectors", () => {
  const mixed = evidenceOf(
    comparisonOf([
      ...shifted("ttfa", 1).filter(({ caseId }) => caseId === "a"),
      ...shifted("ttfa", 2).filter(({ caseId }) => caseId === "b"),
      ...shifted("ttfa", 3).map((asked): Asked => ({ ...asked, variant: "body" })),
    ]),
  );
  it.each([
    ["{case=a,variant=stream}", 1],
    ["{category=long, variant=stream}", 2],
    ["{tag=plain,tag=fast,variant=stream}", 1],
    ["{variant=body}", 3],
  ])("%s leaves what they say", (selector, ratio) => {
    const gate = judgedOne(`ttfa${selector} shift < 1.5`, mixed);
    expect([gate.value, gate.about]).toEqual([expect.closeTo(ratio, 6), null]);
  });

  it("that no case has make a gate inconclusive", () => {
    expect(judgedOne("ttfa{category=none} shift < 1.5", mixed)).toMatchObject({
      result: "inconclusive",
      reason: "ttfa{category=none} shift: no case of this golden set has category=none",
    });
    expect(judgedOne("ttfa{case=b,tag=fast} shift < 1.5", mixed).reason).toMatch(/has case=b and tag=fast together$/);
    expect(judgedOne("flips{case=c} regressed == 0", mixed).result).toBe("inconclusive");
  });
});

describe("a quantile", () => {
  const of = (n: number, ms: (at: number) => number | null) =>
    evidenceOf(
      comparisonOf(
        pairs(
          n,
          () => ({ values: { ttfa: 1 } }),
          (at) => ({ values: { ttfa: ms(at) }, failed: ms(at) === null }),
        ),
      ),
    );

  it("needs as many requests as its order statistics do: 408 to pass p99 at one look of three", () => {
    const fast = (n: number) =>
      judgedOne(
        "ttfa p99 < 5s",
        of(n, () => 1_000),
      );
    expect(fast(408)).toMatchObject({ result: "pass", method: "order-statistics", unit: "ms", margin: 5_000 });
    expect(fast(407)).toMatchObject({
      result: "inconclusive",
      upper: null,
      decides: null,
      reason: expect.stringMatching(
        /\[1\.00 s, –\] does not settle < 5\.00 s; to pass takes 408 requests, and there are 407$/,
      ),
    });
    // It can still fail.
    expect(
      judgedOne(
        "ttfa p99 < 5s",
        of(60, () => 6_000),
      ).result,
    ).toBe("fail");
  });

  it("that failed requests hold is infinite, and fails where its lower bound is", () => {
    const gate = judgedOne(
      "ttfa p95 < 5s",
      of(100, (at) => (at < 20 ? null : 100)),
    );
    expect(gate).toMatchObject({ result: "fail", value: Number.POSITIVE_INFINITY, lower: Number.POSITIVE_INFINITY });
    expect(gate.reason).toBe(
      "ttfa p95 is not reached: too many requests of the candidate failed before they had a value, so it is above 5.00 s",
    );
    expect(
      judgedOne(
        "ttfa p95 < 5s",
        of(100, (at) => (at < 6 ? null : 100)),
      ),
    ).toMatchObject({ result: "inconclusive", lower: 100 });
  });

  it("is of the candidate unless prefixed, and taken literally on the scale of values", () => {
    const evidence = evidenceOf(
      comparisonOf(
        pairs(
          200,
          (at) => ({ values: { char_rate: at + 1 } }),
          () => ({ values: { char_rate: 500 } }),
        ),
      ),
    );
    expect(judgedOne("char_rate p5 > 400", evidence)).toMatchObject({
      value: 500,
      result: "pass",
      unit: "characters/s",
    });
    expect(judgedOne("baseline.char_rate p5 > 400", evidence)).toMatchObject({ value: 10, result: "fail" });
  });

  it("of the slow end of a speed is 0 where requests failed, and fails", () => {
    const evidence = evidenceOf(
      comparisonOf(
        pairs(
          100,
          () => ({}),
          (at) => ({ values: { char_rate: at < 20 ? null : 50 }, failed: at < 20 }),
        ),
      ),
    );
    expect(judgedOne("char_rate p5 > 10", evidence)).toMatchObject({ result: "fail", value: 0 });
  });
});

describe("what was observed", () => {
  const evidence = evidenceOf(
    comparisonOf(
      pairs(
        20,
        () => ({ values: { e2e: 9_000, output_tokens: 7 } }),
        (at) => ({ values: { e2e: 100 + at, output_tokens: 10 } }),
      ),
    ),
  );
  it("passes or fails as it was seen, and says that it is no more than that", () => {
    expect(judgedOne("e2e max < 200ms", evidence)).toMatchObject({
      result: "pass",
      value: 119,
      lower: null,
      upper: null,
      method: "none",
      reason: "e2e max 119 ms, the highest of 20 observed, is below 200 ms",
      notes: ["what was observed: it says nothing about other requests"],
    });
    expect(judgedOne("baseline.e2e max < 5s", evidence).result).toBe("fail");
    expect(judgedOne("e2e min > 100ms", evidence)).toMatchObject({
      result: "fail",
      value: 100,
      reason: expect.stringMatching(/is exactly 100 ms$/),
    });
  });

  it("counts a failed request as one that never ended", () => {
    const broken = evidenceOf(
      comparisonOf(
        pairs(
          20,
          () => ({}),
          (at) => ({ values: { e2e: at === 0 ? null : 5 }, failed: at === 0 }),
        ),
      ),
    );
    expect(judgedOne("e2e max < 1m", broken)).toMatchObject({ result: "fail", value: Number.POSITIVE_INFINITY });
  });
});

describe("a mean", () => {
  // Rounds of 90 and 110 ms: the error is that of ten rounds, 10 × √(10/9) / √10.
  const rounds = comparisonOf(
    pairs(
      100,
      () => ({}),
      (at) => ({ values: { e2e: (at % 10) % 2 === 0 ? 90 : 110 } }),
    ),
  );
  it("has the t-interval of its rounds", () => {
    const spread = (tQuantile(ALPHA, 9) * 10 * Math.sqrt(10 / 9)) / Math.sqrt(10);
    const gate = judgedOne("e2e mean < 105ms", evidenceOf(rounds));
    expect(gate).toMatchObject({
      result: "inconclusive",
      value: expect.closeTo(100, 9),
      upper: expect.closeTo(100 + spread, 6),
      decides: { pass: expect.closeTo(105 - spread, 6), fail: expect.closeTo(105 + spread, 6) },
    });
    expect(judgedOne("e2e mean < 110ms", evidenceOf(rounds)).result).toBe("pass");
    expect(judgedOne("e2e mean < 90ms", evidenceOf(rounds)).result).toBe("fail");
  });

  it("is not given where a request failed, nor an interval from a few rounds", () => {
    const failed = comparisonOf(
      pairs(
        100,
        () => ({}),
        (at) => ({ values: { e2e: at === 0 ? null : 100 }, failed: at === 0 }),
      ),
    );
    expect(judgedOne("e2e mean < 1s", evidenceOf(failed))).toMatchObject({
      result: "inconclusive",
      reason: expect.stringMatching(/1 of 100 requests failed/),
    });
    const few = comparisonOf(shifted("e2e", 1, { rounds: 3 }));
    expect(judgedOne("e2e mean < 1s", evidenceOf(few)).reason).toMatch(/has no bounds: fewer than 6 rounds/);
  });

  it("of traffic like these varies with the cases, too", () => {
    const asked = pairs(
      100,
      () => ({}),
      (at) => ({ values: { e2e: at % 10 } }),
    ).map(
      (each, at): Asked => ({
        ...each,
        caseId: `c${at % 4}`,
        candidate: { values: { e2e: 100 * (1 + (at % 4)) } },
      }),
    );
    const width = (estimand: "these prompts" | "traffic like these"): number => {
      const { lower, upper } = judgedOne("e2e mean < 1s", evidenceOf(comparisonOf(asked, { estimand })));
      return (upper as number) - (lower as number);
    };
    expect(width("traffic like these")).toBeGreaterThan(5 * width("these prompts"));
  });
});

describe("a tail ratio", () => {
  it("is held with its bounds over rounds", () => {
    const slow = evidenceOf(comparisonOf(shifted("ttfa", 1.5, { rounds: 40 })));
    expect(judgedOne("ttfa ratio(p90) < 1.3", slow)).toMatchObject({
      result: "fail",
      value: expect.closeTo(1.5, 1),
      reads: "slower",
      about: null,
    });
    expect(judgedOne("ttfa ratio(p90) < 2", slow).result).toBe("pass");
  });
});

describe("shares", () => {
  const failing = (n: number, count: number) =>
    evidenceOf(
      comparisonOf(
        pairs(
          n,
          () => ({}),
          (at) => ({ failed: at < count }),
        ),
      ),
    );
  it("are held with their exact bounds, and say which counts would have decided", () => {
    expect(judgedOne("errors rate < 2%", failing(203, 0))).toMatchObject({
      result: "pass",
      kind: "contract",
      method: "exact",
      n: 203,
      upper: expect.closeTo(shareBound("upper", 0, 203, ALPHA), 9),
      about: null,
    });
    const short = judgedOne("errors rate < 2%", failing(202, 0));
    expect(short).toMatchObject({
      result: "inconclusive",
      reason: expect.stringMatching(/to pass takes 203 samples without one, and there are 202/),
    });
    const open = judgedOne("errors rate < 5%", failing(400, 20));
    const [pass, fail] = [(open.decides?.pass ?? 0) * 400, (open.decides?.fail ?? 0) * 400];
    const at = (count: number) => judgedOne("errors rate < 5%", failing(400, Math.round(count))).result;
    expect(open.result).toBe("inconclusive");
    // All failures of these stand in the first rounds: spread evenly they are no burst.
    expect([at(pass), at(fail)]).toEqual(["pass", "fail"]);
    expect([at(pass + 1), at(fail - 1)]).toEqual(["inconclusive", "inconclusive"]);
  });

  it("of one side are read as neither better nor worse", () => {
    expect(judgedOne("baseline.errors rate < 0.1", failing(100, 50))).toMatchObject({
      result: "pass",
      value: 0,
      reads: null,
    });
  });

  const calling = (n: number, wrong: number) =>
    evidenceOf(
      comparisonOf(
        pairs(
          n,
          () => ({ toolCalls: true }),
          (at) => ({ toolCalls: at >= wrong }),
        ),
      ),
    );
  it("that drop are baseline less candidate", () => {
    expect(judgedOne("tool_calls drop < 0.05", calling(120, 40))).toMatchObject({
      result: "fail",
      value: expect.closeTo(1 / 3, 9),
      reads: "worse",
      about: "rate tool_calls",
      reason: expect.stringMatching(/^tool_calls drop \+33\.3 points \[\+\d+\.\d, \+\d+\.\d\] is above 5\.0 points$/),
    });
    expect(judgedOne("tool_calls diff > -0.05", calling(120, 40))).toMatchObject({
      result: "fail",
      value: expect.closeTo(-1 / 3, 9),
    });
    expect(judgedOne("tool_calls drop < 0.05", calling(120, 0))).toMatchObject({
      result: "pass",
      value: 0,
      reads: "~",
    });
    expect(
      judgedOne(
        "tool_calls drop < 0.05",
        evidenceOf(
          comparisonOf(
            pairs(
              10,
              () => ({}),
              () => ({}),
            ),
          ),
        ),
      ),
    ).toMatchObject({
      result: "inconclusive",
      reason: "tool_calls drop: no exchange of that kind",
    });
  });

  it("of slow requests are of the case's own median", () => {
    const stalls = evidenceOf(
      comparisonOf(
        pairs(
          210,
          () => ({ values: { ttfa: 100 } }),
          (at) => ({ values: { ttfa: at % 3 === 0 ? 1_000 : 100 } }),
        ),
      ),
    );
    expect(judgedOne("ttfa slow_share diff < 0.05", stalls)).toMatchObject({
      result: "fail",
      value: expect.closeTo(1 / 3, 9),
      about: "slow_share ttfa",
      kind: "latency",
      reads: "worse",
    });
    expect(judgedOne("ttfa slow_share rate < 0.5", stalls)).toMatchObject({
      result: "pass",
      value: expect.closeTo(1 / 3, 9),
      about: null,
    });
    expect(judgedOne("baseline.ttfa slow_share rate < 0.05", stalls)).toMatchObject({ result: "pass", value: 0 });
  });
});

describe("findings", () => {
  const finding = (
    rule: string,
    side: "candidate" | "baseline",
    sides: "candidate" | "baseline" | "both",
    count: number,
    severity: "breaks" | "note" = "breaks",
  ) => ({ rule, severity, sides, endpoint: side, exchanges: { count, of: 100 } }) as const;
  const evidence = evidenceOf(comparisonOf(shifted("ttfa", 1)), {
    findings: [
      finding("new-one", "candidate", "candidate", 1),
      finding("alike", "candidate", "both", 40),
      finding("alike", "baseline", "both", 38),
      finding("far-more", "candidate", "both", 40),
      finding("far-more", "baseline", "both", 2),
      finding("gone", "baseline", "baseline", 40),
      finding("small", "candidate", "candidate", 1, "note"),
      { rule: "between", severity: "note", sides: "pair", exchanges: { count: 100, of: 100 } },
    ],
  });
  it.each([
    ["findings new == 0", 4],
    ["findings{severity=breaks} new == 0", 2],
    ["findings{rule=alike} new == 0", 0],
    ["findings{rule=gone} new == 0", 0],
    ["findings{rule=between} new == 0", 1],
    ["findings count < 1", 5],
    ["baseline.findings count < 1", 4],
  ])("%s counts %d rules", (text, count) => {
    expect(judgedOne(text, evidence)).toMatchObject({
      value: count,
      result: count === 0 ? "pass" : "fail",
      kind: "contract",
      unit: "count",
    });
  });

  it("are named in the reason", () =>
    expect(judgedOne("findings{severity=breaks} new == 0", evidence).reason).toBe(
      "findings{severity=breaks} new: 2 rules are new on the candidate: new-one, far-more; == 0 is not met",
    ));
});

describe("flips", () => {
  const answered = comparisonOf(
    shifted("ttfa", 1).map((asked): Asked => ({ ...asked, baseline: { met: true }, candidate: { met: true } })),
  );
  const flip = (caseId: string, direction: "regressed" | "improved", consistent: boolean, severity = "breaks") => ({
    caseId,
    direction,
    consistent,
    severity,
  });
  const evidence = evidenceOf(answered, {
    flips: [flip("a", "regressed", true), flip("b", "regressed", false), flip("b", "improved", true, "note")],
  });
  it("count where they are consistent", () => {
    expect(judgedOne("flips regressed == 0", evidence)).toMatchObject({
      result: "fail",
      value: 1,
      n: 2,
      reason: "flips regressed: 1 of 2 cases regressed: a; == 0 is not met",
    });
    expect(judgedOne("flips{category=long} regressed == 0", evidence)).toMatchObject({ result: "pass", n: 1 });
    expect(judgedOne("flips{severity=differs} regressed == 0", evidence).result).toBe("pass");
    expect(judgedOne("flips improved >= 1", evidence).result).toBe("pass");
  });

  it("cannot be seen where nothing was expected", () =>
    expect(judgedOne("flips regressed == 0", evidenceOf(comparisonOf(shifted("ttfa", 1)))).result).toBe(
      "inconclusive",
    ));
});

describe("wakes", () => {
  const cold = (...trials: [number | null, string][]): Partial<Evidence> => ({
    cold: { baseline: [], candidate: trials.map(([wakeMs, verdict]) => ({ wakeMs, verdict })) },
  });
  const of = (...trials: [number | null, string][]) => shiftEvidence(1, cold(...trials));
  it("are held against the slowest that was observed, and say so", () => {
    expect(judgedOne("wake max < 8m", of([360_000, "cold"], [400_000, "cold"], [10, "not cold"]))).toMatchObject({
      result: "pass",
      value: 400_000,
      n: 2,
      kind: "latency",
      reason: "wake max: the slowest of 2 wakes observed took 6 min 40 s, below 8 min",
      notes: [
        expect.stringMatching(/1 of 3 trials was not cold/),
        expect.stringMatching(/statement about the wakes observed/),
      ],
    });
    expect(judgedOne("wake max < 8m", of([480_000, "cold"])).result).toBe("fail");
    expect(judgedOne("wake count >= 2", of([1, "cold"], [1, "not cold"]))).toMatchObject({
      result: "fail",
      value: 1,
      n: 2,
    });
  });

  it("that failed never ended, and none at all decides nothing", () => {
    expect(judgedOne("wake max < 8m", of([1, "cold"], [null, "failed"]))).toMatchObject({
      result: "fail",
      reason: expect.stringMatching(/never came to a token/),
    });
    expect(judgedOne("wake max < 8m", of([5, "not cold"])).result).toBe("inconclusive");
    expect(judgedOne("baseline.wake max < 8m", of([1, "cold"])).result).toBe("inconclusive");
  });
});

describe("the control arm", () => {
  const control = (baseline: Comparison, candidate: Comparison) => ({ control: { baseline, candidate } });
  const calm = comparisonOf(shifted("ttfa", 1.01));
  it.each([
    ["the baseline", [1.23, 1], "this setup cannot resolve 20.0 %: the baseline against itself shows +23.0 %"],
    [
      "the candidate, the other way",
      [1, 1 / 1.25],
      "this setup cannot resolve 20.0 %: the candidate against itself shows −20.0 %",
    ],
  ] as const)("keeps a gate open where %s moves as far against itself", (_who, [a, b], why) => {
    const evidence = shiftEvidence(1.23, control(comparisonOf(shifted("ttfa", a)), comparisonOf(shifted("ttfa", b))));
    const gate = judgedOne("ttfa shift < 1.20", evidence);
    expect([gate.result, gate.reason.endsWith(why), gate.reads]).toEqual(["inconclusive", true, "slower"]);
  });

  it("hides no failure beyond what it makes up by itself", () => {
    const wild = comparisonOf(shifted("ttfa", 1.23));
    const of = (ratio: number) => judgedOne("ttfa shift < 1.20", shiftEvidence(ratio, control(wild, wild))).result;
    // The lower bound lies 1.7 % below the value: at 1.26 it is above 1.23, at 1.24 it is not.
    expect([of(1.24), of(1.26), of(3)]).toEqual(["inconclusive", "fail", "fail"]);
    expect(of(0.9)).toBe("inconclusive");
  });

  it("that is calm changes nothing, and widens no margin", () => {
    const plain = judgedOne("ttfa shift < 1.20", shiftEvidence(1.34));
    expect(judgedOne("ttfa shift < 1.20", shiftEvidence(1.34, control(calm, calm)))).toEqual(plain);
    // The margin below 1 is as far as its inverse.
    const rates = comparisonOf(shifted("char_rate", 1.12));
    const gate = judgedOne(
      "char_rate shift > 0.90",
      evidenceOf(comparisonOf(shifted("char_rate", 2)), control(rates, rates)),
    );
    expect(gate.reason).toMatch(/cannot resolve −10\.0 %: the baseline against itself shows \+12\.0 %/);
  });

  it("counts for differences by their size, with the gate's own selectors", () => {
    const some = (wrong: (at: number) => boolean) =>
      comparisonOf(
        pairs(
          120,
          () => ({ toolCalls: true }),
          (at) => ({ toolCalls: !wrong(at) }),
        ),
      );
    const noisy = some((at) => at % 10 === 0);
    const evidence = evidenceOf(
      some(() => false),
      control(
        noisy,
        some(() => false),
      ),
    );
    expect(judgedOne("tool_calls drop < 0.05", evidence)).toMatchObject({
      result: "inconclusive",
      reason: expect.stringMatching(/cannot resolve 5\.0 points: the baseline against itself shows \+10\.0 points/),
    });
    expect(judgedOne("tool_calls drop < 0.15", evidence).result).toBe("pass");
    expect(judgedOne("tool_calls{case=a} drop < 0.05", evidence).result).toBe("inconclusive");
  });

  it("says nothing about one side's own figure, and an endpoint equal to itself resolves everything", () => {
    const wild = comparisonOf(shifted("ttfa", 4));
    expect(judgedOne("ttfa p50 < 5s", shiftEvidence(1, control(wild, wild))).result).toBe("pass");
    const same = comparisonOf(shifted("ttfa", 1, { noise: 0 }));
    expect(judgedOne("ttfa shift < 1", shiftEvidence(0.5, control(same, same))).result).toBe("pass");
  });
});

describe("the verdict of a run", () => {
  const slow = (more: Partial<Evidence> = {}) => shiftEvidence(1.34, more);
  const PASS = "errors rate < 0.5";
  const CONTRACT_FAIL = "errors rate > 0.5";
  const LATENCY_FAIL = "ttfa shift < 1.20";
  const LATENCY_PASS = "ttfa shift < 2";
  const OPEN = "e2e p50 < 1s";

  it("of no gates is none", () =>
    expect(judge([], slow())).toMatchObject({ verdict: null, gates: [], reason: expect.stringMatching(/^no gates/) }));

  it.each([
    [
      "a gate failed",
      [OPEN, LATENCY_FAIL, PASS],
      {},
      "fail",
      /^ttfa shift 1\.34 .* is above 1\.20; 1 of 3 gates failed$/,
    ],
    [
      "two failed: the contract is told first",
      [LATENCY_FAIL, CONTRACT_FAIL, PASS],
      {},
      "fail",
      /^errors rate .*; 2 of 3 gates failed$/,
    ],
    [
      "one is open",
      [PASS, OPEN],
      {},
      "inconclusive",
      /^e2e p50: no exchange has this value; 1 of 2 gates is undecided$/,
    ],
    ["two are open", [PASS, OPEN, OPEN], {}, "inconclusive", /2 of 3 gates are undecided$/],
    ["all hold", [PASS, LATENCY_PASS], {}, "pass", /^all 2 gates hold$/],
    ["the only one holds", [LATENCY_PASS], {}, "pass", /^ttfa shift 1\.34 .* is below 2\.00$/],
    [
      "the machine is invalid",
      [PASS, LATENCY_PASS, LATENCY_FAIL],
      { invalid: "send lag p99 35 ms above the limit of 20" },
      "invalid",
      /^latencies cannot be judged: send lag p99 35 ms/,
    ],
    [
      "the machine is invalid and a contract gate failed",
      [CONTRACT_FAIL, LATENCY_FAIL],
      { invalid: "x" },
      "fail",
      /^errors rate/,
    ],
    [
      "the machine is invalid and a contract gate is open",
      ["tool_calls rate > 0.9", LATENCY_PASS],
      { invalid: "x" },
      "invalid",
      /cannot be judged/,
    ],
    ["the machine is invalid and no gate is of latency", [PASS], { invalid: "x" }, "pass", /is below 50\.0 %$/],
    [
      "the run is partial",
      [PASS, LATENCY_PASS],
      { partial: "20 of 60 planned requests ran to their end" },
      "inconclusive",
      /^a partial run can fail but not pass: 20 of 60/,
    ],
    ["the run is partial and failed", [PASS, LATENCY_FAIL], { partial: "x" }, "fail", /ttfa shift/],
    [
      "the run is partial on an invalid machine",
      [LATENCY_PASS],
      { partial: "x", invalid: "y" },
      "invalid",
      /cannot be judged/,
    ],
    [
      "the run is quick",
      [PASS, LATENCY_FAIL],
      { quick: true },
      "pass",
      /^the one contract gate holds; 1 of latency was not asked$/,
    ],
    ["the run is quick on an invalid machine", [PASS, LATENCY_FAIL], { quick: true, invalid: "x" }, "pass", /holds/],
    [
      "the run is quick, and a contract gate failed",
      [CONTRACT_FAIL, LATENCY_PASS],
      { quick: true },
      "fail",
      /^errors rate/,
    ],
    [
      "the run is quick without a contract gate",
      [LATENCY_PASS],
      { quick: true },
      "inconclusive",
      /asks contract gates alone, and there is none/,
    ],
  ] as const)("where %s", (_name, gates, more, verdict, reason) => {
    expect(judged([...gates], slow(more as Partial<Evidence>))).toMatchObject({
      verdict,
      reason: expect.stringMatching(reason),
      look: 1,
      looks: 3,
    });
  });

  it("keeps what an untrusted machine measured, and neither passes nor fails it", () => {
    const [gate] = judged([LATENCY_FAIL], slow({ invalid: "it stalled" })).gates;
    expect(gate).toMatchObject({
      result: "invalid",
      value: expect.closeTo(1.34, 6),
      reads: "slower",
      reason: "no latency can pass or fail here: it stalled",
    });
  });

  it("says in a note that contract gates alone passed on a machine that could not be trusted", () =>
    expect(judged([PASS], slow({ invalid: "it stalled" })).notes.join()).toMatch(
      /no gate asks about latency.*it stalled/,
    ));

  it.each([
    ["ttfa p50 < 5s", "latency"],
    ["char_rate shift > 0.5", "latency"],
    ["ttfa slow_share diff < 0.5", "latency"],
    ["coalesced rate < 0.5", "latency"],
    ["wake max < 8m", "latency"],
    ["wake count >= 1", "latency"],
    ["send_lag p50 < 20ms", "latency"],
    ["output_tokens shift < 2", "contract"],
    ["tokens_per_event p50 < 2", "contract"],
    ["cost shift < 2", "contract"],
    ["retries rate < 2", "contract"],
    ["tool_calls drop < 0.05", "contract"],
    ["findings new == 0", "contract"],
    ["flips regressed == 0", "contract"],
  ] as const)("takes %s as a %s gate", (text, kind) => {
    expect(judgedOne(text, slow({ quick: true }))).toMatchObject({
      kind,
      ...(kind === "latency" ? { result: "skipped" } : {}),
    });
  });

  it("has no place for a gate of the command line", () => {
    const [gate] = judge([{ text: PASS, line: 0, column: 0 }], slow()).gates;
    expect(gate?.place).toBeNull();
  });
});
