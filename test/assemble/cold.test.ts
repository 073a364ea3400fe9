/** Cold trials from bytes: what they took part by part, what put them off, and what was promised. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Attempt, Exchange, HeaderLine, MachineLine, Outcome, PauseLine } from "../../src/recording/recording.js";
import type { ColdTrial, Summary } from "../../src/report/summary.js";
import { score } from "../../src/score.js";
import { attempt, content, exchange, finish, headerLine, MS } from "../recording/exchange-builder.js";
import { golden, withEndpoint } from "./recorded.js";

const WAKE = { idleAfterMs: 900_000, budgetMs: 480_000, capMs: 600_000 };

interface Recorded {
  readonly exchanges: readonly Exchange[];
  readonly lines?: readonly (PauseLine | MachineLine)[];
  readonly kind?: HeaderLine["kind"];
  readonly wake?: HeaderLine["endpoints"]["baseline"]["wake"];
  readonly shuffled?: boolean;
  readonly gate?: string;
}

function summaryOf({ exchanges, lines = [], kind = "wake", wake = WAKE, shuffled, gate }: Recorded): Summary {
  const folder = mkdtempSync(join(tmpdir(), "twintail-cold-"));
  try {
    const header = withEndpoint({ ...headerLine([golden("a")], exchanges), kind }, "candidate", { wake });
    const segment = {
      type: "segment",
      id: 0,
      hrtimeOriginNs: "0",
      wallClockMs: 0,
      bootId: "b",
      host: "h",
      shard: null,
    };
    const rest = [...exchanges, ...lines, { type: "end", segment: 0, atNs: 1, reason: "complete" }];
    const file = join(folder, "recording.jsonl");
    const all = [header, segment, ...(shuffled ? rest.reverse() : rest)];
    writeFileSync(file, all.map((line) => `${JSON.stringify(line)}\n`).join(""));
    return score(file, gate === undefined ? {} : { gates: [{ text: gate, line: 0, column: 1 }] }).summary;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const answer = (firstMs: number, dispatchedMs: number): Attempt =>
  attempt({
    dispatchedMs,
    reads: [
      [firstMs, content("a")],
      [firstMs + 100, finish()],
    ],
  });

const refused = (dispatchedMs: number, outcome?: Outcome): Attempt => {
  const {
    status: _,
    headersAtNs: __,
    sentAtNs: ___,
    ...rest
  } = attempt({
    dispatchedMs,
    outcome: outcome ?? { kind: "network", phase: "connect", code: "ECONNREFUSED", message: "connect ECONNREFUSED" },
  });
  return rest as Attempt;
};
const put = (status: number, dispatchedMs: number): Attempt => attempt({ dispatchedMs, status });
const waits = (attempts: readonly Attempt[], ms = 500): Attempt[] =>
  attempts.map((each, index) =>
    index + 1 < attempts.length ? { ...each, backoff: { ms, from: "exponential" as const } } : each,
  );

/** A cold exchange of the candidate, released at its first attempt less 1 ms. */
const cold = (attempts: readonly Attempt[], trial = 0): Exchange =>
  exchange(waits(attempts), {
    id: 100 * trial,
    pairId: 100 * trial,
    endpoint: "candidate",
    arm: "candidate",
    caseId: "a",
    phase: "cold",
    round: trial,
  });

/** Warm requests after it, each answered after `ttftMs`. */
const references = (ttftMs: readonly number[], fromMs: number, trial = 0): Exchange[] =>
  ttftMs.map((ms, index) =>
    exchange([answer(ms, fromMs + 10_000 * index)], {
      id: 100 * trial + 1 + index,
      pairId: 100 * trial + 1 + index,
      endpoint: "candidate",
      arm: "candidate",
      caseId: "a",
      phase: "warmup",
      round: trial,
    }),
  );

const trialOf = (recorded: Recorded): ColdTrial => summaryOf(recorded).cold.candidate[0] as ColdTrial;
const sum = ({ parts }: ColdTrial): number =>
  parts.refusedMs +
  parts.unavailableMs +
  parts.connectMs +
  parts.requestMs +
  (parts.headersMs ?? 0) +
  (parts.firstTokenMs ?? 0);

