/**
 * How many requests of the sweep's mix an endpoint works off a second. Answers that ended are one count of that. Tokens are two
 * others, each over what a request of the mix takes of them on average: prompt tokens, when their first token shows that they
 * were worked off, and output tokens as they came. Where load and mix hold still the three are one rate, and they carry unlike
 * luck: a window counts a few hundred answers, of which some were long, but ten thousands of tokens.
 *
 * They part where an engine serves some requests before others, such as short prompts before long ones: the long ones pile up,
 * and more answers end than the mix would let it in the long run. What it bears of the whole mix lies between the rates of the
 * two kinds of work, since its time is spent on both: 1 = α · prompt tokens/s + β · output tokens/s.
 */
import type { PointFigures } from "./measured-point.js";
import type { CaseUsage } from "./point-book.js";
import { boundOf, differsBy, intervalOfRate, pooled, type Rate } from "./rate.js";

export interface Paces {
  readonly answers: Rate;
  /** Null without usage. */
  readonly prompts: Rate | null;
  readonly outputs: Rate | null;
}

interface Mean {
  readonly value: number;
  /** Relative. */
  readonly error: number;
}

/** What a request of the mix takes on average. */
export interface MixMeans {
  readonly work: Mean | null;
  readonly output: Mean | null;
}

/**
 * Of the mix as it was dealt, over what the answers to each case took: how often a case comes is no chance, so that what is not
 * sure of a mean is what differs among the answers to one case.
 *
 * @param points of one endpoint
 */
export function mixMeans(points: readonly PointFigures[]): MixMeans {
  const dealt = new Map<string, number>();
  const answered = new Map<string, CaseUsage[]>();
  for (const point of points) {
    for (const [id, count] of point.dealt) dealt.set(id, (dealt.get(id) ?? 0) + count);
    for (const [id, usage] of point.usage.byCase) answered.set(id, [...(answered.get(id) ?? []), usage]);
  }
  const meanOver = (pick: (usage: CaseUsage) => readonly [sum: number, squares: number]): Mean | null =>
    meanOf(
      [...answered].map(([id, own]) => ({
        dealt: dealt.get(id) ?? 0,
        answers: own.reduce((total, { answers }) => total + answers, 0),
        sum: own.reduce((total, usage) => total + pick(usage)[0], 0),
        squares: own.reduce((total, usage) => total + pick(usage)[1], 0),
      })),
    );
  return {
    work: meanOver(({ work, workSquares }) => [work, workSquares]),
    output: meanOver(({ output, outputSquares }) => [output, outputSquares]),
  };
}

/** Fewer answers say little of a mix. */
const FEWEST = 30;

function meanOf(
  cases: readonly {
    readonly dealt: number;
    readonly answers: number;
    readonly sum: number;
    readonly squares: number;
  }[],
): Mean | null {
  const whole = cases.reduce((total, { dealt }) => total + dealt, 0);
  const value = cases.reduce((total, { dealt, answers, sum }) => total + (dealt / whole) * (sum / answers), 0);
  if (cases.reduce((total, { answers }) => total + answers, 0) < FEWEST || !(value > 0)) return null;
  const variance = cases.reduce((total, { dealt, answers, sum, squares }) => {
    const within = Math.max(0, squares / answers - (sum / answers) ** 2);
    return total + (dealt / whole) ** 2 * (within / answers);
  }, 0);
  return { value, error: Math.sqrt(variance) / value };
}

export function pacesOf(
  point: Pick<PointFigures, "throughput" | "workPerS" | "outputTokensPerS">,
  means: MixMeans,
): Paces {
  return {
    answers: point.throughput,
    prompts: over(point.workPerS, means.work),
    outputs: over(point.outputTokensPerS, means.output),
  };
}

function over(rate: Rate | null, mean: Mean | null): Rate | null {
  if (rate === null || rate.error === null || mean === null) return null;
  return { value: rate.value / mean.value, error: rate.error / mean.value, df: rate.df };
}

/** By output tokens where all points have them, since they compare best; by answers otherwise. One measure for all. */
export function comparablePaces(points: readonly PointFigures[]): Map<number, Rate> {
  const means = mixMeans(points);
  const paces = points.map((point) => [point, pacesOf(point, means)] as const);
  const byTokens = paces.every(([, { outputs }]) => outputs !== null && outputs.value > 0);
  return new Map(
    paces.map(([{ index }, each]) => [index, byTokens && each.outputs !== null ? each.outputs : each.answers]),
  );
}

/** Kinds of work whose rates part by more than this are not of one mix: told, since a longer settling might show more. */
const PARTED = 1.1;
/** By less than this they are one rate, however surely they differ. */
const ALIKE = 1.03;

export interface Borne {
  readonly value: number;
  /** Two-sided, 95 %; null where the sample carries no bound. */
  readonly lo: number | null;
  readonly hi: number | null;
  /** Requests a second of the mix that each kind of work would make, the lower first, where the two part. */
  readonly parted: readonly [number, number] | null;
}

