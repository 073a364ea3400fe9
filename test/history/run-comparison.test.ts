import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { checkPinnedRun, compareRuns } from "../../src/compare-runs.js";
import type { HeaderLine } from "../../src/recording/recording.js";
import { renderRunComparisonTerminal } from "../../src/report/run-comparison-terminal.js";
import { QUICK } from "../config/capture-settings.js";
import { type Answers, answer, CASES, failed, type RunParts, usual, wobble, writeRun } from "./recordings.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-compare-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const write = (answers: Answers, parts: RunParts = {}): string => writeRun(folder, `run-${files++}`, answers, parts);
const older = write(usual());

/** The candidate answers so; the baseline as usual. */
const candidate =
  (answers: Answers): Answers =>
  (place) =>
    place.role === "candidate" ? answers(place) : usual(1)(place);
const compared = (answers: Answers, parts?: RunParts) => compareRuns(older, write(answers, parts));

describe("two runs alike", () => {
  it("pass, and the sentence promises nothing on latency", () => {
    const comparison = compared(usual(1));
    expect(comparison).toMatchObject({ verdict: "pass", changes: [], said: [] });
    expect(comparison.verdictReason).toMatch(/one night against one night could not decide one/);
    expect(comparison.endpoints.candidate).toMatchObject({ pairs: 40, cases: [], findings: { new: [], gone: [] } });
  });

  it("are paired by case and round: identical runs have a ratio of exactly 1", () => {
    expect(compared(usual()).endpoints.candidate?.metrics.ttft).toMatchObject({
      p50: { older: expect.any(Number) },
      shift: { ratio: 1, lo: 1, hi: 1, pairs: 40, rounds: 10 },
    });
  });

  it("pair the first round of one with the first of the other, whatever they are numbered", () => {
    const text = write(usual(), { rounds: 6 });
    const { endpoints } = compareRuns(older, text);
    expect(endpoints.candidate).toMatchObject({ pairs: 24 });
  });
});

describe("latency", () => {
  const slower =
    (factor: number): Answers =>
    ({ caseId, round }) =>
      answer({ ttftMs: 1_000 * factor * wobble(caseId, round + 31) });

  it("is never more than inconclusive, however great the change", () => {
    const comparison = compared(candidate(slower(2)));
    expect(comparison.verdict).toBe("inconclusive");
    expect(comparison.verdictReason).toMatch(
      /candidate: ttft \+\d+\.\d %.*one night against one night decides nothing/,
    );
    expect(comparison.endpoints.candidate?.metrics.ttft?.shift).toMatchObject({
      ratio: expect.closeTo(2, 1),
      reads: "slower",
    });
    expect(comparison.endpoints.baseline?.metrics.ttft?.shift.reads).toBe("~");
    expect(comparison.changes.every(({ endpoint, kind }) => endpoint === "candidate" && kind === "latency")).toBe(true);
  });

  it("that got better is no change for the worse", () => {
    expect(compared(candidate(slower(0.5)))).toMatchObject({ verdict: "pass", changes: [] });
  });

  it("that moved both endpoints alike is not in the candidate's change against the baseline's", () => {
    const both = compared(slower(1.5));
    expect(both.endpoints.candidate?.metrics.ttft?.shift.ratio).toBeCloseTo(1.5, 1);
    expect(both.endpoints.baseline?.metrics.ttft?.shift.ratio).toBeCloseTo(1.5, 1);
    expect(both.relative?.ttft?.shift).toMatchObject({ ratio: expect.closeTo(1, 3), reads: "~", rounds: 10 });
    const one = compared(candidate(slower(1.5)));
    expect(one.relative?.ttft?.shift).toMatchObject({ ratio: expect.closeTo(1.5, 1), reads: "slower" });
  });
});

