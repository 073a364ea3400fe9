import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { LOOPS } from "../../scripts/calibrate/virtual-sweep.mjs";
import { seededRandom } from "../../src/core/random.js";
import type { RecordingLine } from "../../src/recording/recording.js";
import { scoreSweep } from "../../src/score-sweep.js";
import { capacityRequestsPerS } from "../../src/sim/batching.js";
import { engineParameters } from "../../src/sim/tiers.js";
import { answer, ONE, queueing, refused, swept } from "./virtual.js";

const OPEN = { loop: LOOPS.poisson } as const;

describe("a sweep whose truth is known", () => {
  test("closed loop: twenty places of a second give way at twenty in flight and twenty requests/s", () => {
    const { summary, sweep } = swept({ reply: queueing(20) });
    expect(summary.verdict).toBe("measured");
    expect(sweep.stopped.kind).toBe("saturated");
    expect(sweep.knee?.throughput.value).toBeGreaterThan(19);
    expect(sweep.knee?.throughput.value).toBeLessThan(21);
    expect(sweep.knee?.load.value).toBeGreaterThan(17);
    expect(sweep.knee?.load.value).toBeLessThan(24);
    for (const { load, state } of sweep.points) {
      if ((load ?? 0) <= 16) expect([load, state]).toEqual([load, "steady"]);
      if ((load ?? 0) >= 32) expect([load, state]).toEqual([load, "saturated"]);
    }
    // Half a second of waiting for a place is reached with thirty lanes, a second with forty.
    expect(sweep.goodput?.limitedBy).toBe("ttft p95 < 1s");
    expect(sweep.goodput?.load.value).toBeGreaterThan(25);
    expect(sweep.goodput?.load.value).toBeLessThan(42);
  });

  test("open loop: the load is the throughput, and the SLO breaks below it", () => {
    const { sweep } = swept({ reply: queueing(20), load: OPEN });
    expect(sweep.stopped.kind).toBe("saturated");
    expect(sweep.knee?.throughput.value).toBeGreaterThan(19);
    expect(sweep.knee?.throughput.value).toBeLessThan(21);
    expect(sweep.knee?.load).toEqual(sweep.knee?.throughput);
    expect(sweep.goodput?.load.value).toBeGreaterThan(14);
    expect(sweep.goodput?.load.value).toBeLessThan(22);
    expect(sweep.points.every(({ ttft_intended, offeredPerS }) => ttft_intended !== null && offeredPerS !== null)).toBe(
      true,
    );
  });

  test("a term of the SLO that no answer has a value for is named, and neither kept nor broken", () => {
    // A closed loop has no intended times; a recording may ask for them all the same.
    const slo = { text: "ttft_intended p95 < 1s and errors < 10%", line: 0, column: 0 };
    const { sweep } = swept({ reply: queueing(20), load: { slo } });
    expect(sweep.notes).toEqual([
      "whether ttft_intended p95 < 1s was kept is not known: no answer had what it is about",
    ]);
    expect(sweep.goodput).not.toBeNull();
  });

  test("two replicas bear twice as much", () => {
    const engine = engineParameters("h100x2", { maxBatch: 8 });
    const of = (replicas: number): number => swept({ engine, replicas }).sweep.knee?.throughput.value ?? 0;
    const truth = capacityRequestsPerS(engine, ONE[0]);
    expect(of(1) / truth).toBeCloseTo(1, 1);
    expect(of(2) / truth).toBeCloseTo(2, 1);
  });

  test("both endpoints get the same loads together until one needs none", () => {
    const engines = {
      baseline: engineParameters("h100x2", { maxBatch: 4 }),
      candidate: engineParameters("h100x2", { maxBatch: 16 }),
    };
    const { summary } = swept({ engines, roles: ["baseline", "candidate"] });
    const of = (role: "baseline" | "candidate") => summary.endpoints[role].sweep;
    const rise = (role: "baseline" | "candidate") =>
      of(role)
        ?.points.map(({ load }) => load)
        .filter((load) => [1, 2, 4, 8, 16, 32, 64].includes(load ?? 0));
    expect(rise("baseline")).toEqual([1, 2, 4, 8, 16].slice(0, rise("baseline")?.length));
    expect(rise("candidate")?.length).toBeGreaterThan(rise("baseline")?.length ?? 9);
    expect(
      (of("candidate")?.knee?.throughput.value ?? 0) / (of("baseline")?.knee?.throughput.value ?? 1),
    ).toBeGreaterThan(2.5);
  });
});

