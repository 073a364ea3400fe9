import { describe, expect, it } from "vitest";
import { seededRandom } from "../../src/core/random.js";

const draw = (seed: number, label: string, n: number): number[] => {
  const random = seededRandom(seed, label);
  return Array.from({ length: n }, () => random.next());
};

describe("seededRandom", () => {
  it("replays a seed, and gives each label its own stream", () => {
    expect(draw(1, "a", 5)).toEqual(draw(1, "a", 5));
    expect(draw(1, "a", 5)).not.toEqual(draw(1, "b", 5));
    expect(draw(1, "a", 5)).not.toEqual(draw(2, "a", 5));
  });

  it("is uniform: mean 1/2 and variance 1/12 over 100,000 draws", () => {
    const values = draw(7, "uniform", 100_000);
    const mean = values.reduce((a, b) => a + b) / values.length;
    const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
    expect(mean).toBeCloseTo(0.5, 2);
    expect(variance).toBeCloseTo(1 / 12, 2);
    expect(values.every((v) => v >= 0 && v < 1)).toBe(true);
  });

  it("shuffles every order of three equally often", () => {
    const random = seededRandom(3, "shuffle");
    const counts = new Map<string, number>();
    for (let i = 0; i < 6_000; i++) {
      const order = random.shuffle(["a", "b", "c"]).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });
});