describe("what a client is promised", () => {
  it("fails where errors came in numbers that chance does not give", () => {
    const comparison = compared(candidate((place) => (place.caseId === "two" ? failed() : usual(1)(place))));
    expect(comparison.verdict).toBe("fail");
    expect(comparison.verdictReason).toMatch(/candidate: errors 0 of 40 → 10 of 40/);
    expect(comparison.changes.filter(({ kind, result }) => kind === "case" && result === "fail")).toMatchObject([
      { about: "two", endpoint: "candidate" },
    ]);
  });

  it("does not fail at one error, or at one round that was bad for every case", () => {
    const once = compared(
      candidate((place) => (place.caseId === "two" && place.round === 3 ? failed() : usual(1)(place))),
    );
    expect(once.changes.filter(({ kind }) => kind === "rate")).toEqual([]);
    const burst = compared(candidate((place) => (place.round === 3 ? failed() : usual(1)(place))));
    expect(burst.changes.filter(({ result }) => result === "fail")).toEqual([]);
  });

  it("fails where one case went from always to never, and is inconclusive where three rounds say so", () => {
    const wrong = candidate((place) =>
      answer({
        ttftMs: 1_000 * wobble(place.caseId, place.round + 31),
        text: place.caseId === "three" ? "efgh" : "abcd",
      }),
    );
    const comparison = compared(wrong);
    expect(comparison.changes.find(({ kind }) => kind === "case")).toMatchObject({ result: "fail", about: "three" });
    expect(comparison.endpoints.candidate?.cases).toMatchObject([
      { caseId: "three", direction: "regressed", met: { older: { count: 10, of: 10 }, newer: { count: 0, of: 10 } } },
    ]);
    const short = compareRuns(write(usual(), { rounds: 3 }), write(wrong, { rounds: 3 }));
    expect(short.changes.find(({ kind }) => kind === "case")).toMatchObject({
      result: "inconclusive",
      reason: expect.stringMatching(/too few rounds to tell it from chance/),
    });
  });

  it("fails at a new finding that breaks clients in many exchanges, not in one", () => {
    // A stream that ends without a finish reason or [DONE] is cut off; one that leaks an error in band breaks clients.
    const broken = 'data: {"choices":[{"index":0,"delta":{"content":"x"}}\n\n';
    const leaking = (when: (round: number) => boolean): Answers =>
      candidate((place) =>
        answer({ ttftMs: 1_000 * wobble(place.caseId, place.round + 31), before: when(place.round) ? broken : "" }),
      );
    const findings = (answers: Answers) => compared(answers).changes.filter(({ kind }) => kind === "finding");
    const always = findings(leaking(() => true));
    expect(always.length).toBeGreaterThan(0);
    expect(always.every(({ result, endpoint }) => result === "fail" && endpoint === "candidate")).toBe(true);
    const onceOf = compared(
      candidate((place) =>
        answer({
          ttftMs: 1_000 * wobble(place.caseId, place.round + 31),
          before: place.round === 2 && place.caseId === "one" ? broken : "",
        }),
      ),
    ).changes.filter(({ kind }) => kind === "finding");
    expect(onceOf.map(({ result }) => result)).toEqual(always.map(() => "inconclusive"));
  });

  it("never passes where an endpoint answered nothing, however few requests there are", () => {
    const down = candidate(() => failed());
    const parts = { rounds: 3, cases: CASES.slice(0, 2) };
    const silent = compareRuns(write(usual(), parts), write(down, parts));
    expect(silent.verdict).toBe("fail");
    expect(silent.verdictReason).toMatch(/candidate: errors_final 0 of 6 → 6 of 6, so no request succeeded any more/);
    const once = { rounds: 1, cases: CASES.slice(0, 1) };
    expect(compareRuns(write(usual(), once), write(down, once)).verdict).toBe("inconclusive");
    // As silent as before: nothing that held broke.
    expect(compareRuns(write(down, parts), write(down, parts)).changes).toEqual([]);
  });

  it("is inconclusive where a rate got worse by a test of its own, and not after all others were counted", () => {
    const parts = { rounds: 3, cases: CASES.slice(0, 2) };
    const worse = candidate((place) => (place.caseId === "two" || place.round === 1 ? failed() : usual(1)(place)));
    const comparison = compareRuns(write(usual(), parts), write(worse, parts));
    expect(comparison.verdict).toBe("inconclusive");
    expect(comparison.verdictReason).toMatch(/candidate: errors 0 of 6 → 4 of 6, which may be chance/);
  });

  it("does not pass by what is missing: a run that is not whole, an endpoint that is not in both", () => {
    const cut = (drop: (line: { type: string; endpoint?: string }) => boolean): string => {
      const path = write(usual(1));
      const lines = readFileSync(path, "utf8").trimEnd().split("\n");
      writeFileSync(
        path,
        lines
          .filter((line) => !drop(JSON.parse(line)))
          .join("\n")
          .concat("\n"),
      );
      return path;
    };
    const killed = cut(({ type }) => type === "end");
    const comparison = compareRuns(older, killed);
    expect(comparison).toMatchObject({ verdict: "inconclusive", changes: [] });
    expect(comparison.verdictReason).toMatch(/^the newer run is not whole: .*; nothing broke in what is there/);
    expect(compareRuns(killed, older).verdict).toBe("inconclusive");
    const oneSided = cut(({ endpoint }) => endpoint === "candidate");
    expect(compareRuns(older, oneSided).verdictReason).toMatch(/^no request of the candidate is in both runs; /);
    expect(compareRuns(older, oneSided, { endpoint: "baseline" }).said).not.toContainEqual(
      expect.stringContaining("candidate"),
    );
  });

  it("is looked at on both endpoints, or on the one that was asked for", () => {
    const newer = write((place) => (place.role === "baseline" && place.caseId === "two" ? failed() : usual(1)(place)));
    expect(compareRuns(older, newer).verdict).toBe("fail");
    const one = compareRuns(older, newer, { endpoint: "candidate" });
    expect(one).toMatchObject({ verdict: "pass", relative: null, endpoints: { baseline: null } });
  });
});

