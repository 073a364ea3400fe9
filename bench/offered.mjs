/**
 * How exactly an open loop offers what it says, and where this machine ends: sweeps of an endpoint that costs next to nothing, one
 * load each, twice the load until twintail calls the sweep invalid. Up to there what was sent has to be what was offered.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseSettings } from "../dist/config/load.js";
import { prepareSweep, sweep } from "../dist/sweep.js";
import { withFolder } from "./temporary.mjs";

const FIRST_PER_S = 250;
/** No machine gets here; the bound is for a fault of ours. */
const MOST_PER_S = 32_000;
const WINDOW = "4s";
const SHAPES = ["constant", "poisson"];
const WORKERS = [1, 2];

export function offeredRows(progress) {
  return withFolder(async (folder) => {
    const server = fork(new URL("./instant-server.mjs", import.meta.url), {
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    });
    try {
      const [line] = await once(server.stdout.setEncoding("utf8"), "data");
      writeFileSync(join(folder, "set.yaml"), GOLDENS);
      const rows = [];
      for (const workers of WORKERS.filter((count) => count <= availableParallelism())) {
        for (const shape of SHAPES)
          rows.push(await ladder({ folder, port: JSON.parse(line).port, shape, workers }, progress));
      }
      return rows;
    } finally {
      server.kill();
    }
  });
}

const GOLDENS = `name: instant
cases:
  - id: count
    category: chat
    detects: a wrong answer
    request: { max_tokens: 2, messages: [{ role: user, content: "Count to two." }] }
    expect: { min_output_tokens: 1 }
`;

async function ladder(setup, progress) {
  const held = [];
  for (let perS = FIRST_PER_S; perS <= MOST_PER_S; perS *= 2) {
    progress(
      `offered: ${perS} requests/s, ${setup.shape}, ${setup.workers} capture thread${setup.workers === 1 ? "" : "s"}`,
    );
    const summary = await oneLoad(setup, perS);
    const points = summary.endpoints.candidate.sweep.points;
    const point = points.find(({ trusted }) => trusted) ?? points.at(-1);
    if (summary.verdict !== "measured") return rowOf(setup, held, { perS, point, reason: summary.reason });
    held.push(point);
  }
  return rowOf(setup, held, null);
}

async function oneLoad({ folder, port, shape, workers }, perS) {
  const settings = parseSettings(
    `goldens: set.yaml
endpoints:
  baseline: { baseUrl: "http://127.0.0.1:${port}/v1", models: { default: m } }
  candidate: { baseUrl: "http://127.0.0.1:${port}/v1", models: { default: m }, owned: true }
capture: { seed: 1, workers: ${workers} }
load: { shape: ${shape}, points: [${perS}], settle: 1s, window: ${WINDOW}, maxInFlight: 4000 }
`,
    folder,
  );
  return (await sweep(prepareSweep(settings), { resultsFolder: join(folder, "results"), environment: {} })).summary;
}

function rowOf({ shape, workers }, held, past) {
  const off = held.map(({ sentPerS, offeredPerS }) => Math.abs(sentPerS / offeredPerS - 1));
  const lag = held.at(-1)?.send_lag;
  return {
    part: "offered",
    what: `${shape}, ${workers} thread${workers === 1 ? "" : "s"}`,
    eventsPerS: held.at(-1)?.sentPerS,
    notes: [
      `requests/s; ${held.length} loads held, sent within ${(100 * Math.max(0, ...off)).toFixed(2)} % of what was offered`,
      ...(lag ? [`send lag at the highest: p50 ${lag.p50.toFixed(2)} ms, p99 ${lag.p99.toFixed(2)} ms`] : []),
      ...(past === null ? ["no limit found"] : [`${past.perS} requests/s: invalid`, ...limitsOf(past.reason)]),
    ],
  };
}

/** What was passed, without the remedies. */
function limitsOf(reason) {
  return reason
    .replace(/^at a load of [^,]+, /, "")
    .split("; ")
    .map((each) => `  ${each.split(": ")[0]}`);
}
