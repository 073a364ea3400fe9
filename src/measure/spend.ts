/**
 * What a run has cost so far, while it goes on. By the usage that each attempt reported; where an endpoint answered and
 * reported none, by an estimate, since a limit that counts nothing is none.
 */
import { decodeAttempt } from "../decode/decode.js";
import type { Api } from "../golden/golden-set.js";
import type { Attempt, Exchange, HeaderLine } from "../recording/recording.js";
import { microUsdOf } from "./metrics/cost.js";

type Price = NonNullable<HeaderLine["endpoints"]["baseline"]["price"]>;

const CHARACTERS_PER_TOKEN = 4;
/** A waking server's way to say "not yet". */
const ACCEPTED = 202;

export class Spend {
  #microUsd = 0;

  constructor(private readonly prices: Readonly<Record<Exchange["endpoint"], Price | undefined>>) {}

  get usd(): number {
    return this.#microUsd / 1e6;
  }

  /**
   * Adds every attempt of an exchange.
   * @param inputTokens estimated
   */
  add(exchange: Exchange, api: Api, inputTokens: number): void {
    const price = this.prices[exchange.endpoint];
    if (price === undefined) return;
    for (const attempt of exchange.attempts) {
      const { status } = attempt;
      if (status === undefined || status < 200 || status >= 300) continue;
      const { usage, ...said } = decodeAttempt(attempt, api, exchange.variant);
      if (usage === null && status === ACCEPTED) continue;
      const { content, reasoning, refusal, toolCalls } = said;
      const texts = [content, reasoning, refusal, ...toolCalls.map(({ argumentsText }) => argumentsText)];
      const characters = texts.reduce((sum, text) => sum + (text?.length ?? 0), 0) * wholeOverKept(attempt);
      this.#microUsd += microUsdOf(
        {
          inputTokens: usage?.inputTokens ?? inputTokens,
          outputTokens: usage?.outputTokens ?? Math.ceil(characters / CHARACTERS_PER_TOKEN),
          cachedTokens: usage?.cachedTokens ?? null,
        },
        price,
      );
    }
  }
}

/** Of an attempt that was tried again the start of its body alone is kept. */
function wholeOverKept({ reads, cutBytes = 0 }: Attempt): number {
  if (cutBytes === 0) return 1;
  const kept = reads.reduce((sum, [, bytes]) => sum + (typeof bytes === "string" ? bytes.length : bytes.b64.length), 0);
  return kept === 0 ? 1 : (kept + cutBytes) / kept;
}
