import { describe, expect, test } from "vitest";
import { PointTail } from "../../src/capacity/point-tail.js";
import { parseSlo } from "../../src/capacity/slo.js";
import { holdTerm, isGood, stateOfTerms } from "../../src/capacity/slo-state.js";
import type { Measurement, Metric } from "../../src/measure/metric.js";
import { chunkGap } from "../../src/measure/metrics/chunk-gap.js";
import { decodeRate } from "../../src/measure/metrics/decode-rate.js";
import { ttft } from "../../src/measure/metrics/ttft.js";

const slo = (text: string, loop?: "closed") =>
  parseSlo({ text, line: 7, column: 10 }, { file: "twintail.yaml", ...(loop === undefined ? {} : { loop }) });
const mistake = (text: string): string => {
  try {
    slo(text);
  } catch (error) {
    return (error as Error).message;
  }
  return "no mistake";
};

describe("an SLO as it is written", () => {
  test("terms are joined by and, with durations, numbers and shares", () => {
    const { terms } = slo("ttft p95 < 1s and decode_rate p5 > 20 and errors < 1%");
    expect(terms).toEqual([
      { kind: "quantile", metric: ttft, q: 0.95, op: "<", limit: 1_000, text: "ttft p95 < 1s" },
      { kind: "quantile", metric: decodeRate, q: 0.05, op: ">", limit: 20, text: "decode_rate p5 > 20" },
      { kind: "rate", rate: "errors", op: "<", limit: 0.01, text: "errors < 1%" },
    ]);
  });

  test.each([
    ["ttft p99.9 <= 1m30s", 90_000],
    ["ttft p95 < 1 s", 1_000],
    ["ttft p95 < 500 ms", 500],
    ["errors rate < 1 %", 0.01],
    ["http_429 < 0.5", 0.5],
    ["e2e max < 10s", 10_000],
    ["char_rate min >= 80", 80],
    ["tpot mean < 40ms", 40],
  ])("%s", (text, limit) => {
    expect(slo(text).terms.map((term) => term.limit)).toEqual([limit]);
  });

  test.each([
    ["tftt p95 < 1s", '7:10: "tftt" is nothing that a load is held against; did you mean "ttft"?'],
    ["ttft 95 < 1s", '7:15: "95" is nothing to take of ttft'],
    ["ttft avg < 1s", 'did you mean "mean"?'],
    ["ttft p100 < 1s", '7:16: "100" is no percentile between 0 and 100; use max'],
    ["ttft < 1s", "7:15: what to take of ttft is missing; write ttft p95"],
    ["ttft p95 <", "7:20: a limit is due after <, not the end"],
    ["ttft p95 < and errors < 1%", '7:21: a limit is due after <, not "and"'],
    ["ttft p95 < 1", '7:21: "1" is no duration; write it as 500ms'],
    ["ttft p95 > 1s", "7:19: ttft is better when it is lower; did you mean <?"],
    ["decode_rate p5 < 20", "decode_rate is better when it is higher; did you mean >?"],
    ["errors < 101%", '"101" is no share; write 1% or 0.01'],
    ["errors < 5", '7:19: "5" is no share; write 5% for 5 in a hundred'],
    ["ttft p95 < 1s, errors < 1%", '7:23: "," follows a limit; join terms with "and"'],
    ["ttft p95 < 1s and", "7:27: a metric or a rate is due"],
    ["", "7:10: a metric or a rate is due"],
    ["errors < 0", "7:19: no load has less than none; write <= 0, or a share above 0"],
    ["decode_rate p5 > 20tok", "write a number of tokens/s, without its unit"],
  ])("%s is refused at its place", (text, message) => {
    expect(mistake(text)).toContain(message);
  });

  test("a closed loop has no intended times, and none of them in its SLO", () => {
    expect(slo("e2e_intended p95 < 9s").terms).toHaveLength(1);
    expect(() => slo("errors < 1% and ttft_intended p95 < 1s", "closed")).toThrow(
      "7:26: ttft_intended needs a schedule, and a closed loop has none; use ttft or e2e",
    );
  });

  test("on the command line its column is named", () => {
    expect(() => parseSlo({ text: "ttft p95 = 1s", line: 0, column: 0 })).toThrow(
      '--slo "ttft p95 = 1s", column 10: a comparison is due',
    );
  });
});

const NO_ERRORS = { errors: { count: 0, of: 100 }, http_429: { count: 0, of: 100 } };

function tailOf(metric: Metric, values: readonly number[], failed = 0): PointTail {
  const tail = new PointTail(metric);
  for (const value of values) tail.record("case", { values: [value] });
  for (let n = 0; n < failed; n++) tail.record("case", { none: "timeout", failed: true });
  return tail;
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, index) => index + 1);