describe("what a wake was spent on", () => {
  const step = fc.record({
    kind: fc.constantFrom("refused", "reset", "dns", "connect timeout", 202, 429, 502, 503, 504),
    heldMs: fc.integer({ min: 11, max: 120_000 }),
    waitMs: fc.integer({ min: 500, max: 60_000 }),
  });
  const OUTCOMES: Readonly<Record<string, Outcome>> = {
    reset: { kind: "network", phase: "headers", code: "ECONNRESET", message: "" },
    dns: { kind: "network", phase: "dns", code: "ENOTFOUND", message: "" },
    "connect timeout": { kind: "timeout", phase: "connect", afterMs: 10_000 },
  };

  it("adds up from release to first token, however often and however it was put off", () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 6 }),
        fc.record({
          lagMs: fc.integer({ min: 0, max: 50 }),
          dnsMs: fc.integer({ min: 0, max: 5_000 }),
          tcpMs: fc.integer({ min: 0, max: 5_000 }),
          writeMs: fc.integer({ min: 0, max: 50 }),
          heldMs: fc.integer({ min: 0, max: 400_000 }),
          silentMs: fc.integer({ min: 0, max: 400_000 }),
        }),
        (steps, { lagMs, dnsMs, tcpMs, writeMs, heldMs, silentMs }) => {
          let at = 1_000;
          const attempts: Attempt[] = [];
          for (const { kind, heldMs: held, waitMs } of steps) {
            attempts.push(
              typeof kind === "number"
                ? { ...put(kind, at), endedAtNs: (at + held) * MS }
                : refused(at, OUTCOMES[kind]),
            );
            at += held + waitMs;
          }
          const sent = at + dnsMs + tcpMs + writeMs;
          const headers = sent + heldMs;
          attempts.push({
            ...answer(0, at),
            dnsEndAtNs: (at + dnsMs) * MS,
            tcpEndAtNs: (at + dnsMs + tcpMs) * MS,
            tlsEndAtNs: (at + dnsMs + tcpMs) * MS,
            sentAtNs: sent * MS,
            headersAtNs: headers * MS,
            reads: [[(headers + silentMs) * MS, `: waking\n\n${content("a")}${finish()}`]],
            endedAtNs: (headers + silentMs) * MS,
          });
          const made = { ...cold(attempts), releasedAtNs: (1_000 - lagMs) * MS };
          const trial = trialOf({ exchanges: [made] });
          const wakeMs = headers + silentMs - 1_000 + lagMs;
          // Each figure has six significant digits.
          expect(Math.abs((trial.wakeMs ?? 0) - wakeMs)).toBeLessThanOrEqual(1e-5 * wakeMs);
          expect(Math.abs(sum(trial) - wakeMs)).toBeLessThanOrEqual(1e-5 * wakeMs + 1e-3);
          expect(Object.values(trial.putOff).reduce((total, count) => total + count, 0)).toBe(steps.length);
          expect(trial.attempts).toBe(steps.length + 1);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("names every way it was put off, and what was waited between attempts", () => {
    const reset: Outcome = { kind: "network", phase: "headers", code: "ECONNRESET", message: "" };
    const attempts = [
      refused(1_000),
      refused(3_000),
      refused(5_000, reset),
      put(202, 7_000),
      put(503, 9_000),
      put(503, 11_000),
    ];
    const trial = trialOf({ exchanges: [cold([...attempts, answer(2_000, 13_000)])] });
    expect(trial).toMatchObject({
      putOff: { "connection refused": 2, "connection closed": 1, "HTTP 202": 1, "HTTP 503": 2 },
      parts: { refusedMs: 6_000, unavailableMs: 6_000 },
      backoffMs: 3_000,
      e2eMs: 14_111,
    });
  });
});