describe("endpoints that do not simply give way", () => {
  test("429 from some load on is rate-limited, not saturated, and ends it", () => {
    const { sweep } = swept({ reply: ({ inFlight }) => (inFlight > 6 ? refused(429) : answer(100)) });
    expect(sweep.stopped).toEqual({
      kind: "rate-limited",
      text: "it refused with 429 at a load of 8: rate-limited, not saturated",
    });
    expect(sweep.points.map(({ load, state }) => [load, state]).at(-1)).toEqual([8, "rate-limited"]);
    expect(sweep.points.at(-1)?.errors.http429).toBeGreaterThan(0);
    expect(sweep.knee).toBeNull();
    expect(sweep.goodput).toMatchObject({ load: { lo: 4, hi: 8 } });
  });

  test("an SLO on a mean breaks where requests fail", () => {
    const { sweep } = swept({
      reply: ({ inFlight }) => (inFlight > 6 ? refused(500) : answer(100)),
      load: { to: 8, slo: { text: "ttft mean < 1s", line: 0, column: 0 } },
    });
    expect(sweep.goodput).toMatchObject({ load: { lo: 6, hi: 7 }, limitedBy: "ttft mean < 1s" });
  });

  test("throughput that collapses past the knee: the knee is its highest", () => {
    const result = swept({
      reply: ({ inFlight }) => {
        // 10 requests/s at most, 6 where more than 24 are in flight.
        const tookMs = (1_000 * Math.max(inFlight, 10)) / (inFlight > 24 ? 6 : 10);
        return { tokensMs: Array.from({ length: 20 }, (_, n) => tookMs * (0.5 + n / 40)), endMs: tookMs };
      },
    });
    const { sweep } = result;
    expect(sweep.stopped.kind).toBe("saturated");
    expect(sweep.knee?.throughput.value).toBeGreaterThan(9);
    expect(sweep.knee?.throughput.value).toBeLessThan(11);
    expect(sweep.knee?.notes.join()).toContain("falls off past it");
  });

  test.each([300, 700])(
    "a step in latency to %i ms is no saturation, even where it costs throughput for a while",
    (ttftMs) => {
      const { sweep } = swept({ reply: ({ load, random }) => answer((load >= 8 ? ttftMs : 100) + 20 * random.next()) });
      expect(sweep.points.map(({ state }) => state)).not.toContain("saturated");
      expect(sweep.stopped).toEqual({
        kind: "top",
        text: "64 is the highest load that was asked for, and it bore it",
      });
      expect(sweep.knee).toBeNull();
    },
  );

  test("all failed: failing, with nothing said of throughput or SLO", () => {
    const { summary, sweep } = swept({ reply: () => refused(500) });
    expect(sweep.stopped).toEqual({
      kind: "failing",
      text: expect.stringMatching(/^at a load of 1 (\d+) of \1 requests failed$/),
    });
    expect(sweep.points).toHaveLength(1);
    expect(sweep.points[0]).toMatchObject({
      state: "failing",
      throughput: { value: 0, lo: null, hi: null },
      ttft: { p50: null, n: 4_000, failed: 4_000 },
      outputTokensPerS: null,
    });
    expect([sweep.knee, sweep.goodput, sweep.meanOutputTokens]).toEqual([null, null, null]);
    expect(summary.verdict).toBe("measured");
  });

  test("no usage: no tokens, and a knee all the same", () => {
    const reply = queueing(20);
    const { sweep } = swept({ reply: (request) => ({ ...reply(request), usage: false }) });
    expect(
      sweep.points.every(
        ({ outputTokensPerS, inputTokensPerS, cachedShare }) =>
          outputTokensPerS === null && inputTokensPerS === null && cachedShare === null,
      ),
    ).toBe(true);
    expect(sweep.notes).toEqual(["no answer reported its usage, so nothing is said in tokens"]);
    expect(sweep.knee?.outputTokensPerS).toBeNull();
    expect(sweep.knee?.throughput.value).toBeGreaterThan(18);
    expect(sweep.knee?.throughput.value).toBeLessThan(22);
  });

  test("answers without a token", () => {
    const { sweep } = swept({ reply: () => ({ tokensMs: [], endMs: 50 }), load: { points: [4] } });
    expect(sweep.points[0]).toMatchObject({
      throughput: { value: 80 },
      outputTokensPerS: { value: 0 },
      decode_rate: null,
    });
  });

  test("two samples say so little that nothing is said of them", () => {
    const { sweep } = swept({ reply: () => answer(9_000), load: { points: [1, 2] } });
    expect(sweep.points.map(({ state }) => state)).toEqual(["unsure", "unsure"]);
    expect(sweep.points[0]).toMatchObject({ requests: 2, throughput: { lo: null, hi: null }, ttft: { p50: null } });
    expect(sweep.stopped).toEqual({ kind: "listed", text: "all listed loads were tried" });
  });

  test("a stall of two seconds is no saturation: what queued is worked off again", () => {
    const reply = ({ atMs }: { atMs: number }) => answer(atMs > 12_000 && atMs < 14_000 ? 14_100 - atMs : 100);
    const { sweep } = swept({ reply, load: { ...OPEN, points: [20] } });
    expect(sweep.points[0]?.state).not.toBe("saturated");
    expect(sweep.points[0]?.ttft_intended?.p95).toBeGreaterThan(900);
  });

  test("a limit in flight that the client meets first is no saturation, and the sweep says which limit it was", () => {
    const { summary, sweep } = swept({
      reply: () => answer(1_000),
      load: { ...OPEN, maxInFlight: 20, points: [4, 64] },
    });
    expect(sweep.points.map(({ state }) => state)).toEqual(["steady", "unsure"]);
    expect(sweep.points[1]?.dropped).toBeGreaterThan(500);
    expect(summary.verdict).toBe("invalid");
    expect(summary.reason).toContain("raise load.maxInFlight");
  });

  test("a limit in flight that the endpoint filled is its saturation", () => {
    const { sweep } = swept({ reply: queueing(20), load: { ...OPEN, maxInFlight: 100, points: [4, 60] } });
    expect(sweep.points.map(({ state, trusted }) => [state, trusted])).toEqual([
      ["steady", true],
      ["saturated", true],
    ]);
    expect(sweep.points[1]?.dropped).toBeGreaterThan(100);
  });
});

