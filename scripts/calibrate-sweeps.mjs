/**
 * Sweeps of simulated tiers over sockets, as a user makes them, held against what the tiers are known to bear; and the plan made
 * from each, held against the replicas that the known capacity needs: `npm run calibrate:sweeps -- --seeds 20`.
 *
 * All answers have one length: in a closed loop they march in step, and an engine then bears up to a percent more than the formula,
 * which has them come evenly. Intervals are narrower than that, so they often lie just above it.
 *
 * The tiers decode at their published rates, with few places, so that two of them, their simulators and twintail fit on a small
 * machine. Everything stays on loopback and in the temporary folder.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { capacity, parseSettings, prepareSweep, startSimProcess, sweep, writeSweep } from "../dist/index.js";
import { capacityRequestsPerS } from "../dist/sim/batching.js";
import { engineParameters } from "../dist/sim/tiers.js";

const OUTPUT_TOKENS = 24;
const PLACES = { baseline: 6, candidate: 8 };
const TIERS = { baseline: "a100x2", candidate: "h100x2" };
const ROLES = ["baseline", "candidate"];
const LOOPS = {
  closed: "shape: closed, from: 2, to: 32, settle: 1s, window: 5s",
  poisson: "shape: poisson, from: 8, to: 64, settle: 2s, window: 8s, maxInFlight: 200",
};
/** Of the faster tier's known capacity: far from where one replica more or less would do for either. */
const DEMAND = 2.5;

const { seeds, first, loop } = parseArgs({
  options: {
    seeds: { type: "string", default: "5" },
    first: { type: "string", default: "1" },
    loop: { type: "string", default: "closed" },
  },
}).values;
if (!Object.hasOwn(LOOPS, loop)) throw new Error(`--loop ${loop}: known are ${Object.keys(LOOPS).join(", ")}`);

const engineOf = (role) => ({ maxBatch: PLACES[role] });
const known = (role, promptTokens) =>
  capacityRequestsPerS(engineParameters(TIERS[role], engineOf(role)), { promptTokens, outputTokens: OUTPUT_TOKENS });

const folder = mkdtempSync(join(tmpdir(), "twintail-sweeps-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
writeFileSync(
  join(folder, "set.yaml"),
  `name: small\ncases:\n  - id: count\n    category: chat\n    detects: a wrong answer\n    request: { max_tokens: ${OUTPUT_TOKENS}, messages: [{ role: user, content: "Count as far as you can." }] }\n    expect: { min_output_tokens: 1 }\n`,
);

const rows = [];
for (let seed = Number(first); seed < Number(first) + Number(seeds); seed++) rows.push(await oneSeed(seed));
summarise(rows);

async function oneSeed(seed) {
  const sims = {};
  try {
    for (const role of ROLES) {
      sims[role] = await startSimProcess({
        tier: TIERS[role],
        engine: engineOf(role),
        seed: 2 * seed + ROLES.indexOf(role),
      });
    }
    const endpoint = (role) =>
      `{ baseUrl: "${sims[role].baseUrl}", models: { default: m }, owned: true, tier: ${TIERS[role]} }`;
    const settings = parseSettings(
      `goldens: set.yaml\nendpoints: { baseline: ${endpoint("baseline")}, candidate: ${endpoint("candidate")} }\ncapture: { seed: ${seed} }\nload: { ${LOOPS[loop]} }\n`,
      folder,
    );
    const finished = await sweep(prepareSweep(settings), { resultsFolder: join(folder, "results"), environment: {} });
    writeSweep(finished.summary, finished.folder);
    const { summary } = finished;
    // The nonces make prompts a token longer or shorter: the truth is of what the simulators say that they were sent.
    const truth = Object.fromEntries(
      ROLES.map((role) => [role, known(role, summary.endpoints[role].sweep.meanInputTokens)]),
    );
    const perSecond = DEMAND * truth.candidate;
    const plan = planOf(finished.folder, perSecond);
    const row = Object.fromEntries(
      ROLES.map((role) => {
        const knee = summary.endpoints[role].sweep.knee;
        const replicas = plan.tiers.find(({ name }) => name === TIERS[role])?.replicas?.value ?? null;
        const needed = Math.ceil(perSecond / truth[role]);
        const off = knee === null ? null : knee.throughput.value / truth[role] - 1;
        return [role, { knee, truth: truth[role], off, replicas, needed }];
      }),
    );
    console.log(
      `seed ${seed} (${loop}): ${summary.verdict}${summary.verdict === "measured" ? "" : ` (${summary.reason})`}; ${ROLES.map((role) => rowText(role, row[role])).join("; ")}`,
    );
    rmSync(finished.folder, { recursive: true, force: true });
    return { ...row, verdict: summary.verdict };
  } finally {
    await Promise.all(Object.values(sims).map((sim) => sim.stop()));
  }
}

function planOf(sweepFolder, perSecond) {
  const file = join(folder, "capacity.yaml");
  writeFileSync(
    file,
    `tiers:\n${ROLES.map((role) => `  - { name: ${TIERS[role]}, pricePerHour: ${role === "candidate" ? 6.5 : 4} }\n`).join("")}demand: { requestsPerSecond: ${perSecond}, headroom: 0%, spare: 0, kneeShare: 100% }\n`,
  );
  return capacity({ file, sweeps: [sweepFolder], allowPartial: true });
}

function rowText(role, { knee, truth, off, replicas, needed }) {
  if (knee === null) return `${TIERS[role]} no knee`;
  const { value, lo, hi } = knee.throughput;
  const at = `${value.toFixed(1)} [${lo?.toFixed(1)}, ${hi?.toFixed(1)}] of ${truth.toFixed(1)} requests/s (${percent(off)})`;
  return `${TIERS[role]} ${at}, ${replicas} of ${needed} replicas`;
}

function summarise(all) {
  for (const role of ROLES) {
    const offs = all.flatMap((row) => (row[role].off === null ? [] : [Math.abs(row[role].off)])).sort((a, b) => a - b);
    const within = offs.filter((off) => off <= 0.1).length;
    const right = all.filter((row) => row[role].replicas === row[role].needed).length;
    const covered = all.filter(
      ({ [role]: { knee, truth } }) => knee !== null && knee.throughput.lo <= truth && truth <= knee.throughput.hi,
    ).length;
    console.log(
      `${TIERS[role]}, ${loop}: knee within 10 % in ${within} of ${all.length}, median ${percent(offs[offs.length >> 1] ?? Number.NaN)} off, farthest ${percent(offs.at(-1) ?? Number.NaN)}; interval covers in ${covered}; replicas right in ${right} of ${all.length}`,
    );
  }
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}
