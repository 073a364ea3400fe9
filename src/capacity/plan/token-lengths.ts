/**
 * What a replica bears at other lengths than those it was swept with. A batching engine runs out of one of three things, and one
 * mix cannot tell of which: time to prefill (grows with prompt tokens that no cache answers), decode steps (with the tokens of
 * an answer), or the memory and the reading of its KV cache (with what a sequence holds, times how long it holds it). The
 * true growth of the work of a request lies between the least and the greatest of the three.
 */

import type { CapacityInterval, CapacityTier } from "../../report/capacity-summary.js";
import { formatCount, formatShare, formatSignificant } from "../../report/numbers.js";

/** Of a request, on average. */
export interface Lengths {
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly cachedShare: number | null;
}

export type AtLengths =
  | { readonly refused: false; readonly lengths: CapacityTier["lengths"]; readonly notes: readonly string[] }
  | { readonly refused: true; readonly lengths: CapacityTier["lengths"]; readonly why: string };

/** Beyond this factor, up or down, a figure is marked … */
const MARKED = 1.25;
/** … and beyond this one there is none. */
const REFUSED = 2;

/** @param asked What the demand says; null where it says nothing, and the sweep's own hold. */
export function atLengths(asked: Lengths, swept: Lengths): AtLengths {
  const notes: string[] = [];
  const input = ratioOf(asked.inputTokens, swept.inputTokens);
  const output = ratioOf(asked.outputTokens, swept.outputTokens);
  if (input === null || output === null) {
    notes.push("the sweep counted no tokens, so its requests are taken to be as long as those of the demand");
  }
  if (asked.cachedShare !== null && swept.cachedShare === null && hasTokens(swept)) {
    notes.push(
      `the sweep does not say which share of its prompt tokens a cache answered: it is taken to be no more than the ${formatShare(asked.cachedShare)} of the demand`,
    );
  }
  const prefill = (input ?? 1) * uncachedGrowth(asked.cachedShare, swept.cachedShare);
  const decode = output ?? 1;
  const work = [prefill, decode, decode * residentGrowth(asked, swept)];
  const lengths: CapacityTier["lengths"] = {
    inputTokens: asked.inputTokens ?? swept.inputTokens,
    outputTokens: asked.outputTokens ?? swept.outputTokens,
    cachedShare: asked.cachedShare ?? swept.cachedShare,
    swept,
    work: { most: Math.max(...work), least: Math.min(...work) },
    extrapolated: [prefill, input ?? 1, decode].some((ratio) => isBeyond(ratio, MARKED)),
  };
  const far = [
    ...(isBeyond(input ?? 1, REFUSED) ? [farText("prompts", asked.inputTokens, swept.inputTokens)] : []),
    ...(isBeyond(decode, REFUSED) ? [farText("answers", asked.outputTokens, swept.outputTokens)] : []),
    ...(cacheIsFar(input ?? 1, prefill) || isUnseen(asked.cachedShare, swept.cachedShare)
      ? [cacheText(asked.cachedShare, swept.cachedShare)]
      : []),
  ];
  if (far.length > 0) {
    const mix = [lengths.inputTokens, lengths.outputTokens].map((tokens) => formatCount(tokens ?? 0));
    return {
      refused: true,
      lengths,
      why: `${far.join(" and ")}: sweep a mix of about ${mix[0]} prompt tokens and ${mix[1]} output tokens`,
    };
  }
  if (lengths.extrapolated) {
    const { most, least } = lengths.work;
    notes.push(
      `extrapolated: the lengths of the demand are more than 25 % from those that were swept. A request is taken to be ${formatSignificant(most)} times the work, and may be ${formatSignificant(least)} times`,
    );
  }
  return { refused: false, lengths, notes };
}

/** The value and the lower bound by the limit whose work grows most, the upper bound by the one whose work grows least. */
export function capacityAt(
  { value, lo, hi }: CapacityInterval,
  { work: { most, least } }: CapacityTier["lengths"],
): CapacityInterval {
  return { value: value / most, lo: lo === null ? null : lo / most, hi: hi === null ? null : hi / least };
}

/** 1 where nothing is asked; null where there is nothing to hold it against. */
function ratioOf(asked: number | null, swept: number | null): number | null {
  if (asked === null) return 1;
  return swept === null || swept <= 0 ? null : asked / swept;
}

function hasTokens({ inputTokens, outputTokens }: Lengths): boolean {
  return inputTokens !== null && outputTokens !== null;
}

/** Where a cache answered all, nobody has seen a prompt being prefilled. */
function isUnseen(asked: number | null, swept: number | null): boolean {
  return asked !== null && swept !== null && swept >= 1 && asked < 1;
}

/** More hits than in the sweep are no credit: nobody has seen what they save. */
function uncachedGrowth(asked: number | null, swept: number | null): number {
  if (asked === null || swept === null || swept >= 1) return 1;
  return Math.max(1, (1 - asked) / (1 - swept));
}

/** A sequence holds its prompt, and on average half of its answer. */
function residentGrowth(asked: Lengths, swept: Lengths): number {
  if (swept.inputTokens === null || swept.outputTokens === null) return 1;
  const held = (input: number, output: number): number => input + output / 2;
  const before = held(swept.inputTokens, swept.outputTokens);
  const now = held(asked.inputTokens ?? swept.inputTokens, asked.outputTokens ?? swept.outputTokens);
  return before > 0 ? now / before : 1;
}

function isBeyond(ratio: number, factor: number): boolean {
  return ratio > factor * (1 + 1e-9) || ratio < (1 - 1e-9) / factor;
}

/** Only what the cache adds: lengths have a sentence of their own. */
function cacheIsFar(input: number, prefill: number): boolean {
  return !isBeyond(input, REFUSED) && prefill > REFUSED * (1 + 1e-9);
}

function farText(what: string, asked: number | null, swept: number | null): string {
  const ratio = (asked ?? 0) / (swept ?? 1);
  return `${what} of ${formatCount(asked ?? 0)} tokens are ${formatSignificant(ratio)} times the ${formatCount(swept ?? 0)} that were swept`;
}

function cacheText(asked: number | null, swept: number | null): string {
  return `a cache answered ${formatShare(swept)} of the prompt tokens in the sweep and answers ${formatShare(asked)} of those of the demand`;
}
