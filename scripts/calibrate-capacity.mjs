/**
 * Plays whole sweeps against simulated tiers of known capacity, in virtual time, plans replicas from each, and prints how far off
 * the knees are and how often the plan is right, each figure beside its target. `--short` plays one seed and one loop of each, `--first N`
 * begins with another seed than 1; `--json` prints data. Seeded: the same figures each time. Exits with 1 when a target is missed.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { capacity } from "../dist/capacity.js";
import { renderSweepJson } from "../dist/report/sweep-json.js";
import { capacityOfMix } from "../dist/sim/batching.js";
import { TIERS } from "../dist/sim/tiers.js";
import { CHAT_MIX, LOOPS, MIGRATION_MIX, RETRIEVAL_MIX, virtualSweep } from "./calibrate/virtual-sweep.mjs";

const MIXES = { "short prompts": CHAT_MIX, "the migration set": MIGRATION_MIX, retrieval: RETRIEVAL_MIX };
const WITHIN = 0.1;
/** Of intervals at 95 %, with three standard errors of twenty. */
const COVERED = 0.8;
/** Of the known capacity: five replicas, and any knee within a tenth of the truth says so. */
const DEMAND = 4.5;
const NEEDED = Math.ceil(DEMAND);

const flags = parseArgs({
  options: { short: { type: "boolean" }, json: { type: "boolean" }, first: { type: "string", default: "1" } },
}).values;
const seeds = Array.from({ length: flags.short ? 1 : 20 }, (_, index) => index + Number(flags.first));
const folder = mkdtempSync(join(tmpdir(), "twintail-calibrate-"));
process.once("exit", () => rmSync(folder, { recursive: true }));
const started = Date.now();

const lines = [];
for (const [mixName, mix] of Object.entries(MIXES)) {
  for (const tier of Object.keys(TIERS)) {
    for (const loop of loopsFor(tier)) {
      const truth = capacityOfMix(TIERS[tier], mix);
      const sweeps = seeds.map((seed) =>
        virtualSweep({ engine: TIERS[tier], tier, mix, seed, load: { loop: LOOPS[loop] } }),
      );
      lines.push(lineOf({ mix: mixName, tier, loop, truth }, sweeps));
    }
  }
}

if (flags.json) process.stdout.write(`${JSON.stringify({ lines })}\n`);
else process.stdout.write(`${table()}\n`);
process.stderr.write(`${((Date.now() - started) / 1_000).toFixed(0)} s\n`);
if (lines.some(({ met }) => !met)) process.exitCode = 1;

function loopsFor(tier) {
  const loops = Object.keys(LOOPS);
  return flags.short ? [loops[Object.keys(TIERS).indexOf(tier) % loops.length]] : loops;
}

function lineOf(about, sweeps) {
  const knees = sweeps.map(({ endpoints }) => endpoints.candidate.sweep.knee);
  const errors = knees.map((knee) => (knee === null ? null : knee.throughput.value / about.truth - 1));
  const found = errors.filter((error) => error !== null);
  const covered = knees.filter(
    (knee) => knee !== null && knee.throughput.lo <= about.truth && about.truth <= knee.throughput.hi,
  );
  const worst = found.reduce((most, error) => Math.max(most, Math.abs(error)), 0);
  const right = sweeps.filter((summary) => replicasOf(summary, about) === NEEDED).length;
  const met =
    found.length === sweeps.length &&
    worst <= WITHIN &&
    covered.length >= COVERED * sweeps.length &&
    right === sweeps.length;
  const loads = sweeps.map(({ endpoints }) => endpoints.candidate.sweep.points.length);
  return {
    ...about,
    sweeps: sweeps.length,
    found: found.length,
    errors,
    worst,
    covered: covered.length,
    right,
    loads: mean(loads),
    met,
  };
}

/** What the plan asks for a demand that takes {@link NEEDED}, none of them spare. */
function replicasOf(summary, { tier, truth }) {
  const [sweep, file] = [join(folder, "sweep.json"), join(folder, "capacity.yaml")];
  writeFileSync(sweep, renderSweepJson(summary));
  writeFileSync(
    file,
    `tiers: [{ name: ${tier}, sweep: sweep.json, pricePerHour: 1 }]\ndemand: { requestsPerSecond: ${DEMAND * truth}, headroom: 0%, spare: 0, kneeShare: 100% }\n`,
  );
  return capacity({ file }).tiers[0].replicas?.value ?? null;
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function percent(share) {
  return share === null ? "none" : `${share < 0 ? "−" : "+"}${(100 * Math.abs(share)).toFixed(1)}`;
}

function table() {
  const rows = lines.map(
    ({ mix, tier, loop, truth, sweeps, errors, worst, covered, right, loads, met }) =>
      `| ${mix} | ${tier} | ${loop} | ${truth.toFixed(2)} | ${percent(worst).slice(1)} %${met ? "" : " **missed**"} | ${covered} of ${sweeps} | ${right} of ${sweeps} | ${loads.toFixed(0)} | ${errors.map(percent).join(" ")} |`,
  );
  return [
    `| mix | tier | loop | known capacity, requests/s | farthest off (at most ${100 * WITHIN} %) | interval covers | ${NEEDED} replicas planned for ${DEMAND} × it | loads | errors, % |`,
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}
