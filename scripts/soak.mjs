/**
 * One long run against two simulated endpoints: does memory stay flat, and is nothing lost?
 * `--minutes 60` (fractions too), `--streams 50` in flight at each endpoint. What is measured is the process of
 * `twintail run` while it captures; judging the recording at the end is another matter, and reported apart.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startSimProcess } from "../dist/sim/process.js";
import { disagreements, readExchanges, readServed } from "./soak/lost.mjs";
import { growthOf } from "./soak/memory.mjs";

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "60" }, streams: { type: "string", default: "50" } },
});
const minutes = Number(values.minutes);
const streams = Number(values.streams);
const MIB = 1024 * 1024;
const MAIN = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const VITALS = new URL("./soak/vitals.mjs", import.meta.url).href;

/** Slow enough that many are in flight without many a second: a recording of an hour has to fit on a disk. */
const TOKENS_PER_S = 8;
const LENGTHS = [40, 60, 80, 100, 120, 80];
/** Answers are a third shorter than they may be. */
const MEAN_S = (0.66 * LENGTHS.reduce((sum, tokens) => sum + tokens, 0)) / LENGTHS.length / TOKENS_PER_S;
/** The main thread writes: later than this, and what the capture thread hands over would pile up. */
const MAX_LOOP_LATE_MS = 2_000;
const MAX_ROUNDS = 1_000;