describe("how a trial reads", () => {
  it("cold against its own references, kept within its budget", () => {
    const summary = summaryOf({ exchanges: [cold([answer(252_000, 1_000)]), ...references([900, 400, 420], 300_000)] });
    expect(summary.cold.candidate[0]).toMatchObject({
      verdict: "cold",
      budget: "kept",
      cap: "kept",
      warmTtftMs: [900, 400, 420],
      asleepBy: "assumed",
      trial: 0,
    });
    expect(summary.verdict).toBe("pass");
    expect(summary.verdictReason).toBe(
      "candidate woke in 4 min 12 s, within its budget of 8 min; baseline never sleeps",
    );
  });

  it.each([
    [1_201, "cold"],
    [1_200, "not cold"],
  ])("by three times the middle one of its references: %i ms is %s", (firstMs, verdict) => {
    // Three references of 400 ms; the 11 ms that it took to connect and to write the request are left out.
    const trial = trialOf({ exchanges: [cold([answer(firstMs, 1_000)]), ...references([9_000, 400, 400], 300_000)] });
    expect(trial.verdict).toBe(verdict);
    expect(trial.budget).toBe(verdict === "cold" ? "kept" : null);
  });

  it.each([
    [301, "cold"],
    [300, "not cold"],
  ])("and never within a quarter of a second of them: %i ms against 50 is %s", (firstMs, verdict) => {
    const trial = trialOf({ exchanges: [cold([answer(firstMs, 1_000)]), ...references([50], 30_000)] });
    expect(trial.verdict).toBe(verdict);
  });

  it("over its budget and within its cap, or over both", () => {
    const late = (ms: number) => summaryOf({ exchanges: [cold([answer(ms, 1_000)]), ...references([400], 900_000)] });
    expect(late(500_000).cold.candidate[0]).toMatchObject({ verdict: "cold", budget: "broken", cap: "kept" });
    expect(late(500_000)).toMatchObject({
      verdict: "fail",
      verdictReason: expect.stringContaining("over its budget of 8 min"),
    });
    expect(late(620_000).cold.candidate[0]).toMatchObject({ verdict: "cold", budget: "broken", cap: "broken" });
    expect(late(620_000).verdictReason).toContain("over its cap of 10 min");
  });

  it("of a trial without a warm request nothing is said, unless its budget is broken all the same", () => {
    const trial = (ms: number) => trialOf({ exchanges: [cold([answer(ms, 1_000)])] });
    expect(trial(252_000)).toMatchObject({ verdict: "no warm reference", budget: null, cap: null });
    expect(trial(500_000)).toMatchObject({ verdict: "no warm reference", budget: "broken", cap: null });
  });

  it("nothing was cold: nothing was measured", () => {
    const summary = summaryOf({ exchanges: [cold([answer(410, 1_000)]), ...references([400, 400, 400], 30_000)] });
    expect(summary.verdict).toBe("inconclusive");
    expect(summary.verdictReason).toContain("candidate was not seen to wake: within 3 times the warm time");
  });
});

describe("a trial that failed", () => {
  const ended = (last: Attempt, more: Partial<Attempt> = {}): ColdTrial =>
    trialOf({ exchanges: [cold([put(503, 1_000), { ...last, ...more }])] });

  it.each<[string, Attempt, RegExp]>([
    ["a 504 at the cap", put(504, 600_500), /^no token before the cap of 10 min; last: HTTP 504/],
    [
      "refused up to the cap",
      refused(600_500),
      /^no token before the cap of 10 min; last: connect: connect ECONNREFUSED/,
    ],
    [
      "held beyond it",
      attempt({ dispatchedMs: 2_000, outcome: { kind: "timeout", phase: "total", afterMs: 1 }, endedMs: 660_000 }),
      /^no token before the cap of 10 min; last: timeout waiting for the end/,
    ],
  ])("by its cap: %s", (_, last, note) => {
    const trial = ended(last);
    expect(trial).toMatchObject({ verdict: "failed", wakeMs: null, budget: "broken", cap: "broken" });
    expect(trial.note).toMatch(note);
    // What was waited is shown, so that its bar ends where it was given up.
    expect(sum(trial)).toBeGreaterThan(599_000);
  });

  it.each<[string, Attempt, RegExp]>([
    ["a key that is refused", attempt({ dispatchedMs: 3_000, status: 401 }), /^after 2\.0 s: HTTP 401/],
    [
      "an error in the answer",
      attempt({ dispatchedMs: 3_000, reads: [[500, 'data: {"error":{"message":"model is loading"}}\n\n']] }),
      /^after 2\.5 s: HTTP 200, but model is loading/,
    ],
  ])("for a reason of its own: %s", (_, last, note) => {
    const trial = ended(last);
    expect(trial).toMatchObject({ verdict: "failed", budget: "broken", cap: null });
    expect(trial.note).toMatch(note);
  });

  it("by a certificate: the parts add up to its end, handshake and all", () => {
    const outcome: Outcome = { kind: "network", phase: "tls", code: "CERT_HAS_EXPIRED", message: "expired" };
    const trial = ended(refused(3_000, outcome), { tcpEndAtNs: 3_100 * MS, endedAtNs: 3_900 * MS });
    expect(trial.note).toMatch(/^after 2\.9 s: tls: expired/);
    expect(sum(trial)).toBeCloseTo(2_901, 0);
  });

  it("an error that holds a token all the same is no wake", () => {
    const tokens = attempt({ dispatchedMs: 600_000, status: 503, reads: [[500, content("Loading")]] });
    expect(ended(tokens)).toMatchObject({ verdict: "failed", wakeMs: null });
  });

  it("that the user stopped is none", () => {
    const stopped = refused(5_000, { kind: "cancelled", by: "user" });
    const summary = summaryOf({ exchanges: [cold([put(503, 1_000), stopped])] });
    expect(summary.cold.candidate).toEqual([]);
    expect(summary.verdict).toBe("inconclusive");
    expect(summary.verdictReason).toContain("no cold trial of the candidate came to an end");
  });
});

