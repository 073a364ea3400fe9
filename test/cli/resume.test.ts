import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { main } from "../../dist/cli/program.js";
import { renderJson, score } from "../../dist/index.js";
import type { RecordingLine } from "../../src/recording/recording.js";
import type { Summary } from "../../src/report/summary.js";
import { CHAT_BODY, plainAnswer, type RawServer, rawServer } from "../capture/harness.js";
import { startTyped } from "../typed.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-cli-resume-"));
let server: RawServer;
/** Requests that wait while it is not null. */
let held: (() => void)[] | null = null;
beforeAll(async () => {
  server = await rawServer((socket, request) => {
    const answer = (): void => void socket.write(plainAnswer(CHAT_BODY));
    if (held === null || request.includes("Say ok.")) answer();
    else held.push(answer);
  });
  writeFileSync(
    join(folder, "set.yaml"),
    "name: small\ncases:\n  - id: one\n    category: chat\n    detects: nothing\n    stream: false\n    request: { messages: [{ role: user, content: hello }], max_tokens: 5 }\n    expect: { contains: hi }\n",
  );
  writeFileSync(
    join(folder, "twintail.yaml"),
    `goldens: set.yaml
endpoints:
  baseline: { baseUrl: "${server.baseUrl}", models: { default: m } }
  candidate: { baseUrl: "${server.baseUrl}", models: { default: m } }
capture: { rounds: 4, concurrency: 1, warmup: 0, solo: { requests: 0 }, retry: { attempts: 1 } }
`,
  );
});
afterEach(() => {
  held = null;
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const started = (args: readonly string[], uid?: number) => startTyped(folder, args, uid === undefined ? {} : { uid });
const twintail = (...args: string[]) => started(args).ended;

const linesOf = (run: string): RecordingLine[] =>
  readFileSync(join(run, "recording.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as RecordingLine);
const reportIn = (run: string): Summary => JSON.parse(readFileSync(join(run, "report.json"), "utf8")) as Summary;

/** A run whose process is killed with three of eight exchanges on disk; the next two are in flight. */
async function killedRun(out: string): Promise<string> {
  held = [];
  const { child, ended } = started(["run", "--out", out]);
  const answerOne = async (): Promise<void> => {
    await expect.poll(() => held?.length).toBeGreaterThan(0);
    held?.shift()?.();
  };
  for (let answers = 0; answers < 3; answers++) await answerOne();
  const at = () => join(folder, out, readdirSync(join(folder, out))[0] ?? "");
  await expect.poll(() => linesOf(at()).filter(({ type }) => type === "exchange").length).toBe(3);
  child.kill("SIGKILL");
  await ended;
  held = null;
  return at();
}

describe("run --resume", () => {
  it("completes a run whose process was killed, and says what it does", async () => {
    const run = await killedRun("killed");
    expect(existsSync(join(run, "recording.jsonl.lock"))).toBe(true);
    appendFileSync(join(run, "recording.jsonl"), '{"type":"exchange","id"');
    const asked = server.requests.length;
    const before = readFileSync(join(run, "recording.jsonl"));

    const dry = await twintail("run", "--resume", run, "--dry-run");
    expect([dry.code, server.requests.length - asked]).toEqual([0, 0]);
    expect(dry.err).toMatch(
      /^resuming .*recording\.jsonl: 5 of 8 requests are missing\nnote: the last line was cut off by a kill; resuming removes its 23 bytes\n(?:warning: .*\n)*$/,
    );
    // Of the second pair one half is there, and nothing of the last two.
    expect(dry.out).toMatch(/^Plan of small: 1 case, 3 rounds,/);
    expect(dry.out).toMatch(/requests +(?:2 +3|3 +2)\n/);
    expect(readFileSync(join(run, "recording.jsonl")).equals(before)).toBe(true);

    const { code, err } = await twintail("run", "--resume", join(run, "recording.jsonl"));
    expect([code === 2, code === 70]).toEqual([false, false]);
    expect(err).toMatch(/\b5\/5 exchanges/);
    expect(server.requests.length - asked).toBe(5);
    expect(readdirSync(join(folder, "killed"))).toHaveLength(1);
    expect(reportIn(run).run).toMatchObject({
      recorded: 8,
      partial: false,
      ended: "complete",
      resumed: { times: 1, brokenPairs: 1, repairedBytes: 23 },
    });
    expect(readFileSync(join(run, "report.json"), "utf8")).toBe(renderJson(score(run).summary));
    expect(readdirSync(run).filter((name) => /lock|tmp|new/.test(name))).toEqual([]);

    const again = await twintail("run", "--resume", run);
    expect(again.err).toMatch(/^resuming .*: nothing is missing, and nothing is sent\n(?:warning: .*\n)*\nWrote /);
    expect([again.code, server.requests.length - asked]).toEqual([code, 5]);
    expect(linesOf(run).filter(({ type }) => type === "resume")).toHaveLength(1);
  }, 60_000);

  it("makes the report that a kill kept from a run, and takes away what that had begun", async () => {
    const first = await twintail("run", "--out", "whole", "--history", "nights");
    const run = join(folder, "whole", readdirSync(join(folder, "whole"))[0] ?? "");
    const whole = readFileSync(join(run, "report.json"), "utf8");
    for (const name of ["report.json", "report.html", "junit.xml"]) rmSync(join(run, name));
    const { child, ended } = started(["--version"]);
    await ended;
    writeFileSync(join(run, `report.html.${child.pid}.tmp`), "<html>");
    const { code } = await twintail("run", "--resume", run, "--history", "nights");
    expect(code).toBe(first.code);
    expect(readFileSync(join(run, "report.json"), "utf8")).toBe(whole);
    expect(readdirSync(run).sort()).toEqual([
      "exchanges.csv",
      "junit.xml",
      "recording.jsonl",
      "report.html",
      "report.json",
      "report.md",
      "tails",
    ]);
    // A run is one night, however often it was taken up.
    const trend = await twintail("trend", "nights", "--json");
    expect(JSON.parse(trend.out)).toMatchObject({ runs: 1 });
    const pinned = await twintail("run", "--resume", run, "--baseline", run);
    expect([pinned.code, pinned.err]).toEqual([2, expect.stringMatching(/this is the run that it goes on with; pin/)]);
  }, 60_000);

  it("is refused while another process resumes or extends the run, with that process's number", async () => {
    const run = await killedRun("twice");
    held = [];
    const first = started(["run", "--resume", run]);
    await expect.poll(() => held?.length).toBeGreaterThan(0);
    const lines = () => linesOf(run).filter(({ type }) => type !== "machine");
    const before = lines();
    const refused = await Promise.all([
      twintail("run", "--resume", run),
      twintail("run", "--extend", "1", "--of", run),
    ]);
    for (const { code, out, err } of refused) {
      expect([code, out]).toEqual([2, ""]);
      expect(err).toMatch(
        new RegExp(`: process ${first.child.pid} on .* is writing this recording; wait for it to end;`),
      );
    }
    expect(lines()).toEqual(before);
    const waiting = held;
    held = null;
    for (const answer of waiting) answer();
    await first.ended;
    expect(reportIn(run).run).toMatchObject({ recorded: 8, partial: false, resumed: { times: 1 } });
  }, 60_000);

  it.skipIf(process.platform === "win32")(
    "is refused in one line where the run folder cannot be written",
    async () => {
      const run = await killedRun("sealed");
      rmSync(join(run, "recording.jsonl.lock"));
      // To root every folder is writable.
      const uid = process.getuid?.() === 0 ? 65_534 : undefined;
      if (uid !== undefined) {
        chmodSync(folder, 0o755);
        for (const path of [join(folder, "sealed"), run, join(run, "recording.jsonl")]) chownSync(path, uid, uid);
      }
      const before = readFileSync(join(run, "recording.jsonl"));
      chmodSync(run, 0o500);
      try {
        const { code, out, err } = await started(["run", "--resume", run], uid).ended;
        expect(err).toMatch(
          /recording\.jsonl: the recording cannot be written \(EACCES\); make its folder writable, or choose another with --out\n$/,
        );
        expect([code, out]).toEqual([2, ""]);
        expect(readFileSync(join(run, "recording.jsonl")).equals(before)).toBe(true);
      } finally {
        chmodSync(run, 0o700);
      }
      expect((await twintail("run", "--resume", run)).err).toMatch(/\b5\/5 exchanges/);
    },
    60_000,
  );

  /** In this process: nothing is sent. */
  const refusal = async (...args: string[]): Promise<string> => {
    let [out, err] = ["", ""];
    const stream = (write: (text: string) => void) => ({ write });
    const code = await main(["run", join(folder, "twintail.yaml"), ...args], {
      stdout: stream((text) => {
        out += text;
      }),
      stderr: stream((text) => {
        err += text;
      }),
      environment: {},
      onInterrupt: () => () => {},
    });
    expect([code, out]).toEqual([2, ""]);
    return err;
  };

  it("of a run that was killed before its plan was written says that there is nothing", async () => {
    const begun = join(folder, "begun.jsonl");
    writeFileSync(begun, '{"type":"header","schemaVersion":1,"runId"');
    expect(await refusal("--resume", begun)).toBe(
      `${begun}: nothing was recorded: the run was killed before its plan was written; run anew\n`,
    );
  });

  it.each([
    [["--extend", "1"], /^--extend and --resume contradict each other; leave --extend out: complete the run first,/],
    [
      ["--rounds", "3"],
      /^--rounds and --resume contradict each other; .* the run keeps the rounds that were planned\n$/,
    ],
    [["--quick"], /^--quick and --resume contradict each other; .*\n$/],
    [["--gate", "errors rate < 0.1"], /^--gate and --resume contradict each other; .* twintail score --gate\n$/],
    [["--of", "results"], /^--of and --resume contradict each other; .*\n$/],
  ])("with %j is refused in one line", async (args, message) => {
    expect(await refusal("--resume", "nowhere", ...args)).toMatch(message);
  });
});
