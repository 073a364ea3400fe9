/**
 * twintail's own capture: reads stamped and kept, and each exchange written as a line of a recording. Decoding, which
 * others do while they read, comes after the end; it is measured beside.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { capture } from "../../dist/capture/capture.js";
import { decodeAttempt } from "../../dist/decode/decode.js";
import { cpuUsSince, inputOfChild, printResult } from "../child-input.mjs";
import { captureJob } from "./capture-job.mjs";
import { REST_MS } from "./workload.mjs";

const work = inputOfChild();
const descriptor = openSync(work.recording, "wx", 0o600);

const timed = [];
let warmedUp = 0;
let startCpu;
let startMs;
let cpuUs;
let endMs;
await capture(captureJob(work, process.hrtime.bigint()), 0, {
  onReleased: ([id]) => {
    if (id === work.streams) startMs = performance.now();
  },
  onExchange: (exchange) => {
    writeSync(descriptor, `${JSON.stringify(exchange)}\n`);
    if (exchange.phase === "warmup") {
      warmedUp++;
      if (warmedUp === work.streams) {
        setTimeout(() => {
          startCpu = process.cpuUsage();
        }, REST_MS / 2);
      }
      return;
    }
    timed.push(exchange);
    if (timed.length < work.streams) return;
    cpuUs = cpuUsSince(startCpu);
    endMs = performance.now();
  },
  onMachine: (line) => writeSync(descriptor, `${JSON.stringify(line)}\n`),
});
closeSync(descriptor);

const decodeStart = process.cpuUsage();
const events = timed.reduce(
  (total, { attempts }) => total + decodeAttempt(attempts[0], "chat", "stream").tokenEvents.length,
  0,
);
printResult({ events, cpuUs, wallMs: endMs - startMs, decodeCpuUs: cpuUsSince(decodeStart) });
