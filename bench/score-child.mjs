/** Scores one recording and prints what that took. */
import { score } from "../dist/score.js";
import { cpuUsSince, inputOfChild, printResult } from "./child-input.mjs";

const { path } = inputOfChild();
const startMs = performance.now();
const startCpu = process.cpuUsage();
const { summary } = score(path);
const cpuUs = cpuUsSince(startCpu);
const wallMs = performance.now() - startMs;
printResult({ recorded: summary.run.recorded, wallMs, cpuUs, maxRssKib: process.resourceUsage().maxRSS });
