import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { atLengths, capacityAt, type Lengths } from "../../../src/capacity/plan/token-lengths.js";
import { capacityRequestsPerS } from "../../../src/sim/batching.js";
import { engineParameters } from "../../../src/sim/tiers.js";
import { within } from "./sweeps.js";

const lengths = (inputTokens: number | null, outputTokens: number | null, cachedShare: number | null = 0): Lengths => ({
  inputTokens,
  outputTokens,
  cachedShare,
});
const none = lengths(null, null, null);
const work = (asked: Lengths, swept: Lengths) => atLengths(asked, swept).lengths.work;

describe("lengths of the demand against those of the sweep", () => {
  it("change nothing where the demand says none", () => {
    expect(atLengths(none, lengths(1_000, 100))).toMatchObject({
      refused: false,
      lengths: {
        inputTokens: 1_000,
        outputTokens: 100,
        cachedShare: 0,
        work: { most: 1, least: 1 },
        extrapolated: false,
      },
      notes: [],
    });
  });

  it("make the work grow by prompt, answer and what is held, whichever limits", () => {
    expect(work(lengths(1_200, 100), lengths(1_000, 100))).toEqual({ most: 1.2, least: 1 });
    // 120/100 of the steps, each with 1060/1050 in the cache.
    const longer = work(lengths(1_000, 120), lengths(1_000, 100));
    expect(longer.most).toBeCloseTo(1.2 * (1_060 / 1_050), 12);
    expect(longer.least).toBe(1);
    // Half of both: a quarter of what is held, and at most half of the work.
    expect(work(lengths(500, 50), lengths(1_000, 100))).toEqual({ most: 0.5, least: 0.25 });
  });

  it("take the value by the greatest, and the upper bound by the least", () => {
    const at = atLengths(lengths(1_250, 100), lengths(1_000, 100));
    expect(capacityAt(within(10, 9, 11), at.lengths)).toEqual({ value: 8, lo: 7.2, hi: 11 });
    expect(capacityAt(within(10, 9, null), at.lengths).hi).toBeNull();
  });

  it.each([
    [1_250, 100, false],
    [1_251, 100, true],
    [800, 100, false],
    [799, 100, true],
    [1_000, 126, true],
  ])("mark %d and %d tokens as extrapolated: %s", (input, output, extrapolated) => {
    const at = atLengths(lengths(input, output), lengths(1_000, 100));
    expect([at.refused, at.lengths.extrapolated]).toEqual([false, extrapolated]);
    if (!at.refused) expect(at.notes.some((note) => note.startsWith("extrapolated"))).toBe(extrapolated);
  });

  it("refuse more than twice and less than half, and say what to sweep", () => {
    expect(atLengths(lengths(2_000, 200), lengths(1_000, 100)).refused).toBe(false);
    expect(atLengths(lengths(2_001, 100), lengths(1_000, 100))).toMatchObject({
      refused: true,
      why: "prompts of 2,001 tokens are 2.00 times the 1,000 that were swept: sweep a mix of about 2,001 prompt tokens and 100 output tokens",
    });
    expect(atLengths(lengths(1_000, 40), lengths(1_000, 100)).refused).toBe(true);
  });

  it("count fewer cache hits as more to prefill, and more hits as no credit", () => {
    expect(work(lengths(null, null, 0), lengths(1_000, 100, 0.2))).toEqual({ most: 1.25, least: 1 });
    expect(work(lengths(null, null, 0.5), lengths(1_000, 100, 0.2))).toEqual({ most: 1, least: 1 });
    expect(atLengths(lengths(null, null, 0), lengths(1_000, 100, 0.6))).toMatchObject({
      refused: true,
      why: expect.stringContaining("a cache answered 60.0 % of the prompt tokens in the sweep and answers 0.0 %"),
    });
  });

  it("say that a share of cache hits stands against nothing where the sweep has none", () => {
    expect(atLengths(lengths(null, null, 0.9), lengths(1_000, 100, null))).toMatchObject({
      refused: false,
      lengths: { cachedShare: 0.9, work: { most: 1, least: 1 } },
      notes: [
        "the sweep does not say which share of its prompt tokens a cache answered: it is taken to be no more than the 90.0 % of the demand",
      ],
    });
  });

  it("refuse to tell of prompts that are prefilled where a cache answered all that were swept", () => {
    expect(atLengths(lengths(null, null, 0.99), lengths(1_000, 100, 1))).toMatchObject({
      refused: true,
      lengths: { work: { most: 1, least: 1 } },
      why: expect.stringContaining("a cache answered 100.0 % of the prompt tokens in the sweep and answers 99.0 %"),
    });
    expect(atLengths(lengths(null, null, 1), lengths(1_000, 100, 1)).refused).toBe(false);
  });

  it("are taken as they are where the sweep counted no tokens, and it says so", () => {
    const at = atLengths(lengths(900, 250, null), none);
    expect(at).toMatchObject({ refused: false, lengths: { inputTokens: 900, work: { most: 1, least: 1 } } });
    if (!at.refused) expect(at.notes).toHaveLength(1);
  });

  it("hold the truth of simulated engines between the bounds", () => {
    const tokens = fc.integer({ min: 100, max: 4_000 });
    const factor = fc.double({ min: 0.5, max: 2, noNaN: true });
    const engine = fc.record({
      decodeTokensPerS: fc.integer({ min: 20, max: 200 }),
      batchSlowdown: fc.double({ min: 0, max: 0.1, noNaN: true }),
      prefillTokensPerS: fc.integer({ min: 2_000, max: 100_000 }),
      maxBatch: fc.integer({ min: 4, max: 256 }),
    });
    fc.assert(
      fc.property(engine, tokens, tokens, factor, factor, (parameters, input, output, longerInput, longerOutput) => {
        const of = engineParameters("h100x2", parameters);
        const bears = (promptTokens: number, outputTokens: number) =>
          capacityRequestsPerS(of, { promptTokens, outputTokens });
        const [askedInput, askedOutput] = [input * longerInput, output * longerOutput];
        const before = bears(input, output);
        const { most, least } = work(lengths(askedInput, askedOutput), lengths(input, output));
        const now = bears(askedInput, askedOutput);
        expect(now).toBeGreaterThanOrEqual((before / most) * 0.99);
        expect(now).toBeLessThanOrEqual((before / least) * 1.01);
      }),
      { numRuns: 500 },
    );
  });
});
