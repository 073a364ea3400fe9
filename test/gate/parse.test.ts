import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RATES } from "../../src/compare/rates.js";
import { TwintailError } from "../../src/core/errors.js";
import type { Gate, Question, Selector } from "../../src/gate/gate.js";
import { parseGate } from "../../src/gate/parse.js";
import { printGate } from "../../src/gate/print.js";
import { METRICS } from "../../src/measure/catalogue.js";
import { gateText } from "./evidence.js";

const parsed = (text: string): Gate => parseGate(gateText(text), "twintail.yaml").gate;

describe("a gate", () => {
  it.each<[string, Gate]>([
    [
      "ttfa p95 < 800ms",
      {
        question: { subject: "metric", name: "ttfa", take: "quantile", percent: 95, side: "candidate" },
        selectors: [],
        op: "<",
        margin: 800,
      },
    ],
    [
      "ttfa{category=long} p99.9<5s",
      {
        question: { subject: "metric", name: "ttfa", take: "quantile", percent: 99.9, side: "candidate" },
        selectors: [{ key: "category", value: "long" }],
        op: "<",
        margin: 5_000,
      },
    ],
    [
      "baseline.errors rate <= 2%",
      {
        question: { subject: "rate", name: "errors", take: "rate", side: "baseline" },
        selectors: [],
        op: "<=",
        margin: 0.02,
      },
    ],
    [
      "ttfa shift < 1.20",
      { question: { subject: "metric", name: "ttfa", take: "shift" }, selectors: [], op: "<", margin: 1.2 },
    ],
    [
      "ttfa ratio(p95) < 1.3",
      {
        question: { subject: "metric", name: "ttfa", take: "ratio", percent: 95 },
        selectors: [],
        op: "<",
        margin: 1.3,
      },
    ],
    [
      "ttfa slow_share diff < 5 %",
      { question: { subject: "metric", name: "ttfa", take: "slow_share diff" }, selectors: [], op: "<", margin: 0.05 },
    ],
    [
      "tool_calls diff > -0.05",
      { question: { subject: "rate", name: "tool_calls", take: "diff" }, selectors: [], op: ">", margin: -0.05 },
    ],
    [
      'findings{severity=breaks,rule="missing-done"} new == 0',
      {
        question: { subject: "findings", take: "new" },
        selectors: [
          { key: "severity", value: "breaks" },
          { key: "rule", value: "missing-done" },
        ],
        op: "==",
        margin: 0,
      },
    ],
    [
      "wake max < 8m",
      { question: { subject: "wake", take: "max", side: "candidate" }, selectors: [], op: "<", margin: 480_000 },
    ],
    [
      "ttfa{case='it\\'s \"one\", two', tag=x-1/y:z, tag=é} max < .5",
      {
        question: { subject: "metric", name: "ttfa", take: "max", side: "candidate" },
        selectors: [
          { key: "case", value: `it's "one", two` },
          { key: "tag", value: "x-1/y:z" },
          { key: "tag", value: "é" },
        ],
        op: "<",
        margin: 0.5,
      },
    ],
  ])("%s", (text, gate) => expect(parsed(text)).toEqual(gate));

  it("is read as k6 writes it, too", () => expect(parsed("ttfa p(95)<500")).toEqual(parsed("ttfa p95 < 500ms")));

  it.each([
    ["of a candidate, named or not", "candidate.errors rate < 0.1", "errors rate < 0.1"],
    ["of a percentage, written as a share", "errors rate < 5%", "errors rate < 0.05"],
    ["of minutes, written as ms", "e2e p50 < 1.5m", "e2e p50 < 90000"],
    ["with a unit apart", "e2e p50 < 2 s", "e2e p50 < 2s"],
    ["of -0", "tool_calls drop < -0", "tool_calls drop < 0"],
  ])("%s is one", (_name, one, other) => expect(parsed(one)).toEqual(parsed(other)));
});

