/**
 * The model of continuous batching, as pure functions. It imitates the shape of a real engine, not its figures.
 *
 * The engine advances in steps. In one step every decoding sequence produces one token, and up to
 * `prefillChunkTokens` prompt tokens are worked off, of the sequence with the least of its prompt left first:
 *
 *     step = [batch > 0] · base · (1 + slowdown · (batch − 1)) + prompt tokens in the step / prefill rate
 *     base = 1 / decode rate of one stream alone
 *
 * A sequence that arrives waits for the end of the running step (or for a free place, past `maxBatch`), is
 * prefilled over one or more steps, and gets its first token at the end of the next step:
 *
 *     time to first token = queue + prompt tokens / prefill rate (+ the steps of others meanwhile) + one step
 *
 * So alone: TTFT = prompt / prefill rate + base, and token k leaves k · base after the first. Step ends are
 * absolute times of the model: neither jitter nor a late timer moves the next one.
 */
import type { EngineParameters } from "./tiers.js";

/** Duration in ms of one engine step with `batch` decoding sequences and `promptTokens` of prefill. */
export function stepMs(engine: EngineParameters, batch: number, promptTokens = 0): number {
  const decodeMs = batch === 0 ? 0 : (1_000 / engine.decodeTokensPerS) * (1 + engine.batchSlowdown * (batch - 1));
  return decodeMs + (1_000 * promptTokens) / engine.prefillTokensPerS;
}

/** Tokens per second that each of `batch` streams gets while no prompt is prefilled. */
export function decodeTokensPerS(engine: EngineParameters, batch: number): number {
  return 1_000 / stepMs(engine, batch);
}

/** Time to first token in ms of a request that finds the engine idle, jitter aside. */
export function idleTtftMs(engine: EngineParameters, promptTokens: number): number {
  return stepMs(engine, 0, promptTokens) + stepMs(engine, 1);
}

/** A homogeneous load: every request alike. */
export interface RequestShape {
  readonly promptTokens: number;
  readonly outputTokens: number;
}

/** A request of a mix, and how often it comes against the others. */
export interface WeightedShape extends RequestShape {
  readonly weight: number;
}

/**
 * The arrival rate in requests per second at which queues begin to grow without bound: the known capacity that a
 * load sweep has to find, for a load of requests that are all alike. See {@link capacityOfMix}.
 */
export function capacityRequestsPerS(engine: EngineParameters, shape: RequestShape): number {
  return capacityOfMix(engine, [{ ...shape, weight: 1 }]);
}

/**
 * The same for a mix. A step's length is linear in its batch and in its prompt tokens, so that means over the mix are exact
 * but for the prefill steps. The lower of two limits:
 *
 * - places: a request holds one for its prefill steps and one step per token, so of `maxBatch` places
 *   `batch = maxBatch · tokens / (tokens + prefill steps)` decode, and prefill takes its share of the time;
 * - prefill: every step is full of prompt tokens, and `batch = chunk · tokens / prompt` decode beside it.
 */
export function capacityOfMix(engine: EngineParameters, shapes: readonly WeightedShape[]): number {
  const { maxBatch, prefillChunkTokens, prefillTokensPerS } = engine;
  const whole = shapes.reduce((sum, { weight }) => sum + weight, 0);
  const mean = (of: (shape: RequestShape) => number): number =>
    shapes.reduce((sum, shape) => sum + (shape.weight / whole) * of(shape), 0);
  const prompt = mean(({ promptTokens }) => promptTokens);
  const tokens = mean(({ outputTokens }) => outputTokens);
  // What decodes nothing, such as embeddings, is held up by its prefill alone.
  if (tokens === 0) return prefillTokensPerS / prompt;
  const prefillSteps = mean(({ promptTokens }) => Math.max(1, promptTokens / prefillChunkTokens));
  const placed = (maxBatch * tokens) / (tokens + prefillSteps);
  const byPlaces = placed / ((tokens * stepMs(engine, placed)) / 1_000 + (placed * prompt) / prefillTokensPerS);
  const beside = Math.min(maxBatch, (prefillChunkTokens * tokens) / prompt);
  // Below one, some steps decode nothing at all.
  const decodeMs = Math.min(1, beside) * stepMs(engine, Math.max(1, beside));
  const fullStepS = (decodeMs + stepMs(engine, 0, prefillChunkTokens)) / 1_000;
  return Math.min(byPlaces, prefillChunkTokens / prompt / fullStepS);
}

/**
 * Sequences decoding at once, on average, under a steady arrival rate (Little's law on the step time);
 * Infinity at or past the rate where the model has no steady state.
 */
export function steadyBatch(engine: EngineParameters, shape: RequestShape, requestsPerS: number): number {
  const prefillShare = (requestsPerS * shape.promptTokens) / engine.prefillTokensPerS;
  const alone = (requestsPerS * shape.outputTokens) / engine.decodeTokensPerS;
  const left = 1 - prefillShare - alone * engine.batchSlowdown;
  return left > 0 ? (alone * (1 - engine.batchSlowdown)) / left : Number.POSITIVE_INFINITY;
}
