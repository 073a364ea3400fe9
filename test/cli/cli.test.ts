import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Summary } from "../../src/report/summary.js";
import { chunk, rawServer, SSE_HEAD } from "../capture/harness.js";
import { typedIn } from "../typed.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));

const twintail = (args: readonly string[], onChild?: (child: ChildProcess) => void) => typedIn(folder, args, onChild);

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return name;
};

const SET = `name: small
defaults: { temperature: 0, max_tokens: 20, stream: true }
cases:
  - id: one
    category: chat
    detects: nothing
    request: { messages: [{ role: user, content: hello }] }
    expect: { contains: hello }
    reference: hello
`;
const config = (baseUrl: string, more = ""): string => `goldens: set.yaml
endpoints:
  baseline: { baseUrl: "${baseUrl}", models: { default: m }${more} }
  candidate: { baseUrl: "${baseUrl}", models: { default: m }${more} }
capture: { rounds: 3, concurrency: 1, warmup: 0, retry: { attempts: 1 } }
`;

describe("bad input", () => {
  file("set.yaml", SET);
  file("empty-set.yaml", "name: x\ncases: []\n");
  it.each([
    [
      "an unknown key",
      ["check", file("unknown.yaml", config("http://127.0.0.1:1/v1").replace("rounds", "round"))],
      /^unknown\.yaml:5:12: unknown key "round" in "capture"; did you mean "rounds"\?\n$/,
    ],
    [
      "an SLO of a sweep",
      ["check", file("slo.yaml", `${config("http://127.0.0.1:1/v1")}load: { slo: "errors < 101%" }\n`)],
      /^slo\.yaml:\d+:24: "101" is no share; write 1% or 0\.01\n$/,
    ],
    [
      "a mix of a sweep",
      ["check", file("mix.yaml", `${config("http://127.0.0.1:1/v1")}load: { mix: { nope: 1 } }\n`)],
      /^load\.mix: no case of category "nope" can be swept; use chat\n$/,
    ],
    ["bad YAML", ["check", file("bad.yaml", "goldens: [")], /^bad\.yaml:\d+:\d+: not valid YAML/],
    ["a missing file", ["run", "nowhere.yaml"], /^nowhere\.yaml: no such configuration; check the path\n$/],
    [
      "a missing golden set",
      ["check", file("noset.yaml", config("http://127.0.0.1:1/v1").replace("set.yaml", "no-such-set.yaml"))],
      /no-such-set\.yaml: no such golden set/,
    ],
    [
      "an empty golden set",
      ["check", file("empty.yaml", config("http://127.0.0.1:1/v1").replace("set.yaml", "empty-set.yaml"))],
      /empty-set\.yaml:2:8: "cases" is \[\]/,
    ],
    [
      "a missing key variable",
      ["run", file("key.yaml", config("http://127.0.0.1:1/v1", ", apiKeyEnv: NO_SUCH_VARIABLE"))],
      /NO_SUCH_VARIABLE is not set; export NO_SUCH_VARIABLE=…/,
    ],
    [
      "an unreachable host",
      ["run", file("gone.yaml", config("http://127.0.0.1:1/v1"))],
      /^[\s\S]*endpoints\.baseline\.baseUrl: cannot reach 127\.0\.0\.1:1: it refused the connection; start the server, or mend the address\nendpoints\.candidate\.baseUrl: cannot reach 127\.0\.0\.1:1: it refused the connection; start the server, or mend the address\n$/,
    ],
    [
      "a log of a simulator that cannot be written",
      ["sim", "--port", "0", "--log", "no-such-folder/log"],
      /no-such-folder\/log: the log cannot be written: ENOENT.*; give a file in a folder that is there/,
    ],
    ["a recording that is none", ["score", file("not.jsonl", "hello\n")], /not\.jsonl:1: not a line of JSON/],
    ["no arguments to score", ["score"], /missing required argument 'recording'/],
    [
      "control characters in a key",
      ["check", file("esc.yaml", `${config("http://127.0.0.1:1/v1")}"\\e[31mzork\\u202e": 1\n`)],
      /unknown key "\\u\{1b\}\[31mzork\\u\{202e\}"/,
    ],
    ["an unknown command", ["rnu"], /unknown command 'rnu'/],
    ["an unknown flag", ["run", "--fast"], /unknown option '--fast'/],
  ])("%s: one line with cause, place and remedy, exit code 2", async (_name, args, message) => {
    const { code, out, err } = await twintail(args);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/at .*\.js:\d+/);
    expect([code, out]).toEqual([2, ""]);
    expect(existsSync(join(folder, "results"))).toBe(false);
  });
});

