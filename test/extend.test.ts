/** Looking again at a run, from the first request of its second look to the refusal of its fourth. */
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  type ExtendOptions,
  extendRun,
  parseSettings,
  prepareExtension,
  prepareRun,
  type RunOptions,
  readRecording,
  renderJson,
  run,
  type SimProcess,
  score,
  startSimProcess,
} from "../dist/index.js";
import { seededRandom } from "../src/core/random.js";
import type { Exchange, HeaderLine } from "../src/recording/recording.js";
import { CHAT_BODY, chunk, LAST_CHUNK, plainAnswer, type RawServer, rawServer, SSE_HEAD } from "./capture/harness.js";
import { CAPITALS } from "./golden/sets.js";
import { content, finish, usage } from "./recording/exchange-builder.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-extend-"));
const goldens = join(folder, "set.yaml");
writeFileSync(goldens, CAPITALS);

let sims: [SimProcess, SimProcess];
beforeAll(async () => {
  sims = await Promise.all([
    startSimProcess({ tier: "a100x2", goldens }),
    startSimProcess({ tier: "h100x2", goldens, seed: 2 }),
  ]);
});
const servers: RawServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});
afterAll(async () => {
  await Promise.all(sims.map((sim) => sim.stop()));
  rmSync(folder, { recursive: true });
});

const raw = async (answer: (socket: Socket, request: string, count: number) => void): Promise<RawServer> => {
  const server = await rawServer(answer);
  servers.push(server);
  return server;
};
const answered = (socket: Socket, request: string): void => {
  if (!request.includes('"stream":true')) {
    socket.write(plainAnswer(CHAT_BODY));
    return;
  }
  const counted = request.includes('"stream_options"') ? usage(5, 1) : "";
  socket.write(`${SSE_HEAD}${chunk(content("Oslo") + finish() + counted)}${LAST_CHUNK}`);
};

interface Written {
  readonly baseline: string;
  readonly candidate: string;
  /** More of the candidate's section, and of both. */
  readonly endpoint?: string;
  readonly both?: string;
  readonly capture?: Readonly<Record<string, string>>;
  readonly goldens?: string;
}

const CAPTURE = { rounds: "2", concurrency: "3", retry: "{ attempts: 1 }", solo: "{ requests: 0 }" };

function settingsOf({ baseline, candidate, endpoint = "", both = "", capture = {}, goldens: set = goldens }: Written) {
  const written = Object.entries({ ...CAPTURE, ...capture }).map(([name, value]) => `${name}: ${value}`);
  return parseSettings(
    `goldens: ${set}
endpoints:
  baseline: { baseUrl: "${baseline}", models: { default: m }${both} }
  candidate: { baseUrl: "${candidate}", models: { default: m }${both}${endpoint} }
capture: { ${written.join(", ")} }
`,
    folder,
  );
}
type Settings = ReturnType<typeof settingsOf>;
const simulated = (change: Partial<Written> = {}): Settings =>
  settingsOf({ baseline: sims[0].baseUrl, candidate: sims[1].baseUrl, ...change });

let results = 0;
const freshResults = (): string => join(folder, `results-${results++}`);
const runIn = (resultsFolder: string, settings: Settings, options: RunOptions = {}) =>
  run(prepareRun(settings), { resultsFolder, ...options });
const extend = (settings: Settings, given: ExtendOptions, options: RunOptions = {}) =>
  extendRun(prepareExtension(settings, given), options);

const linesOf = (file: string): string[] => readFileSync(file, "utf8").trimEnd().split("\n");
const typesOf = (file: string): string[] =>
  linesOf(file)
    .map((line) => (JSON.parse(line) as { type: string }).type)
    .filter((type) => type !== "machine" && type !== "exchange");