describe("answers", () => {
  it("that became others are inconclusive: different is not worse", () => {
    const varied =
      (words: readonly string[]): Answers =>
      ({ caseId, round }) =>
        answer({ ttftMs: 1_000 * wobble(caseId, round + 31), text: `abcd ${words[round % words.length]} ` });
    const before = write(varied(["red green blue", "red blue", "green blue"]));
    const after = write(varied(["iron copper", "copper tin", "iron tin lead"]));
    const comparison = compareRuns(before, after);
    expect(comparison.endpoints.candidate?.answers).toMatchObject({ reads: "differ" });
    expect(comparison.changes).toContainEqual(expect.objectContaining({ kind: "answers", result: "inconclusive" }));
    expect(
      compareRuns(before, write(varied(["red green blue", "red blue", "green blue"]))).endpoints.candidate?.answers,
    ).toMatchObject({ reads: "alike" });
  });
});

describe("runs that cannot be compared", () => {
  it.each([
    ["of another golden set", { goldenDigest: "sha256:1111111111111111" }, /replayed another golden set/],
    ["of a probe", { kind: "probe" }, /recording of a probe/],
    ["that are one run", { runId: "run-0" }, /both are the run run-0; give two runs/],
  ] as const)("%s are refused in one line", (_what, header, message) => {
    const path = write(usual(1), { header: header as Partial<HeaderLine> });
    expect(() => compareRuns(older, path)).toThrow(message);
  });

  it("are refused where no request of an endpoint is in both", () => {
    const others = CASES.map((golden) => ({ ...golden, id: `${golden.id}-b` }));
    expect(() => compareRuns(older, write(usual(1), { cases: others }))).toThrow(
      /no request of the baseline or the candidate is in both runs/,
    );
  });

  it("are known before a run: another golden set, other models, a probe, a sweep", () => {
    const endpoints = { baseline: { models: {} }, candidate: { models: {} } };
    expect(() => checkPinnedRun(older, { goldenDigest: "sha256:0", endpoints })).not.toThrow();
    expect(() => checkPinnedRun(older, { goldenDigest: "sha256:9", endpoints })).toThrow(/another golden set/);
    const other = { ...endpoints, candidate: { models: { default: "new" } } };
    expect(() => checkPinnedRun(older, { goldenDigest: "sha256:0", endpoints: other })).toThrow(
      /the pinned run asked other models of the candidate; pin a run of these models/,
    );
    const itself = { goldenDigest: "sha256:0", endpoints, runId: "run-0" };
    expect(() => checkPinnedRun(older, itself)).toThrow(/this is the run that it goes on with/);
    const probe = write(usual(1), { header: { kind: "probe" } });
    expect(() => checkPinnedRun(probe, { goldenDigest: "sha256:0", endpoints })).toThrow(/recording of a probe/);
    const sweep = write(usual(1), { header: { kind: "sweep" } });
    expect(() => checkPinnedRun(sweep, { goldenDigest: "sha256:0", endpoints })).toThrow(
      /this is the recording of a sweep; pin a run$/,
    );
    expect(() => checkPinnedRun(join(folder, "nowhere"), { goldenDigest: "sha256:0", endpoints })).toThrow(/nowhere/);
  });
});