/** What came, over points that measured one pace: the surest of the three rates. */
export function surestOf(points: readonly PointFigures[], means: MixMeans): Borne {
  const known = Object.values(pooledPaces(points, means)).filter(
    (rate): rate is Rate => rate !== null && rate.error !== null,
  );
  const surest = known.toSorted((a, b) => relative(a) - relative(b))[0];
  return { ...intervalOfRate(surest ?? pooled(points.map(({ throughput }) => throughput))), parted: null };
}

/**
 * What is borne of the mix, over saturated points that measured one pace: the surest of the three rates. Where the kinds of work
 * part, what their costs make of the mix, somewhere between the two.
 *
 * @param others of the same endpoint; those that kept it as busy help to tell the two costs apart
 */
export function borneOf(points: readonly PointFigures[], means: MixMeans, others: readonly PointFigures[] = []): Borne {
  const { prompts, outputs } = pooledPaces(points, means);
  if (prompts === null || outputs === null) return surestOf(points, means);
  const [lower, upper] = [prompts, outputs].toSorted((a, b) => a.value - b.value) as [Rate, Rate];
  if (differsBy(upper, lower, ALIKE) === 0) return surestOf(points, means);
  const fitted = byCosts([...new Set([...points, ...busyOf([...points, ...others], means)])], means) ?? lower.value;
  return {
    value: Math.min(upper.value, Math.max(lower.value, fitted)),
    lo: boundOf(lower, "lower", 0.025),
    hi: boundOf(upper, "upper", 0.025),
    parted: upper.value > PARTED * lower.value ? [lower.value, upper.value] : null,
  };
}

function pooledPaces(points: readonly PointFigures[], means: MixMeans): Paces {
  const paces = points.map((point) => pacesOf(point, means));
  const of = (pick: (paces: Paces) => Rate | null, mean: Mean | null): Rate | null => {
    const rates = paces.map(pick);
    if (rates.includes(null)) return null;
    const rate = pooled(rates as Rate[]);
    if (rate.error === null) return null;
    return { ...rate, error: Math.hypot(rate.error, rate.value * (mean?.error ?? 0)) };
  };
  return {
    answers: pooled(paces.map(({ answers }) => answers)),
    prompts: of(({ prompts }) => prompts, means.work),
    outputs: of(({ outputs }) => outputs, means.output),
  };
}

/** Of the most that is sure of a kind of work: who does so much has no time left. */
const BUSY = 0.97;

/**
 * Points at which it did as much of some kind of work as it ever did. A kind that saturated points did less of was starved there,
 * and is no measure of the others.
 */
function busyOf(points: readonly PointFigures[], means: MixMeans): PointFigures[] {
  const paces = points.map((point) => [point, pacesOf(point, means)] as const);
  const peakOf = (pick: (paces: Paces) => Rate | null): number =>
    paces.reduce((most, [, own]) => {
      const rate = pick(own);
      return Math.max(most, rate === null ? 0 : rate.value - (rate.error ?? 0));
    }, 0);
  const [prompts, outputs] = [peakOf((own) => own.prompts), peakOf((own) => own.outputs)];
  return paces.flatMap(([point, own]) =>
    (own.prompts?.value ?? 0) >= BUSY * prompts || (own.outputs?.value ?? 0) >= BUSY * outputs ? [point] : [],
  );
}

function relative({ value, error }: Rate): number {
  return value > 0 && error !== null ? error / value : Number.POSITIVE_INFINITY;
}

/** Windows whose blends differ by no more than rounding are one. */
const ONE_BLEND = 1e-9;

/**
 * An endpoint that is busy spends each second on prompts and on output: `1 = α · I + β · O`, fitted by least squares over windows,
 * neither cost below 0. A request of the mix then takes `α · prompt + β · output` seconds. Shorter pieces would be too noisy: a long
 * prompt shows all at once, with its first token. Null where the windows cannot tell the two costs apart.
 */
function byCosts(points: readonly PointFigures[], { work, output }: MixMeans): number | null {
  const windows = points.flatMap(({ workPerS, outputTokensPerS }) =>
    workPerS === null || outputTokensPerS === null ? [] : [[workPerS.value, outputTokensPerS.value] as const],
  );
  if (work === null || output === null) return null;
  const sum = (of: (prompts: number, outputs: number) => number): number =>
    windows.reduce((total, [prompts, outputs]) => total + of(prompts, outputs), 0);
  const [pp, po, oo] = [sum((p) => p * p), sum((p, o) => p * o), sum((_, o) => o * o)];
  const [p, o] = [sum((prompts) => prompts), sum((_, outputs) => outputs)];
  const determinant = pp * oo - po * po;
  if (determinant <= ONE_BLEND * pp * oo) return null;
  const [alpha, beta] = [(p * oo - o * po) / determinant, (o * pp - p * po) / determinant];
  if (alpha < 0) return oo / o / output.value;
  if (beta < 0) return pp / p / work.value;
  return 1 / (alpha * work.value + beta * output.value);
}
