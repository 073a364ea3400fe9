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
  const [a, b] = [cachedShare(pairs, "baseline"), cachedShare(pairs, "candidate")];
  const percent = (value: number): string => `${(100 * value).toFixed(0)} %`;
  if (a === null || b === null) {
    const [known, silent] = a === null ? [b, "baseline"] : [a, "candidate"];
    const share = Math.max(known?.ofTokens ?? 0, known?.ofRequests ?? 0);
    if (share <= MAX_CACHED_DIFFERENCE) return null;
    const said = silent === "baseline" ? "candidate" : "baseline";
    return `a prefix cache answers for ${percent(share)} of the ${said}'s prompt tokens, and the ${silent} does not say how many it has cached`;
  }
  // Of all tokens one long prompt hides what happens to all others; of all requests many short ones hide the long.
  for (const [key, where] of [
    ["ofTokens", ""],
    ["ofRequests", " in the average request"],
  ] as const) {
    if (Math.abs(a[key] - b[key]) <= MAX_CACHED_DIFFERENCE) continue;
    return `cached prompt tokens differ by more than 10 points${where} (baseline ${percent(a[key])}, candidate ${percent(b[key])}): a prefix cache answers for one side`;
  }
  return null;
}

/** Of all prompt tokens, and on average over requests; null where no answer says what was cached. */
function cachedShare(pairs: readonly Pair[], side: "baseline" | "candidate") {
  let cached = 0;
  let input = 0;
  let shares = 0;
  let requests = 0;
  for (const pair of pairs) {
    const usage = pair[side]?.usage ?? null;
    if (usage === null || usage.cachedTokens === null || (usage.inputTokens ?? 0) <= 0) continue;
    const own = usage.inputTokens as number;
    cached += usage.cachedTokens;
    input += own;
    shares += usage.cachedTokens / own;
    requests++;
  }
  return requests === 0 ? null : { ofTokens: cached / input, ofRequests: shares / requests };
}
