/**
 * A whole sweep against the batching engine in virtual time: the adaptive choice of loads, closed and open loops, and a
 * recording of it, line by line as a real one. Hours of the model take seconds, and its capacity is known.
 */
import { assembleSweep } from "../../dist/assemble/sweep.js";
import { nextPoint } from "../../dist/capacity/next-point.js";
import { settleMsFor } from "../../dist/capacity/settle.js";
import { SweepBook } from "../../dist/capacity/sweep-book.js";
import { seededRandom } from "../../dist/core/random.js";
import { sampleOf } from "../../dist/measure/sample.js";
import { measureAll } from "../../dist/measure/scored.js";
import { BatchingEngine } from "../../dist/sim/engine.js";
import { VirtualTime } from "./virtual-time.mjs";

/** Like `goldens/migration.yaml`: short chats, tools, three long contexts, one long answer. Tokens. */
export const MIGRATION_MIX = [
  { id: "chat", category: "short-chat", promptTokens: 60, outputTokens: 20, weight: 6 },
  { id: "closed", category: "closed-form", promptTokens: 40, outputTokens: 8, weight: 4 },
  { id: "tools", category: "tools", promptTokens: 320, outputTokens: 40, weight: 10 },
  { id: "json", category: "json-schema", promptTokens: 180, outputTokens: 60, weight: 6 },
  { id: "code", category: "code", promptTokens: 120, outputTokens: 220, weight: 3 },
  { id: "turns", category: "multi-turn", promptTokens: 420, outputTokens: 50, weight: 4 },
  { id: "long-context", category: "long-context", promptTokens: 8_000, outputTokens: 16, weight: 3 },
  { id: "long-answer", category: "long-answer", promptTokens: 80, outputTokens: 1_200, weight: 1 },
];

/** Short prompts and answers of a few hundred tokens: decoding decides. */
export const CHAT_MIX = [
  { id: "chat", category: "chat", promptTokens: 200, outputTokens: 120, weight: 6 },
  { id: "turns", category: "chat", promptTokens: 900, outputTokens: 200, weight: 3 },
  { id: "code", category: "code", promptTokens: 300, outputTokens: 500, weight: 2 },
];

/** Documents in the prompt, short answers: prefill decides. */
export const RETRIEVAL_MIX = [
  { id: "answer", category: "retrieval", promptTokens: 6_000, outputTokens: 150, weight: 4 },
  { id: "extract", category: "retrieval", promptTokens: 12_000, outputTokens: 60, weight: 1 },
  { id: "rewrite", category: "chat", promptTokens: 300, outputTokens: 40, weight: 5 },
];

const CLOSED = { kind: "closed" };
const POISSON = { kind: "open", shape: { kind: "poisson" } };
export const LOOPS = { closed: CLOSED, poisson: POISSON };

/**
 * @param parts
 *   engine: parameters of a tier; replicas: engines behind one address, each request to the one with the least in flight;
 *   mix: shapes with `id`, `category` and `weight`; seed; load: changes of the settings of the load; roles and together as of
 *   `SweepFacts`; engines: parameters of each endpoint, in place of `engine`; reply: `(request) => answer` in place of the engine
 *   (see `lab` below); busyShare: `(load, index) => share` of the capture thread; onLine: each line of the recording
 * @returns {import("../../dist/report/sweep-summary.js").SweepSummary}
 */
export function virtualSweep(parts) {
  const { seed = 1, mix = MIGRATION_MIX, roles = ["candidate"], together = true, onLine = () => {} } = parts;
  const load = {
    loop: CLOSED,
    points: "auto",
    from: 1,
    to: 1_024,
    settleMs: 10_000,
    windowMs: 30_000,
    maxInFlight: 1_024,
    whenFull: "drop",
    ...parts.load,
  };
  const facts = { roles, together, load };
  const header = headerOf(facts, mix, seed, parts);
  const segment = {
    type: "segment",
    id: 0,
    hrtimeOriginNs: "0",
    wallClockMs: 0,
    bootId: "b",
    host: "virtual",
    shard: null,
  };
  const book = new SweepBook(facts);
  const frame = {
    header,
    extensions: [],
    segments: [segment],
    machine: [],
    pauses: [],
    stopped: [],
    resumes: [],
    points: [],
    begun: [],
    dropped: [],
    end: null,
    tornBytes: 0,
  };
  onLine(header);
  onLine(segment);
  const state = { rows: [], startMs: 1_000 };
  let next = nextPoint(facts, book.measured());
  for (let index = 0; !("done" in next); index++) {
    const settled = { ...load, settleMs: settleMsFor(facts, next, book.measured()) };
    const lines = linesOf(index, next, { ...parts, seed, mix, load: settled, header, state });
    for (const line of lines) {
      onLine(line);
      feed(book, frame, line);
    }
    next = nextPoint(facts, book.measured());
    if (index > 60) throw new Error("the sweep does not come to its end");
  }
  const end = { type: "end", segment: 0, atNs: Math.round(state.startMs * 1e6), reason: "complete" };
  onLine(end);
  return assembleSweep({ ...frame, header: { ...header, plan: state.rows }, end }, book);
}

