/** No key is in anything that is written or printed, wherever an endpoint puts it and however it spells it. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { main } from "../dist/cli/program.js";
import { decodeAttempt } from "../src/decode/decode.js";
import type { Attempt } from "../src/recording/recording.js";
import { storedExchange } from "../src/redact/exchange.js";
import { overwriteSecrets } from "../src/redact/scan.js";
import { rawServer } from "./capture/harness.js";
import { attempt, exchange } from "./recording/exchange-builder.js";
import { cutAt } from "./wire/streams.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-leaks-"));
afterAll(() => rmSync(folder, { recursive: true }));

const STORES = ["full", "redacted", "metadata"] as const;
const MAX_BYTES = 40_000;

interface Reply {
  readonly status?: number;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body: string | Buffer;
  /** The connection is lost after it. */
  readonly lost?: boolean;
}

const json = (value: unknown, more: Partial<Reply> = {}): Reply => ({
  headers: [["content-type", "application/json"]],
  ...more,
  body: JSON.stringify(value),
});
const refusal = (message: string, status = 401): Reply =>
  json({ error: { message, type: "invalid_request_error", code: "invalid_api_key" } }, { status });
const events = (values: readonly unknown[], more: Partial<Reply> = {}): Reply => ({
  headers: [["content-type", "text/event-stream"]],
  body: `${values.map((value) => `data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`).join("")}`,
  ...more,
});
const chunk = (delta: object, more: object = {}, reason: string | null = null): object => ({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index: 0, delta, finish_reason: reason }],
  ...more,
});
const END = [chunk({}, {}, "stop"), "[DONE]"];
const spelled = (text: string): string =>
  [...text].map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
const argumentsDelta = (piece: string, index = 0): object =>
  chunk({ tool_calls: [{ index, id: `c${index}`, type: "function", function: { name: "f", arguments: piece } }] });
