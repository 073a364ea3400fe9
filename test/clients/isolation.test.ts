/** Client libraries that misbehave, made for these tests: what they do stays in their process. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseSdkChoices } from "../../src/clients/sdk-choice.js";
import { replayThroughClients } from "../../src/clients.js";
import type { ClientsReport } from "../../src/report/clients.js";
import { CLEAN, stream, writeRecording } from "./answers.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-isolation-"));
let asked = 0;
const server = createServer((_, response) => {
  asked++;
  response.end("reached");
});
beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
afterAll(() => {
  rmSync(folder, { recursive: true });
  server.close();
});

/** An `openai` whose `create` runs the given code; `body`, `options` and `port` are in its scope. */
function fakeOpenAi(name: string, code: string, manifest: Readonly<Record<string, unknown>> = {}): string {
  const at = join(folder, name, "node_modules", "openai");
  mkdirSync(at, { recursive: true });
  const port = (server.address() as AddressInfo).port;
  writeFileSync(
    join(at, "package.json"),
    JSON.stringify({ name: "openai", version: "0.0.1", type: "module", exports: "./index.js", ...manifest }),
  );
  writeFileSync(
    join(at, "index.js"),
    `import net from "node:net"; import http from "node:http"; import dgram from "node:dgram";
     const port = ${port};
     export class APIError extends Error {}
     const said = (content) => (async function* () { yield { choices: [{ delta: { content }, finish_reason: "stop" }] }; })();
     export default class {
       constructor(options) { this.options = options; }
       get chat() { const options = this.options; return { completions: { create: async (body) => { ${code} } } }; }
     }`,
  );
  return `openai=${join(folder, name)}`;
}

function replay(sdk: string, cases: readonly string[], exchangeMs = 10_000): Promise<ClientsReport> {
  const recording = Object.fromEntries(
    cases.map((name) => [name, { candidate: stream(CLEAN), request: { user: name } }]),
  );
  return replayThroughClients(writeRecording(join(folder, "recording.jsonl"), recording), {
    sdks: parseSdkChoices(sdk),
    cache: folder,
    command: "",
    endpoints: ["candidate"],
    all: false,
    exchangeMs,
  });
}

const creates = ({ results }: ClientsReport) => results.filter(({ call }) => call === "chat.completions.create");

describe("the process of a client", () => {
  it("may die: that answer counts as thrown, and the next ones are replayed in another", async () => {
    const sdk = fakeOpenAi("dies", `if (body.user === "die") process.exit(7); return said("Good evening.");`);
    const [die, after] = creates(await replay(sdk, ["die", "after"]));
    expect([die?.verdict, die?.thrown?.message]).toEqual(["thrown", "the process ended with code 7"]);
    // This library hands on no usage, which shows that it ran.
    expect([after?.verdict, after?.lost.map(({ what }) => what)]).toEqual(["lost", ["usage"]]);
  });

  it("may hang: it is ended at the limit", async () => {
    const sdk = fakeOpenAi("hangs", `if (body.user === "hang") for (;;); return said("Good evening.");`);
    const [hang, after] = creates(await replay(sdk, ["hang", "after"], 500));
    expect([hang?.verdict, hang?.thrown?.message]).toEqual(["thrown", "no answer within 500 ms"]);
    expect(after?.verdict).toBe("lost");
  });

  it("tells a rejection that nobody awaits, which would end an ordinary program", async () => {
    const sdk = fakeOpenAi("strays", `Promise.reject(new Error("left alone")); return said("Good evening.");`);
    const [result] = creates(await replay(sdk, ["one"]));
    expect(result?.thrown).toMatchObject({ message: "left alone", where: "a promise that nobody awaits" });
  });

  it("has no network, by whatever door", async () => {
    const sdk = fakeOpenAi(
      "phones",
      `const doors = {
         fetch: () => fetch("http://127.0.0.1:" + port),
         net: () => new Promise((resolve, reject) => net.connect(port, "127.0.0.1", resolve).on("error", reject)),
         http: () => new Promise((resolve, reject) => http.get({ port, host: "127.0.0.1" }, resolve).on("error", reject)),
         udp: async () => dgram.createSocket("udp4").send("x", port, "127.0.0.1"),
       };
       await doors[body.user]();
       return said("Good evening.");`,
    );
    const results = creates(await replay(sdk, ["fetch", "net", "http", "udp"]));
    expect(results.map(({ thrown }) => thrown?.message)).toEqual(
      Array(4).fill("a replay sends nothing, and this process has no network"),
    );
    expect(asked).toBe(0);
  });

  it("sees no variable of this process, and is answered once", async () => {
    process.env.TWINTAIL_TEST_KEY = "sk-secret";
    const sdk = fakeOpenAi(
      "looks",
      `if (body.user === "twice") { await options.fetch("x"); await options.fetch("x"); }
       return said(process.env.TWINTAIL_TEST_KEY ?? process.env.PATH ?? "");`,
    );
    const [variables, twice] = creates(await replay(sdk, ["variables", "twice"]));
    delete process.env.TWINTAIL_TEST_KEY;
    expect(variables?.lost[0]).toEqual({
      what: "13 of 13 characters of content",
      sent: '"Good evening."',
      got: "nothing",
    });
    expect(twice?.thrown?.message).toMatch(/asked again/);
  });

  it("gets each read as one chunk", async () => {
    const sdk = fakeOpenAi(
      "counts",
      `const response = await options.fetch("x");
       let chunks = 0;
       for await (const chunk of response.body) chunks++;
       return said(String(chunks));`,
    );
    const [result] = creates(await replay(sdk, ["one"]));
    expect(result?.lost[0]?.got).toBe(`"${CLEAN.length}"`);
  });
});

describe("a client that does not run here", () => {
  it("is told beside the others", async () => {
    const future = fakeOpenAi("future", "", { engines: { node: ">=99" } });
    const now = fakeOpenAi("now", `return said("Good evening.");`);
    const { clients, results } = await replay(`${future},${now}`, ["one"]);
    expect(clients.map(({ unusable }) => unusable)).toEqual([
      `openai 0.0.1 needs Node >=99, and this is ${process.versions.node}`,
      null,
    ]);
    expect(new Set(results.map(({ client }) => client))).toEqual(new Set([`openai 0.0.1 (${now})`]));
  });

  it("is an error where there is no other", async () => {
    const future = fakeOpenAi("future", "", { engines: { node: ">=99" } });
    await expect(replay(future, ["one"])).rejects.toThrow(
      /^--sdk: openai 0\.0\.1 needs Node >=99.*; use that Node\.js/,
    );
  });

  it("is told beside the others when it cannot be loaded, and an error where there is no other", async () => {
    const broken = fakeOpenAi("broken", "", { exports: "./missing.js" });
    const now = fakeOpenAi("now", `return said("Good evening.");`);
    const { clients, results } = await replay(`${broken},${now}`, ["one"]);
    expect(clients.map(({ unusable }) => unusable !== null)).toEqual([true, false]);
    expect(results.length).toBeGreaterThan(0);
    await expect(replay(broken, ["one"])).rejects.toThrow(/openai cannot be loaded: Cannot find module/);
  });
});
