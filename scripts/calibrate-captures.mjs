/**
 * A/A runs from real captures: two simulated endpoints alike in all but their seeds, in processes of their own, compared run
 * after run by the whole pipeline with the gates that `twintail init` writes. At most 2 in 100 may fail.
 * `--runs N` (default 100).
 */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { parse, stringify } from "yaml";
import { parseSettings } from "../dist/config/load.js";
import { prepareRun, run } from "../dist/run.js";
import { startSimProcess } from "../dist/sim/process.js";
import { SHIPPED_GATES } from "./calibrate/targets.mjs";

const { values } = parseArgs({ options: { runs: { type: "string", default: "100" } } });
const runs = Number(values.runs);
const MOST_FAILED_SHARE = 0.02;

/** Short cases alone: the set has to be replayed a hundred times. */
const CASES = [
  "chat-greeting",
  "chat-one-word",
  "closed-multiplication",
  "closed-multiple-choice",
  "closed-ordering",
  "json-object-plain",
  "multi-turn-roles",
  "json-schema-enum",
  "tools-single-weather",
  "tools-choose-one",
  "tools-not-needed",
  "tool-choice-none",
  "tool-choice-required",
  "tool-choice-named",
  "unicode-scripts",
  "stop-sequence",
];
const GOLDENS = fileURLToPath(new URL("../goldens/migration.yaml", import.meta.url));

const folder = mkdtempSync(join(tmpdir(), "twintail-aa-"));
const sims = [];
try {
  const goldens = join(folder, "reduced.yaml");
  const chosen = reducedSet();
  for (const name of ["tools.yaml", "schemas.yaml"]) copyFileSync(join(dirname(GOLDENS), name), join(folder, name));
  writeFileSync(goldens, stringify(chosen));
  for (const seed of [1, 2]) sims.push(await startSimProcess({ tier: "h100x2", goldens: GOLDENS, seed }));
  const counts = { pass: 0, fail: 0, inconclusive: 0, invalid: 0 };
  const undecided = new Map();
  const started = Date.now();
  for (let i = 0; i < runs; i++) {
    const settings = parseSettings(stringify(configOf(goldens, i)), folder, "aa.yaml");
    const { report, folder: runFolder } = await run(prepareRun(settings), { resultsFolder: join(folder, "results") });
    counts[report.summary.verdict]++;
    for (const gate of report.summary.gates) {
      if (gate.result === "pass") continue;
      const key = `${gate.text}: ${gate.result}`;
      undecided.set(key, (undecided.get(key) ?? 0) + 1);
    }
    rmSync(runFolder, { recursive: true });
    process.stderr.write(`\r${i + 1} of ${runs}: ${JSON.stringify(counts)}`);
  }
  process.stderr.write("\n");
  console.log(
    `${runs} A/A runs of ${chosen.cases.length} cases × 12 rounds in ${Math.round((Date.now() - started) / 1_000)} s: ${Object.entries(
      counts,
    )
      .map(([verdict, count]) => `${count} ${verdict}`)
      .join(", ")}`,
  );
  for (const [key, count] of [...undecided].sort(([, a], [, b]) => b - a)) console.log(`  ${count} × ${key}`);
  if (counts.fail > MOST_FAILED_SHARE * runs) process.exitCode = 1;
} finally {
  await Promise.all(sims.map((sim) => sim.stop()));
  rmSync(folder, { recursive: true, force: true });
}

function reducedSet() {
  const whole = parse(readFileSync(GOLDENS, "utf8"), { merge: true });
  const cases = whole.cases.filter(({ id }) => CASES.includes(id));
  if (cases.length !== CASES.length) throw new Error("a case of the bundled set has another name now");
  return { ...whole, cases };
}

function configOf(goldens, i) {
  const endpoint = (sim) => ({ baseUrl: sim.baseUrl, models: { default: "sim-h100x2" }, simulated: sim.label });
  return {
    goldens,
    endpoints: { baseline: endpoint(sims[0]), candidate: endpoint(sims[1]) },
    capture: { rounds: 12, concurrency: 6, warmup: 1, solo: { requests: 0 }, seed: 1_000 + i },
    gates: SHIPPED_GATES,
  };
}
