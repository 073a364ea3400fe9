/** The workload as a plan for capture: a block of warm-up rows, then a block of timed rows, one stream a lane. */
import { BODY, REST_MS, scriptHeader } from "./workload.mjs";

const REQUEST_ID_HEADER = "x-request-id";
const RUN_ID = "bench";

/** The id under which the simulator logs a row's first attempt. */
export const requestIdOf = (id) => `${RUN_ID}-${id}-0`;

/**
 * A job for `capture`; rows from `work.streams` on are the timed ones. With `otherUrl` every second stream goes to that
 * endpoint, with `workers` so many threads send.
 */
export function captureJob(work, originNs) {
  const { baseUrl, otherUrl = baseUrl, workers = 1, streams, events, warmupEvents, intervalMs, startGapMs } = work;
  const { pathname } = new URL(baseUrl);
  const request = (count) => ({
    method: "POST",
    path: `${pathname}/chat/completions`,
    headers: { "content-type": "application/json", ...scriptHeader(count, intervalMs) },
    body: BODY,
  });
  const block = (phase, firstId, restMs) => ({
    phase,
    concurrency: streams,
    releases: Array.from({ length: streams }, (_, index) => ({
      rows: [firstId + index],
      notBeforeMs: restMs + index * startGapMs,
    })),
  });
  const row = (id, phase) => ({
    id,
    pairId: id,
    endpoint: id % 2 === 0 ? "baseline" : "candidate",
    arm: id % 2 === 0 ? "baseline" : "candidate",
    caseId: "count",
    repeat: 0,
    round: 0,
    phase,
    variant: "stream",
    requestId: phase,
  });
  const plan = {
    seed: 1,
    rounds: 1,
    rows: Array.from({ length: 2 * streams }, (_, id) => row(id, id < streams ? "warmup" : "warm")),
    blocks: [block("warmup", 0, 0), block("warm", streams, REST_MS)],
    requests: { warmup: request(warmupEvents), warm: request(events) },
    notTested: [],
    digest: "",
  };
  const access = (url) => ({
    route: { origin: new URL(url).origin },
    apiKeyHeader: "authorization",
    query: "",
    requestIdHeader: REQUEST_ID_HEADER,
  });
  const endpoints = { baseline: access(baseUrl), candidate: access(otherUrl) };
  return { plan, runId: RUN_ID, endpoints, settings: { ...SETTINGS, workers }, originNs };
}

const SETTINGS = {
  timeouts: { connectMs: 5_000, firstByteMs: 10_000, idleMs: 10_000, totalMs: 30_000 },
  retry: { attempts: 1, on: [] },
  maxBytesPerExchange: 50_000_000,
};