const html = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`).replace(/&#60;/g, "&lt;");

/** Every way in which an endpoint may give a key back. */
const PATHS: Readonly<Record<string, (key: string) => Reply>> = {
  "401 body": (key) => refusal(`Incorrect API key provided: ${key}.`),
  "body within a body": (key) => refusal(JSON.stringify({ headers: { authorization: `Bearer ${key}` } }), 400),
  "three bodies deep": (key) => refusal(JSON.stringify({ raw: JSON.stringify({ key }) }), 400),
  "body written by PHP": (key) => {
    const reply = refusal(`Key ${key}`);
    return { ...reply, body: `${reply.body}`.replaceAll("/", "\\/") };
  },
  header: (key) => ({ ...refusal("no", 403), headers: [["x-echo", `Bearer ${key}`]] }),
  "header name": (key) => ({
    ...refusal("no", 403),
    headers: /^[\w-]+$/.test(key) ? [[`x-${key}`, "1"]] : [["x-other", "1"]],
  }),
  redirect: (key) => ({
    status: 302,
    headers: [["location", `http://127.0.0.1:1/?key=${encodeURIComponent(key)}`]],
    body: "",
  }),
  "set-cookie": (key) => ({ ...refusal("no", 403), headers: [["set-cookie", `session=${key}; HttpOnly`]] }),
  deltas: (key) => events([...[...`The key is ${key}.`].map((content) => chunk({ content })), ...END]),
  "escaped deltas": (key) =>
    events([...[...key].map((each) => `{"choices":[{"delta":{"content":"${spelled(each)}"},"index":0}]}`), ...END]),
  // Of what is no JSON, pieces that look like its brackets are not put together.
  "plain text deltas": (key) =>
    events([...(/^[\w-]+$/.test(key) ? [...key] : [key]).map((each) => ` ${each}`), ...END]),
  reasoning: (key) => events([...[...key].map((each) => chunk({ reasoning_content: each })), ...END]),
  "content parts": (key) =>
    json({
      choices: [
        {
          index: 0,
          message: {
            role: "assistant",
            content: [
              { type: "text", text: `Key ${key.slice(0, 5)}` },
              { type: "text", text: key.slice(5) },
            ],
          },
          finish_reason: "stop",
        },
      ],
    }),
  "two choices at once": (key) =>
    events([
      ...[...key].flatMap((content) => [
        chunk({ content }),
        { ...chunk({ content: "-" }), choices: [{ delta: { content: "-" }, index: 1 }] },
      ]),
      ...END,
    ]),
  "tool arguments": (key) =>
    events([...(JSON.stringify({ key }).match(/[\s\S]{1,2}/g) ?? []).map((piece) => argumentsDelta(piece)), ...END]),
  "name of a tool": (key) =>
    events([...[...key].map((name) => chunk({ tool_calls: [{ index: 0, function: { name } }] })), ...END]),
  "log probabilities": (key) =>
    events([
      ...[...key].map((token) => ({
        ...chunk({ content: "x" }),
        choices: [
          {
            index: 0,
            delta: { content: "x" },
            logprobs: { content: [{ token, logprob: -1, top_logprobs: [{ token, logprob: -1 }] }] },
          },
        ],
      })),
      ...END,
    ]),
  "error event": (key) =>
    events([chunk({ content: "Hi" }), { error: { message: `bad key ${key}`, type: "server_error" } }]),
  "named error event": (key) => ({ ...events([]), body: `data: {"choices":[]}\n\nevent: error\ndata: ${key}\n\n` }),
  comment: (key) => ({ ...events([]), body: `: ${key}\n\n${events([chunk({ content: "Hi" }), ...END]).body}` }),
  html: (key) => ({
    status: 500,
    headers: [["content-type", "text/html"]],
    body: `<html><head><title>${html(key)}</title></head><body>${html(key)}</body></html>`,
  }),
  gzip: (key) => ({
    status: 401,
    headers: [
      ["content-type", "application/json"],
      ["content-encoding", "gzip"],
    ],
    body: gzipSync(JSON.stringify({ error: { message: `bad key ${key}` } })),
  }),
  "lost connection": (key) => events([chunk({ content: `Key ${key}` }), chunk({ content: key })], { lost: true }),
  "cut in the key": (key) =>
    events([chunk({ content: "Hi" }), ...[...key].slice(0, -1).map((content) => chunk({ content }))], { lost: true }),
  model: (key) => events([chunk({ content: "Hi" }, { model: key }), ...END]),
  "system fingerprint": (key) => events([chunk({ content: "Hi" }, { system_fingerprint: key }), ...END]),
  "id of an answer": (key) => events([chunk({ content: "Hi" }, { id: key }), chunk({}, { id: "other" }), ...END]),
  "key of an object": (key) =>
    json({ choices: [{ index: 0, message: { role: "assistant", content: "Hi" }, finish_reason: "stop" }], [key]: 1 }),
  "more than is kept": (key) => ({
    ...events([]),
    body: `data: ${"x".repeat(MAX_BYTES - 10 - Math.floor(key.length / 2))} ${key} ${"x".repeat(200)}\n\n`,
  }),
  base64: (key) => refusal(`Basic ${Buffer.from(`user:${key}`).toString("base64")}`),
  "base64 of its own": (key) =>
    refusal(`token ${Buffer.from(key).toString("base64")}, ${Buffer.from(`ab${key}`).toString("base64url")}`),
  url: (key) =>
    refusal(`GET /v1?api_key=${encodeURIComponent(key)} and ${encodeURIComponent(encodeURIComponent(key))}`),
};
const NAMES = Object.keys(PATHS);

/** Forms in which a reader of a file would find the key. */
function formsOf(key: string): string[] {
  const text = JSON.stringify(key).slice(1, -1);
  const digits = (shift: number): string => {
    const whole = Buffer.from("\0".repeat(shift) + key).toString("base64");
    return whole.slice(Math.ceil((8 * shift) / 6), Math.floor((8 * (shift + key.length)) / 6));
  };
  return [
    key,
    text,
    JSON.stringify(text).slice(1, -1),
    text.replaceAll("/", "\\/"),
    spelled(key),
    encodeURIComponent(key),
    encodeURIComponent(encodeURIComponent(key)),
    html(key),
    digits(0),
    digits(1),
    digits(2),
    ...[0, 1, 2].map((shift) => digits(shift).replaceAll("+", "-").replaceAll("/", "_")),
    // Most of it is as good as all.
    key.slice(0, Math.max(7, Math.ceil(0.8 * key.length))),
  ];
}

