/**
 * What reading costs: clients of one paced simulator, each in a process of its own, in turns. CPU time of a client's
 * whole process over the timed part, after its warm-up.
 */
import { join } from "node:path";
import { startSimProcess } from "../dist/sim/process.js";
import { measuredChild } from "./child.mjs";
import { median } from "./statistics.mjs";
import { withFolder } from "./temporary.mjs";

const WORK = { streams: 20, events: 200, intervalMs: 10, startGapMs: 7, warmupEvents: 100 };
const CLIENTS = ["twintail", "openai", "fetch-parser"];
const TURNS = 3;
const LIMIT_MS = 20_000;

export function captureRows(progress) {
  return withFolder(async (folder) => rowsOf(await turns(folder, progress)));
}

async function turns(folder, progress) {
  const sim = await startSimProcess({ tier: "h100x2" });
  const results = new Map(CLIENTS.map((client) => [client, []]));
  try {
    for (let turn = 1; turn <= TURNS; turn++) {
      for (const client of CLIENTS) {
        progress(`capture: ${client}, turn ${turn} of ${TURNS}`);
        const work = { ...WORK, baseUrl: sim.baseUrl, recording: join(folder, `${client}-${turn}.jsonl`) };
        results.get(client).push(await measuredChild(`./clients/${client}.mjs`, work, { limitMs: LIMIT_MS }));
      }
    }
  } finally {
    await sim.stop();
  }
  return results;
}

function rowsOf(results) {
  const ours = results.get("twintail");
  const oursUs = median(ours.map(cpuUsPerEvent));
  const rows = CLIENTS.map((client) => {
    const turns = results.get(client);
    const ratios = turns.map((turn, index) => cpuUsPerEvent(turn) / cpuUsPerEvent(ours[index]));
    const row = {
      part: "capture",
      what: LABELS[client],
      eventsPerS: median(turns.map(({ events, wallMs }) => (1_000 * events) / wallMs)),
      cpuUsPerEvent: median(turns.map(cpuUsPerEvent)),
      notes: [arrived(turns)],
    };
    return client === "twintail" ? row : { ...row, ratio: median(ratios) };
  });
  const decodedUs = median(ours.map(({ decodeCpuUs, events }) => decodeCpuUs / events));
  rows[0].notes.push(`decoding them later: ${decodedUs.toFixed(1)} µs more, ${(oursUs + decodedUs).toFixed(1)} in all`);
  const wallMs = (WORK.streams - 1) * WORK.startGapMs + WORK.events * WORK.intervalMs;
  rows[0].notes.push(`offered: ${Math.round((1_000 * WORK.streams * WORK.events) / wallMs)} events/s`);
  return rows;
}

const LABELS = {
  twintail: "capture and record, nothing parsed",
  openai: "peer: openai SDK, for await",
  "fetch-parser": "peer: fetch + eventsource-parser + JSON.parse",
};

function cpuUsPerEvent({ cpuUs, events }) {
  return cpuUs / events;
}

function arrived(turns) {
  const sent = TURNS * WORK.streams * WORK.events;
  return `${turns.reduce((total, { events }) => total + events, 0)} of ${sent} tokens arrived`;
}
