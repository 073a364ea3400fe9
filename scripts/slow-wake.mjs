/**
 * Long silence, in real time and through the real command: a wake of six minutes without a byte, and twice as long a
 * silence in the middle of a stream, both past every default of the HTTP client (300 s). `npm run test:slow`, or
 * `node scripts/slow-wake.mjs --minutes 1`; the test suite runs the same functions with seconds.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { startSimProcess } from "../dist/index.js";

const CLI = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const MINUTE_MS = 60_000;

/** What a silence may be longer than it was made: the machine may be busy with something else. */
const roomMs = (silenceMs) => 2_000 + silenceMs / 20;

/**
 * `twintail wake` against an endpoint that holds the first request so long, without a byte, and then answers.
 * @returns the candidate's trial, as report.json has it
 */
export async function slowWake(silenceMs) {
  const sims = await Promise.all([
    startSimProcess({ tier: "h100x2" }),
    startSimProcess({ tier: "h100x2", seed: 2, wakeMs: silenceMs, startCold: true }),
  ]);
  try {
    const cap = Math.ceil(silenceMs * 1.5 + 10_000);
    const wake = `, wake: { budget: ${cap}ms, cap: ${cap}ms }`;
    const { code, summary } = await twintail("wake", sims[0].baseUrl, sims[1].baseUrl, wake, "");
    const [trial] = summary.cold.candidate;
    expected("one trial", summary.cold.candidate.length === 1);
    expected("one attempt", trial.attempts === 1);
    expected("no wake before the silence is over", trial.wakeMs >= silenceMs - 50);
    expected("a wake soon after it", trial.wakeMs <= silenceMs + roomMs(silenceMs));
    expected("the time is spent waiting for headers", trial.parts.headersMs >= silenceMs - 1_000);
    expected("cold", trial.verdict === "cold");
    expected("the budget is kept", trial.budget === "kept" && trial.cap === "kept");
    expected("nothing was cut", summary.run.ended === "complete" && !summary.run.partial);
    expected("exit code 0", code === 0);
    return trial;
  } finally {
    await Promise.all(sims.map((sim) => sim.stop()));
  }
}

/**
 * `twintail run` against an endpoint that falls silent for so long in the middle of each stream.
 * @returns the longest gap between two reads of the candidate's stream, ms
 */
export async function slowStream(silenceMs) {
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      const chunk = (delta, finish = null) =>
        `data: ${JSON.stringify({ id: "c", model: "m", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(chunk({ role: "assistant", content: "before" }));
      setTimeout(() => response.end(`${chunk({ content: " after" })}${chunk({}, "stop")}data: [DONE]\n\n`), silenceMs);
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${server.address().port}/v1`;
  try {
    const timeouts = "timeouts: { connect: 10s, firstByte: 0, idle: 0, total: 0 }";
    const { summary } = await twintail("run", url, url, ", streamUsage: false", timeouts);
    const stall = summary.metrics.stall.warm.candidate;
    expected("both streams came to their end", summary.rates.errors.candidate.count === 0 && stall.values === 1);
    // The read before it may have been late, and is none of the gap then.
    expected("the silence was sat out", stall.max >= silenceMs - roomMs(silenceMs) / 2);
    expected("and no longer", stall.max <= silenceMs + roomMs(silenceMs));
    expected("nothing was cut", summary.run.ended === "complete" && !summary.run.partial);
    return stall.max;
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** The command's exit code and its report.json. */
async function twintail(command, baseline, candidate, ofCandidate, ofCapture) {
  const folder = mkdtempSync(join(tmpdir(), "twintail-slow-"));
  try {
    writeFileSync(
      join(folder, "set.yaml"),
      "name: silence\ncases:\n  - { id: hello, category: chat, detects: a cut silence, stream: true, request: { max_tokens: 20, messages: [{ role: user, content: Hello. }] }, expect: {} }\n",
    );
    const endpoint = (url, more) => `{ baseUrl: "${url}", models: { default: m }${more} }`;
    writeFileSync(
      join(folder, "twintail.yaml"),
      `goldens: set.yaml
endpoints:
  baseline: ${endpoint(baseline, command === "run" ? ofCandidate : "")}
  candidate: ${endpoint(candidate, ofCandidate)}
capture: { rounds: 1, warmup: 0, solo: { requests: 0 }, ${ofCapture} }
`,
    );
    const out = join(folder, "results");
    const args = [CLI, command, join(folder, "twintail.yaml"), "--json", "--out", out];
    const { code, stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 64 * 1024 * 1024 }).then(
      (done) => ({ code: 0, stdout: done.stdout }),
      (failed) => {
        if (failed.stdout === "" || failed.stdout === undefined) throw failed;
        return { code: failed.code, stdout: failed.stdout };
      },
    );
    return { code, summary: JSON.parse(stdout) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function expected(what, holds) {
  if (!holds) throw new Error(`not as expected: ${what}`);
}

async function main() {
  const { values } = parseArgs({ options: { minutes: { type: "string", default: "6" } } });
  const silenceMs = Number(values.minutes) * MINUTE_MS;
  if (!(silenceMs > 0)) throw new Error("--minutes takes a number above 0");
  const since = Date.now();
  const said = (text) => console.log(`${((Date.now() - since) / 1_000).toFixed(0).padStart(4)} s  ${text}`);
  said(`a wake of ${silenceMs / 1_000} s of silence, and ${(2 * silenceMs) / 1_000} s in the middle of a stream`);
  await Promise.all([
    slowWake(silenceMs).then(({ wakeMs, attempts, verdict, budget, parts }) =>
      said(
        `wake ${(wakeMs / 1_000).toFixed(2)} s: ${verdict}, budget ${budget}, ${attempts} attempt, headers ${(parts.headersMs / 1_000).toFixed(2)} s`,
      ),
    ),
    slowStream(2 * silenceMs).then((ms) => said(`a gap of ${(ms / 1_000).toFixed(2)} s in a stream, and its end came`)),
  ]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