describe("what is known beside it", () => {
  const second = (pauses: readonly Partial<PauseLine>[]): ColdTrial => {
    const exchanges = [
      cold([answer(10_000, 1_000)]),
      ...references([400], 20_000),
      cold([answer(10_000, 100_000)], 1),
      ...references([500], 120_000, 1),
    ];
    const lines = pauses.map(
      (pause): PauseLine => ({
        type: "pause",
        segment: 0,
        endpoint: "candidate",
        fromNs: 30_000 * MS,
        toNs: 90_000 * MS,
        why: "idle",
        ...pause,
      }),
    );
    return summaryOf({ exchanges, lines }).cold.candidate[1] as ColdTrial;
  };

  it.each<[string, Partial<PauseLine>[], ColdTrial["asleepBy"]]>([
    ["left idle", [{}], "idle"],
    ["scaled down", [{ why: "scale-down" }], "scale-down"],
    ["a means that failed", [{ why: "scale-down", failed: "exit code 1" }], "assumed"],
    ["a pause of the other endpoint", [{ endpoint: "baseline" }], "assumed"],
    ["a pause before the trial before", [{ fromNs: 0, toNs: 500 * MS }], "assumed"],
    ["a pause for a limit", [{ why: "rpm" }], "assumed"],
  ])("how it was known to sleep: %s", (_, pauses, asleepBy) => {
    expect(second(pauses)).toMatchObject({ trial: 1, asleepBy, warmTtftMs: [500] });
  });

  it("a machine that was suspended meanwhile makes no promise broken, and none kept", () => {
    const line: MachineLine = {
      type: "machine",
      segment: 0,
      fromNs: 0,
      toNs: 400_000 * MS,
      stalls: [],
      busyShare: 0,
      reads: 1,
      stalledReads: 0,
      maxReadsPerTurn: 1,
      sleptMs: 180_000,
    };
    const summary = summaryOf({
      exchanges: [cold([answer(500_000, 1_000)]), ...references([400], 600_000)],
      lines: [line],
    });
    expect(summary.cold.candidate[0]).toMatchObject({
      budget: null,
      cap: null,
      note: expect.stringContaining("suspended for 3 min"),
    });
    expect(summary.verdict).toBe("inconclusive");
    // What was measured of it is too little: the clock of stamps stood still.
    const short = { exchanges: [cold([answer(400_000, 1_000)]), ...references([400], 600_000)], lines: [line] };
    expect(summaryOf({ ...short, gate: "wake max < 8m" }).gates[0]).toMatchObject({ result: "inconclusive", n: 0 });
    expect(summaryOf({ ...short, gate: "wake count >= 1" }).gates[0]).toMatchObject({ result: "pass" });
    const other = [cold([answer(9_000, 1_200_000)], 1), ...references([400], 1_300_000, 1)];
    expect(summaryOf({ ...short, exchanges: [...short.exchanges, ...other] }).verdictReason).toContain(
      "within its budget of 8 min (of 1 of 2 trials it is not known)",
    );
  });

  const paused = (fromMs: number, toMs: number, why: PauseLine["why"]): PauseLine => ({
    type: "pause",
    segment: 0,
    endpoint: "candidate",
    fromNs: fromMs * MS,
    toNs: toMs * MS,
    why,
  });

  it("a limit of this run's own that held a trial back breaks no promise", () => {
    const held = (firstMs: number, ...lines: PauseLine[]): ColdTrial =>
      trialOf({ exchanges: [cold([put(503, 1_000), answer(firstMs, 2_000)]), ...references([400], 900_000)], lines });
    const long = paused(10_000, 70_000, "rpm");
    expect(held(500_000, long)).toMatchObject({
      verdict: "cold",
      budget: null,
      cap: "kept",
      note: "limits of this run held it back for 1 min meanwhile: what the wake took is not known",
    });
    expect(held(300_000, long)).toMatchObject({ budget: "kept", cap: "kept", note: "" });
    expect(held(560_000, long)).toMatchObject({ budget: "broken", cap: "kept" });
    expect(held(500_000, paused(0, 500, "rpm"), paused(10_000, 70_000, "idle"))).toMatchObject({ budget: "broken" });
    expect(held(500_000, { ...long, endpoint: "baseline" })).toMatchObject({ budget: "broken" });
    const never = trialOf({ exchanges: [cold([put(503, 1_000), put(503, 590_000)])], lines: [long] });
    expect(never).toMatchObject({ verdict: "failed", budget: "broken" });
    expect(never.note).toMatch(/; limits of this run held it back for 1 min meanwhile$/);
  });
});

