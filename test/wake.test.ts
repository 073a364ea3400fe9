/** Cold trials from end to end: nothing touches a sleeping endpoint before, and what a wake took is said as it was. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  parseSettings,
  prepareRun,
  prepareWake,
  renderJson,
  run,
  type SimProcess,
  type Summary,
  score,
  startSimProcess,
  wake,
} from "../dist/index.js";
import { slowStream, slowWake } from "../scripts/slow-wake.mjs";
import { CHAT_BODY, plainAnswer } from "./capture/harness.js";
import { type Ended, typedIn } from "./typed.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-wake-"));
afterAll(() => rmSync(folder, { recursive: true }));

writeFileSync(
  join(folder, "set.yaml"),
  `name: small
cases:
  - id: capital
    category: closed-form
    detects: a wrong answer
    stream: both
    request: { max_tokens: 50, messages: [{ role: user, content: "Capital of Norway?" }] }
    expect: { icontains: oslo }
    reference: Oslo is the capital of Norway.
`,
);

const WAKES = ", wake: { budget: 6s, cap: 8s }";
const yaml = (
  baseline: string,
  candidate: string,
  more: { baseline?: string; candidate?: string; rest?: string } = {},
) =>
  `goldens: set.yaml
endpoints:
  baseline: { baseUrl: "${baseline}", models: { default: m }${more.baseline ?? WAKES} }
  candidate: { baseUrl: "${candidate}", models: { default: m }${more.candidate ?? WAKES} }
capture: { rounds: 1, warmup: 1, seed: 5 }
${more.rest ?? ""}`;

interface Watched {
  readonly baseUrl: string;
  /** First bytes of each connection, in the order of the connections; empty where none came. */
  readonly firstBytes: string[];
  close(): Promise<void>;
}

