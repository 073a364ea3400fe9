/** Scores one recording, writes its report into a folder and prints what that took. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { writeReport } from "../dist/report/write.js";
import { score } from "../dist/score.js";
import { cpuUsSince, inputOfChild, printResult } from "./child-input.mjs";

const { path, folder } = inputOfChild();
const startMs = performance.now();
const startCpu = process.cpuUsage();
const report = score(path);
const scoredMs = performance.now();
writeReport(report, folder);
const cpuUs = cpuUsSince(startCpu);
printResult({
  recorded: report.summary.run.recorded,
  wallMs: performance.now() - startMs,
  scoreMs: scoredMs - startMs,
  cpuUs,
  maxRssKib: process.resourceUsage().maxRSS,
  bytes: Object.fromEntries(
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => [name, statSync(join(folder, name)).size]),
  ),
});
