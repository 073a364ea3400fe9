/**
 * A recording as a run of two healthy endpoints leaves it, of any length: cases × rounds × 2 exchanges, each a chat
 * stream of one read an event. Or of two that are not: one request in fifty is turned away, and every fifth case expects what
 * one answer in four says. Written by twintail's own writer, so that it is valid by construction.
 */
import { seededRandom } from "../dist/core/random.js";
import { RecordingWriter } from "../dist/recording/writer.js";
import { answerTokens, chatEvents, EXTRA_EVENTS } from "./chat-stream.mjs";

export const CASES = 50;
const ENDPOINTS = ["baseline", "candidate"];
/** Answers of one case differ from round to round as sampling makes them differ. */
const ANSWERS_PER_CASE = 4;
const NS_PER_MS = 1_000_000;
const PAIR_EVERY_MS = 500;
const GAP_MS = { baseline: 10, candidate: 8 };

/** Writes `exchanges` (an even number) of `eventsEach` events. The last round is left unfinished where it does not fill. */
export function writeRecording(path, exchanges, eventsEach, { troubled = false } = {}) {
  const rows = Array.from({ length: exchanges }, (_, id) => rowOf(id));
  const answers = answersOf(eventsEach - EXTRA_EVENTS);
  const expected = (index) => (troubled && index % 5 === 0 ? answers[index][0].baseline.slice(0, 3).join("") : " ");
  const writer = RecordingWriter.create(path, headerOf(rows, eventsEach, expected));
  try {
    writer.append(SEGMENT);
    const random = seededRandom(1, "synthetic recording");
    let endNs = 0;
    for (const row of rows) {
      const answered = exchangeOf(row, answers, random);
      const exchange = troubled && random.int(50) === 0 ? turnedAway(answered) : answered;
      writer.append(exchange);
      endNs = Math.max(endNs, exchange.attempts[0].endedAtNs);
    }
    for (let atNs = 0; atNs < endNs; atNs += 1_000 * NS_PER_MS) writer.append(machineLine(atNs));
    writer.append({ type: "end", segment: 0, atNs: endNs, reason: "complete" });
  } finally {
    writer.close();
  }
}

function rowOf(id) {
  const pairId = Math.floor(id / 2);
  const endpoint = ENDPOINTS[id % 2];
  const caseId = `case-${pairId % CASES}`;
  return {
    id,
    pairId,
    endpoint,
    arm: endpoint,
    caseId,
    repeat: 0,
    round: Math.floor(pairId / CASES),
    phase: "warm",
    variant: "stream",
    requestId: `${caseId}-${endpoint}`,
  };
}

/** Half of the answers of a case are the same on both sides; the others part after a while. */
function answersOf(tokens) {
  return Array.from({ length: CASES }, (_, index) =>
    Array.from({ length: ANSWERS_PER_CASE }, (_, version) => {
      const baseline = answerTokens(`${index}/${version}`, tokens);
      const other = answerTokens(`${index}/${version}/other`, tokens);
      const kept = version % 2 === 0 ? tokens : Math.floor(0.6 * tokens);
      return { baseline, candidate: [...baseline.slice(0, kept), ...other.slice(kept)] };
    }),
  );
}

function exchangeOf(row, answers, random) {
  const version = random.int(ANSWERS_PER_CASE);
  const tokens = answers[row.pairId % CASES][version][row.endpoint];
  const releasedAtNs = row.pairId * PAIR_EVERY_MS * NS_PER_MS;
  const sentAtNs = releasedAtNs + 400_000;
  let atNs = sentAtNs + Math.round((150 + 50 * random.exponential()) * NS_PER_MS);
  const headersAtNs = atNs;
  const reads = chatEvents(`synthetic${row.id}`, tokens).map((text) => {
    atNs += Math.round(GAP_MS[row.endpoint] * (0.8 + 0.2 * random.exponential()) * NS_PER_MS);
    return [atNs, text];
  });
  return {
    type: "exchange",
    ...row,
    segment: 0,
    inFlight: 4,
    releasedAtNs,
    attempts: [
      {
        dispatchedAtNs: releasedAtNs + 100_000,
        tcpEndAtNs: releasedAtNs + 300_000,
        reused: false,
        remoteAddress: "127.0.0.1:8000",
        sentAtNs,
        headersAtNs,
        status: 200,
        headers: RESPONSE_HEADERS,
        reads,
        endedAtNs: atNs + 50_000,
        outcome: { kind: "complete" },
      },
    ],
  };
}

