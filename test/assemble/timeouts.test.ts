/** Timeouts that are suggested, and what a timeout would have cut, of recordings with known waits. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { roundedUp } from "../../src/assemble/timeouts.js";
import type { Attempt } from "../../src/recording/recording.js";
import type { Summary } from "../../src/report/summary.js";
import { attempt, content, finish } from "../recording/exchange-builder.js";
import { answer, asked, summaryOf, withEndpoint } from "./recorded.js";

const suggested = ({ timeouts }: Summary, name: string) => timeouts.suggested.find(({ timeout }) => timeout === name);

/** First byte after 100 ms, 200 ms … */
const rising = (dispatchedMs: number, index: number): Attempt => answer(100 * (index + 1), dispatchedMs);

describe("suggested timeouts", () => {
  test("twice the bound on the highest quantile that the sample bounds, and never below what was seen", () => {
    // From 59 to 92 values, the largest bounds p95.
    const sixty = summaryOf(asked("candidate", 60, rising));
    expect(suggested(sixty, "first byte")).toEqual({
      timeout: "first byte",
      ms: 15_000,
      basis: "2 × the 95 % bound on p95, 6 s; largest of 60 answers 6 s",
    });
    // Of 40 values it is the largest that bounds p90.
    const forty = summaryOf(asked("candidate", 40, rising));
    expect(suggested(forty, "first byte")).toMatchObject({
      ms: 8_000,
      basis: expect.stringContaining("95 % bound on p90, 4 s"),
    });
  });

  test("a largest value far beyond the bound raises it", () => {
    const summary = summaryOf(
      asked("candidate", 100, (dispatchedMs, index) => answer(index === 50 ? 40_000 : 100, dispatchedMs)),
    );
    expect(suggested(summary, "first byte")).toEqual({
      timeout: "first byte",
      ms: 45_000,
      basis: "2 × the 95 % bound on p95, 100 ms, raised to the largest seen; largest of 100 answers 40 s",
    });
  });

  test("none where 28 answers bound not even p90, one where 29 do", () => {
    expect(suggested(summaryOf(asked("candidate", 28, rising)), "total")).toEqual({
      timeout: "total",
      ms: null,
      basis: "n = 28 < 29: no bound on p90; largest of 28 answers 2.8 s",
    });
    expect(suggested(summaryOf(asked("candidate", 29, rising)), "total")?.ms).toBe(6_000);
  });

  test("the baseline's waits are not the candidate's, and failures size nothing", () => {
    const slow = asked("baseline", 40, (dispatchedMs) => answer(50_000, dispatchedMs));
    const failed = (dispatchedMs: number): Attempt =>
      attempt({ dispatchedMs, endedMs: 90_000, outcome: { kind: "timeout", phase: "firstByte", afterMs: 90_000 } });
    const summary = summaryOf([
      ...slow,
      ...asked("candidate", 40, (dispatchedMs, index) =>
        index === 3 ? failed(dispatchedMs) : answer(500, dispatchedMs),
      ),
    ]);
    expect(suggested(summary, "first byte")).toMatchObject({
      ms: 1_000,
      basis: expect.stringContaining("of 39 answers"),
    });
    expect(summary.timeouts.notes.join()).toContain("1 request reached the limits of this run itself");
  });

  test("connect leaves room for a lost packet, and counts fresh connections alone", () => {
    const fresh = summaryOf(asked("candidate", 40, (dispatchedMs, index) => answer(100, dispatchedMs, index < 8)));
    // Of the builder: DNS, TCP and TLS take 9 ms together.
    expect(suggested(fresh, "connect")).toMatchObject({
      ms: 3_000,
      basis: "2 × the 95 % bound on p90, 9.0 ms, and no less than 3 s; largest of 32 fresh connections 9.0 ms",
    });
  });

  test("idle is the longest wait between reads, and to the end", () => {
    const gap = (dispatchedMs: number): Attempt =>
      attempt({
        dispatchedMs,
        reused: true,
        reads: [
          [100, content("ab")],
          [2_100, content("cd")],
          [2_200, finish()],
        ],
        endedMs: 5_200,
      });
    expect(suggested(summaryOf(asked("candidate", 40, gap)), "idle")).toMatchObject({
      ms: 6_000,
      basis: expect.stringContaining("largest of 40 streams 3 s"),
    });
  });

  describe("cold", () => {
    const warm = asked("candidate", 3, (dispatchedMs) => answer(100, dispatchedMs));
    const cold = (wakeMs: number) =>
      asked(
        "candidate",
        1,
        () => answer(wakeMs, 1_000_000),
        () => ({ id: 900, pairId: 900, phase: "cold", round: 0 }),
      );
    const wake = { budgetMs: 480_000, capMs: 600_000 };

    test("is the cap and a minute for the answer, beside what was seen", () => {
      const summary = summaryOf([...warm, ...cold(120_000)], (header) => withEndpoint(header, "candidate", { wake }));
      expect(suggested(summary, "cold")).toEqual({
        timeout: "cold",
        ms: 720_000,
        basis: "the cap of 10 min and 1 min for the answer; longest of 1 wake 2 min",
      });
    });

    test("a cap alone is no measurement, and one wake alone no bound", () => {
      const untried = summaryOf(warm, (header) => withEndpoint(header, "candidate", { wake }));
      expect(suggested(untried, "cold")).toMatchObject({
        ms: null,
        basis: expect.stringContaining("no cold wake was seen"),
      });
      const uncapped = summaryOf([...warm, ...cold(120_000)]);
      expect(suggested(uncapped, "cold")).toMatchObject({
        ms: null,
        basis: expect.stringContaining("no cap is configured"),
      });
      expect(suggested(summaryOf(warm), "cold")).toMatchObject({
        ms: null,
        basis: expect.stringContaining("no cold wake was tried"),
      });
    });
  });
});

