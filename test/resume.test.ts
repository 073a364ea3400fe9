/** Going on with a run that was killed or stopped, from its torn last line to the report of the whole. */
import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  extendRun,
  wake as makeTrials,
  prepareExtension,
  prepareResume,
  prepareWake,
  renderJson,
  resumeRun,
  score,
  startSimProcess,
} from "../dist/index.js";
import { bootId } from "../src/recording/boot-id.js";
import type { Exchange } from "../src/recording/recording.js";
import {
  answered,
  bodyOf,
  exchangesOf,
  freshResults,
  goldens,
  headerOf,
  killed,
  linesOf,
  PLANNED,
  raw,
  recorded,
  resume,
  resumeLines,
  runOf,
  settingsOf,
  typesOf,
  write,
} from "./resume-harness.js";

describe("a run that was killed", () => {
  it("sends exactly what is missing, after a warm-up that is not recorded, and is one run", async () => {
    const { settings, file, first, asked } = await recorded();
    const whole = exchangesOf(file);
    // Pair 4 lost one half; the last pairs were not begun.
    const kept = whole.filter(({ id, pairId }) => pairId < 7 && id !== 9).map(({ id }) => id);
    killed(file, ({ id }) => kept.includes(id));
    const prepared = prepareResume(settings, first.folder);
    expect(prepared.missing).toBe(PLANNED - kept.length);
    expect(prepared.estimate.endpoints.baseline.requests + prepared.estimate.endpoints.candidate.requests).toBe(
      PLANNED - kept.length,
    );
    expect(asked().flat()).toEqual([]);

    const { report, recording, interrupted } = await resumeRun(prepared);
    expect([recording, interrupted]).toEqual([file, false]);
    expect(report.summary.run).toMatchObject({
      planned: PLANNED,
      recorded: PLANNED,
      partial: false,
      ended: "complete",
      resumed: { times: 1, brokenPairs: 1, repairedBytes: 0 },
    });
    expect(typesOf(file)).toEqual(["header", "segment", "resume", "segment", "end"]);
    expect(resumeLines(file)).toMatchObject([
      {
        segment: 1,
        missing: PLANNED - kept.length,
        prelude: [
          { endpoint: "baseline", attempts: 1, outcome: "HTTP 200" },
          { endpoint: "candidate", attempts: 1, outcome: "HTTP 200" },
        ],
      },
    ]);
    expect(renderJson(score(file).summary)).toBe(renderJson(report.summary));
    expect(existsSync(`${file}.lock`)).toBe(false);

    const now = exchangesOf(file);
    expect(now.map(({ id }) => id)).toEqual(whole.map(({ id }) => id));
    expect(now.filter(({ segment }) => segment === 0).map(({ id }) => id)).toEqual(kept);
    expect(now.filter(({ pairBroken }) => pairBroken).map(({ id }) => id)).toEqual([9]);

    const { plan, requests } = headerOf(file);
    for (const [index, role] of (["baseline", "candidate"] as const).entries()) {
      const bodies = (asked()[index] ?? []).map(bodyOf);
      const missing = plan.filter(({ id, endpoint }) => endpoint === role && !kept.includes(id));
      const [warmup, ...sent] = bodies;
      expect(sent).toHaveLength(missing.length);
      const asPlanned = (row: PlannedRequest) => sentBody(requests[row.requestId] as RequestTemplate, row);
      expect(sent).toEqual(expect.arrayContaining(missing.map(asPlanned)));
      // Its nonce was never sent before: no cache answers the warm-up.
      expect(plan.map((row) => JSON.stringify(asPlanned(row)))).not.toContain(JSON.stringify(warmup));
    }
  });

  it("again and again is completed all the same, and says how often", async () => {
    const { settings, file } = await recorded();
    killed(file, ({ id }) => id < 8);
    await resume(settings, file);
    killed(file, ({ id }) => id < 13);
    appendFileSync(file, '{"type":"exchange","id":13,"pai');
    const prepared = prepareResume(settings, file);
    expect(prepared.line).toMatchObject({ segment: 2, repairedBytes: 31 });
    const { report } = await resumeRun(prepared);
    expect(report.summary.run).toMatchObject({
      recorded: PLANNED,
      ended: "complete",
      resumed: { times: 2, repairedBytes: 31 },
    });
    const segments = exchangesOf(file).map(({ id, segment }) => [id < 8 ? 0 : id < 13 ? 1 : 2, segment]);
    for (const [expected, segment] of segments) expect(segment).toBe(expected);
  });

  it("after its last exchange gets its end, without a key and without an endpoint", async () => {
    const { settings, file, stop } = await recorded(
      { endpoint: ", apiKeyEnv: TWINTAIL_KEY" },
      { environment: { TWINTAIL_KEY: "sk-of-the-candidate-0123" } },
    );
    await stop();
    const whole = readFileSync(file);
    // Killed between its end and the release of its lock.
    const { pid } = spawnSync(process.execPath, ["--version"]);
    writeFileSync(`${file}.lock`, JSON.stringify({ pid, bootId: bootId(), host: hostname(), token: "t" }));
    const again = await resume(settings, file, { environment: {} });
    expect(again.report.summary.run.ended).toBe("complete");
    expect(readFileSync(file).equals(whole)).toBe(true);
    expect(existsSync(`${file}.lock`)).toBe(false);

    killed(file, () => true);
    expect(score(file).summary.run.ended).toBe("killed");
    const { report } = await resume(settings, file, { environment: {} });
    expect(report.summary.run).toMatchObject({
      ended: "complete",
      partial: false,
      resumed: { times: 1, brokenPairs: 0 },
    });
    expect(typesOf(file)).toEqual(["header", "segment", "resume", "segment", "end"]);
    expect(resumeLines(file)).toMatchObject([{ missing: 0, prelude: [] }]);
  });

  it("in the middle of its end line, or before its line feed, loses nothing", async () => {
    const { settings, file, stop } = await recorded();
    await stop();
    const whole = readFileSync(file, "utf8");
    writeFileSync(file, whole.slice(0, -10));
    const torn = await resume(settings, file);
    expect(torn.report.summary.run).toMatchObject({ ended: "complete", recorded: PLANNED });
    expect(torn.report.summary.run.resumed.repairedBytes).toBeGreaterThan(10);

    const exchange = linesOf(file).filter(({ type }) => type === "exchange");
    // The last exchange is whole but for its line feed: it is there, and is not sent again.
    write(file, [
      ...linesOf(file)
        .filter(({ type }) => type === "header" || type === "segment")
        .slice(0, 2),
      ...exchange,
    ]);
    writeFileSync(file, readFileSync(file, "utf8").trimEnd());
    const { report } = await resume(settings, file);
    expect(report.summary.run).toMatchObject({ recorded: PLANNED, resumed: { times: 1, repairedBytes: 0 } });
  });

  it.each<[string, string]>([
    ["", "an empty file"],
    ['{"type":"header","schemaVersion":1,"runId":"x', "a part of the header"],
  ])("before its plan was written has nothing to go on with: %j (%s)", async (text) => {
    const at = join(freshResults(), "killed");
    mkdirSync(at, { recursive: true });
    const settings = settingsOf({ baseline: "http://127.0.0.1:1/v1", candidate: "http://127.0.0.1:2/v1" });
    const refusal = /: nothing was recorded: the run was killed before its plan was written; run anew$/;
    expect(() => prepareResume(settings, at)).toThrow(refusal);
    writeFileSync(join(at, "recording.jsonl"), text);
    expect(() => prepareResume(settings, at)).toThrow(refusal);
    expect(() => prepareResume(settings, join(at, "elsewhere"))).toThrow(/: no such recording; give a folder under/);
  });
});

