/**
 * Kills runs at random moments and resumes them until they are whole: `npm run kills [-- KILLS --seed N]`. Two simulated
 * endpoints on loopback, one of which scales to zero; a small golden set in all phases. After each completion every planned
 * exchange must be there exactly once. Exits 1 at the first thing that is not as it should be.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { seededRandom } from "../dist/core/random.js";
import { readRecording, renderJson, score, startSimProcess } from "../dist/index.js";

const { values, positionals } = parseArgs({
  options: { seed: { type: "string", default: "1" } },
  allowPositionals: true,
});
const KILLS = Number(positionals[0] ?? 200);
const MAIN = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const GOLDENS = `name: kills
defaults: { temperature: 0, max_tokens: 12, stream: true }
cases:
${["capital", "sum", "colour", "river"]
  .map(
    (id, index) => `  - id: ${id}
    category: chat
    detects: a lost answer
    tags: [${index === 0 ? "solo" : "plain"}]
    stream: ${index === 1 ? "both" : "true"}
    request: { messages: [{ role: user, content: "Question ${index}?" }] }
    expect: { icontains: answer }
    reference: The answer to question ${index} is ${id}.
`,
  )
  .join("")}`;

const folder = mkdtempSync(join(tmpdir(), "twintail-kills-"));
const results = join(folder, "results");
const config = join(folder, "twintail.yaml");
writeFileSync(join(folder, "set.yaml"), GOLDENS);
const sims = await Promise.all([
  startSimProcess({ tier: "h100x2", goldens: join(folder, "set.yaml") }),
  startSimProcess({
    tier: "h100x2",
    goldens: join(folder, "set.yaml"),
    seed: 2,
    wakeMs: 150,
    startCold: true,
    idleAfterMs: 400,
  }),
]);
writeFileSync(
  config,
  `goldens: set.yaml
endpoints:
  baseline: { baseUrl: "${sims[0].baseUrl}", models: { default: m } }
  candidate: { baseUrl: "${sims[1].baseUrl}", models: { default: m }, wake: { budget: 5s, cap: 5s } }
capture: { rounds: 5, spread: 2s, concurrency: 3, warmup: 1, solo: { requests: 2, maxTokens: 12 }, retry: { attempts: 1 } }
gates: [errors rate < 0.5]
`,
);

const random = seededRandom(Number(values.seed), "kills");
const fell = {};
const count = (where) => {
  fell[where] = (fell[where] ?? 0) + 1;
};

/** Runs twintail, and kills it after so long if it has not ended by then. */
function twintail(args, killAfterMs) {
  return new Promise((resolve, reject) => {
    const { NO_COLOR: _, FORCE_COLOR: __, ...env } = process.env;
    const started = performance.now();
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: folder, env });
    let output = "";
    let firstWordMs = null;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (text) => {
        firstWordMs ??= performance.now() - started;
        output += text;
      });
    }
    const timer = Number.isFinite(killAfterMs) ? setTimeout(() => child.kill("SIGKILL"), killAfterMs) : undefined;
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ killed: signal === "SIGKILL", code, output, firstWordMs, ms: performance.now() - started });
    });
  });
}

const recordingIn = (run) => join(run, "recording.jsonl");
const newestRun = () => {
  const names = existsSync(results) ? readdirSync(results).sort() : [];
  return names.length === 0 ? null : join(results, names.at(-1));
};
const textOf = (run) => (existsSync(recordingIn(run)) ? readFileSync(recordingIn(run), "utf8") : "");
const wholeLines = (text) =>
  text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));

/** Where a kill fell, by what is on disk. */
function placeOf(before, run) {
  if (run === null) return "before anything was made";
  const text = textOf(run);
  if (!text.includes("\n")) return "before the header was written";
  if (!text.endsWith("\n")) return "in the middle of a line";
  const lines = wholeLines(text);
  if (before !== null && text === before) {
    return lines.at(-1).type === "end" ? "resuming what was whole" : "resuming, before anything was appended";
  }
  const last = lines.at(-1);
  if (last.type === "end") {
    return existsSync(join(run, "junit.xml")) ? "after the reports were begun" : "between the end and the reports";
  }
  const exchange = lines.findLast(({ type }) => type === "exchange");
  const segment = Math.max(...lines.map((line) => line.segment ?? line.id ?? 0));
  const begun = lines.some(({ type, segment: id }) => type === "exchange" && id === segment);
  return begun || segment === 0
    ? `after an exchange of phase ${exchange?.phase ?? "none"}`
    : "before its first exchange";
}

/** What a machine that lost its power leaves: a part of the last line. */
function tear(run) {
  const { size } = statSync(recordingIn(run));
  const bytes = readFileSync(recordingIn(run));
  const lastLine = size - (bytes.lastIndexOf(0x0a, size - 2) + 1);
  truncateSync(recordingIn(run), size - 1 - random.int(Math.max(1, lastLine - 1)));
}

