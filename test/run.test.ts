import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  parseSettings,
  prepareResume,
  prepareRun,
  type RunOptions,
  renderJson,
  resumeRun,
  run,
  type SimProcess,
  score,
  startSimProcess,
  writeReport,
} from "../dist/index.js";
import { seededRandom } from "../src/core/random.js";
import { CHAT_BODY, plainAnswer, rawServer } from "./capture/harness.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-run-"));
const goldens = join(folder, "set.yaml");
writeFileSync(
  goldens,
  `name: small
defaults: { temperature: 0, max_tokens: 100, stream: true }
cases:
  - id: capital
    category: closed-form
    detects: a wrong answer
    request: { messages: [{ role: user, content: "Capital of Norway?" }] }
    expect: { icontains: oslo, finish_reason: [stop] }
    reference: Oslo is the capital of Norway.
  - id: wrong
    category: closed-form
    detects: an unmet expectation
    stream: both
    request: { messages: [{ role: user, content: "Capital of France?" }] }
    expect: { icontains: paris }
    reference: I would say it is Lyon, but I am not sure.
`,
);

let sims: SimProcess[] = [];
beforeAll(async () => {
  sims = await Promise.all([
    startSimProcess({ tier: "a100x2", goldens, wakeMs: 300, startCold: true }),
    startSimProcess({ tier: "h100x2", goldens, seed: 2, wakeMs: 300, startCold: true }),
  ]);
});
afterAll(async () => {
  await Promise.all(sims.map((sim) => sim.stop()));
  rmSync(folder, { recursive: true });
});

const settingsFor = (baseline: string, candidate: string, more = "") =>
  parseSettings(
    `goldens: ${goldens}
endpoints:
  baseline: { baseUrl: "${baseline}", models: { default: m }, simulated: yes-it-is${more} }
  candidate: { baseUrl: "${candidate}", models: { default: m }${more} }
capture: { rounds: 2, concurrency: 3, warmup: 1, seed: 5, retry: { attempts: 1 } }
`,
    folder,
  );

const runIn = (name: string, settings: ReturnType<typeof settingsFor>, options: RunOptions = {}) =>
  run(prepareRun(settings), { resultsFolder: join(folder, name), ...options });