describe("pairs that two processes measured", () => {
  it("stand in tails and checks, and in no paired figure", async () => {
    const { settings, file } = await recorded();
    const candidates = exchangesOf(file).filter(({ endpoint }) => endpoint === "candidate");
    killed(file, ({ endpoint, phase }) => endpoint === "baseline" || phase !== "warm");
    const { report } = await resume(settings, file);
    const { metrics, run: about, parity, rates } = report.summary;
    expect(about.resumed.brokenPairs).toBe(9);
    expect(metrics.ttft?.warm?.candidate?.n).toBe(6);
    expect(metrics.ttft?.warm?.baseline?.n).toBe(6);
    expect([metrics.ttft?.warm?.shift, metrics.e2e?.warm?.shift]).toEqual([null, null]);
    const unpaired = { of: 0, notes: ["no streamed answer in a pair of one moment"] };
    expect(metrics.ttfa?.warm?.slow_share).toMatchObject({ baseline: unpaired, candidate: unpaired, difference: null });
    expect(parity.pairs).toBe(9);
    expect(rates.expectations).toMatchObject({ baseline: { of: 9 }, candidate: { of: 9 } });
    expect(report.details.dots.flatMap(({ rounds }) => rounds)).toEqual([]);
    expect(
      exchangesOf(file)
        .filter(({ pairBroken }) => pairBroken)
        .map(({ id }) => id),
    ).toEqual(candidates.filter(({ phase }) => phase === "warm").map(({ id }) => id));
  });
});

