/**
 * Recordings with known truth, as `compare` sees them: every exchange already measured. Heterogeneous cases, noise, stalls,
 * failures, tool calls that one case gets wrong now and then, and an offset of each endpoint that changes from round to round
 * and is correlated with the round before.
 */
import { Comparison } from "../../dist/compare/comparison.js";
import { NO_DOUBTS } from "../../dist/compare/doubts.js";
import { seededRandom } from "../../dist/core/random.js";

/** What an endpoint pair of identical machines is like. Log scales unless said otherwise. */
export const ALIKE = {
  cases: 38,
  rounds: 12,
  /** Spread of the cases' own times, of one request's, of each endpoint's offset in a round. */
  promptSd: 0.5,
  noiseSd: 0.2,
  offsetSd: 0.05,
  /** Correlation of an offset with the one of the round before. */
  correlation: 0.1,
  /** Share of stalled requests of each side; a stall takes three times as long, or more. */
  stalls: { baseline: 0.04, candidate: 0.04 },
  /** True typical ratio of times, candidate / baseline, and how far it differs from case to case. */
  ratio: 1,
  ratioSd: 0.05,
  /** Of the decode rate. */
  rateRatio: 1,
  rateNoiseSd: 0.05,
  rateOffsetSd: 0.02,
  errors: { baseline: 0.001, candidate: 0.001 },
  /** Cases that ask for tools; the last of them is right with this chance, the others always. */
  toolCases: 11,
  flakyTool: { baseline: 1, candidate: 1 },
  /** Index of a tool case that the candidate always gets wrong; null for none. */
  brokenTool: null,
};

/** @returns {import("../../dist/compare/comparison.js").Comparison} */
export function simulate(changes, seed) {
  const truth = { ...ALIKE, ...changes };
  const random = seededRandom(seed, "simulated recording");
  const base = times(truth.cases, () => Math.log(400) + truth.promptSd * random.normal());
  const ratios = centered(times(truth.cases, () => truth.ratioSd * random.normal()));
  const offset = [0, 0];
  const rateOffset = [0, 0];
  const pairs = [];
  for (let round = 0; round < truth.rounds; round++) {
    for (const side of [0, 1]) {
      offset[side] = step(offset[side], truth.offsetSd, round === 0 ? 0 : truth.correlation, random);
      rateOffset[side] = step(rateOffset[side], truth.rateOffsetSd, round === 0 ? 0 : truth.correlation, random);
    }
    for (const index of random.shuffle(times(truth.cases, (i) => i))) {
      const make = (side) => {
        const role = side === 0 ? "baseline" : "candidate";
        const stalled = random.next() < truth.stalls[role] ? Math.log(3 + 3 * random.exponential()) : 0;
        const shifted = side === 0 ? 0 : Math.log(truth.ratio) + ratios[index];
        const ttfa = Math.exp(base[index] + offset[side] + truth.noiseSd * random.normal() + stalled + shifted);
        const rate = Math.exp(
          Math.log(400) +
            rateOffset[side] +
            truth.rateNoiseSd * random.normal() +
            (side === 0 ? 0 : Math.log(truth.rateRatio)),
        );
        const failed = random.next() < truth.errors[role];
        const right = toolRight(truth, role, index, random);
        return exchange({
          id: 2 * pairs.length + side,
          pairId: pairs.length,
          round,
          index,
          role,
          ttfa,
          rate,
          failed,
          right,
        });
      };
      pairs.push({ pairId: pairs.length, baseline: make(0), candidate: make(1), control: false });
    }
  }
  return new Comparison({ pairs, doubts: NO_DOUBTS, seed, estimand: changes.estimand ?? "these prompts" });
}

/** Null for a case without tools. */
function toolRight(truth, role, index, random) {
  if (index >= truth.toolCases) return null;
  if (role === "candidate" && index === truth.brokenTool) return false;
  return index === truth.toolCases - 1 ? random.next() < truth.flakyTool[role] : true;
}

function exchange({ id, pairId, round, index, role, ttfa, rate, failed, right }) {
  const failure = failed ? { kind: "http_5xx", status: 503, message: "busy" } : null;
  const none = { none: "http_5xx", failed: true };
  const toolCalls = right === null ? null : { trigger: right && !failed, schema: null, value: null, faults: [] };
  return {
    id,
    pairId,
    segment: 0,
    requestId: "r",
    endpoint: role,
    arm: role,
    caseId: `case-${index}`,
    repeat: 0,
    round,
    phase: "warm",
    variant: "stream",
    inFlight: 1,
    releasedAtNs: pairId * 1e9,
    endedAtNs: pairId * 1e9 + ttfa * 1e6,
    bucket: failed ? "failed" : "warm",
    failure,
    attemptFailures: [failure],
    staleConnections: 0,
    discarded: [],
    cancelled: null,
    status: failed ? 503 : 200,
    usage: null,
    characters: 100,
    tokenEvents: 100,
    coalescedEvents: 0,
    scalars: new Map(
      Object.entries({ ttfa: failed ? none : { value: ttfa }, char_rate: failed ? none : { value: rate } }),
    ),
    check: { judged: !failed, met: !failed && right !== false, expectations: [], toolCalls, jsonValid: null },
    sketch: null,
  };
}

/** One step of a first-order process with standard deviation `sd`. */
function step(previous, sd, correlation, random) {
  return correlation * previous + sd * Math.sqrt(1 - correlation ** 2) * random.normal();
}

function centered(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - mean);
}

function times(count, make) {
  return Array.from({ length: count }, (_, index) => make(index));
}
