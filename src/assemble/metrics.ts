/** Every metric of the catalogue with its tails by phase, and its paired shift where one may be given. */
import { type Pair, shiftOf } from "../compare/pairs.js";
import { METRICS } from "../measure/catalogue.js";
import type { Metric } from "../measure/metric.js";
import type { TailBook } from "../measure/tail-book.js";
import type { MetricPhase, MetricSummary, Summary } from "../report/summary.js";
import { shiftSummary, tailSummary } from "./tails.js";

/** A shift of chunk gaps means nothing when one side packs more tokens into an event. */
const MAX_TOKENS_PER_EVENT_RATIO = 1.2;
const FIRST_TOKEN = new Set(["ttft", "ttfa", "ttfe"]);
const MAX_CACHED_DIFFERENCE = 0.1;
/** Prompts are the same on both sides: other token counts mean another tokenizer, or another template. */
const MAX_INPUT_TOKENS_RATIO = 1.02;

export function metricSummaries(tails: TailBook, pairs: readonly Pair[]): Summary["metrics"] {
  const doubts = comparisonDoubts(pairs);
  const summaries: [string, MetricSummary][] = [];
  for (const metric of METRICS) {
    const phases: Partial<Record<string, MetricPhase>> = {};
    for (const phase of tails.phases) {
      const baseline = tailSummary(metric, tails.tail("baseline", phase, metric));
      const candidate = tailSummary(metric, tails.tail("candidate", phase, metric));
      if ((baseline?.n ?? 0) + (candidate?.n ?? 0) === 0) continue;
      const shift =
        isCompared(metric) && (phase === "warm" || phase === "solo") ? phaseShift(metric, pairs, phase, doubts) : null;
      phases[phase] = { baseline, candidate, shift };
    }
    if (Object.keys(phases).length === 0) continue;
    summaries.push([metric.name, { unit: metric.unit, better: metric.better, formula: metric.formula, ...phases }]);
  }
  return Object.fromEntries(summaries);
}

/** Send lag is this machine's; a cached share or a reasoning count has no meaningful ratio. */
function isCompared(metric: Metric): boolean {
  return !["send_lag", "wake", "cached_tokens", "reasoning_tokens", "connect"].includes(metric.name);
}

function phaseShift(metric: Metric, pairs: readonly Pair[], phase: string, doubts: Doubts) {
  const own = pairs.filter((pair) => (pair.baseline ?? pair.candidate)?.phase === phase);
  const shift = shiftOf(own, metric.name);
  if (shift.method === "none") return null;
  const blank = doubts.blank.get(metric.name);
  if (blank !== undefined) {
    return shiftSummary(metric, { ...shift, ratio: null, lo: null, hi: null, p: null, method: "none" }, [blank]);
  }
  if (doubts.cached !== null && FIRST_TOKEN.has(metric.name)) {
    return shiftSummary(metric, { ...shift, doubtful: true }, [doubts.cached]);
  }
  return shiftSummary(metric, shift, []);
}

interface Doubts {
  /** Why times to first token are not read as faster or slower; null when they are. */
  readonly cached: string | null;
  /** Metrics whose shift must not be given, with the reason. */
  readonly blank: ReadonlyMap<string, string>;
}

function comparisonDoubts(pairs: readonly Pair[]): Doubts {
  const blank = new Map<string, string>();
  const perEvent = shiftOf(pairs, "tokens_per_event").ratio;
  if (perEvent !== null && Math.max(perEvent, 1 / perEvent) > MAX_TOKENS_PER_EVENT_RATIO) {
    blank.set(
      "chunk_gap",
      `not compared: the candidate packs ${perEvent.toFixed(2)} times as many tokens into an event; see stall and char_rate`,
    );
  }
  if (perEvent === null) {
    const characters = charactersPerEvent(pairs);
    if (characters !== null && Math.max(characters, 1 / characters) > MAX_TOKENS_PER_EVENT_RATIO) {
      blank.set(
        "chunk_gap",
        `not compared: usage is missing, and the candidate packs ${characters.toFixed(2)} times as many characters into an event; see stall and char_rate`,
      );
    }
  }
  const input = shiftOf(pairs, "input_tokens").ratio;
  if (input !== null && Math.max(input, 1 / input) > MAX_INPUT_TOKENS_RATIO) {
    const reason = `not compared: the same prompts count ${input.toFixed(2)} times the tokens, so the tokenizers differ; see char_rate`;
    for (const name of ["tpot", "decode_rate", "output_tokens"]) blank.set(name, reason);
  }
  return { blank, cached: cachedDoubt(pairs) };
}

/** Characters an event, candidate / baseline, over all pairs; null where a side streamed nothing. */
function charactersPerEvent(pairs: readonly Pair[]): number | null {
  const of = (side: "baseline" | "candidate"): number => {
    const own = pairs.flatMap((pair) => pair[side] ?? []).filter(({ tokenEvents }) => tokenEvents > 0);
    const events = own.reduce((total, { tokenEvents }) => total + tokenEvents, 0);
    return own.reduce((total, { characters }) => total + characters, 0) / events;
  };
  const ratio = of("candidate") / of("baseline");
  return Number.isFinite(ratio) && ratio > 0 ? ratio : null;
}

/** A prefix cache that answers for one side makes its time to first token another quantity. */
function cachedDoubt(pairs: readonly Pair[]): string | null {
  const share = (side: "baseline" | "candidate"): number | null => {
    let cached = 0;
    let input = 0;
    for (const pair of pairs) {
      const usage = pair[side]?.usage ?? null;
      if (usage === null || usage.inputTokens === null || usage.cachedTokens === null) continue;
      cached += usage.cachedTokens;
      input += usage.inputTokens;
    }
    return input === 0 ? null : cached / input;
  };
  const [a, b] = [share("baseline"), share("candidate")];
  if (a === null || b === null || Math.abs(a - b) <= MAX_CACHED_DIFFERENCE) return null;
  const percent = (value: number): string => `${(100 * value).toFixed(0)} %`;
  return `cached prompt tokens differ by more than 10 points (baseline ${percent(a)}, candidate ${percent(b)}): a prefix cache answers for one side`;
}
