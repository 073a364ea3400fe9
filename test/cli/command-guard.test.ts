import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { commandGuard, readsCommands } from "../../src/cli/command-guard.js";
import { guardedIo, type Io } from "../../src/cli/terminal-io.js";
import { renderTerminal } from "../../src/report/terminal.js";
import { plainAnswer, rawServer } from "../capture/harness.js";
import { commandsIn } from "../ci/runner.js";
import { gate, gatedReport } from "../report/gated.js";
import { startTyped } from "../typed.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-guard-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Pieces that commands are made of, in any order: most texts come near to one, many are one. */
const PIECES = ':: : ##[ ## # [ ] set-output add-mask x::y error name=a; ##vso[ ##teamcity[ ###[ vso \\ " é 😀'.split(
  " ",
);
const pieces = fc.array(
  fc.constantFrom(
    ...PIECES,
    "\n",
    "\r",
    "\r\n",
    " ",
    "\t",
    "\u00a0",
    "\u200b",
    "\u00ad",
    "\u2028",
    "\u001b[1m",
    "\ud800",
  ),
  { maxLength: 30 },
);

/** The text through one guard, cut as it is given. */
function guarded(parts: readonly string[]): string {
  const guard = commandGuard();
  return parts.map((part) => guard.guarded(part)).join("");
}

describe("what a machine reads for commands", () => {
  it.each([
    ["::set-output name=a::b", ":\\:set-output name=a::b"],
    ["  \t::add-mask::secret", "  \t:\\:add-mask::secret"],
    ["done\n::error::x\rfine\r::debug::y", "done\n:\\:error::x\rfine\r:\\:debug::y"],
    ["seen: ##[error]x", "seen: ##\\u005berror]x"],
    ["##vso[task.setvariable variable=a]b", "##vso\\u005btask.setvariable variable=a]b"],
  ])("%j is shown as %j", (text, shown) => {
    expect(commandsIn(text).length).toBeGreaterThan(0);
    expect(guarded([text])).toBe(shown);
    expect(commandsIn(shown)).toEqual([]);
  });

  it.each(["http://[::1]:8000/v1", "std::vector::size", "12:30::45", "## Tails [x]", "# [x]", "a: b", ": b:"])(
    "%j stays as it is",
    (text) => {
      expect(guarded([text])).toBe(text);
    },
  );

  it("never leaves a guard, however a text is cut into writes", () => {
    let came = 0;
    fc.assert(
      fc.property(pieces, (parts) => {
        const out = guarded(parts);
        expect(commandsIn(out)).toEqual([]);
        // Lone backslashes apart, nothing is lost and nothing else is added.
        const bare = (text: string): string => text.replaceAll("\\u005b", "[").replaceAll("\\", "");
        expect(bare(out)).toBe(bare(parts.join("")));
        came += commandsIn(parts.join("")).length;
      }),
      { numRuns: 3_000 },
    );
    expect(came).toBeGreaterThan(100);
  });

  it("JSON through a guard means what it meant", () => {
    fc.assert(
      fc.property(pieces, pieces, (key, value) => {
        const given = { [key.join("")]: [value.join(""), { a: value }] };
        const out = guarded(JSON.stringify(given, null, 2).match(/.{1,7}/gs) ?? []);
        expect(JSON.parse(out)).toEqual(given);
        expect(commandsIn(out)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it("is watched for on machines that read it, and nowhere else", () => {
    expect(
      [{ GITHUB_ACTIONS: "true" }, { TF_BUILD: "True" }, { TEAMCITY_VERSION: "2025.1" }].map(readsCommands),
    ).toEqual([true, true, true]);
    expect([{}, { GITHUB_ACTIONS: "" }, { GITHUB_ACTIONS: "false" }, { CI: "true" }].map(readsCommands)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});

describe("streams", () => {
  const written = { out: "", err: "" };
  const io = (environment: Record<string, string>): Io => ({
    stdout: { write: (text) => (written.out += text), isTTY: true, columns: 90 },
    stderr: { write: (text) => (written.err += text) },
    environment,
    onInterrupt: () => () => {},
  });

  it("of a person are left alone", () => {
    const given = io({});
    expect(guardedIo(given)).toBe(given);
  });

  it("of a runner take commands from us alone, each on a line of its own", () => {
    const runner = guardedIo(io({ GITHUB_ACTIONS: "true" }));
    runner.stdout.write("::error::of an endpoint\n");
    runner.stderr.write("half a line");
    runner.command?.("::warning::ours");
    runner.stderr.write("::error::of an endpoint\n");
    expect([runner.stdout.isTTY, runner.stdout.columns, runner.stderr.isTTY]).toEqual([true, 90, false]);
    expect(commandsIn(written.out)).toEqual([]);
    expect(commandsIn(written.err)).toEqual([{ name: "warning", properties: {}, data: "ours" }]);
  });
});

const NASTY = "::add-mask::a\n::set-output name=x::y\r##[error]z ##[set-env name=P]q";

describe("a report of hostile texts", () => {
  it("has no line that a runner would take for a command", () => {
    const { summary, details } = gatedReport([gate({ text: NASTY, reason: NASTY, notes: [NASTY] })], "fail");
    const hostile = JSON.parse(JSON.stringify(summary), (key, value) =>
      typeof value === "string" && /message|evidence|detail|reason|models|baseUrl|clients|code|host/.test(key)
        ? NASTY
        : value,
    );
    const text = renderTerminal({ summary: hostile, details }, { columns: 80, color: false });
    expect(commandsIn(text).length).toBeGreaterThan(0);
    expect(commandsIn(guarded([text]))).toEqual([]);
  });

  it("from an endpoint stays text in all that a run prints", async () => {
    const body = JSON.stringify({ error: { message: NASTY, type: "##[add-path]p", code: "::error::c" } });
    const server = await rawServer((socket) => socket.write(plainAnswer(body, "400 Bad Request")));
    writeFileSync(
      join(folder, "set.yaml"),
      'name: "##[error]set"\ncases:\n  - { id: one, category: chat, detects: "::error::", request: { messages: [{ role: user, content: hi }] }, expect: { contains: a } }\n',
    );
    const endpoint = `{ baseUrl: "${server.baseUrl}", models: { default: "##[error]m" } }`;
    writeFileSync(
      join(folder, "twintail.yaml"),
      `goldens: set.yaml\nendpoints: { baseline: ${endpoint}, candidate: ${endpoint} }\ncapture: { rounds: 2, warmup: 0, retry: { attempts: 1 } }\n`,
    );
    try {
      const bare = await twintail({ GITHUB_ACTIONS: "" });
      expect(commandsIn(bare.out).length).toBeGreaterThan(0);
      const seen = await twintail({ GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: join(folder, "summary.md") });
      expect(commandsIn(seen.out)).toEqual([]);
      expect(commandsIn(seen.err)).toEqual([]);
      expect(seen.code).toBe(bare.code);
      const json = await twintail({ GITHUB_ACTIONS: "true" }, ["--json"]);
      expect(commandsIn(json.out)).toEqual([]);
      expect(JSON.parse(json.out).run.goldenSet.name).toBe("##[error]set");
      expect(readFileSync(join(folder, "summary.md"), "utf8")).not.toContain("##[error]");
    } finally {
      await server.close();
    }
  });
});

const twintail = (environment: NodeJS.ProcessEnv, flags: readonly string[] = []) =>
  startTyped(folder, ["run", ...flags], { environment }).ended;
