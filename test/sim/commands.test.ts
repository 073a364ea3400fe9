/** `twintail sim` and `twintail replay` as they are typed. */
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { DIALECTS } from "../../src/sim/dialects/catalogue.js";
import { PROFILES } from "../../src/sim/profiles/catalogue.js";
import { type Started, startTyped } from "../typed.js";
import { send } from "./spoken.js";

const RECORDING = fileURLToPath(new URL("../recordings/llama-cpp.jsonl", import.meta.url));
const CHAT = { model: "m", messages: [{ role: "user", content: "Say hello." }] };

function start(...args: string[]): Started & { firstLine: Promise<string> } {
  const { child, ended } = startTyped(process.cwd(), args);
  onTestFinished(() => void child.kill("SIGKILL"));
  let said = "";
  const firstLine = new Promise<string>((resolve) => {
    child.stdout?.on("data", (text) => {
      said += text;
      if (said.includes("\n")) resolve(said.slice(0, said.indexOf("\n")));
    });
  });
  return { child, ended, firstLine };
}

test("sim prints where it is, says what it is, and ends on an interrupt", async () => {
  const sim = start(
    "sim",
    "--port",
    "0",
    "--dialect",
    "groq",
    "--inject",
    "401",
    "--after",
    "1h",
    "--for",
    "60s",
    "--inject",
    "cut",
    "--share",
    "0",
  );
  const baseUrl = await sim.firstLine;
  expect(baseUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/openai\/v1$/);
  const { status, text } = await send(`${baseUrl}/chat/completions`, CHAT);
  expect(status).toBe(200);
  expect(text).toContain("queue_time");
  sim.child.kill("SIGINT");
  const { code, err } = await sim.ended;
  expect(code).toBe(0);
  expect(err).toContain(
    "simulated h100x2: a batching model, not a GPU; dialect groq; injected: 401 for 1 min after 1 h; injected: cut, 0 % of requests; interrupt to stop",
  );
});

test("sim says how many replicas it has, and which parameters are not the tier's", async () => {
  const engine = "decodeTokensPerS=1000, maxBatch=8";
  const sim = start("sim", "--port", "0", "--replicas", "3", "--engine", engine, "--inject", "stall", "--after", "1h");
  const baseUrl = await sim.firstLine;
  expect((await send(`${baseUrl}/chat/completions`, CHAT)).status).toBe(200);
  sim.child.kill("SIGINT");
  const { err } = await sim.ended;
  expect(err).toContain(
    "simulated 3 replicas of h100x2: a batching model, not a GPU; changed: decodeTokensPerS, maxBatch; injected: stall after 1 h",
  );
});

test("a profile with a second port says where it is", async () => {
  const sim = start("sim", "--port", "0", "--profile", "bastion", "--credit", "0");
  const baseUrl = await sim.firstLine;
  const key = { authorization: "Bearer k" };
  expect((await send(`${baseUrl}/chat/completions`, { ...CHAT, model: "gpt-oss-20b" }, key)).status).toBe(402);
  sim.child.kill("SIGINT");
  const { err } = await sim.ended;
  expect(err).toMatch(/^redirects from http:\/\/127\.0\.0\.1:\d+\/v1\n/);
});

test("sim --list has every dialect, profile and behaviour", async () => {
  const { out, code } = await start("sim", "--list").ended;
  expect(code).toBe(0);
  for (const name of [...DIALECTS.keys(), ...Object.keys(PROFILES)])
    expect(out).toMatch(new RegExp(`^  ${name} +\\S`, "m"));
  for (const { behaviours } of Object.values(PROFILES)) {
    for (const id of Object.keys(behaviours)) expect(out).toMatch(new RegExp(`^    ${id} +\\S`, "m"));
  }
});

test("replay prints its cases and serves them", async () => {
  const replay = start(
    "replay",
    RECORDING,
    "--port",
    "0",
    "--endpoint",
    "baseline",
    "--speed",
    "20",
    "--fallback",
    "nearest",
  );
  const baseUrl = await replay.firstLine;
  const known = await send(`${baseUrl}/chat/completions`, { ...CHAT, stream: true });
  expect(known.headers["x-twintail-replay"]).toBeDefined();
  expect(known.text).toContain("[DONE]");
  replay.child.kill("SIGINT");
  const { code, err } = await replay.ended;
  expect(code).toBe(0);
  expect(err).toMatch(/^cases: .*greeting/);
  expect(err).toMatch(/replay of \S+, baseline: \d+ exchanges of \d+ cases; at 20 times its speed; interrupt to stop/);
});

test.each([
  [["sim", "--for", "60s"], /--for: there is no --inject before it; write --inject 401 --for/],
  [["sim", "--inject", "403"], /"403" cannot be injected; known: /],
  [["sim", "--inject", "401", "--share", "lots"], /"share" must be a number from 0 to 1/],
  [["sim", "--inject", "401", "--for", "soon"], /--for: "soon" is not a duration/],
  [["sim", "--idle-after", "1m"], /--idle-after: an endpoint that never sleeps does not wake; add --wake/],
  [["sim", "--wake", "x"], /--wake: "x" is not a duration/],
  [["sim", "--inject", "stall", "--share", "0.5"], /a stall is of the whole endpoint: .*; leave share out/],
  [["sim", "--engine", "maxBatch"], /"maxBatch" is no parameter with its value; write --engine decodeTokensPerS=/],
  [["sim", "--engine", "maxBatch=lots"], /sim options, engine: "maxBatch" must be a whole number from 1 to 10000/],
  [["sim", "--engine", "batch=8"], /sim options, engine: "batch" is not known here; known: .*maxBatch/],
  [["sim", "--replicas", "none"], /"replicas" must be a whole number from 1 to 64/],
  [["sim", "--balance", "random"], /Allowed choices are least, round-robin/],
  [["sim", "--dialect", "grog"], /there is no dialect "grog"/],
  [["sim", "--profile", "gateway", "--dialect", "groq"], /a dialect of its own/],
  [["sim", "--key-env", "TWINTAIL_NO_SUCH_KEY"], /TWINTAIL_NO_SUCH_KEY is not set/],
  [["replay", "no-such-run"], /no-such-run: no such recording/],
  [["replay", RECORDING, "--fallback", "any"], /"fallback" must be "nearest"/],
])("%j is a usage error in one line", async (args, message) => {
  const { code, err } = await start(...args).ended;
  expect(err).toMatch(message);
  expect(err.trimEnd()).not.toContain("\n");
  expect(code).toBe(2);
});