describe("the item of the checklist", () => {
  const item = (exchanges: readonly Exchange[], lines: readonly (PauseLine | MachineLine)[] = []) =>
    summaryOf({ exchanges, lines, kind: "run" }).checklist.find(({ id }) => id === "cold-path");

  it("holds what a trial does not tell to be neither kept nor broken", () => {
    const window = { fromNs: 0, toNs: 600_000 * MS, stalls: [], busyShare: 0, reads: 1, stalledReads: 0 };
    const slept: MachineLine = { type: "machine", segment: 0, ...window, maxReadsPerTurn: 1, sleptMs: 180_000 };
    const trial = [cold([answer(400_000, 1_000)]), ...references([400], 600_000)];
    expect(item(trial)).toMatchObject({ status: "verified" });
    expect(item(trial, [slept])).toMatchObject({
      status: "not tested",
      why: expect.stringContaining("suspended for 3 min"),
    });
    const held: PauseLine = {
      type: "pause",
      segment: 0,
      endpoint: "candidate",
      fromNs: 5_000 * MS,
      toNs: 300_000 * MS,
      why: "rpm",
    };
    const long = [cold([answer(500_000, 1_000)]), ...references([400], 600_000)];
    expect(item(long, [held])).toMatchObject({
      status: "not tested",
      why: expect.stringContaining("limits of this run held it back"),
    });
  });

  it("without a warm answer blames nobody's idle time", () => {
    expect(item([cold([answer(400_000, 1_000)])])).toMatchObject({
      status: "not tested",
      why: expect.stringContaining("no warm request to compare with"),
    });
    expect(item([cold([answer(500_000, 1_000)])])).toMatchObject({ status: "failed" });
  });
});

describe("several wakes", () => {
  const wakes = (seconds: readonly (number | null)[]): Summary["cold"]["interval"]["candidate"] => {
    const exchanges = seconds.flatMap((s, trial) => {
      const at = 1_000 + 1_000_000 * trial;
      const one = s === null ? attempt({ dispatchedMs: at, status: 401 }) : answer(1_000 * s - 11, at);
      return [cold([one], trial), ...references([100], at + 700_000, trial)];
    });
    return summaryOf({ exchanges }).cold.interval.candidate;
  };

  it("have no interval below six", () => {
    expect(wakes([10, 20, 30, 40, 50])).toBeNull();
  });

  it("six have one from the first to the last; nine leave one out at each end", () => {
    expect(wakes([60, 10, 50, 20, 40, 30])).toEqual({
      n: 6,
      p50: 30_000,
      lower: 10_000,
      upper: 60_000,
      confidence: 0.95,
      notes: [],
    });
    // Order statistics 2 and 8 of 9: Bin(9, ½) gives 96.1 %.
    expect(wakes([1, 2, 3, 4, 5, 6, 7, 8, 9])).toMatchObject({ lower: 2_000, p50: 5_000, upper: 8_000 });
  });

  it("those that never woke stand behind all others", () => {
    expect(wakes([10, 20, 30, 40, 50, null])).toEqual({
      n: 6,
      p50: 30_000,
      lower: 10_000,
      upper: null,
      confidence: 0.95,
      notes: ["1 of 6 trials never woke: the median has no upper bound"],
    });
    expect(wakes([10, 20, null, null, null, null])).toMatchObject({ p50: null, upper: null });
  });
});
