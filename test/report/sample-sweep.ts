/**
 * Sweeps made up from a batching curve and a seed: throughput rises with the load to a ceiling, waiting begins there.
 * Numbers are drawn, not measured; intervals have the width that a window of 30 s would give them.
 */
import type { EndpointRole } from "../../src/config/settings.js";
import { type Random, seededRandom } from "../../src/core/random.js";
import type {
  EndpointSweep,
  SweepInterval,
  SweepPoint,
  SweepSummary,
  SweepTail,
  SweptEndpoint,
} from "../../src/report/sweep-summary.js";

/** What a simulated tier does: alone it answers in `aloneS`, together never more than `ceiling` answers a second. */
interface SampleTier {
  readonly ceiling: number;
  readonly aloneS: number;
  readonly ttftMs: number;
}

const H100: SampleTier = { ceiling: 24.4, aloneS: 1.05, ttftMs: 96 };
const A100: SampleTier = { ceiling: 17.1, aloneS: 1.24, ttftMs: 132 };
const OUTPUT_TOKENS = 142;
const SLO = "ttft p95 < 1s and decode_rate p5 > 20 and errors < 1%";

const LOADS = [1, 2, 4, 8, 16, 20, 22, 24, 32, 64];

const around = (value: number, share: number): SweepInterval => ({
  value,
  lo: value * (1 - share),
  hi: value * (1 + share),
});

/** A tail of `n` exchanges whose median is `p50` and whose slow end grows with `spread`. */
function sampleTail(n: number, p50: number, spread: number, change: Partial<SweepTail> = {}): SweepTail {
  const at = (z: number): number => p50 * Math.exp(z * spread);
  const blank = (name: string, needed: number): string[] =>
    n >= needed
      ? []
      : [
          `${name} not estimable (n = ${n} < ${needed}); max ${Math.round(at(2.6))} ms; 95 % confident of what is below it`,
        ];
  return {
    n,
    failed: 0,
    min: at(-2.4),
    p1: n < 299 ? null : at(-2.33),
    p5: n < 59 ? null : at(-1.64),
    p10: n < 29 ? null : at(-1.28),
    p50,
    p90: n < 29 ? null : at(1.28),
    p95: n < 59 ? null : at(1.64),
    p99: n < 299 ? null : at(2.33),
    max: at(2.6),
    mean: at(0.1),
    notes: [...blank("p90", 29), ...blank("p95", 59), ...blank("p99", 299)],
    ...change,
  };
}

function samplePoint(index: number, load: number, tier: SampleTier, random: Random): SweepPoint {
  const flow = Math.min(load / tier.aloneS / (1 + 0.012 * load), tier.ceiling * (1 + 0.006 * random.normal()));
  const queued = Math.max(0, load - tier.ceiling * tier.aloneS * 1.28);
  const ttftMs = tier.ttftMs * (1 + 0.05 * load) + (1_000 * queued) / tier.ceiling;
  const requests = Math.round(flow * 30);
  const decodeRate = 118 / (1 + 0.03 * Math.min(load, 64));
  const saturated = queued > 0;
  const slow = ttftMs * Math.exp(1.64 * 0.35);
  const missed = slow > 1_000;
  const unsure = !missed && slow > 900;
  const state = missed ? ("missed" as const) : unsure ? ("unsure" as const) : ("met" as const);
  return {
    index,
    load,
    settleMs: 10_000,
    windowMs: 30_000,
    requests,
    offeredPerS: null,
    sentPerS: requests / 30,
    throughput: around(flow, 0.02 + 0.1 / Math.sqrt(Math.max(1, flow))),
    outputTokensPerS: around(flow * OUTPUT_TOKENS, 0.03),
    inputTokensPerS: flow * 412,
    inFlight: load * 0.995,
    ttft: sampleTail(requests, ttftMs, 0.35),
    ttft_intended: null,
    chunk_gap: sampleTail(Math.max(300, requests), 1_000 / decodeRate, 0.4),
    e2e: sampleTail(requests, ttftMs + (1_000 * OUTPUT_TOKENS) / decodeRate, 0.3),
    e2e_intended: null,
    decode_rate: sampleTail(requests, decodeRate, 0.12),
    char_rate: sampleTail(requests, decodeRate * 4.1, 0.12),
    send_lag: sampleTail(requests, 0.4, 0.5),
    errors: { count: saturated ? 1 : 0, of: requests, http429: 0 },
    dropped: 0,
    cachedShare: 0.02,
    slo: {
      state,
      terms: [
        { text: "ttft p95 < 1s", state, value: slow, lo: slow * 0.93, hi: slow * 1.09 },
        { text: "decode_rate p5 > 20", state: "met", value: decodeRate * 0.82, lo: decodeRate * 0.78, hi: null },
        { text: "errors < 1%", state: "met", value: saturated ? 1 / requests : 0, lo: null, hi: 3 / requests },
      ],
      goodPerS: missed ? flow * 0.6 : flow,
    },
    state: saturated ? "saturated" : load === 24 ? "unsure" : "steady",
    trusted: true,
    notes: load === 24 ? ["throughput and ttft may both have been flat: the window was too short to tell"] : [],
  };
}

