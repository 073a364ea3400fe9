import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it, vi } from "vitest";
import { clientsSchema } from "../../src/report/clients.js";
import { content, DONE, event, finish } from "../recording/exchange-builder.js";
import { MAIN, startTyped } from "../typed.js";
import { CLEAN, stream, writeRecording } from "./answers.js";

const OPENAI = `openai=${fileURLToPath(new URL("../../node_modules/openai", import.meta.url))}`;
const folder = mkdtempSync(join(tmpdir(), "twintail-clients-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));

function clients(...args: string[]): { code: number | null; out: string; err: string } {
  const env = { PATH: process.env.PATH, XDG_CACHE_HOME: join(folder, "cache") };
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, "clients", ...args], { encoding: "utf8", env });
  return { code: status, out: stdout, err: stderr };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const clean = stream(CLEAN);
const worse = stream([event({ role: "assistant", content: [{ type: "text", text: "x" }] }), finish(), DONE]);
const same = writeRecording(join(folder, "same.jsonl"), { one: { candidate: clean, baseline: clean } });
const drifted = writeRecording(join(folder, "drifted.jsonl"), { one: { candidate: worse, baseline: clean } });
const alike = writeRecording(join(folder, "alike.jsonl"), { one: { candidate: worse, baseline: worse } });

describe("twintail clients", () => {
  it("ends with 1 for news on the candidate only where it was asked to", () => {
    expect(clients(drifted, "--sdk", OPENAI).code).toBe(0);
    expect(clients(drifted, "--sdk", OPENAI, "--fail-on-new").code).toBe(1);
    expect(clients(same, "--sdk", OPENAI, "--fail-on-new").code).toBe(0);
    expect(clients(alike, "--sdk", OPENAI, "--fail-on-new").code).toBe(0);
  });

  it("prints a table, or JSON alone", () => {
    const { out } = clients(drifted, "--sdk", OPENAI);
    expect(out).toMatch(/New on the candidate[\s\S]*content differs/);
    const { endpoint } = clientsSchema.parse(
      JSON.parse(clients(drifted, "--sdk", OPENAI, "--json", "--endpoint", "candidate").out),
    ).results[0] as { endpoint: string };
    expect(endpoint).toBe("candidate");
  });

  it.each([
    [
      "a missing SDK",
      [same],
      /openai@latest is not installed; run: twintail clients .* --sdk openai@latest,ai@latest --install\n$/,
    ],
    ["a missing recording", ["nowhere", "--sdk", OPENAI], /^nowhere: no such recording/],
    ["another SDK", [same, "--sdk", "langchain@1"], /^--sdk: "langchain" is no SDK that is known here/],
    ["another endpoint", [same, "--sdk", OPENAI, "--endpoint", "third"], /^--endpoint: "third" is no endpoint/],
    [
      "news of one endpoint",
      [same, "--sdk", OPENAI, "--endpoint", "candidate", "--fail-on-new"],
      /^--fail-on-new: one endpoint alone/,
    ],
    ["a folder without the SDK", [same, "--sdk", `openai=${folder}`], /openai is not installed there; name a folder/],
  ])("answers %s in one line", (_, args, message) => {
    const { code, out, err } = clients(...(args as string[]));
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(message as RegExp);
    expect(err.trim().split("\n")).toHaveLength(1);
  });

  it("ends with 130 when it is interrupted, and kills a client in an endless loop", async () => {
    const fake = join(folder, "loops", "node_modules", "openai");
    mkdirSync(fake, { recursive: true });
    writeFileSync(
      join(fake, "package.json"),
      '{"name":"openai","version":"0.0.1","type":"module","exports":"./index.js"}',
    );
    writeFileSync(
      join(fake, "index.js"),
      `import { writeFileSync } from "node:fs";
       export class APIError extends Error {}
       export default class {
         chat = { completions: { create() { writeFileSync(${JSON.stringify(join(folder, "pid"))}, String(process.pid)); for (;;); } } };
       }`,
    );
    const { child, ended } = startTyped(folder, ["clients", same, "--sdk", `openai=${join(folder, "loops")}`]);
    const looping = (): number =>
      Number(existsSync(join(folder, "pid")) ? readFileSync(join(folder, "pid"), "utf8") : 0);
    await vi.waitUntil(() => looping() > 0, { timeout: 20_000 });
    child.kill("SIGTERM");
    expect((await ended).code).toBe(130);
    await vi.waitUntil(() => !isAlive(looping()), { timeout: 20_000 });
  });

  it("answers a recording without answers in one line", () => {
    const none = writeRecording(join(folder, "none.jsonl"), {
      one: { candidate: stream([content("x")], { outcome: { kind: "cancelled", by: "plan" } }) },
    });
    expect(clients(none, "--sdk", OPENAI).err).toMatch(/holds no warm answer that can be replayed/);
  });
});
