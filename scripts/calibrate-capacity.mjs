/**
 * Plays whole sweeps against simulated tiers of known capacity, in virtual time, and prints how far off the knees are, each
 * figure beside its target. `--short` plays one seed of each; `--json` prints data. Seeded: the same figures each time. Exits
 * with 1 when a target is missed.
 */
import { capacityOfMix } from "../dist/sim/batching.js";
import { TIERS } from "../dist/sim/tiers.js";
import { CHAT_MIX, LOOPS, MIGRATION_MIX, virtualSweep } from "./calibrate/virtual-sweep.mjs";

const MIXES = { "short prompts": CHAT_MIX, "the migration set": MIGRATION_MIX };
const WITHIN = 0.1;
/** Of intervals at 95 %, with three standard errors of twenty. */
const COVERED = 0.8;
const SLO = { text: "ttft p95 < 2s and errors < 1%", line: 0, column: 0 };

const flags = new Set(process.argv.slice(2));
const seeds = Array.from({ length: flags.has("--short") ? 1 : 20 }, (_, index) => index + 1);
const started = Date.now();

const lines = [];
for (const [mixName, mix] of Object.entries(MIXES)) {
  for (const tier of Object.keys(TIERS)) {
    for (const loop of Object.keys(LOOPS)) {
      const truth = capacityOfMix(TIERS[tier], mix);
      const sweeps = seeds.map((seed) =>
        virtualSweep({ engine: TIERS[tier], tier, mix, seed, load: { loop: LOOPS[loop], slo: SLO } }),
      );
      lines.push(lineOf({ mix: mixName, tier, loop, truth }, sweeps));
    }
  }
}

if (flags.has("--json")) process.stdout.write(`${JSON.stringify({ lines })}\n`);
else process.stdout.write(`${table()}\n`);
process.stderr.write(`${((Date.now() - started) / 1_000).toFixed(0)} s\n`);
if (lines.some(({ met }) => !met)) process.exitCode = 1;

function lineOf(about, sweeps) {
  const knees = sweeps.map(({ endpoints }) => endpoints.candidate.sweep.knee);
  const errors = knees.map((knee) => (knee === null ? null : knee.throughput.value / about.truth - 1));
  const found = errors.filter((error) => error !== null);
  const covered = knees.filter(
    (knee) => knee !== null && knee.throughput.lo <= about.truth && about.truth <= knee.throughput.hi,
  );
  const worst = found.reduce((most, error) => Math.max(most, Math.abs(error)), 0);
  const met = found.length === sweeps.length && worst <= WITHIN && covered.length >= COVERED * sweeps.length;
  const loads = sweeps.map(({ endpoints }) => endpoints.candidate.sweep.points.length);
  return {
    ...about,
    sweeps: sweeps.length,
    found: found.length,
    errors,
    worst,
    covered: covered.length,
    loads: mean(loads),
    met,
  };
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function percent(share) {
  return share === null ? "none" : `${share < 0 ? "−" : "+"}${(100 * Math.abs(share)).toFixed(1)}`;
}

function table() {
  const rows = lines.map(
    ({ mix, tier, loop, truth, sweeps, errors, worst, covered, loads, met }) =>
      `| ${mix} | ${tier} | ${loop} | ${truth.toFixed(2)} | ${percent(worst).slice(1)} %${met ? "" : " **missed**"} | ${covered} of ${sweeps} | ${loads.toFixed(0)} | ${errors.map(percent).join(" ")} |`,
  );
  return [
    `| mix | tier | loop | known capacity, requests/s | farthest off (at most ${100 * WITHIN} %) | interval covers | loads | errors, % |`,
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}