describe("an SLO held against a load", () => {
  const [term] = slo("ttft p95 < 400ms").terms;
  const held = (tail: PointTail | null) => holdTerm(term as never, tail, NO_ERRORS);

  test("it is met or missed where its bounds say so, unsure between", () => {
    expect(held(tailOf(ttft, upTo(400))).state).toBe("met");
    expect(held(tailOf(ttft, upTo(1_000))).state).toBe("missed");
    expect(held(tailOf(ttft, upTo(420)))).toMatchObject({ state: "unsure", value: expect.closeTo(399, 0) });
    expect(held(null).state).toBe("none");
  });

  test("58 answers bound no p95, and two of them none at all", () => {
    expect(held(tailOf(ttft, upTo(58)))).toMatchObject({ state: "unsure", hi: null });
    expect(held(tailOf(ttft, upTo(59))).state).toBe("met");
    expect(held(tailOf(ttft, [1, 2])).state).toBe("unsure");
  });

  test("failures stand at the slow end", () => {
    const [rate] = slo("decode_rate p5 > 20").terms;
    expect(held(tailOf(ttft, upTo(300), 30))).toMatchObject({ state: "missed", value: Number.POSITIVE_INFINITY });
    expect(holdTerm(rate as never, tailOf(decodeRate, upTo(300), 30), NO_ERRORS)).toMatchObject({
      value: 0,
      state: "missed",
    });
  });

  test("a mean has them too: infinite, and a rate of 0 among the others", () => {
    const of = (text: string, tail: PointTail) => holdTerm(slo(text).terms[0] as never, tail, NO_ERRORS);
    expect(of("ttft mean < 10s", tailOf(ttft, [100, 200], 1))).toMatchObject({
      state: "missed",
      value: Number.POSITIVE_INFINITY,
    });
    // 30 and 60, and nothing: 30 on average.
    expect(of("decode_rate mean > 20", tailOf(decodeRate, [30, 60], 1))).toMatchObject({
      state: "met",
      value: expect.closeTo(30, 0),
    });
    expect(of("decode_rate mean > 40", tailOf(decodeRate, [30, 60], 1)).state).toBe("missed");
    expect(of("decode_rate mean > 40", tailOf(decodeRate, [30, 60])).state).toBe("met");
  });

  test("many gaps of one answer are one sample of bounds", () => {
    const [gap] = slo("chunk_gap p95 < 1s").terms;
    const tail = new PointTail(chunkGap);
    for (let n = 0; n < 10; n++) tail.record("case", { values: upTo(100) });
    expect(holdTerm(gap as never, tail, NO_ERRORS)).toMatchObject({ state: "unsure", hi: null });
  });

  test("a share is bounded exactly", () => {
    const [errors] = slo("errors < 1%").terms;
    const of = (count: number, of: number) =>
      holdTerm(errors as never, null, { ...NO_ERRORS, errors: { count, of } }).state;
    expect([of(0, 298), of(0, 299), of(30, 300), of(0, 0)]).toEqual(["unsure", "met", "missed", "none"]);
  });

  test("one missed term misses it, one unsure leaves it open", () => {
    const state = (...states: ("met" | "missed" | "unsure" | "none")[]) =>
      stateOfTerms(states.map((each) => ({ term: term as never, state: each, value: 1, lo: 1, hi: 1 })));
    expect([state("met", "missed", "unsure"), state("met", "unsure"), state("met", "none"), state("none")]).toEqual([
      "missed",
      "unsure",
      "met",
      "none",
    ]);
  });
});

describe("one answer", () => {
  const good = (text: string, ...measured: readonly (readonly [Metric, Measurement])[]) =>
    isGood(slo(text), new Map(measured));

  test("keeps every limit on itself; what it rightly lacks limits it in nothing", () => {
    expect(
      good("ttft p95 < 1s and decode_rate p5 > 20", [ttft, { values: [999] }], [decodeRate, { none: "short" }]),
    ).toBe(true);
    expect(
      good("ttft p95 < 1s and decode_rate p5 > 20", [ttft, { values: [999] }], [decodeRate, { values: [19] }]),
    ).toBe(false);
  });

  test("is held by the quantile of its own values", () => {
    expect(good("chunk_gap p95 < 96ms", [chunkGap, { values: upTo(100) }])).toBe(true);
    expect(good("chunk_gap p95 < 95ms", [chunkGap, { values: upTo(100) }])).toBe(false);
    expect(good("chunk_gap max < 100ms", [chunkGap, { values: upTo(100) }])).toBe(false);
  });
});
