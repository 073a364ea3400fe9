import { describe, expect, test } from "vitest";
import type { MeasuredPoint } from "../../src/capacity/saturation.js";
import { settleMsFor } from "../../src/capacity/settle.js";
import { facts, measured } from "./points.js";

/** Ten lanes, each answered after two seconds: five answers a second. */
const at = (load: number, answerMs: number, more: Partial<MeasuredPoint> = {}): MeasuredPoint =>
  measured(load, {
    throughput: { value: (1_000 * load) / answerMs, error: 0.01, df: 9 },
    tail: (metric) => (metric === "e2e" ? ({ mean: answerMs } as ReturnType<MeasuredPoint["tail"]>) : null),
    ...more,
  });
const next = (load: number | null, roles: readonly ("baseline" | "candidate")[] = ["candidate"]) => ({ roles, load });
const OPEN = facts({ loop: { kind: "open", shape: { kind: "poisson" } } });
const drift = { backlog: { value: 0, error: 0, df: 9 }, work: null, wait: { value: 0, error: 0, df: 9 } };

describe("how long a load settles", () => {
  test("is what was asked for where answers are short, and where nothing is known", () => {
    expect(settleMsFor(facts(), next(1), [])).toBe(10_000);
    expect(settleMsFor(facts(), next(12), [at(10, 2_000)])).toBe(10_000);
    expect(settleMsFor(facts({ settleMs: 0 }), next(null), [])).toBe(0);
  });

  test("of the first load goes by what the warm-up took", () => {
    expect(settleMsFor(facts(), next(4), [], () => 8_000)).toBe(16_000);
    expect(settleMsFor(facts(), next(4), [at(2, 2_000)], () => 8_000)).toBe(10_000);
  });

  test("is twice an answer where answers are longer, by the nearest load below", () => {
    const points = [at(4, 9_000), at(10, 12_000), at(40, 90_000)];
    expect(settleMsFor(facts(), next(10), points)).toBe(24_000);
  });

  test("expects that more lanes bring no more answers", () => {
    // Five a second whatever the load: eighty lanes wait sixteen seconds each.
    expect(settleMsFor(facts(), next(80), [at(10, 2_000)])).toBe(32_000);
  });

  test("ends at twice the window, or at what was asked for", () => {
    expect(settleMsFor(facts(), next(4_000), [at(10, 2_000)])).toBe(60_000);
    expect(settleMsFor(facts({ settleMs: 90_000 }), next(4_000), [at(10, 2_000)])).toBe(90_000);
  });

  test("is the slower endpoint's where both are loaded at once", () => {
    const points = [at(10, 2_000), at(10, 14_000, { role: "baseline" })];
    expect(settleMsFor(facts(), next(10, ["baseline", "candidate"]), points)).toBe(28_000);
    expect(settleMsFor(facts(), next(10), points)).toBe(10_000);
  });

  test("of an open loop goes by what answers took, and not past where they take ever longer", () => {
    expect(settleMsFor(OPEN, next(8), [at(4, 15_000, { drift })])).toBe(30_000);
    expect(settleMsFor(OPEN, next(8), [at(4, 15_000, { drift, state: "saturated" })])).toBe(10_000);
  });

  test("is not told by a load that this machine could not be trusted with", () => {
    expect(settleMsFor(facts(), next(10), [at(10, 12_000, { trusted: false })])).toBe(10_000);
  });
});
