/**
 * How late stamps are under load: what capture stamped against the simulator's own log of when each event was really
 * written. One clock, two processes.
 */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { capture } from "../dist/capture/capture.js";
import { decodeAttempt } from "../dist/decode/decode.js";
import { startSimProcess } from "../dist/sim/process.js";
import { captureJob, requestIdOf } from "./clients/capture-job.mjs";
import { quantile } from "./statistics.mjs";
import { withFolder } from "./temporary.mjs";

const INTERVAL_MS = 10;
const WORK = { events: 200, intervalMs: INTERVAL_MS, warmupEvents: 50, startGapMs: 3 };
/** Streams of 100 events/s each, and the threads that read them. */
const LEVELS = [
  { streams: 20, workers: 1 },
  { streams: 50, workers: 1 },
  { streams: 100, workers: 1 },
  { streams: 100, workers: 2 },
  { streams: 200, workers: 1 },
  { streams: 200, workers: 2 },
  { streams: 400, workers: 4 },
];
/** Below this share of the offered rate, or later than one interval at p99, the simulators are what was measured. */
const PACED_SHARE = 0.95;
/** How busy a capture thread may be before a run is invalid (assemble/validity.ts). */
const BUSY_LIMIT = 0.85;

export function loadRows(progress) {
  return withFolder(async (folder) => {
    const rows = [];
    let unpaced = Number.POSITIVE_INFINITY;
    for (const { streams, workers } of LEVELS) {
      const offered = (1_000 * streams) / INTERVAL_MS;
      if (offered > unpaced || workers > Math.max(2, availableParallelism())) continue;
      progress(`load: ${offered} events/s, ${workers} capture thread${workers === 1 ? "" : "s"}`);
      const level = await measureLevel({ ...WORK, streams, workers }, join(folder, `${streams}-${workers}`));
      const paced = level.sentPerS >= PACED_SHARE * offered && level.lateMs.p99 <= INTERVAL_MS;
      rows.push(rowOf(offered, workers, level, paced));
      if (!paced) unpaced = Math.min(unpaced, offered);
    }
    return rows;
  });
}

async function measureLevel(work, logFile) {
  const logs = [`${logFile}-a.jsonl`, `${logFile}-b.jsonl`];
  const sims = [];
  const exchanges = [];
  const machine = [];
  const originNs = process.hrtime.bigint();
  try {
    for (const log of logs) sims.push(await startSimProcess({ tier: "h100x2", logFile: log }));
    const [{ baseUrl }, { baseUrl: otherUrl }] = sims;
    const job = captureJob({ ...work, baseUrl, otherUrl }, originNs);
    await capture(job, 0, {
      onExchange: (exchange) => {
        if (exchange.phase === "warm") exchanges.push(exchange);
      },
      onMachine: (line) => machine.push(line),
    });
  } finally {
    await Promise.all(sims.map((sim) => sim.stop()));
  }
  return compared(exchanges, new Map(logs.flatMap((log) => [...sendLog(log, originNs)])), machine);
}

/** Token events by request: when each was written (ns from the origin) and how long after its planned time. */
function sendLog(file, originNs) {
  const byRequest = new Map();
  for (const line of readFileSync(file, "utf8").trim().split("\n")) {
    const { requestId, kind, atNs, lateNs } = JSON.parse(line);
    if (kind !== "token") continue;
    const sent = byRequest.get(requestId) ?? [];
    sent.push({ atNs: Number(BigInt(atNs) - originNs), lateNs });
    byRequest.set(requestId, sent);
  }
  return byRequest;
}

/** Only while every stream was running: before and after, the load is not the level's. */
function compared(exchanges, log, machine) {
  const streams = exchanges.map((exchange) => ({
    sent: log.get(requestIdOf(exchange.id)) ?? [],
    seen: decodeAttempt(exchange.attempts[0], "chat", "stream").tokenEvents,
  }));
  const from = Math.max(...streams.map(({ sent }) => sent[0]?.atNs ?? Number.POSITIVE_INFINITY));
  const to = Math.min(...streams.map(({ sent }) => sent.at(-1)?.atNs ?? 0));
  const errors = [];
  const late = [];
  let seenEvents = 0;
  for (const { sent, seen } of streams) {
    for (const [index, { atNs, lateNs }] of sent.entries()) {
      if (atNs < from || atNs > to) continue;
      late.push(lateNs / 1e6);
      if (seen[index] === undefined) continue;
      seenEvents++;
      // A read that brought several events can be no earlier than the last of them.
      if (seen[index + 1]?.read !== seen[index].read) errors.push((seen[index].atNs - atNs) / 1e6);
    }
  }
  const busy = machine.filter(({ fromNs, toNs }) => fromNs < to && toNs > from);
  return {
    sentPerS: (late.length * 1e9) / (to - from),
    seenPerS: (seenEvents * 1e9) / (to - from),
    missing: streams.reduce((total, { sent, seen }) => total + sent.length - seen.length, 0),
    errorMs: { p50: quantile(errors, 0.5), p99: quantile(errors, 0.99) },
    lateMs: { p50: quantile(late, 0.5), p99: quantile(late, 0.99) },
    busyShare: Math.max(0, ...busy.map(({ busyShare }) => busyShare)),
    stalledReads: busy.reduce((total, { stalledReads }) => total + stalledReads, 0),
  };
}

function rowOf(offered, workers, { sentPerS, seenPerS, missing, errorMs, lateMs, busyShare, stalledReads }, paced) {
  const each = (BUSY_LIMIT * seenPerS) / workers / busyShare;
  const notes = [
    `stamp error p50 ${errorMs.p50.toFixed(3)} ms, p99 ${errorMs.p99.toFixed(3)} ms; ${missing} tokens missing`,
    `sent ${Math.round(sentPerS)}/s, late by p50 ${lateMs.p50.toFixed(2)} ms, p99 ${lateMs.p99.toFixed(2)} ms`,
    `capture thread busy ${Math.round(100 * busyShare)} %, ${stalledReads} reads in stalls`,
    `at ${100 * BUSY_LIMIT} % busy: about ${(Math.round(each / 100) * 100).toLocaleString("en-US")} events/s a thread`,
  ];
  if (!paced) notes.push("the simulators did not keep this pace: higher levels are left out");
  return {
    part: "load",
    what: `stamps at ${offered.toLocaleString("en-US")} events/s offered, ${workers} thread${workers === 1 ? "" : "s"}`,
    eventsPerS: seenPerS,
    notes,
  };
}
