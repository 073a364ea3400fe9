/**
 * The benchmarks: `npm run bench`, or one part of them with `--only pure|capture|load|offered|million|verdict|hundred`. Progress goes to
 * standard error, the table to standard output. Everything stays on loopback and in the temporary folder.
 */
import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import { captureRows } from "./capture.mjs";
import { hundredRows } from "./hundred.mjs";
import { loadRows } from "./load.mjs";
import { millionRows } from "./million.mjs";
import { offeredRows } from "./offered.mjs";
import { pureRows } from "./pure.mjs";
import { tableText } from "./table.mjs";
import { verdictRows } from "./verdict.mjs";

const PARTS = {
  pure: pureRows,
  capture: captureRows,
  load: loadRows,
  offered: offeredRows,
  million: millionRows,
  verdict: verdictRows,
  hundred: hundredRows,
};

const only = chosenPart();
// An exit that handlers see: what lies in the temporary folder is removed.
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
])
  process.once(signal, () => process.exit(code));
const startMs = performance.now();
const rows = [];
for (const [name, rowsOfPart] of Object.entries(PARTS)) {
  if (only === undefined || only === name) rows.push(...(await rowsOfPart(progress)));
}
const seconds = Math.round((performance.now() - startMs) / 1_000);
console.log(tableText(rows));
console.log(`Node ${process.versions.node}, ${availableParallelism()} × ${cpus()[0]?.model.trim()}; ${seconds} s`);

function chosenPart() {
  try {
    const { only } = parseArgs({ options: { only: { type: "string" } } }).values;
    if (only === undefined || Object.hasOwn(PARTS, only)) return only;
    throw new Error(`--only ${only}: known are ${Object.keys(PARTS).join(", ")}`);
  } catch (error) {
    console.error(error.message);
    process.exit(2);
  }
}

function progress(text) {
  console.error(text);
}