describe("a run that was stopped", () => {
  it("sends again what the stop had cut, and counts it once", async () => {
    let slow = true;
    const server = await raw((socket, request) => {
      if (slow) setTimeout(() => answered(socket, request), 60);
      else answered(socket, request);
    });
    const settings = settingsOf({ baseline: server.baseUrl, candidate: server.baseUrl });
    const stop = new AbortController();
    let seen = 0;
    const first = await runOf(settings, {
      stop: stop.signal,
      onExchange: () => {
        if (++seen === 6) setTimeout(() => stop.abort(), 20);
      },
    });
    expect(first.interrupted).toBe(true);
    const cut = linesOf(first.recording).filter(
      (line) => line.type === "exchange" && line.attempts.at(-1)?.outcome.kind === "cancelled",
    ) as Exchange[];
    expect(cut.length).toBeGreaterThan(0);
    slow = false;
    const prepared = prepareResume(settings, first.folder);
    expect(prepared.resumed.cut).toBe(cut.length);
    const { report } = await resumeRun(prepared);
    expect(report.summary.run).toMatchObject({ recorded: PLANNED, partial: false, ended: "complete" });
    const now = exchangesOf(first.recording);
    expect(now.map(({ id }) => id)).toEqual(headerOf(first.recording).plan.map(({ id }) => id));
    for (const { id } of cut)
      expect(now[id]).toMatchObject({ id, segment: 1, attempts: [{ outcome: { kind: "complete" } }] });
    expect(linesOf(first.recording).filter(({ type }) => type === "exchange")).toHaveLength(PLANNED + cut.length);
  });

  it("by its deadline is completed within a deadline of its own", async () => {
    let slow = true;
    const server = await raw((socket, request) => {
      if (!slow || request.includes("Say ok.")) answered(socket, request);
      else setTimeout(() => answered(socket, request), 150);
    });
    const written = { baseline: server.baseUrl, candidate: server.baseUrl };
    const settings = settingsOf({ ...written, capture: { deadline: "400ms" } });
    const first = await runOf(settings);
    expect(first.report.summary.run).toMatchObject({ ended: "deadline", partial: true });
    slow = false;
    const { report } = await resume(settingsOf({ ...written, capture: { deadline: "1m" } }), first.folder);
    expect(report.summary.run).toMatchObject({ recorded: PLANNED, partial: false, ended: "complete" });
  });

  it("by itself, where an endpoint was given up, asks that endpoint again and no other", async () => {
    const { settings, file, asked } = await recorded();
    killed(file, ({ endpoint, round, phase }) => endpoint === "baseline" || phase !== "warm" || round === 0);
    const stopped = { type: "stopped", segment: 0, endpoint: "candidate", atNs: 5, kind: "key refused", after: 3 };
    appendFileSync(file, `${JSON.stringify({ ...stopped, last: "HTTP 401" })}\n`);
    appendFileSync(file, `${JSON.stringify({ type: "end", segment: 0, atNs: 9, reason: "stopped" })}\n`);
    expect(score(file).summary.run.stopped).toHaveLength(1);
    const { report } = await resume(settings, file);
    expect(report.summary.run).toMatchObject({ recorded: PLANNED, ended: "complete", stopped: [] });
    expect(asked().map((requests) => requests.length)).toEqual([0, 1 + 6]);
  });
});

describe("an extension that was killed", () => {
  it.each([
    ["in its rounds", 7],
    ["before its first request", 0],
  ])("%s is completed, and the run can be extended again", async (_name, kept) => {
    const { settings, file } = await recorded();
    await extendRun(prepareExtension(settings, { rounds: 2, of: file }));
    const extended = PLANNED + 2 + 12;
    expect(score(file).summary.run.recorded).toBe(extended);
    killed(file, ({ id }) => id < PLANNED + kept);
    // The end of the run that was extended stands, of the extension itself there is none.
    if (kept === 0)
      write(
        file,
        linesOf(file).filter((line) => line.type !== "segment" || line.id === 0),
      );
    expect(() => prepareExtension(settings, { rounds: 1, of: file })).toThrow(
      /this run was killed before its end; complete it with --resume first, or score what is there$/,
    );
    const { report } = await resume(settings, file);
    expect(report.summary.run).toMatchObject({ planned: extended, recorded: extended, rounds: 5, ended: "complete" });
    expect(report.summary.judgement.look).toBe(2);
    const again = await extendRun(prepareExtension(settings, { rounds: 1, of: file }));
    expect(again.report.summary.judgement.look).toBe(3);
    expect(again.report.summary.run).toMatchObject({ rounds: 6, partial: false });
  });
});

