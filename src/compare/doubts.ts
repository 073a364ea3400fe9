/** Why a metric of these two endpoints may not be compared, or only with doubt. */
import type { Estimate } from "./estimate.js";
import { type Pair, shiftOf } from "./pairs.js";

/** A shift of chunk gaps means nothing when one side packs more tokens into an event. */
const MAX_TOKENS_PER_EVENT_RATIO = 1.2;
const FIRST_TOKEN = new Set(["ttft", "ttfa", "ttfe"]);
const MAX_CACHED_DIFFERENCE = 0.1;
/** Prompts are the same on both sides: other token counts mean another tokenizer, or another template. */
const MAX_INPUT_TOKENS_RATIO = 1.02;

export interface Doubts {
  /** Why times to first token are not read as faster or slower; null when they are. */
  readonly cached: string | null;
  /** Metrics whose shift must not be given, with the reason. */
  readonly blank: ReadonlyMap<string, string>;
}

/** A comparison of a metric with the doubts that concern it: blank where the comparison itself means nothing. */
export function withDoubts<E extends Estimate>(estimate: E, metric: string, { blank, cached }: Doubts): E {
  const reason = blank.get(metric);
  if (reason !== undefined) {
    return { ...estimate, value: null, p: null, method: "none", bound: () => null, notes: [...estimate.notes, reason] };
  }
  if (cached === null || !FIRST_TOKEN.has(metric)) return estimate;
  return { ...estimate, doubtful: true, notes: [...estimate.notes, cached] };
}

export const NO_DOUBTS: Doubts = { cached: null, blank: new Map() };

/** @param pairs of phase warm and solo, control arms left out by {@link shiftOf} */
export function comparisonDoubts(pairs: readonly Pair[]): Doubts {
  const blank = new Map<string, string>();
  const perEvent = shiftOf(pairs, "tokens_per_event").value;
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
  const input = shiftOf(pairs, "input_tokens").value;
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