const stoppedSaturated = (to: number): EndpointSweep["stopped"] => ({
  kind: "saturated",
  text: `throughput did not grow from 32 to ${to} in flight while ttft did`,
});

function sampleEndpoint(tier: string, simulated: string | null, sweep: EndpointSweep | null): SweptEndpoint {
  return {
    baseUrl: tier === "h100x2" ? "http://127.0.0.1:41002/v1" : "http://127.0.0.1:41001/v1",
    models: { default: `sim-${tier}`, embeddings: null },
    modelsSeen: [`sim-${tier}`],
    tier,
    simulated,
    price: { inputPerMTok: 0.15, outputPerMTok: 0.6 },
    sweep,
  };
}

function closedEndpoint(role: EndpointRole, tier: SampleTier, kneeLoad: number, goodLoad: number): EndpointSweep {
  const random = seededRandom(20_261_128, `sweep ${role}`);
  return {
    stopped: stoppedSaturated(64),
    knee: {
      throughput: around(tier.ceiling, 0.024),
      outputTokensPerS: around(tier.ceiling * OUTPUT_TOKENS, 0.026),
      load: around(kneeLoad, 0.07),
      notes: role === "baseline" ? ["the two points past the knee differ by 1.1 %, within their intervals"] : [],
    },
    goodput: {
      throughput: around(tier.ceiling * 0.97, 0.03),
      load: { value: goodLoad, lo: goodLoad - 1.4, hi: goodLoad + 0.9 },
      limitedBy: "ttft p95 < 1s",
      notes: [],
    },
    meanInputTokens: 412.4,
    meanOutputTokens: OUTPUT_TOKENS,
    cachedShare: 0.02,
    points: LOADS.map((load, index) => samplePoint(index, load, tier, random)),
    notes: [],
  };
}

/** Closed loop, both endpoints at the same moments, knee and goodput found. */
export function closedSweep(): SweepSummary {
  return {
    schemaVersion: 1,
    verdict: "measured",
    reason: "both endpoints were loaded until their throughput no longer grew",
    run: {
      runId: "sweep-20261128-141205",
      createdAt: "2026-11-28T14:12:05.120Z",
      durationMs: 612_000,
      host: "bench-02",
      seed: 7,
      goldenSet: { name: "migration", digest: "sha256:5d0c8f1b2f6f4f2f0e" },
      versions: { twintail: "0.1.0", node: "20.19.4", undici: "7.30.2" },
    },
    load: {
      axis: "concurrency",
      shape: "closed loop",
      together: true,
      settleMs: 10_000,
      windowMs: 30_000,
      maxInFlight: null,
      whenFull: null,
      mix: [
        { category: "chat", share: 0.6, cases: 12 },
        { category: "long", share: 0.25, cases: 6 },
        { category: "tools", share: 0.15, cases: 8 },
      ],
      slo: SLO,
    },
    endpoints: {
      baseline: sampleEndpoint(
        "a100x2",
        "SIMULATED: twintail sim, tier a100x2",
        closedEndpoint("baseline", A100, 25.9, 23.6),
      ),
      candidate: sampleEndpoint(
        "h100x2",
        "SIMULATED: twintail sim, tier h100x2",
        closedEndpoint("candidate", H100, 35.2, 37.1),
      ),
    },
    validity: {
      ok: true,
      notes: [],
      figures: [
        { name: "send lag p99", value: 2.1, limit: 20, unit: "ms", ok: true, remedy: "fewer streams in flight" },
        { name: "busy share", value: 0.41, limit: 0.8, unit: "share", ok: true, remedy: "more workers" },
      ],
    },
    notes: [],
  };
}