describe("a mistake is told with its column, its cause and what to do", () => {
  it.each([
    ["", 1, /the gate is empty; begin with a metric/],
    ["ttf p95 < 5s", 1, /"ttf" is no metric and no rate; did you mean "tt/],
    ["zzzzzzzzzz p95 < 5s", 1, /"zzzzzzzzzz" is no metric and no rate; docs\/gates\.md/],
    ["baseline.error rate < 0.1", 10, /"error" is no metric and no rate; did you mean "errors"\?/],
    ["baseline. errors rate < 0.1", 10, /is due after baseline\./],
    ["basline.errors rate < 0.1", 1, /"basline" is no side; did you mean "baseline\."\?/],
    ["ttfa.p95 < 5", 1, /"ttfa" is no side; write "ttfa p95" with a space/],
    ["< 5", 1, /cannot begin with "<"/],
    ["ttfa", 5, /what to take of ttfa is missing; write ttfa p50/],
    ["ttfa < 5s", 6, /what to take of ttfa is missing/],
    ["ttfa p9x < 5s", 7, /"9x" is no percentile/],
    ["ttfa p100 < 5s", 7, /use max/],
    ["ttfa p0 < 5s", 7, /use min/],
    ["ttfa shft < 5", 6, /"shft" is nothing that can be taken of a metric; did you mean "shift"\?/],
    ["ttfa avg < 5", 6, /did you mean "mean"\?/],
    ["errors p95 < 5", 8, /"p95" is nothing that can be taken of a rate; use rate, diff, drop/],
    ["errors drop < 0.1", 8, /a drop of errors is an improvement; write errors diff/],
    ["ttfa ratio < 1.2", 12, /ratio needs a percentile; write ratio\(p95\)/],
    ["ttfa ratio(p95 < 1.2", 16, /\) is due/],
    ["ttfa ratio(p) < 1.2", 13, /no percentile/],
    ["ttfa slow_share < 1", 17, /slow_share needs diff or rate/],
    ["char_rate slow_share diff < 0.1", 11, /char_rate is no time/],
    ["candidate.ttfa shift < 1.2", 1, /shift is about both sides; remove "candidate\."/],
    ["ttfa{categry=a} p95 < 1", 6, /"categry" is no selector; did you mean "category"\?/],
    ["ttfa{severity=breaks} p95 < 1", 6, /ttfa cannot be selected by severity; use category/],
    ["ttfa{category=a,category=b} p95 < 1", 17, /category is given twice/],
    ["ttfa{category:a} p95 < 1", 6, /no selector/],
    ["ttfa{category} p95 < 1", 14, /= is due after category/],
    ["ttfa{category=} p95 < 1", 15, /a value is due/],
    ["ttfa{} p95 < 1", 6, /a selector is due/],
    ["ttfa{category=a p95 < 1", 17, /, or \} is due/],
    ["ttfa{variant=streamed} p95 < 1", 14, /"streamed" is no variant; did you mean "stream"\?/],
    ["findings{severity=break} new == 0", 19, /did you mean "breaks"\?/],
    ["wake{case=a} max < 8m", 5, /wake takes no selector/],
    ['ttfa{case="a} p95 < 1', 11, /the quote " is never closed/],
    ["ttfa p95 5s", 10, /a comparison is due, not "5s"; write one of < <= > >=$/],
    ["ttfa p95 = 5s", 10, /a comparison is due, not "="; write one of < <= > >=$/],
    ["findings new = 0", 14, /did you mean "=="\?/],
    ["ttfa p95 == 5s", 10, /== is for counts/],
    ["ttfa p95 <", 11, /a number is due after </],
    ["ttfa p95 < fast", 12, /"fast" is no number/],
    ["ttfa p95 < 5x", 13, /"x" is no unit of time here; use ms, s or m/],
    ["ttfa p95 < 5%", 13, /"%" is no unit of time here/],
    ["ttfa p95 < 5s s", 15, /follows a number with its unit/],
    ["ttfa p95 < 5 s s", 16, /follows the margin; write one gate a line/],
    ["ttfa p95 < 5s, e2e p95 < 9s", 14, /follows the margin/],
    ["ttfa p95 < -5s", 12, /no measured value is below 0/],
    ["ttfa p95 < 1e999", 12, /too large/],
    ["ttfa shift < 20%", 16, /takes no %; write 1\.20 for 20 % more, 0\.80 for 20 % less/],
    ["char_rate shift > 10%", 21, /takes no %; write 0\.90 for 10 % less, 1\.10 for 10 % more/],
    ["ttfa shift < 120%", 17, /takes no %; write 1\.20 for 20 % more/],
    ["ttfa shift < 0", 14, /a ratio is never 0 or less/],
    ["ttfa shift < 1.2s", 17, /"s" is not due: the margin is a ratio; write 1\.2/],
    ["decode_rate p5 > 40ms", 20, /"ms" is not due: the margin is a number in tokens\/s; write 40/],
    ["errors rate < 5", 15, /a share is never above 1; write 5% for 5 in a hundred/],
    ["errors rate < 5ms", 16, /"ms" is no unit of a share/],
    ["errors rate < -0.1", 15, /a share is never below 0/],
    ["errors diff < -2", 15, /a difference of shares is never below -1/],
    ["findings new == 1.5", 17, /a count is a whole number/],
    ["flips regressed < -1", 19, /a count is a whole number/],
  ])("%s", (text, column, message) => {
    let thrown: unknown;
    try {
      parsed(text);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(TwintailError);
    const { place, message: said } = thrown as TwintailError;
    // The gate itself stands at line 7, column 5.
    expect([place, said]).toEqual([`twintail.yaml:7:${column + 4}`, expect.stringMatching(message)]);
  });

  it("names the flag where a gate stood on the command line, and the text where the file is not known", () => {
    const place = (of: Parameters<typeof parseGate>[0]): string | undefined => {
      try {
        parseGate(of);
      } catch (error) {
        return (error as TwintailError).place;
      }
      return undefined;
    };
    expect(place({ text: "ttfa p95 < 5x", line: 0, column: 0 })).toBe('--gate "ttfa p95 < 5x", column 13');
    expect(place(gateText("ttfa p95 < 5x"))).toBe('gate "ttfa p95 < 5x", column 13');
  });
});

const SIDES = fc.constantFrom("baseline" as const, "candidate" as const);
const PERCENT = fc.double({ min: 0.001, max: 99.999, noNaN: true }).map((percent) => Number(percent.toFixed(3)));
const metricNames = (test: (unit: string) => boolean) =>
  fc.constantFrom(...METRICS.filter(({ name, unit }) => name !== "wake" && test(unit)).map(({ name }) => name));
const ANY_METRIC = metricNames(() => true);
const RATE = fc.constantFrom(...RATES.map(({ name }) => name));
const HIGHER = fc.constantFrom(...RATES.filter(({ better }) => better === "higher").map(({ name }) => name));

const QUESTION: fc.Arbitrary<Question> = fc.oneof(
  fc.record({
    subject: fc.constant("metric" as const),
    name: ANY_METRIC,
    take: fc.constant("quantile" as const),
    percent: PERCENT,
    side: SIDES,
  }),
  fc.record({
    subject: fc.constant("metric" as const),
    name: ANY_METRIC,
    take: fc.constantFrom("max" as const, "min" as const, "mean" as const),
    side: SIDES,
  }),
  fc.record({
    subject: fc.constant("metric" as const),
    name: metricNames((unit) => unit === "ms"),
    take: fc.constant("slow_share rate" as const),
    side: SIDES,
  }),
  fc.record({ subject: fc.constant("metric" as const), name: ANY_METRIC, take: fc.constant("shift" as const) }),
  fc.record({
    subject: fc.constant("metric" as const),
    name: metricNames((unit) => unit === "ms"),
    take: fc.constant("slow_share diff" as const),
  }),
  fc.record({
    subject: fc.constant("metric" as const),
    name: ANY_METRIC,
    take: fc.constant("ratio" as const),
    percent: PERCENT,
  }),
  fc.record({ subject: fc.constant("rate" as const), name: RATE, take: fc.constant("rate" as const), side: SIDES }),
  fc.record({ subject: fc.constant("rate" as const), name: RATE, take: fc.constant("diff" as const) }),
  fc.record({ subject: fc.constant("rate" as const), name: HIGHER, take: fc.constant("drop" as const) }),
  fc.constant({ subject: "findings" as const, take: "new" as const }),
  fc.record({ subject: fc.constant("findings" as const), take: fc.constant("count" as const), side: SIDES }),
  fc.record({
    subject: fc.constant("flips" as const),
    take: fc.constantFrom("regressed" as const, "improved" as const),
  }),
  fc.record({
    subject: fc.constant("wake" as const),
    take: fc.constantFrom("max" as const, "count" as const),
    side: SIDES,
  }),
);

function selectorsOf({ subject }: Question): fc.Arbitrary<Selector[]> {
  const text = fc.string({ unit: "grapheme", maxLength: 12 });
  const of = (key: Selector["key"], value: fc.Arbitrary<string>) => fc.record({ key: fc.constant(key), value });
  const severity = of("severity", fc.constantFrom("breaks", "differs", "note"));
  const maybe = (...each: fc.Arbitrary<Selector>[]) =>
    fc.tuple(...each.map((one) => fc.option(one, { nil: null }))).map((some) => some.filter((one) => one !== null));
  if (subject === "wake") return fc.constant([]);
  if (subject === "findings") return maybe(severity, of("rule", text));
  const cases = [of("category", text), of("tag", text), of("tag", text), of("case", text)];
  return maybe(...cases, subject === "flips" ? severity : of("variant", fc.constantFrom("stream", "body")));
}

function marginOf({ take }: Question): fc.Arbitrary<number> {
  if (["new", "count", "regressed", "improved"].includes(take)) return fc.nat(1_000);
  const number = (min: number, max: number) =>
    fc.double({ min, max, noNaN: true }).map((value) => (value === 0 ? 0 : value));
  if (take === "shift" || take === "ratio") return number(1e-9, 1e9);
  if (["diff", "drop", "slow_share diff"].includes(take)) return number(-1, 1);
  if (take === "rate" || take === "slow_share rate") return number(0, 1);
  return number(0, 1e12);
}

const GATE: fc.Arbitrary<Gate> = QUESTION.chain((question) => {
  const counts = ["new", "count", "regressed", "improved"].includes(question.take);
  const op = fc.constantFrom(
    ...(counts ? (["<", "<=", ">", ">=", "==", "!="] as const) : (["<", "<=", ">", ">="] as const)),
  );
  return fc.record({
    question: fc.constant(question),
    selectors: selectorsOf(question),
    op,
    margin: marginOf(question),
  });
});

describe("any gate", () => {
  it("printed and parsed again is the same gate", () => {
    fc.assert(
      fc.property(GATE, (gate) => {
        expect(parsed(printGate(gate))).toEqual(gate);
      }),
      { numRuns: 2_000 },
    );
  });

  it("that is no gate is refused with a place inside it, and nothing else is ever thrown", () => {
    const piece = fc.oneof(
      fc.string({ unit: "binary", maxLength: 8 }),
      fc.constantFrom(
        "ttfa",
        "p95",
        "<",
        "shift",
        "{",
        "}",
        "category",
        "=",
        '"',
        "'",
        "5s",
        "%",
        "(",
        ")",
        " ",
        "ratio",
        "baseline.",
        "errors",
        "rate",
        "\\",
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join("");
        try {
          parseGate(gateText(text), "f");
        } catch (error) {
          expect(error).toBeInstanceOf(TwintailError);
          const [, column] = /^f:7:(\d+)$/.exec((error as TwintailError).place ?? "") ?? [];
          expect(Number(column)).toBeGreaterThanOrEqual(5);
          expect(Number(column)).toBeLessThanOrEqual(5 + text.length);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it("takes linear time: a long text of nothing but quotes and words ends at once", () => {
    const started = Date.now();
    for (const text of [
      '"'.repeat(100_001),
      "a".repeat(200_000),
      "a ".repeat(100_000),
      `ttfa p95 < ${"1".repeat(100_000)}`,
    ]) {
      expect(() => parsed(text)).toThrow(TwintailError);
    }
    expect(Date.now() - started).toBeLessThan(5_000);
  });
});