describe("after a pause", () => {
  const wake = ", wake: { budget: 5s, cap: 5s }";

  it("an endpoint that fell asleep is woken before the first row that counts", async () => {
    const sleepy = await startSimProcess({ tier: "h100x2", goldens, wakeMs: 900, startCold: true, idleAfterMs: 1_500 });
    try {
      const other = await raw();
      const settings = settingsOf({ baseline: other.baseUrl, candidate: sleepy.baseUrl, endpoint: wake });
      const first = await runOf(settings);
      killed(first.recording, ({ round, phase }) => phase !== "warm" || round === 0);
      await new Promise((resolve) => setTimeout(resolve, 1_900));
      const { report } = await resume(settings, first.folder);
      const [line] = resumeLines(first.recording);
      // The candidate is woken and warmed up, the baseline warmed up.
      expect(line?.prelude.map(({ endpoint, attempts }) => [endpoint, attempts])).toEqual([
        ["baseline", 1],
        ["candidate", 2],
      ]);
      expect(line?.prelude[1]?.ms).toBeGreaterThan(800);
      expect(report.summary.metrics.ttft?.warm?.candidate?.max).toBeLessThan(800);
      expect(report.summary.cold.candidate).toHaveLength(1);
    } finally {
      await sleepy.stop();
    }
  });

  it("of cold trials makes those that are missing, each asleep before", async () => {
    const [a, b] = [await raw(), await raw()];
    const sleeps = ", wake: { idleAfter: 100ms, cap: 20s }";
    const settings = settingsOf({ baseline: a.baseUrl, candidate: b.baseUrl, both: sleeps });
    const { recording } = await makeTrials(prepareWake(settings, { trials: 2, references: 2 }), {
      resultsFolder: freshResults(),
    });
    const lines = linesOf(recording);
    const kept = lines.filter((line) => line.type === "exchange" && line.round === 0);
    expect(kept.length).toBe(6);
    write(recording, [...lines.filter(({ type }) => type === "header" || type === "segment"), ...kept]);
    const resumed = await resumeRun(prepareResume(settings, recording));
    const { run: how, cold } = resumed.report.summary;
    expect([how.kind, how.ended, how.recorded, how.planned, how.resumed.times]).toEqual([
      "wake",
      "complete",
      12,
      12,
      1,
    ]);
    expect(cold.baseline.map(({ trial, asleepBy }) => [trial, asleepBy])).toEqual([
      [0, "assumed"],
      [1, "idle"],
    ]);
  });

  it("a cold trial that is missing is the first contact", async () => {
    const sleepy = await startSimProcess({ tier: "h100x2", goldens, wakeMs: 500, startCold: true, idleAfterMs: 300 });
    try {
      const other = await raw();
      const settings = settingsOf({ baseline: other.baseUrl, candidate: sleepy.baseUrl, endpoint: wake });
      const first = await runOf(settings);
      killed(first.recording, () => false);
      const prepared = prepareResume(settings, first.folder);
      expect(prepared.prelude).toBeNull();
      expect(prepared.notes).toEqual([expect.stringMatching(/^the candidate may be awake: /)]);
      await new Promise((resolve) => setTimeout(resolve, 600));
      const { report } = await resumeRun(prepared);
      expect(report.summary.cold.candidate.map(({ verdict }) => verdict)).toEqual(["cold"]);
      expect(report.summary.cold.candidate[0]?.wakeMs).toBeGreaterThan(400);
    } finally {
      await sleepy.stop();
    }
  });

  it("a stop while it is woken ends with 130, and the recording stays as it was", async () => {
    let silent = false;
    const server = await raw((socket, request) => {
      if (!silent) answered(socket, request);
    });
    const other = await raw();
    const settings = settingsOf({ baseline: other.baseUrl, candidate: server.baseUrl, endpoint: wake });
    const { recording, folder: at } = await runOf(settings);
    killed(recording, ({ id }) => id < 9);
    const kept = readFileSync(recording, "utf8");
    appendFileSync(recording, '{"type":"mach');
    silent = true;
    const [asked, stop] = [server.requests.length, new AbortController()];
    const going = resume(settings, at, { stop: stop.signal });
    await expect.poll(() => server.requests.length).toBe(asked + 1);
    stop.abort();
    await expect(going).rejects.toMatchObject({
      message: "interrupted before anything that was missing was sent; what was recorded is kept",
      exitCode: 130,
    });
    expect(readFileSync(recording, "utf8")).toBe(kept);
    expect(readdirSync(at)).toEqual(["recording.jsonl"]);
  });
});
