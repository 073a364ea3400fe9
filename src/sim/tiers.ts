/** The simulated tiers: parameters of the batching model, not of any real machine. */

/** What the batching model needs to know about a tier. */
export interface EngineParameters {
  /** Decode rate of one stream alone, tokens per second. */
  readonly decodeTokensPerS: number;
  /** Share by which each further stream of the batch lengthens a step. */
  readonly batchSlowdown: number;
  /** Prompt tokens per second while nothing decodes. */
  readonly prefillTokensPerS: number;
  /** Prompt tokens that one step takes at most, so that a long prompt delays others a little at a time. */
  readonly prefillChunkTokens: number;
  /** Sequences in the engine at once, prefilling or decoding; the rest queue. */
  readonly maxBatch: number;
  /** A token leaves this many ms before or after its step's end at most, uniformly, without accumulating. */
  readonly tokenJitterMs: number;
  /** A prompt's work varies by this share at most, uniformly, in both directions. */
  readonly prefillJitter: number;
}

/**
 * The decode rates are the published short-context figures of the systems that are imitated; every other figure
 * is chosen so that six streams each decode at 85 to 90 % of the rate of one.
 */
export const TIERS = {
  h100x2: {
    decodeTokensPerS: 118.9,
    batchSlowdown: 0.03,
    prefillTokensPerS: 24_000,
    prefillChunkTokens: 256,
    maxBatch: 64,
    tokenJitterMs: 0.4,
    prefillJitter: 0.08,
  },
  a100x2: {
    decodeTokensPerS: 106.6,
    batchSlowdown: 0.034,
    prefillTokensPerS: 14_000,
    prefillChunkTokens: 256,
    maxBatch: 48,
    tokenJitterMs: 0.4,
    prefillJitter: 0.08,
  },
} as const satisfies Readonly<Record<string, EngineParameters>>;

export type TierName = keyof typeof TIERS;

/** A tier's parameters with some of them replaced. */
export function engineParameters(tier: TierName, changes: Partial<EngineParameters> = {}): EngineParameters {
  return { ...TIERS[tier], ...changes };
}
