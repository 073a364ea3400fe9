/**
 * A hundred thousand exchanges: scored, and their report written, in a process whose heap holds little more than the facts of
 * each. The time has to double with them and no more. Some fail and some answer otherwise than expected, since what goes
 * well costs less.
 */
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { measuredChild } from "./child.mjs";
import { writeRecording } from "./synthetic-recording.mjs";
import { withFolder } from "./temporary.mjs";

const SIZES = [25_000, 50_000, 100_000];
const EVENTS_EACH = 40;
const HEAP_MB = 256;
const LIMIT_MS = 900_000;
const MIB = 1_048_576;

export function hundredRows(progress) {
  return withFolder(async (folder) => {
    const rows = [];
    let before = null;
    for (const exchanges of SIZES) {
      const size = await reported(folder, exchanges, progress);
      rows.push(rowOf(exchanges, size, before));
      before = size;
    }
    return rows;
  });
}

async function reported(folder, exchanges, progress) {
  const path = join(folder, `${exchanges}.jsonl`);
  progress(`hundred: writing ${exchanges.toLocaleString("en-US")} exchanges`);
  writeRecording(path, exchanges, EVENTS_EACH, { troubled: true });
  const fileMib = statSync(path).size / MIB;
  progress(`hundred: scoring ${Math.round(fileMib)} MiB with a heap of ${HEAP_MB} MiB, and writing the report`);
  const execArgv = [`--max-old-space-size=${HEAP_MB}`];
  const input = { path, folder: join(folder, `${exchanges}`) };
  const measured = await measuredChild("./report-child.mjs", input, { limitMs: LIMIT_MS, execArgv });
  rmSync(path);
  if (measured.recorded !== exchanges) throw new Error(`${measured.recorded} of ${exchanges} exchanges were scored`);
  return { ...measured, fileMib, rssMib: measured.maxRssKib / 1_024 };
}

function rowOf(exchanges, { wallMs, scoreMs, cpuUs, fileMib, rssMib, bytes }, before) {
  const megabytes = (name) => `${(bytes[name] / 1e6).toFixed(1)} MB`;
  const notes = [
    `${(wallMs / 1_000).toFixed(1)} s for ${Math.round(fileMib)} MiB, of it ${((wallMs - scoreMs) / 1_000).toFixed(1)} s for the report; CPU ${(cpuUs / 1e6).toFixed(1)} s`,
    `peak RSS ${Math.round(rssMib)} MiB, heap limit ${HEAP_MB} MiB`,
    `report.html ${megabytes("report.html")}, report.json ${megabytes("report.json")}, exchanges.csv ${megabytes("exchanges.csv")}`,
  ];
  if (before !== null) {
    const times = (now, then) => `× ${(now / then).toFixed(2)}`;
    notes.push(
      `twice the exchanges: CPU time ${times(cpuUs, before.cpuUs)}, wall time ${times(wallMs, before.wallMs)}, peak RSS ${times(rssMib, before.rssMib)}`,
    );
  }
  return {
    part: "hundred",
    what: `score and report ${exchanges.toLocaleString("en-US")} exchanges`,
    eventsPerS: (1_000 * exchanges * EVENTS_EACH) / wallMs,
    cpuUsPerEvent: cpuUs / (exchanges * EVENTS_EACH),
    notes,
  };
}