function feed(book, frame, line) {
  switch (line.type) {
    case "point":
      frame.points.push(line);
      return book.point(line);
    case "begun":
      frame.begun.push(line);
      return book.begun(line);
    case "dropped":
      frame.dropped.push(line);
      return book.dropped(line);
    case "machine":
      frame.machine.push(line);
      return book.machine(line);
    case "exchange": {
      const golden = frame.header.goldenSet.cases.find(({ id }) => id === line.caseId);
      const sample = sampleOf(line, golden, frame.header);
      return book.add(sample, measureAll(sample));
    }
  }
}

/** One load, played to its end, as lines of a recording. */
function linesOf(
  index,
  { roles, load: amount },
  { engine, engines, replicas = 1, seed, mix, load, state, reply, busyShare = () => 0.1 },
) {
  const time = new VirtualTime();
  const endMs = load.settleMs + load.windowMs;
  const rows = [];
  const exchanges = [];
  const dropped = [];
  const settled = roles.map((role) => {
    const own = engines?.[role] ?? engine;
    const random = seededRandom(seed, `point ${index}`);
    const deck = decks(mix, random);
    const machines = reply
      ? []
      : Array.from({ length: replicas }, (_, n) => new BatchingEngine(own, time, seed * 1_000 + index * 10 + n));
    let inFlight = 0;
    const send = (intendedMs, done) => {
      const shape = deck();
      const id = state.rows.length + rows.length;
      const row = {
        id,
        pairId: id,
        endpoint: role,
        arm: role,
        caseId: shape.id,
        repeat: 0,
        round: 0,
        phase: `sweep:${index}`,
        variant: "stream",
        requestId: shape.id,
      };
      rows.push(row);
      if (inFlight >= load.maxInFlight) {
        dropped.push({ id, atMs: time.now() });
        return done?.();
      }
      inFlight++;
      const sentMs = time.now();
      const exchange = { row, intendedMs, sentMs, inFlight, reads: [], status: 200 };
      exchanges.push(exchange);
      const finish = (endedMs) => {
        inFlight--;
        exchange.endedMs = endedMs;
        done?.();
      };
      if (reply) {
        const answer = reply({ role, shape, load: amount, inFlight, atMs: sentMs, random });
        Object.assign(exchange, {
          status: answer.status ?? 200,
          usage: answer.usage !== false,
          reads: answer.tokensMs.map((ms) => sentMs + ms),
        });
        time.at(sentMs + answer.endMs, () => finish(sentMs + answer.endMs));
        return;
      }
      const machine = machines.reduce((least, each) => (each.load < least.load ? each : least));
      machine.submit({
        promptTokens: shape.promptTokens,
        outputTokens: shape.outputTokens,
        prefilled: (atMs) => shape.outputTokens === 0 && finish(atMs),
        token: (token, dueMs) => {
          exchange.reads.push(dueMs);
          if (token === shape.outputTokens - 1) finish(dueMs);
        },
      });
    };
    if (load.loop.kind === "closed") {
      const lane = () => {
        if (time.now() < endMs) send(undefined, lane);
      };
      for (let n = 0; n < amount; n++) time.at((load.settleMs * n) / (2 * amount), lane);
    } else {
      const gap = () => ({ constant: 1, poisson: random.exponential() })[load.loop.shape.kind];
      const arrive = (atMs) => {
        if (atMs >= endMs) return;
        time.at(atMs, () => {
          send(atMs);
          arrive(atMs + (1_000 / amount) * gap());
        });
      };
      arrive((1_000 / amount) * gap());
    }
    return role;
  });
  time.run();
  const lastMs = exchanges.reduce((most, { endedMs }) => Math.max(most, endedMs), endMs);
  const ns = (ms) => Math.round((state.startMs + ms) * 1e6);
  const point = { index, roles: settled, load: amount, settleMs: load.settleMs, windowMs: load.windowMs };
  const lines = [
    { type: "point", segment: 0, point, plan: rows, requests: {} },
    { type: "begun", segment: 0, phase: `sweep:${index}`, atNs: ns(0) },
    ...exchanges.toSorted((a, b) => a.endedMs - b.endedMs).map((exchange) => exchangeLine(exchange, mix, ns)),
    ...dropped.map(({ id, atMs }) => ({ type: "dropped", segment: 0, atNs: ns(atMs), ids: [id] })),
  ];
  for (let second = 0; second * 1_000 < lastMs; second++) {
    lines.push({
      type: "machine",
      segment: 0,
      fromNs: ns(second * 1_000),
      toNs: ns((second + 1) * 1_000),
      stalls: [],
      busyShare: busyShare(amount, index),
      reads: 100,
      stalledReads: 0,
      maxReadsPerTurn: 1,
    });
  }
  state.rows = [...state.rows, ...rows];
  state.startMs += lastMs + 1_000;
  return lines;
}

