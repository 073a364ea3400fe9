/**
 * Scoring a million events: the time has to grow with the recording and the memory must not. Each size is scored in a
 * process of its own, whose heap is too small to hold the recording.
 */
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { measuredChild } from "./child.mjs";
import { writeRecording } from "./synthetic-recording.mjs";
import { withFolder } from "./temporary.mjs";

const SIZES = [250_000, 500_000, 1_000_000];
const EVENTS_EACH = 200;
const HEAP_MB = 64;
const LIMIT_MS = 60_000;
const MIB = 1_048_576;

export function millionRows(progress) {
  return withFolder(async (folder) => {
    const rows = [];
    let before = null;
    for (const events of SIZES) {
      const size = await scoredSize(join(folder, `${events}.jsonl`), events, progress);
      rows.push(rowOf(events, size, before));
      before = size;
    }
    return rows;
  });
}

async function scoredSize(path, events, progress) {
  const exchanges = events / EVENTS_EACH;
  progress(`million: writing ${events.toLocaleString("en-US")} events`);
  writeRecording(path, exchanges, EVENTS_EACH);
  const fileMib = statSync(path).size / MIB;
  progress(`million: scoring ${Math.round(fileMib)} MiB with a heap of ${HEAP_MB} MiB`);
  const execArgv = [`--max-old-space-size=${HEAP_MB}`];
  const scored = await measuredChild("./score-child.mjs", { path }, { limitMs: LIMIT_MS, execArgv });
  rmSync(path);
  if (scored.recorded !== exchanges) throw new Error(`${scored.recorded} of ${exchanges} exchanges were scored`);
  return { ...scored, fileMib, rssMib: scored.maxRssKib / 1_024 };
}

function rowOf(events, { wallMs, cpuUs, fileMib, rssMib }, before) {
  const notes = [
    `${(wallMs / 1_000).toFixed(2)} s for ${Math.round(fileMib)} MiB, peak RSS ${Math.round(rssMib)} MiB, heap limit ${HEAP_MB} MiB`,
  ];
  if (before !== null) {
    notes.push(
      `twice the events: CPU time × ${times(cpuUs, before.cpuUs)}, wall time × ${times(wallMs, before.wallMs)}, peak RSS × ${times(rssMib, before.rssMib)}`,
    );
  }
  return {
    part: "million",
    what: `score ${events.toLocaleString("en-US")} events`,
    eventsPerS: (1_000 * events) / wallMs,
    cpuUsPerEvent: cpuUs / events,
    notes,
  };
}

function times(now, before) {
  return (now / before).toFixed(2);
}
