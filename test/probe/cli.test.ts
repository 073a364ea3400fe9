import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { ProbeSummary } from "../../src/report/probe-summary.js";
import { chunk, plainAnswer, type RawServer, SSE_HEAD } from "../capture/harness.js";
import { typedIn } from "../typed.js";
import { isStory, plainServer, sse } from "./servers.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-probe-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));

const twintail = (args: readonly string[], interruptWhen: () => boolean = () => false) =>
  typedIn(folder, args, (child) => {
    const poll = setInterval(() => {
      if (!interruptWhen()) return;
      clearInterval(poll);
      child.kill("SIGINT");
    }, 20);
    child.once("close", () => clearInterval(poll));
  });

writeFileSync(
  join(folder, "set.yaml"),
  `name: small
defaults: { temperature: 0, max_tokens: 20, stream: true }
cases:
  - id: one
    category: chat
    detects: nothing
    request: { messages: [{ role: user, content: hello }], logprobs: true }
    expect: { contains: hello }
`,
);

function config(name: string, baseline: string, candidate: string, more = ""): string {
  writeFileSync(
    join(folder, name),
    `goldens: set.yaml
endpoints:
  baseline: { baseUrl: "${baseline}", models: { default: m }${more} }
  candidate: { baseUrl: "${candidate}", models: { default: m }${more} }
`,
  );
  return name;
}

const LOGPROBS = { content: [{ token: "ready", logprob: -0.1, top_logprobs: [] }] };
const choice = (more: object) =>
  JSON.stringify({
    choices: [{ index: 0, message: { role: "assistant", content: "ready" }, finish_reason: "stop", ...more }],
  });
const withLogprobs = (): Promise<RawServer> =>
  plainServer((socket, { body }) => {
    if (body.logprobs !== true) return false;
    socket.write(plainAnswer(choice({ logprobs: LOGPROBS })));
    return true;
  });