function assertWhole(run, resumes) {
  const text = textOf(run);
  assert.ok(text.endsWith("\n"), "the last line is whole");
  const lines = wholeLines(text);
  const [header] = lines;
  const exchanges = lines.filter(({ type }) => type === "exchange");
  const ids = exchanges.map(({ id }) => id).sort((a, b) => a - b);
  assert.deepEqual(
    ids,
    header.plan.map(({ id }) => id),
    "every planned exchange is there exactly once",
  );
  const seen = [];
  const frame = readRecording(run, ({ id }) => seen.push(id));
  assert.equal(new Set(seen).size, header.plan.length);
  assert.equal(frame.tornBytes, 0);
  assert.equal(frame.end?.reason, "complete");
  assert.equal(lines.filter(({ type, segment }) => type === "end" && segment === frame.end?.segment).length, 1);
  const times = lines.filter(({ type }) => type === "resume").length;
  assert.ok(times <= resumes, `${times} resume lines of ${resumes} resumes`);

  let broken = 0;
  for (const pair of new Set(exchanges.map(({ pairId }) => pairId))) {
    const halves = exchanges.filter(({ pairId }) => pairId === pair);
    const first = Math.min(...halves.map(({ segment }) => segment));
    const apart = halves.some(({ segment }) => segment !== first);
    if (apart) broken++;
    for (const { segment, pairBroken, id } of halves) {
      assert.equal(pairBroken === true, segment !== first, `pairBroken of exchange ${id}`);
    }
  }

  const { summary } = score(run);
  assert.equal(summary.run.recorded, summary.run.planned);
  assert.equal(summary.run.partial, false);
  assert.equal(summary.run.resumed.times, times);
  assert.equal(summary.run.resumed.brokenPairs, broken);
  assert.equal(readFileSync(join(run, "report.json"), "utf8"), renderJson(summary), "report.json is that of the whole");
  const left = readdirSync(run, { recursive: true }).filter((name) => /\.lock|\.tmp$|\.new$/.test(String(name)));
  assert.deepEqual(left, [], "no lock and no temporary file is left");
  return { broken, times };
}

const totals = { runs: 0, resumes: 0, brokenPairs: 0, torn: 0, nothingRecorded: 0 };
let kills = 0;
let said = 0;
const started = performance.now();
try {
  const first = await twintail(["run", config]);
  assert.ok([0, 1, 3, 4].includes(first.code), first.output);
  // From its start to a bit past the length of a run that nobody kills; seldom before it has done anything.
  const moment = () => {
    if (random.next() < 0.1) return random.next() * first.firstWordMs;
    return first.firstWordMs + random.next() * 1.15 * (first.ms - first.firstWordMs);
  };
  assertWhole(newestRun(), 0);
  while (kills < KILLS) {
    rmSync(results, { recursive: true, force: true });
    let run = null;
    let resumes = 0;
    for (;;) {
      const before = run === null ? null : textOf(run);
      const args = ["run", config, ...(run === null ? [] : ["--resume", run])];
      const ended = await twintail(args, kills < KILLS ? moment() : Number.POSITIVE_INFINITY);
      if (run !== null) resumes++;
      run ??= newestRun();
      if (!ended.killed) {
        assert.ok([0, 1, 3, 4].includes(ended.code), `exit ${ended.code}: ${ended.output}`);
        const { broken, times } = assertWhole(run, resumes);
        totals.runs++;
        totals.resumes += times;
        totals.brokenPairs += broken;
        break;
      }
      kills++;
      count(placeOf(before, run));
      if (run === null) continue;
      const text = textOf(run);
      if (text.length > 1 && text !== before && !text.includes('"type":"end"') && random.int(3) === 0) {
        tear(run);
        totals.torn++;
      }
      if (!textOf(run).includes("\n")) {
        const refused = await twintail(["run", config, "--resume", run]);
        assert.equal(refused.code, 2, refused.output);
        assert.match(refused.output, /nothing was recorded: .*; run anew\n$/);
        totals.nothingRecorded++;
        rmSync(results, { recursive: true });
        run = null;
        resumes = 0;
      }
    }
    if (kills >= said + 25) {
      said = kills;
      process.stderr.write(`${kills} kills, ${totals.runs} runs whole\n`);
    }
  }
  process.stdout.write(
    [
      `kills              ${kills} of seed ${values.seed}, in ${((performance.now() - started) / 1_000).toFixed(0)} s`,
      `runs made whole    ${totals.runs}, by ${totals.resumes} resumes that sent something or closed the recording`,
      `broken pairs       ${totals.brokenPairs}`,
      `torn last lines    ${totals.torn} made, after a kill that left the line whole`,
      `nothing recorded   ${totals.nothingRecorded}, each refused with its remedy`,
      ...Object.entries(fell)
        .sort(([, a], [, b]) => b - a)
        .map(([where, times]) => `  ${String(times).padStart(4)}  ${where}`),
      "",
    ].join("\n"),
  );
} catch (error) {
  process.stderr.write(`after ${kills} kills (${folder} is kept): ${error.stack}\n`);
  process.exitCode = 1;
} finally {
  await Promise.all(sims.map((sim) => sim.stop()));
  if (process.exitCode !== 1) rmSync(folder, { recursive: true });
}