function hits(text: string, key: string): string[] {
  const lower = text.toLowerCase();
  return [
    ...formsOf(key).filter((form) => text.includes(form)),
    ...(lower.includes(key.toLowerCase()) ? ["in another case"] : []),
  ];
}

/** What the bytes of an attempt say when they are put together. */
function said(made: Attempt): string {
  const stream = decodeAttempt(made, "chat", "stream");
  const { content, reasoning, refusal, toolCalls, error, model, systemFingerprint, id } = stream;
  const calls = toolCalls.map((call) => `${call.name} ${call.argumentsText}`).join(" ");
  return [content, reasoning, refusal, calls, error?.message, model, systemFingerprint, id].join("\n");
}

/** What stands in events that no decoder puts together, put together. */
function pieces(body: string): string {
  const lines = [...body.matchAll(/^data: ?(.*)$/gm)].map(([, data = ""]) => data);
  const tokens = [...body.matchAll(/"content":\[\{"token":"((?:[^"\\]|\\.)*)"/g)].map(([, token]) =>
    JSON.parse(`"${token}"`),
  );
  return [lines.map((line) => line.trim()).join(""), tokens.join("")].join("\n");
}

/** Printable ASCII, in which a few characters do not make up the whole. */
const keys = fc
  .array(fc.integer({ min: 0x21, max: 0x7e }), { minLength: 8, maxLength: 80 })
  .map((codes) => String.fromCharCode(...codes))
  .filter((key) => new Set(key.replace(/[*#x1]/g, "")).size >= 6);
const tokens = fc.stringMatching(/^sk-[A-Za-z0-9_-]{8,60}$/);

describe("a key", () => {
  it.each(NAMES)("is in no exchange that may be written, given back as: %s", (name) => {
    fc.assert(
      fc.property(fc.oneof(keys, tokens), fc.array(fc.nat(), { maxLength: 6 }), (key, cuts) => {
        const { status = 200, headers = [], body, lost } = (PATHS[name] as (key: string) => Reply)(key);
        const bytes = Buffer.from(body as string).subarray(0, MAX_BYTES);
        const reads = cutAt(bytes, cuts).map((piece, index) => [index + 1, { b64: piece.toString("base64") }] as const);
        const outcome = lost
          ? ({ kind: "network", phase: "body", code: "ECONNRESET", message: `reset ${key}` } as const)
          : ({ kind: "complete" } as const);
        const made = attempt({
          status,
          headers: headers.map(([one, value]) => [one.toLowerCase(), value]),
          reads,
          outcome,
        });
        for (const store of STORES) {
          const [written] = storedExchange(exchange([made]), [key], store).attempts;
          if (written === undefined) throw new Error("no attempt");
          const plain = written.reads.map(([, each]) =>
            typeof each === "string" ? each : Buffer.from(each.b64, "base64").toString("latin1"),
          );
          const text = [JSON.stringify(written), plain.join(""), pieces(plain.join("")), said(written)].join("\n");
          expect(hits(text, key), store).toEqual([]);
        }
      }),
      { numRuns: 10 },
    );
  });

  it("that was missed is found in every file of a run, and overwritten in place", () => {
    fc.assert(
      fc.property(fc.oneof(keys, tokens), fc.nat(3_000_000), (key, before) => {
        const run = join(folder, "scanned");
        mkdirSync(join(run, "tails"), { recursive: true });
        const files = ["recording.jsonl", "report.html", "tails/a.hgrm"].map((name) => join(run, name));
        for (const file of files) writeFileSync(file, `${"y".repeat(before)}${formsOf(key).slice(0, 2).join(" ")} end`);
        const mine = join(run, ".env");
        writeFileSync(mine, key);
        const sizes = files.map((file) => statSync(file).size);
        expect(
          overwriteSecrets(run, [key])
            .map(({ path }) => path)
            .sort(),
        ).toEqual([...files].sort());
        expect(files.map((file) => statSync(file).size)).toEqual(sizes);
        for (const file of files) expect(readFileSync(file, "latin1").includes(key)).toBe(false);
        expect(overwriteSecrets(run, [key])).toEqual([]);
        // What twintail did not write is not its to change.
        expect(readFileSync(mine, "latin1")).toBe(key);
      }),
      { numRuns: 4 },
    );
  });
});

/** Sends what the prompt asks for. */
function serve(socket: Socket, request: string): void {
  const key = /^authorization: Bearer (.*?)\r\n/im.exec(request)?.[1] ?? "";
  const name = NAMES.find((each) => request.includes(`path: ${each};`));
  const reply =
    name === undefined ? events([chunk({ content: "Hi" }), ...END]) : (PATHS[name] as (key: string) => Reply)(key);
  const { status = 200, headers = [], body, lost } = reply;
  const bytes = Buffer.from(body as string);
  const length = lost ? bytes.length + 10 : bytes.length;
  const head = [
    `HTTP/1.1 ${status} ${key.replace(/[^\w]/g, "") || "OK"}`,
    ...headers.map(([one, value]) => `${one}: ${value}`),
  ];
  socket.write(`${head.join("\r\n")}\r\ncontent-length: ${length}\r\n\r\n`);
  // In two reads at least, cut in the middle.
  socket.write(bytes.subarray(0, bytes.length >> 1));
  setImmediate(() => {
    socket.write(bytes.subarray(bytes.length >> 1));
    if (lost) setImmediate(() => socket.destroy());
  });
}

describe("a run of the command line", () => {
  it.each(STORES)("that stores %s prints and writes no key, whatever both endpoints do with it", async (store) => {
    const server = await rawServer((socket, request) => serve(socket, request));
    const other = await rawServer((socket, request) => serve(socket, request));
    const secrets = fc.sample(fc.tuple(keys, tokens), { numRuns: 1, seed: STORES.indexOf(store) + 11 })[0] ?? ["", ""];
    const set = join(folder, `${store}.yaml`);
    const cases = NAMES.map(
      (name, index) => `  - id: case-${index}
    category: chat
    detects: a key that comes back
    request: { messages: [{ role: user, content: ${JSON.stringify(`path: ${name};`)} }] }
    expect: { icontains: hello }
`,
    );
    writeFileSync(set, `name: leaks\ndefaults: { stream: true }\ncases:\n${cases.join("")}`);
    const config = join(folder, `${store}.config.yaml`);
    const endpoint = (baseUrl: string, name: string): string =>
      `{ baseUrl: "${baseUrl}", apiKeyEnv: ${name}, models: { default: m } }`;
    writeFileSync(
      config,
      `goldens: ${set}
store: ${store}
endpoints:
  baseline: ${endpoint(server.baseUrl, "KEY_A")}
  candidate: ${endpoint(other.baseUrl, "KEY_B")}
capture: { rounds: 1, concurrency: 6, warmup: 0, seed: 1, giveUpAfter: 0, maxBytesPerExchange: ${MAX_BYTES}, retry: { attempts: 2, on: [5xx] }, timeouts: { idle: 2s } }
gates: [errors rate < 0.5]
`,
    );
    const printed: string[] = [];
    const stream = { write: (text: string) => printed.push(text) };
    const environment = { KEY_A: secrets[0], KEY_B: secrets[1] };
    const io = { stdout: stream, stderr: stream, environment, onInterrupt: () => () => {} };
    const out = join(folder, `results-${store}`);
    await main(["run", config, "--out", out, "--history", join(folder, `history-${store}`)], io);
    const [run = ""] = readdirSync(out);
    expect(readFileSync(join(out, run, "recording.jsonl"), "utf8").match(/"type":"exchange"/g)?.length).toBe(
      2 * NAMES.length,
    );
    await main(["score", join(out, run), "--out", join(out, run), "--goldens", set, "--json"], io);
    await Promise.all([server.close(), other.close()]);

    const written: string[] = [];
    const look = (path: string): void => {
      if (statSync(path).isDirectory()) for (const each of readdirSync(path)) look(join(path, each));
      else written.push(path);
    };
    look(out);
    look(join(folder, `history-${store}`));
    expect(written.length).toBeGreaterThan(6);
    const texts = [...written.map((path) => [path, readFileSync(path, "latin1")]), ["printed", printed.join("")]];
    for (const key of secrets) {
      for (const [path = "", text = ""] of texts) expect(hits(text, key), path).toEqual([]);
    }
    // Nothing was left to the last look.
    expect(printed.join("")).not.toContain("rotate it");
  });
});
