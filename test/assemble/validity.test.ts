/** What a machine did that no exchange shows: it slept, it stood still, its clock was set. */
import { describe, expect, test } from "vitest";
import { invalidReason, validityOf as judged } from "../../src/assemble/validity.js";
import type { MachineLine } from "../../src/recording/recording.js";

const window = (second: number, more: Partial<MachineLine> = {}): MachineLine => ({
  type: "machine",
  segment: 0,
  fromNs: second * 1e9,
  toNs: (second + 1) * 1e9,
  stalls: [],
  busyShare: 0.1,
  reads: 100,
  stalledReads: 0,
  maxReadsPerTurn: 4,
  ...more,
});

const validityOf = (machine: readonly MachineLine[], exchanges: Parameters<typeof judged>[1]) =>
  judged(machine, exchanges, { header: {}, segments: [], dropped: [] });

const QUIET = [window(0), window(1)];

describe("a machine that was awake", () => {
  test("has no figure and no note of it", () => {
    const { ok, notes, figures } = validityOf(QUIET, []);
    expect([ok, notes]).toEqual([true, []]);
    expect(figures.map(({ name }) => name)).toEqual([
      "reads in event-loop stalls",
      "send lag p99",
      "busy share of the capture thread",
      "socket reads",
    ]);
  });
});

describe("a machine that slept", () => {
  test("makes a run invalid, by however little, and says what to do", () => {
    const validity = validityOf([...QUIET, window(2, { sleptMs: 1_200_000 }), window(3, { sleptMs: 2_500 })], []);
    expect(validity.ok).toBe(false);
    expect(validity.figures.at(-1)).toMatchObject({
      name: "time asleep",
      value: 1_202_500,
      limit: 0,
      unit: "ms",
      ok: false,
    });
    expect(invalidReason(validity)).toMatch(
      /^time asleep .* ms, above the limit of 0 ms: keep this machine awake, .*systemd-inhibit/,
    );
  });
});

describe("a process that was stopped", () => {
  test("for longer than an endpoint could be blamed for makes a run invalid", () => {
    const validity = validityOf([...QUIET, window(2, { stalls: [[2e9, 45e9]] })], []);
    expect(validity.ok).toBe(false);
    expect(validity.figures.at(-1)).toMatchObject({ name: "time stood still", value: 45_000, ok: false });
  });

  test("for a moment is judged by the reads that it spoilt, as ever", () => {
    const { ok, figures } = validityOf([...QUIET, window(2, { stalls: Array(20).fill([2e9, 0.9e9]) })], []);
    expect([ok, figures.length]).toEqual([true, 4]);
  });
});

describe("an open loop", () => {
  type Scored = Parameters<typeof judged>[1];
  const plan = (["baseline", "candidate"] as const).flatMap((endpoint) =>
    (["warmup", "warm"] as const).flatMap((phase) =>
      Array.from({ length: 100 }, () => ({
        endpoint,
        phase,
        arm: endpoint,
        pairId: 0,
        caseId: "c",
        repeat: 0,
        round: 0,
      })),
    ),
  );
  const rows = plan.map((row, id) => ({ ...row, id, variant: "stream" as const, requestId: "r" }));
  const figureOf = (dropped: readonly number[]) => {
    const sent = rows
      .filter(({ id }) => !dropped.includes(id))
      .map((row) => ({ ...row, scalars: new Map() })) as unknown as Scored;
    const arrivals = { shape: { kind: "constant" }, rate: 1, maxInFlight: 1, whenFull: "drop" } as const;
    const frame = {
      header: { capture: { arrivals }, plan: rows },
      segments: [],
      dropped: [{ type: "dropped", segment: 0, atNs: 1, ids: dropped }] as const,
    };
    return judged(QUIET, sent, frame).figures.find(({ name }) => name === "arrivals dropped");
  };

  test("is judged by the endpoint that dropped most, over its warm arrivals alone", () => {
    // Rows 300 to 399 are the candidate's warm ones: 2 of 100, and of all requests 1 in 200.
    expect(figureOf([300, 301])).toMatchObject({
      value: 0.02,
      ok: false,
      remedy: expect.stringMatching(/^the candidate/),
    });
    expect(figureOf([100, 300, 301, 302])).toMatchObject({ value: 0.03, ok: false });
    expect(figureOf([100])).toMatchObject({ value: 0.01, ok: true });
    expect(figureOf([])).toMatchObject({ value: 0, ok: true });
  });
});

describe("a clock that was set", () => {
  const notesOf = (...steps: number[]): readonly string[] => {
    const { ok, notes } = validityOf(
      [...QUIET, ...steps.map((wallStepMs, index) => window(index + 2, { wallStepMs }))],
      [],
    );
    expect(ok).toBe(true);
    return notes;
  };
  const rest = "during the run: stamps are of a monotonic clock and unaffected, times of day are not";

  test("is a note, and nothing is invalid for it", () => {
    expect(notesOf(-3_000)).toEqual([`the wall clock was set back by 3.0 s ${rest}`]);
    expect(notesOf(60_000)).toEqual([`the wall clock was set forward by 1 min ${rest}`]);
  });

  test("again and again is one note a direction", () => {
    expect(notesOf(-3_000, 5_000, -1_500, 60_000, -1_500)).toEqual([
      `the wall clock was set back by 6.0 s in 3 steps ${rest}`,
      `the wall clock was set forward by 1 min 5 s in 2 steps ${rest}`,
    ]);
  });
});