describe("help", () => {
  it("of every command has an example and its options", async () => {
    const { code, out } = await twintail(["--help"]);
    expect(code).toBe(0);
    const commands = [...out.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name).filter((name) => name !== "help");
    expect(commands).toEqual([
      "demo",
      "init",
      "check",
      "run",
      "probe",
      "wake",
      "sweep",
      "score",
      "merge",
      "compare",
      "trend",
      "capacity",
      "clients",
      "replay",
      "sim",
    ]);
    for (const command of commands) {
      const help = await twintail([command as string, "--help"]);
      expect([command, help.code, /Examples?:\n {2}\$ twintail /.test(help.out)]).toEqual([command, 0, true]);
    }
    expect((await twintail(["--version"])).out).toBe(
      `${(JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string }).version}\n`,
    );
  });
});

describe("run", () => {
  it("--dry-run prints the plan with its requests, tokens, minutes and cost, and sends nothing", async () => {
    const priced = config("http://127.0.0.1:1/v1", ", price: { inputPerMTok: 1, outputPerMTok: 2 }");
    const { code, out } = await twintail(["run", file("plan.yaml", priced), "--dry-run", "--verbose"]);
    expect(code).toBe(0);
    expect(out).toMatch(/requests +3 +3\n/);
    expect(out).toMatch(/output tokens at most +60 +60\n/);
    expect(out).toMatch(/cost ≈ +\$0\.0001/);
    expect(out).toMatch(/about .*, if a stream gives 60 tokens\/s/);
    expect(out).toMatch(/round 1 {2}one \(stream\): (baseline → candidate|candidate → baseline)/);
    expect(existsSync(join(folder, "results"))).toBe(false);
  });

  it("interrupted once ends cleanly: exit code 130, and the recording scores as the part it is", async () => {
    const endless = await rawServer((socket) => {
      socket.write(SSE_HEAD);
      const timer = setInterval(() => socket.write(chunk('data: {"choices":[{"delta":{"content":"x"}}]}\n\n')), 10);
      socket.on("close", () => clearInterval(timer));
    });
    try {
      const { code, out, err } = await twintail(
        ["run", file("stop.yaml", config(endless.baseUrl)), "--out", "stopped"],
        (child) => {
          const poll = setInterval(() => {
            // Two are asked before the run.
            if (endless.requests.length < 4) return;
            clearInterval(poll);
            child.kill("SIGINT");
          }, 20);
        },
      );
      expect(err).toMatch(/interrupted: ending cleanly, what was recorded is kept/);
      expect([code, /interrupted/i.test(out)]).toEqual([130, true]);
      const [run] = readdirSync(join(folder, "stopped"));
      const again = await twintail(["score", join("stopped", run as string), "--json"]);
      const { run: about } = JSON.parse(again.out) as Summary;
      expect(about).toMatchObject({ ended: "interrupted", partial: true, recorded: 0, planned: 6 });
    } finally {
      await endless.close();
    }
  });

  it("where no request of an endpoint succeeds is invalid: exit code 4", async () => {
    const broken = await rawServer((socket) => socket.write("HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n"));
    try {
      const { code, err } = await twintail(["run", file("broken.yaml", config(broken.baseUrl)), "--out", "broken"]);
      expect([code, /invalid: no request of the baseline succeeded/.test(err)]).toEqual([4, true]);
    } finally {
      await broken.close();
    }
  });
});

describe("streams that go away", () => {
  it("a closed standard error does not end a run", async () => {
    const { startSimProcess } = await import("../../dist/sim/process.js");
    const sim = await startSimProcess({ tier: "h100x2" });
    try {
      const { code } = await twintail(["run", file("quiet.yaml", config(sim.baseUrl)), "--out", "quiet"], (child) =>
        child.stderr?.destroy(),
      );
      expect(code).toBe(0);
      expect(readdirSync(join(folder, "quiet"))).toHaveLength(1);
    } finally {
      await sim.stop();
    }
  });
});

describe("init", () => {
  it("writes a configuration that checks, and overwrites nothing", async () => {
    const fresh = mkdtempSync(join(folder, "init-"));
    const at = async (name: string) => (await typedIn(fresh, [name])).code;
    expect(await at("init")).toBe(0);
    expect(await at("check")).toBe(0);
    expect(await at("init")).toBe(2);
  });
});
