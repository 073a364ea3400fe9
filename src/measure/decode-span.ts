/** The span over which tokens were decoded, where usage and reads allow one to be known. */
import { NS_PER_MS } from "../core/units.js";
import { tokenReads } from "./gaps.js";
import { type Measurement, missing, notStreamed, type Sample } from "./metric.js";

export interface DecodeSpan {
  /** Streamed tokens, by usage. */
  readonly tokens: number;
  /** Tokens of the first event, on average: they were decoded before the span began. */
  readonly firstTokens: number;
  readonly ms: number;
}

const MIN_TOKENS = 64;
const MAX_FIRST_SHARE = 0.03;
const MAX_COALESCED_READS = 2;
/** English, code and JSON run at 3 to 5 characters a token; fewer than this means that tokens were hidden. */
const MIN_ASCII_CHARACTERS_PER_TOKEN = 1.5;

/** The span, or why there is none. */
export function decodeSpan(sample: Sample): DecodeSpan | { readonly measurement: Measurement } {
  const none = notStreamed(sample);
  if (none !== null) return { measurement: none };
  const because = (reason: string) => ({ measurement: missing(sample, reason) });
  const { completion } = sample;
  const { tokenEvents } = completion;
  const first = tokenEvents[0];
  const last = tokenEvents.at(-1);
  if (sample.failure !== null || first === undefined || last === undefined) return because("no token");
  // Few tokens first: in a short answer a count of characters a token says nothing about hidden ones.
  const { usage } = completion;
  if (usage !== null && usage.outputTokens !== null && usage.outputTokens < MIN_TOKENS) {
    return because(`fewer than ${MIN_TOKENS} tokens`);
  }
  const tokens = streamedTokens(sample);
  if (typeof tokens === "string") return because(tokens);
  if (tokens < MIN_TOKENS) return because(`fewer than ${MIN_TOKENS} tokens`);
  if (tokenReads(completion) <= MAX_COALESCED_READS) return because("all tokens in two reads or fewer");
  const firstTokens = tokens / tokenEvents.length;
  if ((firstTokens - 1) / (tokens - 1) > MAX_FIRST_SHARE) return because("too few events for its tokens");
  return { tokens, firstTokens, ms: (last.atNs - first.atNs) / NS_PER_MS };
}

/** Output tokens that came through the stream: hidden reasoning is counted by usage, but never seen. */
function streamedTokens({ completion }: Sample): number | string {
  const { usage, tokenEvents, reasoning } = completion;
  if (usage === null || usage.outputTokens === null) return "no usage";
  const reasoned = usage.reasoningTokens ?? 0;
  if (
    reasoned > 0 &&
    reasoning !== "" &&
    reasoning.length < reasoned * MIN_ASCII_CHARACTERS_PER_TOKEN &&
    isMostlyAscii(reasoning)
  ) {
    return "reasoning was streamed as a summary";
  }
  const tokens = reasoned > 0 && reasoning === "" ? usage.outputTokens - reasoned : usage.outputTokens;
  if (usage.reasoningTokens === null) {
    const characters = tokenEvents.reduce((total, event) => total + event.characters, 0);
    const ascii = isMostlyAscii(`${reasoning}${completion.content ?? ""}`);
    if (ascii && characters / tokens < MIN_ASCII_CHARACTERS_PER_TOKEN)
      return "usage counts more tokens than were streamed";
  }
  return tokens;
}

function isMostlyAscii(text: string): boolean {
  const sample = text.slice(0, 2_000);
  let ascii = 0;
  for (let i = 0; i < sample.length; i++) if (sample.charCodeAt(i) < 128) ascii++;
  return ascii > 0.9 * sample.length;
}
