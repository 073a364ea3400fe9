import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ParityRung } from "../../../src/check/finding.js";
import { comparePair } from "../../../src/check/parity/compare-pair.js";
import type { Completion } from "../../../src/decode/completion.js";
import { aCall, anAnswer, callsTools, says } from "../build.js";

const tools = (content: string, ...calls: ReturnType<typeof aCall>[]) => anAnswer({ content, toolCalls: calls });

describe("the highest rung that a pair reaches", () => {
  test.each<[ParityRung, string, Completion, Completion, boolean]>([
    ["bytes", "the same text", says("Oslo"), says("Oslo"), true],
    ["bytes", "absent and empty", says(""), anAnswer(), true],
    ["bytes", "the same calls, other ids", callsTools(aCall("f", { a: 1 })), callsTools(aCall("f", { a: 1 })), true],
    ["text", "white space", says("a  b\n"), says("a b"), true],
    ["text", "another composition", says("café"), says("cafe\u0301"), true],
    ["json", "key order and number form", says('{"a":1,"b":2}'), says('{"b":2.0,"a":1}'), true],
    ["json", "of a list", says("[1,2]"), says("[1, 2]"), true],
    ["expectations", "list order is data", says("[1,2]"), says("[2,1]"), true],
    ["expectations", "fenced JSON is not JSON", says("{}"), says("```json\n{}\n```"), true],
    [
      "tool_calls",
      "in another order, with other spacing",
      callsTools(aCall("f", '{"a":1,"b":2}'), aCall("g", {})),
      callsTools(aCall("g", ""), aCall("f", '{"b": 2, "a": 1}')),
      true,
    ],
    ["tool_calls", "another preamble", tools("Let me look.", aCall("f", {})), tools("Sure.", aCall("f", {})), false],
    ["none", "one call more", callsTools(aCall("f", {})), callsTools(aCall("f", {}), aCall("f", {})), false],
    ["none", "another argument", callsTools(aCall("f", { a: 1 })), callsTools(aCall("f", { a: "1" })), false],
    ["none", "a call against text", callsTools(aCall("f", {})), says("Hello."), false],
    ["expectations", "both right in other words", says("It is Oslo."), says("Oslo!"), true],
    ["none", "one wrong", says("It is Oslo."), says("Bergen!"), false],
    ["none", "refused and answered", anAnswer({ refusal: "No." }), says("Yes."), false],
    ["none", "refusals in other words", anAnswer({ refusal: "No." }), anAnswer({ refusal: "Never." }), false],
  ])("%s: %s", (rung, _name, a, b, bothMeet) => {
    expect(comparePair(a, b, bothMeet).rung).toBe(rung);
    expect(comparePair(b, a, bothMeet).rung).toBe(rung);
  });
});

describe("the first difference", () => {
  test("counts code points and shows what stands around", () => {
    expect(comparePair(says("😀 abc"), says("😀 abd"), false)).toEqual({
      rung: "none",
      similarity: 0.8,
      firstDifference: { at: 4, baseline: "😀 abc", candidate: "😀 abd" },
    });
  });

  test("marks what was cut", () => {
    const [a, b] = [`${"a".repeat(50)}X${"c".repeat(50)}`, `${"a".repeat(50)}Y${"c".repeat(50)}`];
    expect(comparePair(says(a), says(b), false).firstDifference).toEqual({
      at: 50,
      baseline: `…${"a".repeat(20)}X${"c".repeat(19)}…`,
      candidate: `…${"a".repeat(20)}Y${"c".repeat(19)}…`,
    });
  });

  test("never parts a surrogate pair", () => {
    // U+1F600 and U+1F601 share their first half.
    expect(comparePair(says("a😀"), says("a😁"), false).firstDifference).toEqual({
      at: 1,
      baseline: "a😀",
      candidate: "a😁",
    });
  });

  test("of calls is found in their canonical form", () => {
    const a = callsTools(aCall("get", { unit: "c", city: "Oslo" }));
    const b = callsTools(aCall("get", { city: "Rome", unit: "c" }));
    expect(comparePair(a, b, false).firstDifference).toEqual({
      at: 13,
      baseline: 'get({"city":"Oslo","unit":"c"})',
      candidate: 'get({"city":"Rome","unit":"c"})',
    });
  });

  test("of equal texts is that of the bytes, and there is none where those are equal", () => {
    expect(comparePair(says("a  b"), says("a b"), true).firstDifference).toMatchObject({ at: 2 });
    expect(comparePair(says("a b"), says("a b"), true)).toEqual({
      rung: "bytes",
      similarity: 1,
      firstDifference: null,
    });
  });
});

describe("embeddings are compared by shape", () => {
  const vectors = (...dimensions: number[]) => anAnswer({ dimensions });
  test("equal shapes are no proof of equal vectors", () => {
    expect(comparePair(vectors(1024), vectors(1024), true)).toEqual({
      rung: "expectations",
      similarity: null,
      firstDifference: null,
    });
    expect(comparePair(vectors(1024), vectors(1024), false).rung).toBe("none");
  });

  test("other shapes are shown", () => {
    expect(comparePair(vectors(1536), vectors(1024), true)).toEqual({
      rung: "none",
      similarity: null,
      firstDifference: { at: 0, baseline: "1 vectors of 1536", candidate: "1 vectors of 1024" },
    });
    expect(comparePair(vectors(1536), says("?"), true).firstDifference?.candidate).toBe("no vectors");
  });
});

const text = fc.oneof(
  fc.string({ unit: fc.constantFrom("a", "b", " ", "\n", "é", "e\u0301", "😀", "😁", "{", "}") }),
  fc.string({ unit: "binary" }),
  fc.json(),
);
const said = fc
  .record({
    content: fc.option(text),
    refusal: fc.option(text),
    toolCalls: fc.array(
      fc.tuple(fc.constantFrom("f", "g"), fc.oneof(text, fc.jsonValue())).map(([name, args]) => aCall(name, args)),
      { maxLength: 3 },
    ),
  })
  .map((over) => anAnswer(over));

test("an answer is byte for byte itself", () => {
  fc.assert(
    fc.property(said, fc.boolean(), (a, met) => {
      expect(comparePair(a, { ...a }, met)).toEqual({ rung: "bytes", similarity: 1, firstDifference: null });
    }),
  );
});

test("swapping the sides swaps the snippets and changes nothing else", () => {
  fc.assert(
    fc.property(said, said, fc.boolean(), (a, b, met) => {
      const [there, back] = [comparePair(a, b, met), comparePair(b, a, met)];
      expect(back.rung).toBe(there.rung);
      expect(back.similarity).toBe(there.similarity);
      expect(back.firstDifference?.at).toBe(there.firstDifference?.at);
      expect(back.firstDifference?.baseline).toBe(there.firstDifference?.candidate);
      expect(there.similarity).toBeGreaterThanOrEqual(0);
      expect(there.similarity).toBeLessThanOrEqual(1);
    }),
    { numRuns: 500 },
  );
});

test("arguments nested without end are compared as text", () => {
  const deep = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;
  const [a, b] = [callsTools(aCall("f", deep)), callsTools(aCall("f", ` ${deep}`))];
  expect(comparePair(a, b, false).rung).toBe("tool_calls");
});