/** Tokens share reads, eight an answer at most: the stamps of the first and the last are exact, and decoding takes a tenth. */
const READS = 8;

function exchangeLine({ row, intendedMs, sentMs, inFlight, reads, status, endedMs, usage = true }, mix, ns) {
  const shape = mix.find(({ id }) => id === row.caseId);
  const chunk = (content) =>
    `data: {"choices":[{"index":0,"delta":${JSON.stringify({ content })},"finish_reason":null}]}\n\n`;
  const cuts = Math.min(READS, reads.length);
  const body = Array.from({ length: cuts }, (_, cut) => {
    const [from, to] = [cut === 0 ? 0 : from1(cut, cuts, reads.length), from1(cut + 1, cuts, reads.length)];
    return [ns(reads[to - 1]), chunk("word".repeat(to - from))];
  });
  const prompt = Math.round(shape.promptTokens);
  const tail = `data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n${usage ? `data: {"choices":[],"usage":{"prompt_tokens":${prompt},"completion_tokens":${reads.length},"prompt_tokens_details":{"cached_tokens":0}}}\n\n` : ""}data: [DONE]\n\n`;
  const answered = status === 200;
  const attempt = {
    dispatchedAtNs: ns(sentMs),
    reused: true,
    sentAtNs: ns(sentMs),
    headersAtNs: ns(reads[0] ?? endedMs),
    status,
    headers: [["content-type", answered ? "text/event-stream" : "application/json"]],
    reads: answered ? [...body, [ns(endedMs), tail]] : [[ns(endedMs), '{"error":{"message":"no","type":"t"}}']],
    endedAtNs: ns(endedMs),
    outcome: { kind: "complete" },
  };
  return {
    type: "exchange",
    segment: 0,
    ...row,
    inFlight,
    ...(intendedMs === undefined ? {} : { intendedAtNs: ns(intendedMs) }),
    releasedAtNs: ns(sentMs),
    attempts: [attempt],
  };
}

/** The first token alone, then as many in each read. */
function from1(cut, cuts, tokens) {
  return cut === 1 || cuts === 1 ? (cuts === 1 ? tokens : 1) : Math.round(1 + ((tokens - 1) * (cut - 1)) / (cuts - 1));
}

/** Each case as often in a deck as its weight says, four cards at least. */
function decks(mix, random) {
  let deck = [];
  return () => {
    if (deck.length === 0)
      deck = random.shuffle(mix.flatMap((shape) => Array.from({ length: 4 * shape.weight }, () => shape)));
    return deck.pop();
  };
}

function headerOf(facts, mix, seed, { tier }) {
  const cases = mix.map(({ id, category }) => ({
    id,
    category,
    tags: [],
    detects: "",
    api: "chat",
    variants: ["stream"],
    repeat: 1,
    prefix: "unique",
    request: { messages: [] },
    expect: {},
  }));
  const endpoint = (role) => ({
    role,
    baseUrl: `http://${role}.example/v1`,
    models: { default: "m" },
    simulated: "virtual",
    ...(tier === undefined ? {} : { tier }),
  });
  return {
    type: "header",
    schemaVersion: 1,
    runId: "sweep",
    createdAt: "2026-01-01T00:00:00.000Z",
    kind: "sweep",
    sweep: facts,
    goldenSet: { name: "mix", cases },
    goldenDigest: "sha256:0",
    endpoints: { baseline: endpoint("baseline"), candidate: endpoint("candidate") },
    requests: Object.fromEntries(
      mix.map(({ id }) => [id, { method: "POST", path: "/v1/chat/completions", headers: {}, body: {} }]),
    ),
    plan: [],
    planDigest: "sha256:0",
    notTested: [],
    capture: {
      rounds: 1,
      spreadMs: 0,
      concurrency: 1,
      order: "random",
      prefix: "unique",
      control: false,
      warmup: 0,
      solo: { requests: 0, maxTokens: 1 },
      once: [],
      timeouts: { connectMs: 1e4, firstByteMs: 1e5, idleMs: 1e5, totalMs: 1e6 },
      retry: { attempts: 1, on: [] },
      maxBytesPerExchange: 1e6,
    },
    judge: { gates: [] },
    seed,
    versions: { twintail: "0", node: "0", undici: "0" },
  };
}