const RATES = [2, 4, 8, 12, 14, 16, 20];

function openPoint(index: number, rate: number, ceiling: number, random: Random): SweepPoint {
  const tier = { ...H100, ceiling };
  const over = rate > ceiling;
  const point = samplePoint(index, Math.min(64, rate * 1.1), tier, random);
  const flow = Math.min(rate, ceiling) * (1 + 0.01 * random.normal());
  const requests = Math.round(30 * Math.min(rate, over ? ceiling * 1.04 : rate));
  const stalled = rate >= 12;
  const ttftMs = over ? 1_840 : 120 + 9 * rate;
  return {
    ...point,
    load: rate,
    requests,
    offeredPerS: rate,
    sentPerS: requests / 30,
    throughput: around(flow, 0.03),
    outputTokensPerS: around(flow * OUTPUT_TOKENS, 0.04),
    inFlight: over ? 61.3 : rate * 1.12,
    ttft: sampleTail(Math.max(300, requests), ttftMs, 0.3),
    ttft_intended: sampleTail(Math.max(300, requests), ttftMs + (stalled ? 2_000 : 1), 0.3),
    e2e: sampleTail(requests, ttftMs + 1_300, 0.3),
    e2e_intended: sampleTail(requests, ttftMs + 1_300 + (stalled ? 2_000 : 1), 0.3),
    dropped: over ? Math.round(30 * (rate - ceiling)) : 0,
    errors: { count: 0, of: requests, http429: 0 },
    state: over ? "saturated" : "steady",
    slo: {
      ...point.slo,
      state: over ? "missed" : "met",
      terms: point.slo.terms.map((term) => ({ ...term, state: over ? ("missed" as const) : ("met" as const) })),
    },
    notes: over ? [`${Math.round(30 * (rate - ceiling))} arrivals were not sent: 64 were in flight`] : [],
  };
}

function openEndpoint(role: EndpointRole, ceiling: number): EndpointSweep {
  const random = seededRandom(3, `open ${role}`);
  return {
    stopped: { kind: "saturated", text: `at 20 arrivals/s only ${ceiling.toFixed(1)} answers/s came` },
    knee: { throughput: around(ceiling, 0.02), outputTokensPerS: null, load: around(ceiling, 0.02), notes: [] },
    goodput: {
      throughput: around(ceiling * 0.94, 0.02),
      load: around(ceiling * 0.94, 0.04),
      limitedBy: "ttft p95 < 1s",
      notes: [],
    },
    meanInputTokens: 412.4,
    meanOutputTokens: OUTPUT_TOKENS,
    cachedShare: null,
    points: RATES.map((rate, index) => openPoint(index, rate, ceiling, random)),
    notes: [],
  };
}

/** Open loop: arrivals are dropped past the knee, and from 12 a second on requests waited to be sent. */
export function openSweep(): SweepSummary {
  const summary = closedSweep();
  return {
    ...summary,
    load: {
      ...summary.load,
      axis: "rate",
      shape: "open loop, Poisson arrivals",
      maxInFlight: 64,
      whenFull: "drop",
    },
    endpoints: {
      baseline: { ...summary.endpoints.baseline, sweep: openEndpoint("baseline", 13.1) },
      candidate: { ...summary.endpoints.candidate, sweep: openEndpoint("candidate", 18.4) },
    },
  };
}

