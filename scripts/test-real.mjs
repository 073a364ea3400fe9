/**
 * The main job against real servers: whole golden set, streamed and not. Not part of CI. Configure other servers with
 * TWINTAIL_REAL_CONFIG=path/to/twintail.yaml.
 */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadSettings, prepareRun, renderJson, renderTerminal, run, score, writeReport } from "../dist/index.js";

const config =
  process.env.TWINTAIL_REAL_CONFIG ?? fileURLToPath(new URL("../test/real/twintail.yaml", import.meta.url));
const settings = loadSettings(config);

const reachable = (baseUrl) =>
  new Promise((resolve) => {
    const { hostname, port, protocol } = new URL(baseUrl);
    const socket = connect({
      host: hostname,
      port: Number(port) || (protocol === "https:" ? 443 : 80),
      timeout: 2_000,
    });
    const end = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket
      .once("connect", () => end(true))
      .once("error", () => end(false))
      .once("timeout", () => end(false));
  });

for (const role of ["baseline", "candidate"]) {
  const { baseUrl } = settings.endpoints[role];
  if (await reachable(baseUrl)) continue;
  console.log(`skipped: no server at ${baseUrl}; CONTRIBUTING.md says how to start both`);
  process.exit(0);
}

const prepared = prepareRun(settings);
let done = 0;
const { folder, recording, report, interrupted } = await run(prepared, {
  resultsFolder: process.env.TWINTAIL_REAL_OUT ?? "results",
  onExchange: ({ caseId, endpoint, attempts }) => {
    const last = attempts.at(-1);
    console.error(`${++done}/${prepared.plan.rows.length} ${endpoint} ${caseId} ${last.status ?? last.outcome.kind}`);
  },
});
writeReport(report, folder);
console.log(renderTerminal(report, { columns: 100, color: false }));

const { summary } = report;
assert.equal(interrupted, false);
assert.equal(summary.run.recorded, summary.run.planned, "every planned exchange is recorded");
assert.equal(renderJson(score(recording).summary), renderJson(summary), "the recording scores the same again");
for (const role of ["baseline", "candidate"]) {
  assert.equal(summary.rates.parse_errors[role].count, 0, `every answer of the ${role} parses`);
  assert.equal(summary.rates.broken_streams[role].count, 0, `no stream of the ${role} breaks`);
  assert.ok(summary.rates.errors_final[role].share < 0.2, `most requests of the ${role} succeed`);
  assert.ok(summary.metrics.ttft.warm[role].n > 8 && summary.metrics.char_rate.warm[role].mean > 0);
  assert.ok(summary.metrics.output_tokens.warm[role].n > 8, `the ${role} reports usage`);
}
console.log(`real servers: ${summary.run.recorded} exchanges, ${join(folder, "report.html")}`);