describe("a recording of a sweep", () => {
  const lines: RecordingLine[] = [];
  const { summary } = swept({ reply: queueing(8), seed: 3, load: { to: 32 }, onLine: (line) => lines.push(line) });
  const folder = mkdtempSync(join(tmpdir(), "twintail-sweep-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (name: string, own: readonly RecordingLine[]): string => {
    const path = join(folder, name);
    writeFileSync(path, own.map((line) => `${JSON.stringify(line)}\n`).join(""));
    return path;
  };

  test("judged again gives what was judged live", () => {
    expect(scoreSweep(file("whole.jsonl", lines))).toEqual(summary);
  });

  test("of an open loop that dropped arrivals gives what was judged live, in any order too", () => {
    const open: RecordingLine[] = [];
    const load = { ...OPEN, maxInFlight: 30, points: [4, 40] };
    const judged = swept({ reply: queueing(8), load, onLine: (line) => open.push(line) }).summary;
    expect(judged.endpoints.candidate.sweep?.points[1]?.dropped).toBeGreaterThan(100);
    const [header, ...rest] = open as [RecordingLine, ...RecordingLine[]];
    expect(scoreSweep(file("open.jsonl", [header, ...seededRandom(6, "lines").shuffle(rest)]))).toEqual(judged);
  });

  test("gives the same in any order of its lines", () => {
    const [header, ...rest] = lines as [RecordingLine, ...RecordingLine[]];
    const shuffled = seededRandom(5, "lines").shuffle(rest);
    expect(scoreSweep(file("shuffled.jsonl", [header, ...shuffled]))).toEqual(summary);
  });

  test("is partial without its end, and what an exchange that a stop cut says is left out", () => {
    const killed = lines
      .filter(({ type }) => type !== "end")
      .filter((line) => line.type !== "exchange" || line.phase !== "sweep:5");
    expect(scoreSweep(file("killed.jsonl", killed))).toMatchObject({
      verdict: "partial",
      endpoints: { candidate: { sweep: { stopped: { kind: expect.stringMatching(/interrupted|saturated/) } } } },
    });
    const cut = lines.map((line) =>
      line.type === "exchange" && line.phase === "sweep:2"
        ? {
            ...line,
            attempts: line.attempts.map((attempt) => ({
              ...attempt,
              outcome: { kind: "cancelled", by: "user" } as const,
            })),
          }
        : line,
    );
    const point = scoreSweep(file("cut.jsonl", cut)).endpoints.candidate.sweep?.points.find(({ index }) => index === 2);
    expect(point).toMatchObject({ requests: 0, throughput: { value: 0 }, inFlight: 0, state: "unsure" });
  });

  test("of another kind is refused with the command that judges it", () => {
    const other = lines.map((line) => (line.type === "header" ? { ...line, kind: "run" as const } : line));
    expect(() => scoreSweep(file("run.jsonl", other))).toThrow(
      /the recording of a run, not of a sweep; judge it with twintail score/,
    );
  });
});

/** As a recording of these lines is judged. */
function scored(lines: readonly RecordingLine[]) {
  const folder = mkdtempSync(join(tmpdir(), "twintail-lines-"));
  try {
    writeFileSync(join(folder, "recording.jsonl"), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    return scoreSweep(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("a machine that was too busy", () => {
  const busyAt = (spoilt: (load: number) => boolean) =>
    swept({ reply: queueing(20), busyShare: (load) => (spoilt(load) ? 0.99 : 0.1) });

  test("from one load on ends the rise there, in an invalid sweep that names it", () => {
    const { summary, sweep } = busyAt((load) => load >= 16);
    expect(summary.verdict).toBe("invalid");
    expect(summary.validity.ok).toBe(false);
    expect(summary.reason).toMatch(
      /^at a load of 16 on the candidate, busy share of the capture thread 99 %, above the limit of 85 %: lower load.to/,
    );
    expect(sweep.stopped.kind).toBe("machine");
    expect(sweep.points.map(({ load, trusted }) => [load, trusted])).toEqual([
      ...[1, 2, 4, 8].map((load) => [load, true]),
      ...[16, 16, 16].map((load) => [load, false]),
    ]);
  });

  test("between two loads of the rise leaves a knee from the others", () => {
    const { summary, sweep } = busyAt((load) => load > 16 && load < 32);
    expect(sweep.points.filter(({ trusted }) => !trusted).length).toBeGreaterThan(2);
    expect([summary.verdict, summary.validity.ok]).toEqual(["measured", true]);
    expect(sweep.knee?.throughput.value).toBeGreaterThan(19);
    expect(sweep.knee?.throughput.value).toBeLessThan(21);
    expect(sweep.knee?.load.lo).toBeLessThanOrEqual(20);
    expect(sweep.knee?.load.hi).toBeGreaterThanOrEqual(20);
  });

  test("at the load at which it was refused, or at every load, ends in an invalid sweep too", () => {
    const limited = swept({
      reply: ({ load }) => (load >= 4 ? refused(429) : answer(100)),
      load: { from: 4 },
      busyShare: () => 0.99,
    });
    expect([limited.summary.verdict, limited.sweep.stopped.kind]).toEqual(["invalid", "rate-limited"]);
    expect(busyAt(() => true).summary.verdict).toBe("invalid");
  });

  test("at a load that was to be sent again, and was not since the sweep was cut, leaves it partial", () => {
    const lines: RecordingLine[] = [];
    swept({
      reply: queueing(20),
      busyShare: (load) => (load >= 16 ? 0.99 : 0.1),
      onLine: (line) => lines.push(line),
    });
    // Loads 1, 2, 4, 8 and 16 once.
    const known = new Set(["0", "1", "2", "3", "4"].map((index) => `sweep:${index}`));
    const cut = lines.flatMap((line): RecordingLine[] => {
      if (line.type === "end") return [{ ...line, reason: "interrupted" }];
      if (line.type === "exchange") return known.has(line.phase) || !line.phase.startsWith("sweep:") ? [line] : [];
      if (line.type === "begun") return known.has(line.phase) || !line.phase.startsWith("sweep:") ? [line] : [];
      return line.type === "point" && line.point.index > 4 ? [] : [line];
    });
    const { verdict, reason, endpoints } = scored(cut);
    expect(endpoints.candidate.sweep?.points.map(({ load, trusted }) => [load, trusted])).toEqual([
      ...[1, 2, 4, 8].map((load) => [load, true]),
      [16, false],
    ]);
    expect([verdict, reason]).toEqual(["partial", "the sweep was interrupted"]);
  });

  test("under a trace, which is played once, leaves an invalid sweep", () => {
    const lines: RecordingLine[] = [];
    swept({
      reply: () => answer(100),
      load: { ...OPEN, points: [20] },
      busyShare: () => 0.99,
      onLine: (line) => lines.push(line),
    });
    const traced = lines.flatMap((line): RecordingLine[] => {
      if (line.type === "header") {
        const loop = { kind: "open", shape: { kind: "trace", arrivals: [] } } as const;
        const { sweep } = line;
        return sweep === undefined ? [] : [{ ...line, sweep: { ...sweep, load: { ...sweep.load, loop } } }];
      }
      if (line.type === "point") return line.point.index > 0 ? [] : [{ ...line, point: { ...line.point, load: null } }];
      if (line.type === "exchange" || line.type === "begun") return line.phase === "sweep:0" ? [line] : [];
      return [line];
    });
    const { verdict, reason } = scored(traced);
    expect(verdict).toBe("invalid");
    expect(reason).toMatch(/^under the trace on the candidate, busy share/);
  });

  test("at a load that was asked for leaves that question open", () => {
    const { summary } = swept({
      reply: queueing(20),
      load: { points: [8, 16] },
      busyShare: (load) => (load === 8 ? 0.99 : 0.1),
    });
    expect(summary.verdict).toBe("invalid");
  });
});

test("no figure is anything but a number or null", () => {
  const numbers = (value: unknown): number[] =>
    typeof value === "number"
      ? [value]
      : value !== null && typeof value === "object"
        ? Object.values(value).flatMap(numbers)
        : [];
  for (const reply of [() => refused(500), () => answer(100), queueing(3), () => refused(429)]) {
    const { summary } = swept({ reply, load: { to: 8 } });
    expect(numbers(summary).filter((number) => !Number.isFinite(number))).toEqual([]);
  }
});
