import { describe, expect, it } from "vitest";
import { type AnswerPair, compareOutputs } from "../../src/compare/outputs.js";
import { seededRandom } from "../../src/core/random.js";
import { sketchDistance, sketchOf } from "../../src/measure/sketch.js";
import { says } from "../check/build.js";

const sketch = (text: string) => sketchOf(says(text));

describe("the distance of two answers", () => {
  it("is 0 for the same words, 1 for none in common, and between for some", () => {
    expect(sketchDistance(sketch("one two three"), sketch("one  two\nthree"))).toBe(0);
    expect(sketchDistance(sketch("one two three"), sketch("four five six"))).toBe(1);
    const some = sketchDistance(sketch("one two three four five"), sketch("one two three four six"));
    expect(some).toBeGreaterThan(0.2);
    expect(some).toBeLessThan(0.8);
    expect(sketchDistance(sketch(""), sketch(""))).toBe(0);
  });

  it("counts the order of words", () => {
    expect(sketchDistance(sketch("dog bites man"), sketch("man bites dog"))).toBeGreaterThan(0.5);
  });

  it("of long answers is near the truth, from 256 hashes", () => {
    const words = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `w${from + i}`).join(" ");
    // 1,000 words shared of 3,000: two thirds apart.
    expect(sketchDistance(sketch(words(0, 2_000)), sketch(words(1_000, 3_000)))).toBeCloseTo(2 / 3, 1);
  });
});

/** Answers of `rounds` rounds to each case, drawn from `variants` wordings a side. */
function answers(
  cases: number,
  rounds: number,
  seed: number,
  wording: (side: number, draw: number, at: number) => string,
) {
  const random = seededRandom(seed, "answers");
  const pairs: AnswerPair[] = [];
  for (let at = 0; at < cases; at++) {
    for (let round = 0; round < rounds; round++) {
      const text = (side: number) => sketch(wording(side, random.int(4), at));
      pairs.push({ caseId: `c${at}`, round, baseline: text(0), candidate: text(1) });
    }
  }
  return pairs;
}

describe("outputs", () => {
  it("of one model that words its answers in four ways do not differ, though hardly two answers are alike", () => {
    let alarms = 0;
    for (let seed = 0; seed < 100; seed++) {
      const pairs = answers(8, 5, seed, (_side, draw, at) => `answer ${draw} to case ${at} said in words ${draw * 7}`);
      const compared = compareOutputs(pairs, seed, 400);
      if ((compared?.p as number) <= 0.05) alarms++;
    }
    expect(alarms).toBeLessThanOrEqual(13);
  });

  it("of another model are found, by one test over all cases, where two of twelve cases changed", () => {
    const pairs = answers(12, 6, 1, (side, draw, at) =>
      side === 1 && at < 2
        ? `quite another reply ${draw} for ${at}`
        : `answer ${draw} to case ${at} said in words ${draw * 7}`,
    );
    const compared = compareOutputs(pairs, 1);
    expect(compared?.p).toBeLessThan(0.01);
    expect(
      compared?.cases
        .slice(0, 2)
        .map(({ caseId }) => caseId)
        .sort(),
    ).toEqual(["c0", "c1"]);
    expect(compared?.excess).toBeGreaterThan(0);
  });

  it("that are always the same on both sides are no different", () => {
    expect(
      compareOutputs(
        answers(5, 4, 1, (_side, _draw, at) => `the answer ${at}`),
        1,
      ),
    ).toMatchObject({
      p: 1,
      between: 0,
      excess: 0,
    });
  });

  it("need two rounds", () => {
    expect(
      compareOutputs(
        answers(5, 1, 1, () => "a"),
        1,
      ),
    ).toBeNull();
    expect(compareOutputs([], 1)).toBeNull();
  });

  it("do not depend on the order of pairs", () => {
    const pairs = answers(6, 4, 2, (side, draw, at) => `${side} says ${draw} of ${at}`);
    expect(compareOutputs(seededRandom(1, "order").shuffle(pairs), 9)).toEqual(compareOutputs(pairs, 9));
  });
});