describe("a run", () => {
  it("of one plan that begins in the same second as another is a run of its own", async () => {
    const server = await rawServer((socket) => socket.write(plainAnswer(CHAT_BODY)));
    try {
      const settings = settingsFor(server.baseUrl, server.baseUrl);
      const both = await Promise.all([runIn("twice", settings), runIn("twice", settings)]);
      expect(both.map(({ report }) => report.summary.run.planDigest)).toEqual(
        Array(2).fill(both[0].report.summary.run.planDigest),
      );
      expect(readdirSync(join(folder, "twice"))).toHaveLength(2);
    } finally {
      await server.close();
    }
  });

  it("records everything that was planned, and says what it saw", async () => {
    const [a, b] = sims as [SimProcess, SimProcess];
    const wake = ", wake: { budget: 5s, cap: 5s }";
    const { report, recording } = await runIn("whole", settingsFor(a.baseUrl, b.baseUrl, wake));
    const { summary } = report;
    expect(summary.run).toMatchObject({
      planned: 16,
      recorded: 16,
      partial: false,
      ended: "complete",
      labels: ["baseline: yes-it-is"],
    });
    expect(summary.rates.errors).toMatchObject({ baseline: { count: 0, of: 6 }, candidate: { count: 0, of: 6 } });
    expect(summary.rates.expectations).toMatchObject({ baseline: { count: 2, of: 6 }, candidate: { count: 2, of: 6 } });
    expect(summary.cold.baseline.map(({ verdict, attempts }) => [verdict, attempts])).toEqual([["cold", 1]]);
    expect(summary.cold.baseline[0]?.wakeMs).toBeGreaterThan(250);
    expect(summary.parity).toMatchObject({ pairs: 6, rungs: { bytes: 6 }, outputTokenRatio: 1 });
    expect(summary.metrics.ttft?.warm?.baseline?.n).toBe(4);
    expect(summary.verdict).toBeNull();

    const lines = readFileSync(recording, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string });
    expect(lines.map(({ type }) => type).filter((type) => type !== "machine" && type !== "exchange")).toEqual([
      "header",
      "segment",
      "end",
    ]);
  });

  it("and the score of its recording are the same report.json, byte for byte, in any order of lines", async () => {
    const [a, b] = sims as [SimProcess, SimProcess];
    const { report, recording } = await runIn("same", settingsFor(a.baseUrl, b.baseUrl));
    expect(renderJson(score(recording).summary)).toBe(renderJson(report.summary));
    const [header, segment, ...rest] = readFileSync(recording, "utf8").trim().split("\n");
    const shuffled = join(folder, "shuffled.jsonl");
    writeFileSync(shuffled, `${[header, segment, ...seededRandom(9, "lines").shuffle(rest)].join("\n")}\n`);
    expect(score(shuffled)).toEqual(report);
  });

  it("writes no key anywhere, even when the endpoint echoes it in pieces", async () => {
    const key = "sk-very-secret-0123456789";
    const echo = await rawServer((socket, request) => {
      const seen = /authorization: Bearer (\S+)/.exec(request)?.[1] ?? "none";
      const body = JSON.stringify({ error: { message: `bad key ${seen}` } });
      const answer = plainAnswer(body, "401 Unauthorized", `x-echo: ${seen}\r\n`);
      const middle = answer.lastIndexOf(seen) + 5;
      socket.write(answer.slice(0, middle));
      setTimeout(() => socket.write(answer.slice(middle)), 20);
    });
    try {
      const options = { environment: { KEY: key } };
      const finished = await runIn("keys", settingsFor(echo.baseUrl, echo.baseUrl, ", apiKeyEnv: KEY"), options);
      writeReport(finished.report, finished.folder);
      const files = readdirSync(finished.folder, { recursive: true, withFileTypes: true }).filter((file) =>
        file.isFile(),
      );
      expect(files.map(({ name }) => name)).toEqual(
        expect.arrayContaining(["recording.jsonl", "report.json", "report.html", "report.md"]),
      );
      for (const file of files) {
        const path = join(file.parentPath, file.name);
        expect([path, readFileSync(path, "utf8").includes("very-secret")]).toEqual([path, false]);
        expect(statSync(path).mode & 0o077).toBe(0);
      }
      expect(finished.report.details.cases[0]?.pairs[0]?.baseline?.outcome).toBe(
        `HTTP 401: bad key ${"*".repeat(key.length)}`,
      );
    } finally {
      await echo.close();
    }
  });

  it("that is stopped is scored as the part it is", async () => {
    const stop = new AbortController();
    const slow = await rawServer((socket) => setTimeout(() => socket.write(plainAnswer(CHAT_BODY)), 60));
    try {
      let seen = 0;
      const finished = await runIn("stopped", settingsFor(slow.baseUrl, slow.baseUrl), {
        stop: stop.signal,
        onExchange: () => {
          if (++seen === 4) stop.abort();
        },
      });
      expect(finished.interrupted).toBe(true);
      const { run: about } = finished.report.summary;
      expect(about).toMatchObject({ ended: "interrupted", partial: true, planned: 14 });
      expect(about.recorded).toBeGreaterThanOrEqual(4);
      expect(about.recorded).toBeLessThan(14);
      expect(renderJson(score(finished.folder).summary)).toBe(renderJson(finished.report.summary));
    } finally {
      await slow.close();
    }
  });

  it("cut by a kill is scored without its torn line", async () => {
    const [a, b] = sims as [SimProcess, SimProcess];
    const { recording } = await runIn("killed", settingsFor(a.baseUrl, b.baseUrl));
    const whole = readFileSync(recording);
    const exchanges = whole
      .toString()
      .split("\n")
      .filter((line) => line.startsWith('{"type":"exchange"'));
    writeFileSync(recording, whole.subarray(0, whole.indexOf(exchanges.at(-1) as string) + 40));
    const { summary } = score(recording);
    expect(summary.run).toMatchObject({ ended: "killed", partial: true, recorded: exchanges.length - 1 });
  });
});

describe("before the first request", () => {
  it("an endpoint that refuses connections is named with its place, and nothing is written", async () => {
    const gone = await rawServer(() => {});
    await gone.close();
    const [a] = sims as [SimProcess];
    await expect(runIn("gone", settingsFor(a.baseUrl, gone.baseUrl))).rejects.toThrow(
      /^endpoints\.candidate\.baseUrl: cannot reach 127\.0\.0\.1:\d+: it refused the connection; start the server, or mend the address$/,
    );
    expect(() => readdirSync(join(folder, "gone"))).toThrow();
  });

  it("a host that does not resolve is named", async () => {
    const [a] = sims as [SimProcess];
    await expect(runIn("dns", settingsFor(a.baseUrl, "http://no-such-host.invalid/v1"))).rejects.toThrow(
      /its host name does not resolve/,
    );
  });

  it("a missing key variable is named", async () => {
    const [a, b] = sims as [SimProcess, SimProcess];
    await expect(
      runIn("nokey", settingsFor(a.baseUrl, b.baseUrl, ", apiKeyEnv: NO_SUCH_KEY"), { environment: {} }),
    ).rejects.toThrow(/the environment variable NO_SUCH_KEY is not set/);
  });

  it("a results folder that cannot be written is named", async () => {
    const [a, b] = sims as [SimProcess, SimProcess];
    const blocked = join(folder, "blocked");
    writeFileSync(blocked, "a file, not a folder");
    await expect(runIn("blocked", settingsFor(a.baseUrl, b.baseUrl))).rejects.toThrow(
      `${blocked}: this is a file, where a folder is to be; choose another folder with --out`,
    );
  });

  it("a plan that may cost more than maxCost is refused", () => {
    const settings = parseSettings(
      `goldens: ${goldens}
endpoints:
  baseline: { baseUrl: "http://127.0.0.1:1/v1", models: { default: m }, price: { inputPerMTok: 100, outputPerMTok: 10000 } }
  candidate: { baseUrl: "http://127.0.0.1:1/v1", models: { default: m }, price: { inputPerMTok: 0, outputPerMTok: 0 } }
capture: { maxCost: 1 }
`,
      folder,
    );
    expect(() => prepareRun(settings)).toThrow(
      /^capture\.maxCost: the run may cost up to \$\d+\.\d\d, above maxCost \$1\.00/,
    );
  });
});

