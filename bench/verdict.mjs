/** A verdict over a whole night: 50 cases × 20 rounds of both endpoints, every interval by 2,000 resamples, on one core. */
import { join } from "node:path";
import { measuredChild } from "./child.mjs";
import { CASES, writeRecording } from "./synthetic-recording.mjs";
import { withFolder } from "./temporary.mjs";

const ROUNDS = 20;
const EVENTS_EACH = 100;
const REPEATS = 3;
const LIMIT_MS = 60_000;

export function verdictRows(progress) {
  return withFolder(async (folder) => {
    const path = join(folder, "night.jsonl");
    const exchanges = 2 * CASES * ROUNDS;
    writeRecording(path, exchanges, EVENTS_EACH);
    const seconds = [];
    for (let i = 0; i < REPEATS; i++) {
      progress(`verdict: scoring ${CASES} cases × ${ROUNDS} rounds, ${i + 1} of ${REPEATS}`);
      const { wallMs } = await measuredChild("./score-child.mjs", { path }, { limitMs: LIMIT_MS, execArgv: [] });
      seconds.push(wallMs / 1_000);
    }
    const sorted = seconds.sort((a, b) => a - b);
    const events = exchanges * EVENTS_EACH;
    const median = sorted[sorted.length >> 1];
    return [
      {
        part: "verdict",
        what: `score ${CASES} × ${ROUNDS}, 2,000 resamples`,
        eventsPerS: events / median,
        notes: [`${sorted.map((each) => each.toFixed(2)).join(", ")} s`],
      },
    ];
  });
}