/** Answers every request at once, and notes what each connection was opened for. */
async function watched(): Promise<Watched> {
  const firstBytes: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const connection = firstBytes.push("") - 1;
    sockets.add(socket);
    let pending = "";
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      firstBytes[connection] ||= bytes.toString();
      pending += bytes.toString();
      const head = pending.indexOf("\r\n\r\n");
      const length = Number(/content-length: (\d+)/i.exec(pending)?.[1] ?? 0);
      if (head < 0 || pending.length < head + 4 + length) return;
      pending = "";
      socket.write(plainAnswer(CHAT_BODY));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as { port: number }).port}/v1`,
    firstBytes,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

describe("the first contact with an endpoint that sleeps", () => {
  const settings = (a: Watched, b: Watched) => parseSettings(yaml(a.baseUrl, b.baseUrl, { baseline: "" }), folder);

  it.each([
    ["run", (a: Watched, b: Watched) => run(prepareRun(settings(a, b)), { resultsFolder: join(folder, "first-run") })],
    [
      "wake",
      (a: Watched, b: Watched) =>
        wake(prepareWake(settings(a, b), { trials: 1, references: 1 }), { resultsFolder: join(folder, "first-wake") }),
    ],
  ])("of %s is the cold request: no connection is made before it", async (_, command) => {
    const [awake, asleep] = await Promise.all([watched(), watched()]);
    try {
      const { recording } = await command(awake, asleep);
      const cold = readFileSync(recording, "utf8")
        .split("\n")
        .filter((line) => line.includes('"phase":"cold"') && line.startsWith('{"type":"exchange"'));
      expect(cold).toHaveLength(1);
      expect(asleep.firstBytes[0]).toMatch(/^POST \/v1\/chat\/completions /);
      // The one that never sleeps is looked at first: this is how the watch itself is known to see a bare connection.
      expect(awake.firstBytes[0]).toBe("");
    } finally {
      await Promise.all([awake.close(), asleep.close()]);
    }
  });
});

const twintail = (...args: string[]) => typedIn(folder, args);

describe("twintail wake", () => {
  let sims: SimProcess[] = [];
  let first: Ended;
  let second: Ended;
  beforeAll(async () => {
    sims = await Promise.all([
      startSimProcess({
        tier: "a100x2",
        goldens: join(folder, "set.yaml"),
        wakeMs: 1_500,
        startCold: true,
        wakeMode: "503",
      }),
      startSimProcess({ tier: "h100x2", goldens: join(folder, "set.yaml"), seed: 2, wakeMs: 2_500, startCold: true }),
    ]);
    const [a, b] = sims as [SimProcess, SimProcess];
    writeFileSync(join(folder, "wakes.yaml"), yaml(a.baseUrl, b.baseUrl, { rest: "gates: [ttfa shift < 1.2]" }));
    first = await twintail("wake", "wakes.yaml", "--out", "out");
    second = await twintail("wake", "wakes.yaml", "--out", "again", "--gate", "wake max < 1s", "--json");
  }, 60_000);
  afterAll(() => Promise.all(sims.map((sim) => sim.stop())));

  const recorded = (): { path: string; summary: Summary } => {
    const path = join(folder, "out", readdirSync(join(folder, "out"))[0] ?? "");
    return { path, summary: JSON.parse(readFileSync(join(path, "report.json"), "utf8")) as Summary };
  };

  it("says in words how both woke, and exits 0", () => {
    expect(first.code, first.err).toBe(0);
    expect(first.out).toMatch(/^Pass: candidate woke in 2\.\d s, within its budget of 6 s; baseline woke in 2\.\d s/m);
    expect(first.out).toMatch(/attempts +2: HTTP 503 +1/);
    // What a wake has no data for is not there.
    expect(first.out).not.toMatch(/checklist|No samples|No verdict|cost is not known|errors_final/i);
  });

  it("records it: the parts add up, and the promise is beside them", () => {
    const { summary } = recorded();
    expect(summary.run).toMatchObject({ kind: "wake", planned: 8, recorded: 8, partial: false });
    expect(summary.checklist).toEqual([]);
    // The gate of the configuration is for its runs.
    expect(summary.gates).toEqual([]);
    for (const side of ["baseline", "candidate"] as const) {
      const [trial] = summary.cold[side];
      expect(trial).toMatchObject({ verdict: "cold", budget: "kept", cap: "kept" });
      expect(trial?.warmTtftMs).toHaveLength(3);
      const {
        refusedMs = 0,
        unavailableMs = 0,
        connectMs = 0,
        requestMs = 0,
        headersMs,
        firstTokenMs,
      } = trial?.parts ?? {};
      const whole = refusedMs + unavailableMs + connectMs + requestMs + (headersMs ?? 0) + (firstTokenMs ?? 0);
      expect(whole).toBeCloseTo(trial?.wakeMs ?? 0, 0);
    }
    expect(summary.cold.baseline[0]?.parts.unavailableMs).toBeGreaterThan(1_400);
    expect(summary.cold.candidate[0]?.parts.headersMs).toBeGreaterThan(2_400);
    // Waits and refusals of a wake are neither errors nor habits of the wire.
    expect(summary.failures).toEqual({ baseline: [], candidate: [] });
    expect(summary.findings.filter(({ rule }) => /silence|error/.test(rule))).toEqual([]);
  });

  it("scores to the same report again, and its other formats begin with the wake", () => {
    const { path, summary } = recorded();
    expect(renderJson(score(path).summary)).toBe(renderJson(summary));
    const text = (name: string): string => readFileSync(join(path, name), "utf8");
    expect(text("report.md").match(/^## .*/m)?.[0]).toBe("## Cold wake against warm");
    expect(text("report.html")).toMatch(/<h1[^>]*>Pass<\/h1>/);
    expect([...text("report.html").matchAll(/<section[^>]* id="([a-z-]+)"/g)].map(([, id]) => id)[0]).toBe("cold");
    expect(text("junit.xml")).toContain("candidate woke in");
  });

  it("an endpoint that is awake is no fast wake: with a gate about wakes nothing is decided, exit 3", () => {
    const summary = JSON.parse(second.out) as Summary;
    expect(summary.cold.candidate[0]).toMatchObject({ verdict: "not cold", budget: null });
    expect(summary.gates.map(({ text, result }) => [text, result])).toEqual([["wake max < 1s", "inconclusive"]]);
    expect(second.code).toBe(3);
  });

  it("judged again by another gate, its recording fails, exit 1", async () => {
    const { code, out } = await twintail("score", recorded().path, "--gate", "wake max < 1s");
    expect(code).toBe(1);
    expect(out).toMatch(/^Fail: wake max: the one wake observed took 2\.\d+ s, above 1/m);
  });

  it("--dry-run prints trials, limits and how long it takes at most, and sends nothing", async () => {
    const asleep = await watched();
    try {
      const wakes = ", wake: { idleAfter: 15m, budget: 8m, cap: 10m }, price: { inputPerMTok: 1, outputPerMTok: 2 }";
      const file = yaml(asleep.baseUrl, asleep.baseUrl, { baseline: "", candidate: wakes });
      writeFileSync(join(folder, "dry.yaml"), file);
      const { code, out } = await twintail("wake", "dry.yaml", "--dry-run", "--trials", "3", "--references", "2");
      expect(code).toBe(0);
      expect(out).toMatch(/^3 cold trials, 2 warm references each, with case capital/m);
      expect(out).toMatch(/^requests +6 +9$/m);
      expect(out).toMatch(/^cap +never sleeps +10 min$/m);
      expect(out).toMatch(/^cost at most +no price +\$0\.00\d+$/m);
      expect(out).toContain(
        "candidate: before the first trial it is taken to sleep; before each other nothing is sent for 15 min",
      );
      // Three caps with a minute each for the answer, and two pauses.
      expect(out).toContain("at most 1 h 3 min until all are awake");
      expect(asleep.firstBytes).toEqual([]);
    } finally {
      await asleep.close();
    }
  });

  it("is refused in one line with exit 2 where a count is none", async () => {
    const { code, err } = await twintail("wake", "wakes.yaml", "--trials", "0");
    expect(code).toBe(2);
    expect(err).toBe('--trials: "0" is no count; give a whole number from 1 to 100\n');
  });

  it.each<[string, { baseline?: string; candidate?: string; rest?: string }, number, RegExp]>([
    [
      "nothing sleeps",
      { baseline: "", candidate: "" },
      1,
      /^endpoints: neither endpoint has wake, so there is nothing/,
    ],
    ["a second trial could not be cold", { baseline: "" }, 2, /^endpoints\.candidate\.wake: .*idleAfter or scaleDown/],
    [
      "a gate about wakes is no gate",
      { rest: "gates: [wake mox < 1s]" },
      1,
      /"mox" is nothing that can be taken of wakes/,
    ],
  ])("is refused where %s", (_, sides, trials, message) => {
    const settings = parseSettings(yaml("http://127.0.0.1:9/v1", "http://127.0.0.1:9/v1", sides), folder);
    expect(() => prepareWake(settings, { trials, references: 1 })).toThrow(message);
  });

  it("is refused where a gate of the command line asks about something else", () => {
    const settings = parseSettings(yaml("http://127.0.0.1:9/v1", "http://127.0.0.1:9/v1"), folder);
    const gates = [{ text: "ttfa shift < 1.2", line: 0, column: 0 }];
    const asked = { ...settings, judge: { ...settings.judge, gates } };
    expect(() => prepareWake(asked, { trials: 1, references: 1 })).toThrow(/does not ask about wakes/);
  });
});

describe("an endpoint that never wakes", () => {
  it("breaks its cap, with the honest end named, and exits 1", async () => {
    const sims = await Promise.all([
      startSimProcess({ tier: "h100x2" }),
      startSimProcess({ tier: "h100x2", seed: 2, wakeMs: 60_000, startCold: true, wakeMode: "503" }),
    ]);
    try {
      const candidate = ", wake: { budget: 1s, cap: 2s }";
      writeFileSync(join(folder, "never.yaml"), yaml(sims[0].baseUrl, sims[1].baseUrl, { baseline: "", candidate }));
      const { code, out } = await twintail("wake", "never.yaml", "--out", "never", "--references", "0");
      expect(code).toBe(1);
      expect(out).toMatch(
        /^Fail: candidate did not wake: no token before the cap of 2 s; last: HTTP 503: Loading model;/m,
      );
      expect(out).toContain("baseline never sleeps");
    } finally {
      await Promise.all(sims.map((sim) => sim.stop()));
    }
  });
});

describe("long silence, scaled", () => {
  it("before the first byte and in the middle of a stream is sat out; npm run test:slow does it for minutes", async () => {
    const [trial, gapMs] = await Promise.all([slowWake(2_000), slowStream(3_000)]);
    expect(trial).toMatchObject({ attempts: 1, verdict: "cold", budget: "kept" });
    expect(gapMs).toBeGreaterThan(1_500);
  });
});