describe("twintail probe", () => {
  it("prints both endpoints side by side, and writes probe.json", { timeout: 120_000 }, async () => {
    const [a, b] = await Promise.all([withLogprobs(), plainServer()]);
    try {
      const file = config("two.yaml", a.baseUrl, b.baseUrl);
      const { code, out, err } = await twintail(["probe", file]);
      expect(code).toBe(0);
      expect(err).toMatch(
        /^probe for small: most answers are a few words; \d+ streams are hung up on early\nbaseline {2}http.*: \d+ small requests, at most [\d,]+ output tokens\n/,
      );
      expect(out).toMatch(/In use, and lost on the candidate: logprobs\./);
      expect(out).toMatch(/^logprobs +1 +supported +≠ +ignored$/m);
      expect(out).toMatch(/needs --long-stream: long stream/);
      const [run] = readdirSync(join(folder, "results")) as [string];
      expect(run).toMatch(/-small-probe-[0-9a-f]{4}$/);
      expect(readdirSync(join(folder, "results", run)).sort()).toEqual(["probe.json", "recording.jsonl"]);

      const stored = join("results", run);
      const again = await twintail(["probe", "--from", stored, "--json"]);
      const summary = JSON.parse(again.out) as ProbeSummary;
      expect([again.code, again.err]).toEqual([0, ""]);
      expect(again.out).toBe(readFileSync(join(folder, stored, "probe.json"), "utf8"));
      expect(summary.lost).toEqual(["logprobs"]);
      const required = await twintail(["probe", "--from", stored, "--require-in-use"]);
      expect([required.code, required.err]).toEqual([1, "in use, and lost on the candidate: logprobs\n"]);
      expect(required.out).toBe(out);

      const scored = await twintail(["score", stored]);
      expect([scored.code, scored.out]).toEqual([2, ""]);
      expect(scored.err).toMatch(
        /^results\/.*: this is the recording of a probe; judge it with twintail probe --from results\/.*\n$/,
      );
    } finally {
      await Promise.all([a.close(), b.close()]);
    }
  });

  it("with --require-in-use passes where nothing in use is lost", { timeout: 60_000 }, async () => {
    const server = await withLogprobs();
    try {
      const file = config("same.yaml", server.baseUrl, server.baseUrl);
      expect((await twintail(["probe", file, "--require-in-use", "--out", "same", "--json"])).code).toBe(0);
    } finally {
      await server.close();
    }
  });

  it("with --require-in-use is inconclusive where it is unclear", { timeout: 60_000 }, async () => {
    const limited = plainServer((socket, { body }) => {
      if (body.logprobs !== true) return false;
      socket.write(plainAnswer("{}", "429 Too Many Requests", "retry-after-ms: 1\r\n"));
      return true;
    });
    const [a, b] = await Promise.all([withLogprobs(), limited]);
    try {
      const { code, err } = await twintail([
        "probe",
        config("limited.yaml", a.baseUrl, b.baseUrl),
        "--require-in-use",
        "--out",
        "limited",
      ]);
      expect([code, /in use, and unclear on the candidate: logprobs\n/.test(err)]).toEqual([3, true]);
    } finally {
      await Promise.all([a.close(), b.close()]);
    }
  });

  it("of an endpoint that answers nothing is invalid: exit code 4", { timeout: 60_000 }, async () => {
    const broken = await plainServer((socket) => {
      socket.write(plainAnswer('{"error": {"message": "bad key"}}', "401 Unauthorized"));
      return true;
    });
    try {
      const { code, out, err } = await twintail([
        "probe",
        config("broken.yaml", broken.baseUrl, broken.baseUrl),
        "--out",
        "broken",
      ]);
      expect([code, /invalid: no chat request of the baseline succeeded/.test(err)]).toEqual([4, true]);
      expect(out).toMatch(/No chat request of the baseline succeeded, so nothing was compared: HTTP 401: bad key/);
    } finally {
      await broken.close();
    }
  });

  it("interrupted once ends cleanly: exit code 130, with what was recorded", { timeout: 60_000 }, async () => {
    const endless = await plainServer((socket, request) => {
      if (!isStory(request)) return false;
      socket.write(SSE_HEAD);
      const timer = setInterval(() => socket.write(chunk(sse("word "))), 2_000);
      socket.on("close", () => clearInterval(timer));
      return true;
    });
    try {
      const file = config("stop.yaml", endless.baseUrl, endless.baseUrl);
      const told = (): boolean => endless.requests.some((request) => request.includes("lighthouse"));
      const { code, out, err } = await twintail(["probe", file, "--out", "stopped"], told);
      expect(code).toBe(130);
      expect(err).toMatch(/interrupted: ending cleanly/);
      expect(out).toMatch(/Partial probe, interrupted: \d+ of \d+ planned requests/);
      const [run] = readdirSync(join(folder, "stopped")) as [string];
      expect((await twintail(["probe", "--from", join("stopped", run), "--json"])).code).toBe(0);
    } finally {
      await endless.close();
    }
  });

  it("--dry-run prints what would be sent, and what not and why; sends nothing", async () => {
    const file = config("dry.yaml", "http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1", ", wake: {}");
    const { code, out } = await twintail(["probe", file, "--dry-run", "--out", "dry"]);
    expect(code).toBe(0);
    expect(out).toMatch(/warning: probing wakes the baseline: let it fall asleep again before a run/);
    expect(out).toMatch(/wake\.first +POST \/v1\/chat\/completions → baseline, candidate/);
    expect(out).toMatch(/logprobs\.logprobs .* in use: 1 case\n/);
    expect(out).toMatch(/cancel-frees\.cancelled .*, hung up on after 4 reads/);
    expect(out).toMatch(/not tried: images at candidate: a picture costs more/);
    expect(existsSync(join(folder, "dry"))).toBe(false);
  });

  it.each([
    ["a missing configuration", ["nowhere.yaml"], /^nowhere\.yaml: no such configuration/],
    [
      "no count of streams",
      ["two.yaml", "--cancel-streams", "0"],
      /^--cancel-streams: "0" is no count; give a number from 1 to 64\n$/,
    ],
    ["no age", ["two.yaml", "--long-stream", "soon"], /"soon" is not a duration/],
    [
      "an age that is no wait",
      ["two.yaml", "--long-stream", "1ms"],
      /^--long-stream: "1ms" is no age of a stream; give 1s to 1h\n$/,
    ],
    ["no limit", ["two.yaml", "--long-stream-tokens", "many"], /^--long-stream-tokens: "many" is no count/],
    [
      "an unreachable endpoint",
      ["gone.yaml"],
      /endpoints\.baseline\.baseUrl: cannot reach 127\.0\.0\.1:1: it refused the connection/,
    ],
    ["a recording of nothing", ["--from", "set.yaml"], /^set\.yaml:1: not a line of JSON/],
  ])("%s: one line with cause, place and remedy, exit code 2", async (_name, args, message) => {
    config("two.yaml", "http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1");
    config("gone.yaml", "http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1");
    const { code, out, err } = await twintail(["probe", ...args]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/at .*\.js:\d+/);
  });

  it("refuses the recording of a run", async () => {
    const header = JSON.parse(
      readFileSync(new URL("../recordings/llama-cpp.jsonl", import.meta.url), "utf8").split("\n")[0] as string,
    );
    writeFileSync(join(folder, "run.jsonl"), `${JSON.stringify(header)}\n`);
    const { code, err } = await twintail(["probe", "--from", "run.jsonl"]);
    expect([code, err]).toEqual([
      2,
      "run.jsonl: this is no recording of a probe; judge a run with twintail score run.jsonl\n",
    ]);
  });
});