const folder = mkdtempSync(join(tmpdir(), "twintail-soak-"));
const sims = [];
let failed = false;
try {
  await soak();
} finally {
  await Promise.all(sims.map((sim) => sim.stop()));
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;

async function soak() {
  const engine = { decodeTokensPerS: TOKENS_PER_S, batchSlowdown: 0, maxBatch: 2 * streams };
  const goldens = join(folder, "set.yaml");
  // Half of them stream; repeated, since a plan has so many rounds and no more.
  const wanted = (1.5 * minutes * 60 * streams) / MEAN_S;
  const repeat = Math.max(1, Math.ceil(wanted / LENGTHS.length / MAX_ROUNDS));
  const rounds = Math.min(MAX_ROUNDS, Math.max(2, Math.ceil(wanted / LENGTHS.length / repeat)));
  writeFileSync(goldens, JSON.stringify(goldenSet(repeat)));
  for (const name of ["baseline", "candidate"]) {
    const logFile = join(folder, `${name}.log`);
    sims.push(await startSimProcess({ tier: "h100x2", engine, seed: sims.length + 1, logFile }));
  }
  const config = join(folder, "soak.yaml");
  writeFileSync(config, JSON.stringify(configOf(goldens, rounds)));
  const vitals = join(folder, "vitals.jsonl");
  writeFileSync(vitals, "");
  const { code, report, capturedAtMs, endedAtMs } = await runSoaked(config, vitals);
  const samples = readFileSync(vitals, "utf8")
    .trim()
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const capturing = samples.filter(({ atMs }) => atMs > capturedAtMs && atMs < endedAtMs);
  const judging = samples.filter(({ atMs }) => atMs >= endedAtMs);
  const [run] = readdirSync(join(folder, "results"));
  const recording = join(folder, "results", run, "recording.jsonl");
  const { ended, kinds, end } = await readExchanges(recording);
  const served = new Set(
    (await Promise.all(sims.map(({ logFile }) => readServed(logFile)))).flatMap((ids) => [...ids]),
  );

  say(`soak of ${minutes} min, ${streams} streams in flight at each of two simulated endpoints`);
  say(
    `exchanges ${ended.size} (${Object.entries(kinds)
      .map(([kind, count]) => `${kind} ${count}`)
      .join(", ")}), recording ${mib(statSync(recording).size)}`,
  );
  for (const name of ["rss", "heapUsed", "external"]) memory(name, capturing);
  const late = capturing.map(({ loopLateMs }) => loopLateMs).sort((a, b) => a - b);
  const worst = late.at(-1) ?? 0;
  say(
    `main thread late by ${ms(late[Math.floor(late.length / 2)] ?? 0)} at the median second, ${ms(worst)} at the worst`,
  );
  if (judging.length > 0) say(`judging afterwards: rss up to ${mib(Math.max(...judging.map(({ rss }) => rss)))}`);
  for (const { name, value, limit, unit, ok } of report.validity.figures) {
    say(
      `${name} ${value === null ? "–" : Number(value.toPrecision(3))} ${unit}, limit ${limit}${ok ? "" : " (over it)"}`,
    );
  }

  must(code === 0, `twintail ended with code ${code}`);
  must(end?.reason === "deadline", `the run ended as ${end?.reason ?? "killed"}, not by its deadline`);
  must(capturing.length >= 6, `only ${capturing.length} samples were taken`);
  must(worst < MAX_LOOP_LATE_MS, `the main thread was late by ${ms(worst)}: what is captured piles up`);
  const lost = disagreements(ended, served);
  for (const line of lost.slice(0, 10)) must(false, line);
  must(lost.length === 0, `${lost.length} disagreements in all`);
  const bad = Object.keys(kinds).filter((kind) => kind !== "HTTP 200" && kind !== "cut by the deadline");
  must(bad.length === 0, `exchanges failed: ${bad.join(", ")}`);
  must((kinds["cut by the deadline"] ?? 0) <= 2 * streams, "more was in flight than there are streams");
  must(report.run.recorded === (kinds["HTTP 200"] ?? 0), "the report counts other exchanges than the recording");
  say(failed ? "failed" : "nothing lost, memory flat");
}

function goldenSet(repeat) {
  const cases = LENGTHS.map((tokens, index) => ({
    id: `case-${index}`,
    category: "chat",
    detects: "a leak",
    stream: index % 2 === 0,
    repeat,
    request: { messages: [{ role: "user", content: `Write about subject ${index}.` }], max_tokens: tokens },
    expect: {},
    reference: Array.from({ length: 2 * tokens }, (_, word) => `word${(word * (index + 3)) % 97}`).join(" "),
  }));
  return { name: "soak", defaults: { temperature: 0 }, cases };
}

function configOf(goldens, rounds) {
  const endpoint = ({ baseUrl, label }) => ({
    baseUrl,
    models: { default: "m" },
    simulated: label,
    requestIdHeader: "x-request-id",
  });
  return {
    goldens,
    endpoints: { baseline: endpoint(sims[0]), candidate: endpoint(sims[1]) },
    capture: {
      rounds,
      concurrency: streams,
      warmup: 0,
      solo: { requests: 0, maxTokens: 10 },
      prefix: "shared",
      seed: 1,
      retry: { attempts: 1 },
      deadline: `${Math.round(minutes * 60_000)}ms`,
    },
  };
}

/** The command as a person runs it, with its vitals written beside it. */
function runSoaked(config, vitals) {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ["--import", VITALS, MAIN, "run", config, "--out", join(folder, "results"), "--json"],
      {
        env: { ...process.env, SOAK_VITALS: vitals, CI: "" },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    let out = "";
    let err = "";
    let capturedAtMs = 0;
    child.stdout.on("data", (text) => {
      out += text;
    });
    child.stderr.on("data", (text) => {
      err = `${err}${text}`.slice(-20_000);
      // The plan is printed right before the first request.
      if (capturedAtMs === 0 && err.includes("requests")) capturedAtMs = Date.now();
    });
    child.on("error", reject);
    child.on("close", (code) => {
      try {
        const report = JSON.parse(out);
        resolve({ code, report, capturedAtMs, endedAtMs: capturedAtMs + minutes * 60_000 });
      } catch {
        reject(new Error(`twintail ended with code ${code} and no report:\n${err}`));
      }
    });
  });
}

function memory(name, samples) {
  const growth = growthOf(samples.map((sample) => ({ atMs: sample.atMs, bytes: sample[name] })));
  if (growth === null) return;
  const { from, to, overMs, perHour, flat } = growth;
  say(
    `${name} ${mib(from)} → ${mib(to)} in ${Math.round(overMs / 1_000)} s (${(100 * perHour).toFixed(0)} % an hour), at most ${mib(Math.max(...samples.map((sample) => sample[name])))}`,
  );
  must(flat, `${name} grows`);
}

function must(holds, message) {
  if (holds) return;
  failed = true;
  say(`FAILED: ${message}`);
}

function say(text) {
  process.stdout.write(`${text}\n`);
}

function mib(bytes) {
  return `${(bytes / MIB).toFixed(bytes < 100 * MIB ? 1 : 0)} MiB`;
}

function ms(value) {
  return `${value.toFixed(0)} ms`;
}