describe("what the runs do not have in common", () => {
  it("is said first: settings, models asked and seen, place, version, order, an end too soon", () => {
    const capture = { ...QUICK, prefix: "unique" as const, concurrency: 9 };
    const models = { baseline: { default: "m" }, candidate: { default: "new" } };
    const endpoints = {
      baseline: { role: "baseline" as const, baseUrl: "http://baseline/v1", models: models.baseline },
      candidate: { role: "candidate" as const, baseUrl: "http://elsewhere/v1", models: models.candidate },
    };
    const newer = write(
      ({ role, caseId, round }) =>
        answer({ ttftMs: 1_000 * wobble(caseId, round), model: role === "candidate" ? "m-2" : "m" }),
      {
        host: "bench-03",
        header: {
          capture,
          endpoints,
          createdAt: "2025-01-01T00:00:00.000Z",
          versions: { twintail: "9", node: "0", undici: "0" },
        },
      },
    );
    const { said } = compareRuns(older, newer);
    expect(said).toEqual([
      "other models are asked of the baseline:  → default: m",
      "the candidate has another address: http://candidate/v1 → http://elsewhere/v1",
      "other models are asked of the candidate:  → default: new",
      "the candidate names its model otherwise: m → m-2",
      "settings differ: concurrency",
      "measured from another place: bench-02 → bench-03",
      "recorded by another twintail: 0 → 9",
      "the run that was given first is the later one of the two",
    ]);
  });

  it("does not include more rounds, another seed or other gates", () => {
    const header = { seed: 99, judge: { gates: [{ text: "ttft p95 < 1s", line: 1, column: 1 }] } };
    expect(compareRuns(older, write(usual(1), { rounds: 7, header })).said).toEqual([]);
  });
});

describe("in a terminal", () => {
  it("stands in every width, and what an endpoint named itself stays text", () => {
    const hostile = "\u001b]0;pwned\u0007\u202em";
    const newer = write(({ role, caseId, round }) =>
      role === "candidate" && caseId === "two"
        ? failed()
        : answer({ ttftMs: 1_300 * wobble(caseId, round + 31), model: hostile }),
    );
    for (const columns of [40, 70, 100]) {
      const text = renderRunComparisonTerminal(compareRuns(older, newer), { columns, color: false });
      expect(text).toMatch(/^Fail: candidate: errors/);
      expect(text.split("\n").filter((line) => [...line].length > columns)).toEqual([]);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the point of the test.
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    }
  });
});