describe("a run that is extended", () => {
  it("twice is one run of all its rounds, scored as its file is, and no third time", async () => {
    const at = freshResults();
    const settings = simulated();
    const first = await runIn(at, settings);
    expect(first.report.summary.judgement).toMatchObject({ look: 1, looks: 3 });
    const planned = 2 * 3 * 2 + 2;
    expect(first.report.summary.run).toMatchObject({ rounds: 2, planned, recorded: planned });

    for (const [index, look] of [2, 3].entries()) {
      const { folder: same, recording, report, interrupted } = await extend(settings, { rounds: 2, of: first.folder });
      expect([same, recording, interrupted]).toEqual([first.folder, first.recording, false]);
      const { summary } = report;
      expect(summary.judgement).toMatchObject({ look, looks: 3 });
      const all = planned + (index + 1) * (2 * 3 * 2 + 2);
      const rounds = 4 + 2 * index;
      expect(summary.run).toMatchObject({ rounds, planned: all, recorded: all, partial: false, ended: "complete" });
      expect(summary.run.runId).toBe(first.report.summary.run.runId);
      expect(summary.run.seed).toBe(first.report.summary.run.seed);
      expect(summary.rates.errors).toMatchObject({ baseline: { count: 0, of: 3 * rounds } });
      expect(summary.metrics.e2e?.warm?.shift?.rounds).toBe(rounds);
      expect(renderJson(score(recording).summary)).toBe(renderJson(summary));
      expect(existsSync(`${recording}.lock`)).toBe(false);
    }
    expect(typesOf(first.recording)).toEqual([
      "header",
      ...["segment", "end"],
      ...["extension", "segment", "end"],
      ...["extension", "segment", "end"],
    ]);

    const [header, ...rest] = linesOf(first.recording);
    const shuffled = join(at, "shuffled.jsonl");
    writeFileSync(shuffled, `${[header, ...seededRandom(9, "lines").shuffle(rest)].join("\n")}\n`);
    expect(score(shuffled)).toEqual(score(first.recording));

    const before = readFileSync(first.recording);
    expect(() => prepareExtension(settings, { rounds: 2, of: first.folder })).toThrow(
      `${first.recording}: it was extended 2 times already: its bounds keep 95 % over 3 looks and no more; take its answer as it is, or run anew with more rounds`,
    );
    expect(readFileSync(first.recording).equals(before)).toBe(true);
  });

  it("asks each prompt once: no nonce of one look is sent at another", async () => {
    const server = await raw(answered);
    const settings = settingsOf({ baseline: server.baseUrl, candidate: server.baseUrl });
    const first = await runIn(freshResults(), settings);
    const asked = server.requests.length;
    await extend(settings, { rounds: 3, of: first.folder });
    const noncesOf = (requests: readonly string[]) =>
      requests.flatMap((text) => /\[ref ([0-9a-f]{8})\]/.exec(text)?.[1] ?? []);
    const [before, after] = [server.requests.slice(0, asked), server.requests.slice(asked)].map(noncesOf);
    // A warm-up pair, and three pairs a round.
    expect(after).toHaveLength(2 * (1 + 3 * 3));
    expect(new Set(after).size).toBe(10);
    expect(after?.filter((nonce) => before?.includes(nonce))).toEqual([]);
  });

  it("without a name is the newest of the same golden set and endpoints, other folders passed over", async () => {
    const at = freshResults();
    const settings = simulated();
    const older = await runIn(at, settings);
    const newer = await runIn(at, simulated({ capture: { warmup: "0" } }));
    await runIn(at, settingsOf({ baseline: sims[1].baseUrl, candidate: sims[0].baseUrl }));
    mkdirSync(join(at, "9999-broken"));
    writeFileSync(join(at, "9999-broken", "recording.jsonl"), '{"type":"header"');
    const prepared = prepareExtension(simulated({ capture: { warmup: "0" } }), { rounds: 1, resultsFolder: at });
    expect(prepared.recording).toBe(newer.recording);
    expect(older.recording).not.toBe(newer.recording);
    expect(() => prepareExtension(settings, { rounds: 1, resultsFolder: join(at, "nowhere") })).toThrow(
      /no run of this golden set against these endpoints is here; name the folder of a run with --of/,
    );
  });

  it("keeps what it said of the runs before it: those of the day, as they were at its beginning", async () => {
    const at = freshResults();
    const settings = simulated();
    const first = await runIn(at, settings);
    expect(first.report.summary.run.recent).toEqual([]);
    const second = await runIn(at, settings);
    const { runId, createdAt } = first.report.summary.run;
    expect(second.report.summary.run.recent).toEqual([{ runId, createdAt }]);
    const again = await extend(settings, { rounds: 1, of: first.folder });
    expect(again.report.summary.run.recent).toEqual([]);
  });

  it("heeds what an endpoint refused before the run, and does not ask again", async () => {
    const refusing = await raw((socket, request) => {
      if (request.includes('"stream_options"')) socket.write(plainAnswer("{}", "422 Unprocessable Entity"));
      else answered(socket, request);
    });
    const other = await raw(answered);
    const settings = settingsOf({ baseline: other.baseUrl, candidate: refusing.baseUrl });
    const first = await runIn(freshResults(), settings);
    const asked = refusing.requests.length;
    const { report } = await extend(settings, { rounds: 1, of: first.folder });
    expect(refusing.requests.slice(asked).map((text) => text.includes('"stream_options"'))).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect(report.summary.rates.errors?.candidate).toMatchObject({ count: 0, of: 9 });
  });

  it("wakes an endpoint that fell asleep meanwhile in a trial of its own: no warm answer waits for it", async () => {
    const sleepy = await startSimProcess({ tier: "h100x2", goldens, wakeMs: 900, startCold: true, idleAfterMs: 1_500 });
    try {
      const wake = ", wake: { budget: 5s, cap: 5s }";
      const settings = settingsOf({ baseline: sims[0].baseUrl, candidate: sleepy.baseUrl, endpoint: wake });
      const first = await runIn(freshResults(), settings);
      await new Promise((resolve) => setTimeout(resolve, 1_900));
      const { report } = await extend(settings, { rounds: 2, of: first.folder });
      const { cold, metrics } = report.summary;
      expect(cold.candidate.map(({ verdict }) => verdict)).toEqual(["cold", "cold"]);
      expect(cold.baseline).toEqual([]);
      for (const { wakeMs } of cold.candidate) expect(wakeMs).toBeGreaterThan(800);
      expect(metrics.ttft?.warm?.candidate?.max).toBeLessThan(800);
    } finally {
      await sleepy.stop();
    }
  });
});