/** The candidate alone, refused with 429 before it was saturated. */
export function limitedSweep(): SweepSummary {
  const summary = closedSweep();
  const { candidate } = summary.endpoints;
  const sweep = closedEndpoint("candidate", H100, 30, 30);
  const points = sweep.points.slice(0, 5).map((point): SweepPoint => {
    if (point.load !== 16) return point;
    return {
      ...point,
      state: "rate-limited",
      errors: { count: 41, of: point.requests, http429: 41 },
      ttft: sampleTail(point.requests, 190, 0.3, {
        failed: 41,
        p95: null,
        p99: null,
        notes: [`p95 not reached: 41 of ${point.requests} failed before they had a value`],
      }),
      slo: { ...point.slo, state: "missed" },
    };
  });
  return {
    ...summary,
    verdict: "measured",
    reason: "the candidate was rate-limited at 16 in flight, which says nothing of its hardware",
    load: { ...summary.load, together: false },
    endpoints: {
      baseline: { ...summary.endpoints.baseline, sweep: null },
      candidate: {
        ...candidate,
        simulated: null,
        price: { perHour: 6.4 },
        sweep: {
          ...sweep,
          stopped: { kind: "rate-limited", text: "41 of 209 requests were refused with 429 at 16 in flight" },
          knee: null,
          goodput: {
            throughput: around(6.9, 0.04),
            load: { value: 8, lo: 8, hi: 16 },
            limitedBy: "errors < 1%",
            notes: ["no load between 8 and 16 was measured"],
          },
          points,
          notes: ["rate-limited, not saturated: raise the limit to learn what the hardware bears"],
        },
      },
    },
  };
}

/** No endpoint sent usage, and no SLO was asked for. */
export function unmeteredSweep(): SweepSummary {
  const summary = closedSweep();
  const bare = (endpoint: SweptEndpoint): SweptEndpoint => {
    if (endpoint.sweep === null) return endpoint;
    const { sweep } = endpoint;
    const points = sweep.points.map(
      (point): SweepPoint => ({
        ...point,
        outputTokensPerS: null,
        inputTokensPerS: null,
        decode_rate: null,
        cachedShare: null,
        slo: { state: "none", terms: [], goodPerS: null },
      }),
    );
    const knee = sweep.knee && { ...sweep.knee, outputTokensPerS: null };
    const notes = ["no answer said its usage: tokens a second are not known"];
    return {
      ...endpoint,
      price: null,
      sweep: {
        ...sweep,
        knee,
        goodput: null,
        meanInputTokens: null,
        meanOutputTokens: null,
        cachedShare: null,
        points,
        notes,
      },
    };
  };
  const { baseline, candidate } = summary.endpoints;
  return {
    ...summary,
    load: { ...summary.load, slo: null, mix: [] },
    endpoints: { baseline: bare(baseline), candidate: bare(candidate) },
  };
}

/** A trace played once: one point, no load of its own, and a client with a limit on what is in flight. */
export function traceSweep(): SweepSummary {
  const summary = openSweep();
  const played = (endpoint: SweptEndpoint): SweptEndpoint => {
    const point = endpoint.sweep?.points[4];
    if (endpoint.sweep === null || point === undefined) return endpoint;
    return {
      ...endpoint,
      sweep: {
        ...endpoint.sweep,
        stopped: { kind: "listed", text: "the trace was played once" },
        knee: null,
        goodput: null,
        points: [{ ...point, index: 0, load: null, windowMs: 600_000 }],
      },
    };
  };
  const { baseline, candidate } = summary.endpoints;
  return {
    ...summary,
    reason: "the trace was played to both endpoints",
    load: { ...summary.load, axis: "trace", shape: "open loop, 8,412 arrivals of a trace", whenFull: "wait", mix: [] },
    endpoints: { baseline: played(baseline), candidate: played(candidate) },
  };
}

