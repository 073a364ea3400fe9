/**
 * Mutated streams through every decoder: `npm run fuzz [-- --streams N --seed N]`. Fails on a throw, on one decode of more
 * than a second, and on memory beyond a bound. Seeded: the same numbers give the same streams.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import ts from "typescript";
import { seededRandom } from "../dist/core/random.js";
import { decodeAttempt } from "../dist/decode/decode.js";
import { failureOf } from "../dist/decode/failure.js";
import { encodeBytes } from "../dist/recording/reads.js";

const { values } = parseArgs({
  options: { streams: { type: "string", default: "1000000" }, seed: { type: "string", default: "1" } },
});
const STREAMS = Number(values.streams);
const MAX_DECODE_MS = 1_000;
const MAX_RSS_MB = 1_024;
const APIS = ["chat", "completions", "responses", "embeddings"];

/** The rows are TypeScript of the tests: compiled here, since nothing that is published needs them. */
async function wire() {
  const source = fileURLToPath(new URL("../test/wire/", import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), "twintail-fuzz-"));
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  for (const name of readdirSync(source, { recursive: true })) {
    if (!name.endsWith(".ts") || name.endsWith(".test.ts") || name === "streams.ts") continue;
    const target = join(folder, name.replace(/\.ts$/, ".js"));
    mkdirSync(dirname(target), { recursive: true });
    const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
    writeFileSync(target, ts.transpileModule(readFileSync(join(source, name), "utf8"), { compilerOptions }).outputText);
  }
  const at = (name) => import(pathToFileURL(join(folder, name)).href);
  const [{ WIRE_ROWS }, { mutatedStream }] = await Promise.all([at("rows.js"), at("mutate.js")]);
  rmSync(folder, { recursive: true });
  return { WIRE_ROWS, mutatedStream };
}

const { WIRE_ROWS, mutatedStream } = await wire();
const random = seededRandom(Number(values.seed), "fuzz");
const started = performance.now();
let slowest = { ms: 0, worked: 0, what: "" };
let maxRss = 0;
let failures = 0;
let events = 0;

function fail(index, row, api, variant, reads, what) {
  failures++;
  const bytes = Buffer.concat(reads).toString("base64").slice(0, 4_000);
  process.stderr.write(`stream ${index} (${row.row}) as ${api} ${variant}: ${what}\n  ${bytes}\n`);
}

for (let index = 0; index < STREAMS; index++) {
  const { row, reads } = mutatedStream(WIRE_ROWS, random);
  // Mostly as what it was, and as anything else: an endpoint may answer with whatever it likes.
  const own = random.int(2) === 0;
  const api = own ? row.api : APIS[random.int(APIS.length)];
  const variant = own ? row.variant : ["stream", "body"][random.int(2)];
  const attempt = {
    dispatchedAtNs: 0,
    reused: false,
    sentAtNs: 0,
    headersAtNs: 0,
    status: row.status,
    headers: row.headers,
    reads: reads.map((bytes, read) => [read, encodeBytes(bytes)]),
    endedAtNs: reads.length,
    outcome: random.int(4) === 0 ? { kind: "cancelled", by: "plan" } : { kind: "complete" },
  };
  const before = performance.now();
  const cpu = process.cpuUsage();
  try {
    const completion = decodeAttempt(attempt, api, variant);
    events += completion.eventCount;
    failureOf(attempt, completion, api);
  } catch (error) {
    fail(index, row, api, variant, reads, error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  const ms = performance.now() - before;
  const worked = process.cpuUsage(cpu).user / 1e3;
  if (ms > slowest.ms) slowest = { ms, worked, what: `stream ${index} (${row.row}) as ${api} ${variant}` };
  // A machine that is busy elsewhere is no fault of the decoder: the second must have been worked through.
  if (ms > MAX_DECODE_MS && worked > MAX_DECODE_MS) {
    fail(index, row, api, variant, reads, `${Math.round(ms)} ms`);
  }
  if (failures >= 20) break;
  if (index % 1_000 === 0) {
    maxRss = Math.max(maxRss, process.memoryUsage.rss() / 1e6);
    // zlib lets go of calls that failed when the event loop turns.
    await setImmediate();
  }
  if (index % 50_000 === 0) {
    const seconds = Math.round((performance.now() - started) / 1_000);
    process.stderr.write(`${index} streams, ${seconds} s, ${Math.round(maxRss)} MB\n`);
  }
}

maxRss = Math.max(maxRss, process.resourceUsage().maxRSS / 1e3);
const seconds = (performance.now() - started) / 1_000;
process.stdout.write(
  [
    `streams   ${STREAMS} of seed ${values.seed}, ${events} events`,
    `seconds   ${seconds.toFixed(1)}`,
    `slowest   ${slowest.ms.toFixed(0)} ms, ${slowest.worked.toFixed(0)} ms of processor time: ${slowest.what}`,
    `max RSS   ${Math.round(maxRss)} MB of ${MAX_RSS_MB}`,
    `failures  ${failures}`,
    "",
  ].join("\n"),
);
process.exitCode = failures > 0 || maxRss > MAX_RSS_MB ? 1 : 0;