describe("HTML in place of JSON", () => {
  it("is a recorded failure with its title, and nothing is lost", async () => {
    const page = "<!doctype html><title>Sign in</title>";
    const server = await rawServer((socket) =>
      socket.write(`HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: ${page.length}\r\n\r\n${page}`),
    );
    try {
      const { report } = await runIn("html", settingsFor(server.baseUrl, server.baseUrl));
      expect(report.summary.rates.parse_errors?.candidate).toMatchObject({ count: 6, of: 6 });
      expect(report.summary.findings.map(({ rule }) => rule)).toContain("html-answer");
      expect(report.details.cases[0]?.pairs[0]?.candidate?.outcome).toMatch(
        /a page of HTML in place of JSON titled "Sign in"/,
      );
    } finally {
      await server.close();
    }
  });
});

describe("a run folder that goes away while it is written", () => {
  /** A run that does this to its folder once its second exchange is on disk. */
  const disturbed = async (
    name: string,
    disturb: (folder: string) => void,
  ): Promise<{ error: unknown; at: string }> => {
    const server = await rawServer((socket) => void setTimeout(() => socket.write(plainAnswer(CHAT_BODY)), 30));
    let [seen, at] = [0, ""];
    try {
      await runIn(name, settingsFor(server.baseUrl, server.baseUrl), {
        onStart: (made) => {
          at = made;
        },
        onExchange: () => {
          if (++seen === 2) disturb(at);
        },
      });
      return { error: null, at };
    } catch (error) {
      return { error, at };
    } finally {
      await server.close();
    }
  };

  it("by being deleted is a clear error, and nothing is made in its place", async () => {
    const { error, at } = await disturbed("deleted", (made) => rmSync(made, { recursive: true }));
    expect(error).toMatchObject({
      exitCode: 2,
      message: `${join(at, "recording.jsonl")}: the recording was deleted while it was written; what was recorded is lost; run anew, and keep the folder`,
    });
    expect(readdirSync(join(folder, "deleted"))).toEqual([]);
  });

  it("by being moved is a clear error, and what was recorded is whole where it is now", async () => {
    const elsewhere = join(folder, "elsewhere");
    const { error } = await disturbed("moved", (made) => renameSync(made, elsewhere));
    expect(error).toMatchObject({ exitCode: 2 });
    expect(String(error)).toMatch(/: the recording was moved while it was written; it is whole: give twintail score/);
    expect(score(elsewhere).summary.run).toMatchObject({ planned: 14, recorded: 14, ended: "complete" });
  });
});

describe("a full disk", () => {
  it.skipIf(process.getuid?.() !== 0 || process.platform !== "linux")(
    "ends the run with a clear error, what was recorded is scored, and a resume completes it where there is space again",
    async () => {
      const { execFileSync } = await import("node:child_process");
      const small = join(folder, "small");
      mkdirSync(small);
      try {
        execFileSync("mount", ["-t", "tmpfs", "-o", "size=160k", "none", small], { stdio: "ignore" });
      } catch {
        console.log("skipped: no right to mount a small disk here");
        return;
      }
      try {
        const [a, b] = sims as [SimProcess, SimProcess];
        const settings = settingsFor(a.baseUrl, b.baseUrl);
        const many = { ...settings, capture: { ...settings.capture, rounds: 8 } };
        await expect(run(prepareRun(many), { resultsFolder: small })).rejects.toThrow(
          /recording\.jsonl: the disk is full; free space/,
        );
        const [name] = readdirSync(small);
        const { summary } = score(join(small, name as string));
        expect(summary.run.partial).toBe(true);
        expect(summary.run.recorded).toBeGreaterThan(0);

        const prepared = prepareResume(many, join(small, name as string));
        expect(prepared.missing).toBe(summary.run.planned - summary.run.recorded);
        await expect(resumeRun(prepared)).rejects.toThrow(/the disk is full; free space/);
        execFileSync("mount", ["-o", "remount,size=4m", small], { stdio: "ignore" });
        const { report } = await resumeRun(prepareResume(many, join(small, name as string)));
        expect(report.summary.run).toMatchObject({ partial: false, ended: "complete" });
        expect(report.summary.run.recorded).toBe(report.summary.run.planned);
      } finally {
        execFileSync("umount", [small]);
      }
    },
  );
});