describe("rounds that are spread", () => {
  it("begin when they are due, those of an extension as far apart", async () => {
    const settings = simulated({ capture: { spread: "1200ms" } });
    const first = await runIn(freshResults(), settings);
    await extend(settings, { rounds: 2, of: first.folder });
    const starts = new Map<string, number>();
    readRecording(first.recording, ({ segment, round, phase, releasedAtNs }: Exchange) => {
      if (phase !== "warm") return;
      const key = `${segment} ${round}`;
      starts.set(key, Math.min(starts.get(key) ?? Number.POSITIVE_INFINITY, releasedAtNs / 1e6));
    });
    for (const [from, to] of [
      ["0 0", "0 1"],
      ["1 2", "1 3"],
    ] as const) {
      expect((starts.get(to) ?? 0) - (starts.get(from) ?? 0)).toBeGreaterThanOrEqual(599);
    }
  });
});

describe("an extension is refused, and nothing is sent or written,", () => {
  let first: { folder: string; recording: string };
  let asked: () => number;
  const own: RawServer[] = [];
  beforeAll(async () => {
    const [a, b] = await Promise.all([rawServer(answered), rawServer(answered)]);
    own.push(a, b);
    asked = () => a.requests.length + b.requests.length;
    first = await runIn(freshResults(), settingsOf({ baseline: a.baseUrl, candidate: b.baseUrl }));
  });
  afterAll(() => Promise.all(own.map((server) => server.close())));
  const [A, B] = [() => own[0]?.baseUrl ?? "", () => own[1]?.baseUrl ?? ""];

  const other = join(folder, "other.yaml");
  writeFileSync(other, CAPITALS.replace("Norway?", "Sweden?"));

  it.each<[string, () => Partial<Written>, RegExp]>([
    [
      "of another golden set",
      () => ({ goldens: other }),
      /other\.yaml: the golden set is not the one that was recorded \(sha256:/,
    ],
    [
      "of another address",
      () => ({ candidate: "http://127.0.0.1:1/v1" }),
      /^endpoints\.candidate\.baseUrl: was "http:.*" when it was recorded, and is "http:\/\/127\.0\.0\.1:1\/v1" now; use the configuration of that run, or run anew$/,
    ],
    ["of sides that changed places", () => ({ baseline: B(), candidate: A() }), /^endpoints\.baseline\.baseUrl: was /],
    [
      "of another tier",
      () => ({ endpoint: ", tier: h100x2" }),
      /^endpoints\.candidate\.tier: was null .* is "h100x2" now/,
    ],
    [
      "of an endpoint that sleeps",
      () => ({ endpoint: ", wake: { budget: 30s, cap: 1m }" }),
      /^endpoints\.candidate\.wake: was null/,
    ],
    [
      "with another body",
      () => ({ endpoint: ", extra: { reasoning_effort: low }" }),
      /^endpoints\.candidate: case "\w+" of round 1 .*: its request differs at body\.reasoning_effort/,
    ],
    [
      "without usage where it was asked for",
      () => ({ endpoint: ", streamUsage: false" }),
      /its request differs at body\.stream_options/,
    ],
    ["at another concurrency", () => ({ capture: { concurrency: "4" } }), /^capture\.concurrency: was 3 .* is 4 now/],
    ["in another order", () => ({ capture: { order: "serial" } }), /^capture\.order: was "random"/],
    ["with a control arm", () => ({ capture: { control: "true" } }), /^capture\.control: was false/],
    ["with shared prefixes", () => ({ capture: { prefix: "shared" } }), /^capture\.prefix: was "unique"/],
    [
      "with other deadlines",
      () => ({ capture: { timeouts: "{ idle: 7s }" } }),
      /^capture\.timeouts: was \{.*"idleMs":60000/,
    ],
    ["with retries", () => ({ capture: { retry: "{ attempts: 2 }" } }), /^capture\.retry: was \{"attempts":1/],
    ["over another time", () => ({ capture: { spread: "1h" } }), /^capture\.spread: was 0 .* is 3600000 now/],
    ["with another warm-up", () => ({ capture: { warmup: "2" } }), /^capture\.warmup: was 1/],
    ["with a case that is sent once", () => ({ capture: { once: "[both]" } }), /^capture\.once: was \[\]/],
  ])("%s: the first difference is named", (_name, change, message) => {
    const written = { baseline: A(), candidate: B(), ...change() };
    const before = [readFileSync(first.recording), asked()] as const;
    const settings = settingsOf(written);
    expect(() => prepareExtension(settings, { rounds: 1, of: first.folder })).toThrow(message);
    expect(readFileSync(first.recording).equals(before[0])).toBe(true);
    expect(asked()).toBe(before[1]);
  });

  it("when it may cost more than maxCost, for what it adds alone", async () => {
    const both = ", price: { inputPerMTok: 0, outputPerMTok: 1000 }";
    // Two sides, each 40 tokens a request: 0.04 USD a request.
    const priced = (maxCost: number) =>
      settingsOf({ baseline: A(), candidate: B(), both, capture: { maxCost: String(maxCost) } });
    const run1 = await runIn(freshResults(), priced(1));
    // A warm-up pair and two rounds of three pairs: 14 requests.
    expect(() => prepareExtension(priced(0.55), { rounds: 2, of: run1.folder })).toThrow(
      /^capture\.maxCost: the extension may cost up to \$0\.56, above maxCost \$0\.55; extend it by fewer rounds/,
    );
    expect(prepareExtension(priced(0.57), { rounds: 2, of: run1.folder }).look).toBe(2);
  });

  const copyOf = (name: string): string => {
    const to = join(folder, name, "recording.jsonl");
    mkdirSync(dirname(to));
    copyFileSync(first.recording, to);
    return to;
  };
  const cutLast = (file: string, lines: number): void => {
    const kept = linesOf(file).slice(0, -lines);
    writeFileSync(file, `${kept.join("\n")}\n`);
  };
  const edit = (file: string, change: (line: Record<string, unknown>) => void): void =>
    writeFileSync(
      file,
      linesOf(file)
        .map((line) => {
          const value = JSON.parse(line) as Record<string, unknown>;
          change(value);
          return `${JSON.stringify(value)}\n`;
        })
        .join(""),
    );

  it.each<[string, (file: string) => void, RegExp]>([
    [
      "killed",
      (file) => cutLast(file, 2),
      /: this run was killed before its end; complete it with --resume first, or score what is there$/,
    ],
    [
      "killed in the middle of a line",
      (file) => truncateSync(file, statSync(file).size - 9),
      /: this run was killed before its end/,
    ],
    [
      "whole and then torn",
      (file) => appendFileSync(file, '{"type":"extension","segment":1,'),
      /: this run was killed before its end/,
    ],
    ...(["interrupted", "deadline", "failed"] as const).map((reason): [string, (file: string) => void, RegExp] => [
      `ended: ${reason}`,
      (file) =>
        edit(file, (line) => {
          if (line.type === "end") line.reason = reason;
        }),
      new RegExp(
        `: this run ${{ interrupted: "was interrupted", deadline: "ended at its deadline", failed: "ended with an error" }[reason]}; complete it with --resume first`,
      ),
    ]),
    [
      "lacks an exchange",
      (file) => {
        const lines = linesOf(file);
        lines.splice(
          lines.findIndex((line) => line.startsWith('{"type":"exchange"')),
          1,
        );
        writeFileSync(file, `${lines.join("\n")}\n`);
      },
      /: only 13 of 14 planned requests are in it; complete it with --resume first/,
    ],
    [
      "was measured from another place",
      (file) =>
        edit(file, (line) => {
          if (line.type === "segment") line.host = "elsewhere";
        }),
      /: it was measured from elsewhere, this is .*: another place sees other latencies; extend it from there, or run anew$/,
    ],
  ])("of a run that %s", (name, change, message) => {
    const file = copyOf(name.replace(/\W/g, "-"));
    change(file);
    const settings = settingsOf({ baseline: A(), candidate: B() });
    expect(() => prepareExtension(settings, { rounds: 1, of: dirname(file) })).toThrow(message);
  });

  it("through another proxy", async () => {
    const file = copyOf("proxied");
    edit(file, (line) => {
      const header = line as unknown as { type: string; endpoints: HeaderLine["endpoints"] };
      if (header.type === "header") Object.assign(header.endpoints.candidate, { proxy: "http://proxy.example:3128" });
    });
    const before = asked();
    await expect(
      extend(settingsOf({ baseline: A(), candidate: B() }), { rounds: 1, of: file }, { environment: {} }),
    ).rejects.toThrow(/^the proxy of endpoints\.candidate: was "http:\/\/proxy\.example:3128" .* is null now/);
    expect(asked()).toBe(before);
  });

  it("when an endpoint is gone: the recording stays as it was, and free", async () => {
    const file = copyOf("gone");
    const gone = await rawServer(answered);
    const settings = settingsOf({ baseline: A(), candidate: gone.baseUrl });
    await gone.close();
    edit(file, (line) => {
      const header = line as unknown as { type: string; endpoints: HeaderLine["endpoints"] };
      if (header.type === "header") Object.assign(header.endpoints.candidate, { baseUrl: gone.baseUrl });
    });
    const before = readFileSync(file);
    await expect(extend(settings, { rounds: 1, of: file })).rejects.toThrow(/candidate\.baseUrl: cannot reach/);
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(readdirSync(dirname(file))).toEqual(["recording.jsonl"]);
  });

  it("but changes that measure the same are said", () => {
    const file = copyOf("changed");
    const gates = ["ttfa shift < 1.2"];
    edit(file, (line) => {
      if (line.type !== "header") return;
      line.createdAt = new Date(Date.now() - 30 * 3_600_000).toISOString();
      line.judge = { gates: gates.map((text) => ({ text, line: 1, column: 1 })) };
    });
    const settings = settingsOf({ baseline: A(), candidate: B(), capture: { seed: "99", deadline: "1h" } });
    expect(prepareExtension(settings, { rounds: 1, of: file }).notes).toEqual([
      expect.stringMatching(/^the run is 30 h( \d+ min)? old: what is sent now is of another day$/),
      "the gates are those of the recording: what is asked does not change once it was begun",
    ]);
    // The version stands in each request: what was sent is what is sent again.
    edit(file, (line) => {
      const header = line as unknown as HeaderLine;
      if (header.type !== "header") return;
      Object.assign(header.versions, { twintail: "0.0.1" });
      for (const { headers } of Object.values(header.requests))
        Object.assign(headers, { "user-agent": "twintail/0.0.1" });
    });
    const { notes, line } = prepareExtension(settings, { rounds: 1, of: file });
    expect(notes[1]).toMatch(/^the run was recorded by twintail 0\.0\.1, this is \d/);
    const agents = Object.values(line.requests).map(({ headers }) => headers["user-agent"]);
    expect(new Set(agents)).toEqual(new Set(["twintail/0.0.1"]));
    expect(line.versions.twintail).not.toBe("0.0.1");
  });
});

describe("two at once", () => {
  it("never append to one recording: not while it is made, not while it is extended, not after it has changed", async () => {
    let held: (() => void)[] | null = null;
    const server = await raw((socket, request) => {
      if (held === null) answered(socket, request);
      else held.push(() => answered(socket, request));
    });
    const settings = settingsOf({ baseline: server.baseUrl, candidate: server.baseUrl });
    const at = freshResults();
    let refusal = "";
    const first = await runIn(at, settings, {
      onReleased: () => {
        if (refusal === "") refusal = messageOf(() => prepareExtension(settings, { rounds: 1, resultsFolder: at }));
      },
    });
    expect(refusal).toMatch(
      /: process \d+ on .* is writing this recording; wait for it to end; if it is no more, delete /,
    );

    const [one, two] = [0, 1].map(() => prepareExtension(settings, { rounds: 1, of: first.folder }));
    held = [];
    const running = extendRun(one as never);
    await expect.poll(() => held?.length).toBeGreaterThan(0);
    await expect(extendRun(two as never)).rejects.toThrow(/is writing this recording/);
    const waiting = held;
    held = null;
    for (const answer of waiting) answer();
    expect((await running).report.summary.judgement.look).toBe(2);
    await expect(extendRun(two as never)).rejects.toThrow(/: the recording has changed since it was read;/);
    expect(score(first.recording).summary.run).toMatchObject({ rounds: 3, partial: false });
  });
});

describe("an extension that is stopped", () => {
  it("is scored as the part it is, at the look that it was, and cannot be extended", async () => {
    const server = await raw((socket, request) => void setTimeout(() => answered(socket, request), 30));
    const settings = settingsOf({ baseline: server.baseUrl, candidate: server.baseUrl });
    const first = await runIn(freshResults(), settings);
    const stop = new AbortController();
    let seen = 0;
    const again = await extend(
      settings,
      { rounds: 4, of: first.folder },
      {
        stop: stop.signal,
        onExchange: () => {
          if (++seen === 6) stop.abort();
        },
      },
    );
    expect(again.interrupted).toBe(true);
    const { run: about, judgement } = again.report.summary;
    expect(about).toMatchObject({ ended: "interrupted", partial: true, planned: 14 + 26, rounds: 6 });
    expect(about.recorded).toBeGreaterThanOrEqual(14 + 6);
    expect(judgement.look).toBe(2);
    expect(renderJson(score(first.folder).summary)).toBe(renderJson(again.report.summary));
    expect(() => prepareExtension(settings, { rounds: 1, of: first.folder })).toThrow(/this run was interrupted/);
  });
});

function messageOf(action: () => unknown): string {
  try {
    action();
    return "nothing was thrown";
  } catch (error) {
    return String(error);
  }
}
