import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderJson, score } from "../../dist/index.js";
import type { Summary } from "../../src/report/summary.js";
import { CHAT_BODY, plainAnswer, type RawServer, rawServer } from "../capture/harness.js";
import { typedIn } from "../typed.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-cli-extend-"));
let server: RawServer;
beforeAll(async () => {
  server = await rawServer((socket) => socket.write(plainAnswer(CHAT_BODY)));
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
capture: { rounds: 3, concurrency: 1, warmup: 0, solo: { requests: 0 }, retry: { attempts: 1 } }
`,
  );
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const twintail = (...args: string[]) => typedIn(folder, args);

const reportIn = (run: string): Summary => JSON.parse(readFileSync(join(run, "report.json"), "utf8")) as Summary;

describe("run --extend", () => {
  it("names what it extends before it sends, and writes the report of the whole where the first one was", async () => {
    const first = await twintail("run", "--rounds", "2");
    const [name] = readdirSync(join(folder, "results"));
    const run = join(folder, "results", name ?? "");
    expect([first.code === 70, reportIn(run).run.rounds]).toEqual([false, 2]);

    const asked = server.requests.length;
    const dry = await twintail("run", "--extend", "3", "--dry-run");
    expect([dry.code, server.requests.length - asked]).toEqual([0, 0]);
    expect(dry.out).toMatch(/^Plan of small: 1 case, 3 rounds,/);
    expect(dry.out).toMatch(/requests +3 +3\n/);

    const again = await twintail("run", "--extend", "3", "--of", run);
    expect(again.err).toMatch(
      new RegExp(`^extending .*${name}/recording\\.jsonl: rounds 3 to 5, for look 2\\n[^]*\\nWrote .*${name}/:`),
    );
    expect(again.err).toMatch(/\b6\/6 exchanges/);
    expect(readdirSync(join(folder, "results"))).toEqual([name]);
    expect(reportIn(run)).toMatchObject({ run: { rounds: 5, recorded: 10 }, judgement: { look: 2 } });
    expect(readFileSync(join(run, "report.json"), "utf8")).toBe(renderJson(score(run).summary));
    expect(statSync(join(run, "recording.jsonl")).mode & 0o077).toBe(0);

    const newest = await twintail("run", "--extend", "1");
    expect(newest.err).toMatch(/^extending .*: round 6, for look 3\n/);
    const fourth = await twintail("run", "--extend", "1");
    expect([fourth.code, fourth.out]).toEqual([2, ""]);
    expect(fourth.err).toMatch(/recording\.jsonl: it was extended 2 times already: .*\n$/);
  }, 60_000);

  it("refuses a pinned run that is the run itself before it sends anything", async () => {
    await twintail("run", "--rounds", "1", "--out", "pinned");
    const run = join(folder, "pinned", readdirSync(join(folder, "pinned"))[0] ?? "");
    const asked = server.requests.length;
    const { code, out, err } = await twintail("run", "--extend", "1", "--of", run, "--baseline", run);
    expect([code, out, server.requests.length - asked]).toEqual([2, "", 0]);
    expect(err).toMatch(/this is the run that it goes on with; pin another run\n$/);

    // A pinned run of which nothing can be compared costs neither the report nor the night.
    const recording = join(run, "recording.jsonl");
    copyFileSync(recording, join(folder, "earlier.jsonl"));
    const lines = readFileSync(recording, "utf8").split("\n");
    writeFileSync(recording, lines.filter((line) => !line.startsWith('{"type":"exchange"')).join("\n"));
    const held = await twintail("run", "--rounds", "1", "--out", "held", "--baseline", run, "--history", "nights");
    expect(held.err).toMatch(/Added .*the recording holds no exchange;[^\n]*\n$/s);
    expect([held.code, readFileSync(join(folder, "nights", "nights.jsonl"), "utf8").split("\n").length]).toEqual([
      2, 2,
    ]);

    const longer = await twintail("run", "--extend", "2", "--out", "held", "--history", "nights");
    expect(longer.err).toMatch(/\nAdded /);
    const trend = await twintail("trend", "nights", "--json");
    expect(JSON.parse(trend.out)).toMatchObject({ runs: 1, current: [{ nights: [{}] }] });
    const before = await twintail("trend", "nights", "--add", "earlier.jsonl");
    expect(before.err).toMatch(/\nnote: 1 run of it began later, so that trend does not judge this one as the last\n/);
  }, 60_000);

  it.each([
    [["--dry-run", "--json"], /^--json: --dry-run makes no report that --json could print; leave one of them out\n$/],
    [["--extend", "1", "--gate", "errors rate < 0.1"], /^--gate and --extend contradict each other: .*score --gate\n$/],
    [["--of", "results"], /^--of needs --extend; add --extend <rounds>\n$/],
    [["--extend", "2", "--rounds", "3"], /^--rounds and --extend contradict each other; give --extend the number/],
    [["--extend", "0"], /^--extend: "0" is no number of rounds; give a whole number from 1 to 1000\n$/],
    [["--rounds", "many"], /^--rounds: "many" is no number of rounds/],
    [["--extend", "1", "--of", "nowhere"], /^nowhere: no such recording; give a folder under results\//],
    [["--extend", "1", "--out", "elsewhere"], /^elsewhere: no run of this golden set against these endpoints is here;/],
  ])("%j is refused in one line", async (args, message) => {
    const { code, out, err } = await twintail("run", ...args);
    expect(err).toMatch(message);
    expect([code, out]).toEqual([2, ""]);
  });
});