const NO_TAIL: SweepTail = {
  n: 0,
  failed: 0,
  min: null,
  p1: null,
  p5: null,
  p10: null,
  p50: null,
  p90: null,
  p95: null,
  p99: null,
  max: null,
  mean: null,
  notes: ["no exchange has a value"],
};

/** Nothing is known that may be unknown, of a sweep that was cut on a machine that was in the way. */
export function emptySweep(): SweepSummary {
  const summary = closedSweep();
  const [point] = summary.endpoints.candidate.sweep?.points ?? [];
  if (point === undefined) throw new Error("the sample has points");
  const unknown: SweepPoint = {
    ...point,
    requests: 0,
    sentPerS: 0,
    throughput: { value: 0, lo: null, hi: null },
    outputTokensPerS: null,
    inputTokensPerS: null,
    inFlight: 0,
    ttft: NO_TAIL,
    chunk_gap: null,
    e2e: null,
    decode_rate: NO_TAIL,
    char_rate: null,
    send_lag: null,
    errors: { count: 0, of: 0, http429: 0 },
    cachedShare: null,
    slo: {
      state: "none",
      terms: [{ text: "ttft p95 < 1s", state: "none", value: null, lo: null, hi: null }],
      goodPerS: null,
    },
    state: "unsure",
    trusted: false,
    notes: ["the event loop stood still for 4.1 s"],
  };
  const sweep: EndpointSweep = {
    stopped: { kind: "interrupted", text: "it was interrupted while the first load was measured" },
    knee: null,
    goodput: null,
    meanInputTokens: null,
    meanOutputTokens: null,
    cachedShare: null,
    points: [unknown, { ...unknown, index: 1, load: 2 }],
    notes: [],
  };
  const { baseline, candidate } = summary.endpoints;
  return {
    ...summary,
    verdict: "invalid",
    reason: "p99 send lag of 48 ms is over its limit of 20 ms",
    run: { ...summary.run, host: "", durationMs: 0 },
    endpoints: {
      baseline: {
        ...baseline,
        models: {},
        modelsSeen: [],
        tier: null,
        simulated: null,
        price: null,
        sweep: { ...sweep, points: [] },
      },
      candidate: { ...candidate, tier: null, simulated: null, price: null, sweep },
    },
    validity: {
      ok: false,
      notes: ["the machine was suspended once"],
      figures: [
        { name: "send lag p99", value: 48, limit: 20, unit: "ms", ok: false, remedy: "fewer streams in flight" },
        { name: "busy share", value: null, limit: 0.8, unit: "share", ok: false, remedy: "more workers" },
      ],
    },
    notes: ["the recording has no end: it was killed"],
  };
}

export const HOSTILE_TEXT =
  '=HYPERLINK("http://evil.example") <script>window.pwned = 1</script> | `code` [x](http://evil.example) @everyone \u202e\u001b[2J\u0007\n# next ';

/** Of these, every text is one of a few words of our own. */
const CLOSED_WORDS = new Set(["verdict", "axis", "whenFull", "state", "kind", "unit"]);

/** Every free text is hostile; `text` may be a longer one. */
export function hostileSweep(text = HOSTILE_TEXT): SweepSummary {
  const poisoned = (value: unknown, key = ""): unknown => {
    if (typeof value === "string") return CLOSED_WORDS.has(key) ? value : text;
    if (Array.isArray(value)) return value.map((each) => poisoned(each));
    if (value === null || typeof value !== "object") return value;
    const entries = Object.entries(value).map(([name, inner]) => [
      key === "models" ? `${name}${text}` : name,
      poisoned(inner, name),
    ]);
    return Object.fromEntries(entries);
  };
  return poisoned(openSweep()) as SweepSummary;
}

/** All of them, with what each shows. */
export const SAMPLE_SWEEPS: readonly (readonly [name: string, make: () => SweepSummary])[] = [
  ["closed", closedSweep],
  ["open", openSweep],
  ["limited", limitedSweep],
  ["unmetered", unmeteredSweep],
  ["trace", traceSweep],
  ["empty", emptySweep],
  ["hostile", hostileSweep],
];