function turnedAway(exchange) {
  const [attempt] = exchange.attempts;
  const body = '{"error":{"message":"overloaded","type":"server_error","code":"busy"}}';
  const endedAtNs = attempt.headersAtNs + 100_000;
  return {
    ...exchange,
    attempts: [{ ...attempt, status: 503, reads: [[attempt.headersAtNs + 50_000, body]], endedAtNs }],
  };
}

const RESPONSE_HEADERS = [
  ["content-type", "text/event-stream; charset=utf-8"],
  ["cache-control", "no-cache"],
  ["transfer-encoding", "chunked"],
];

const SEGMENT = {
  type: "segment",
  id: 0,
  hrtimeOriginNs: "0",
  wallClockMs: 1_752_000_000_000,
  bootId: "synthetic",
  host: "synthetic",
  shard: null,
};

function machineLine(fromNs) {
  return {
    type: "machine",
    segment: 0,
    fromNs,
    toNs: fromNs + 1_000 * NS_PER_MS,
    stalls: [],
    busyShare: 0.1,
    reads: 800,
    stalledReads: 0,
    maxReadsPerTurn: 4,
  };
}

function headerOf(rows, eventsEach, expected) {
  const cases = Array.from({ length: CASES }, (_, index) => goldenCase(index, eventsEach, expected(index)));
  const requests = cases.flatMap(({ id, request }) =>
    ENDPOINTS.map((endpoint) => [`${id}-${endpoint}`, templateOf(request)]),
  );
  const facts = (role) => ({ role, baseUrl: "http://127.0.0.1:8000/v1", models: { default: "synthetic" } });
  return {
    type: "header",
    schemaVersion: 1,
    runId: "synthetic",
    createdAt: "2025-07-08T00:00:00.000Z",
    kind: "run",
    goldenSet: { name: "synthetic", cases },
    goldenDigest: "sha256:synthetic",
    endpoints: { baseline: facts("baseline"), candidate: facts("candidate") },
    requests: Object.fromEntries(requests),
    plan: rows,
    planDigest: "sha256:synthetic",
    notTested: [],
    capture: captureSettings(rows.at(-1).round + 1),
    judge: { gates: [] },
    seed: 1,
    versions: { twintail: "0.0.0", node: process.version, undici: "0.0.0" },
  };
}

function goldenCase(index, eventsEach, contains) {
  return {
    id: `case-${index}`,
    category: "chat",
    tags: [],
    detects: "nothing: it is made up",
    api: "chat",
    variants: ["stream"],
    repeat: 1,
    prefix: "shared",
    request: { messages: [{ role: "user", content: `Tell story ${index}.` }], max_tokens: eventsEach },
    expect: { contains, finish_reason: ["stop"], max_output_tokens: eventsEach },
  };
}

function templateOf(request) {
  return {
    method: "POST",
    path: "/v1/chat/completions",
    headers: { "content-type": "application/json" },
    body: { model: "synthetic", ...request, stream: true, stream_options: { include_usage: true } },
  };
}

function captureSettings(rounds) {
  return {
    rounds,
    spreadMs: 0,
    concurrency: 4,
    order: "random",
    prefix: "shared",
    control: false,
    warmup: 0,
    solo: { requests: 0, maxTokens: 1 },
    once: [],
    timeouts: { connectMs: 10_000, firstByteMs: 120_000, idleMs: 60_000, totalMs: 600_000 },
    retry: { attempts: 1, on: [] },
    maxBytesPerExchange: 50_000_000,
  };
}
