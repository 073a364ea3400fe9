/**
 * What every client reads: a warm-up, a rest, then the timed streams, each scripted by a header that the simulator
 * understands. Streams start a few ms apart, so that their events do not fall on the same moment.
 */
import { setTimeout as delay } from "node:timers/promises";
import { cpuUsSince, inputOfChild, printResult } from "../child-input.mjs";

/** Time between warm-up and timed part: what the warm-up left behind is done by then. */
export const REST_MS = 300;

export const BODY = {
  model: "bench",
  stream: true,
  stream_options: { include_usage: true },
  messages: [{ role: "user", content: "Count." }],
};

export function scriptHeader(events, intervalMs) {
  return { "x-twintail-sim": JSON.stringify({ script: { events, intervalMs } }) };
}

/** Measures a client that reads one stream at a time: `openStream(headers)` resolves to how many tokens came. */
export async function runClient(prepare) {
  const work = inputOfChild();
  const openStream = prepare(work.baseUrl);
  await readAll(work, work.warmupEvents, openStream);
  await delay(REST_MS);
  const startMs = performance.now();
  const startCpu = process.cpuUsage();
  const tokens = await readAll(work, work.events, openStream);
  const cpuUs = cpuUsSince(startCpu);
  printResult({ events: tokens, cpuUs, wallMs: performance.now() - startMs });
  process.exit();
}

async function readAll({ streams, startGapMs, intervalMs }, events, openStream) {
  const headers = scriptHeader(events, intervalMs);
  const counts = Array.from({ length: streams }, async (_, index) => {
    await delay(index * startGapMs);
    return openStream(headers);
  });
  return (await Promise.all(counts)).reduce((total, count) => total + count, 0);
}