describe("cuts", () => {
  const at = (summary: Summary, limitMs: number) => summary.timeouts.cuts.find((cut) => cut.limitMs === limitMs);
  const counts = (summary: Summary, limitMs: number) => {
    const cut = at(summary, limitMs);
    return [
      cut?.total.baseline.count,
      cut?.total.candidate.count,
      cut?.silence.baseline.count,
      cut?.silence.candidate.count,
    ];
  };
  /** Reads every 10 s for so long: never silent for more. */
  const talking =
    (seconds: number) =>
    (dispatchedMs: number): Attempt =>
      attempt({
        dispatchedMs,
        reads: [
          ...Array.from({ length: seconds / 10 }, (_, index) => [10_000 * index + 1_000, content("a")] as const),
          [1_000 * seconds, finish()],
        ],
      });

  test("a long answer that keeps talking is cut as a whole, never as silence", () => {
    const summary = summaryOf([...asked("baseline", 2, talking(50)), ...asked("candidate", 2, talking(20))]);
    expect(counts(summary, 15_000)).toEqual([2, 2, 0, 0]);
    expect(counts(summary, 30_000)).toEqual([2, 0, 0, 0]);
    expect(counts(summary, 60_000)).toEqual([0, 0, 0, 0]);
    expect(at(summary, 60_000)?.total.baseline.of).toBe(2);
  });

  test("headers end a silence as they do for a read timeout, and the wait after them is another", () => {
    const early = (dispatchedMs: number): Attempt => ({
      ...answer(50_000, dispatchedMs),
      headersAtNs: (dispatchedMs + 10 + 25_000) * 1e6,
    });
    const summary = summaryOf(asked("candidate", 1, early));
    expect(counts(summary, 15_000)[3]).toBe(1);
    expect(counts(summary, 30_000)[3]).toBe(0);
  });

  test("a failure that lasted beyond the limit counts, one that was quick does not, and attempts are apart", () => {
    const timedOut = (dispatchedMs: number): Attempt =>
      attempt({ dispatchedMs, endedMs: 70_000, outcome: { kind: "timeout", phase: "firstByte", afterMs: 70_000 } });
    const refused = (dispatchedMs: number): Attempt => attempt({ dispatchedMs, status: 500, reads: [[5, "{}"]] });
    const summary = summaryOf([
      ...asked("baseline", 2, refused),
      ...asked("candidate", 3, (dispatchedMs, index) =>
        index === 0
          ? timedOut(dispatchedMs)
          : index === 1
            ? [timedOut(dispatchedMs), answer(100, dispatchedMs + 71_000)]
            : [refused(dispatchedMs), answer(12_000, dispatchedMs + 500)],
      ),
    ]);
    // The third took 12.5 s with its retry, and no attempt of it 15 s.
    expect(counts(summary, 15_000)).toEqual([0, 2, 0, 2]);
    expect(counts(summary, 100_000)).toEqual([0, 0, 0, 0]);
  });
});

test("what is written into a configuration is round, never smaller, and at most half as much again", () => {
  expect([1, 90, 101, 1_050, 5_000, 5_001, 31_000, 61_000, 700_000].map(roundedUp)).toEqual([
    1, 100, 150, 1_500, 5_000, 6_000, 45_000, 90_000, 720_000,
  ]);
  fc.assert(
    fc.property(fc.double({ min: 1, max: 4e6, noNaN: true }), (ms) => {
      const up = roundedUp(ms);
      expect(up).toBeGreaterThanOrEqual(ms * (1 - 1e-5));
      expect(up).toBeLessThanOrEqual(ms * 1.51);
    }),
  );
});
