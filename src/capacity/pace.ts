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
import { boundOf, intervalOfRate, pooled, type Rate } from "./rate.js";

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

/** Over all answers of one endpoint. */
export function mixMeans(points: readonly PointFigures[]): MixMeans {
  const total = (pick: (usage: PointFigures["usage"]) => number): number =>
    points.reduce((sum, { usage }) => sum + pick(usage), 0);
  const n = total(({ answers }) => answers);
  return {
    work: meanOf(
      n,
      total(({ work }) => work),
      total(({ workSquares }) => workSquares),
    ),
    output: meanOf(
      n,
      total(({ output }) => output),
      total(({ outputSquares }) => outputSquares),
    ),
  };
}

/** Fewer answers say little of a mix. */
const FEWEST = 30;

function meanOf(n: number, sum: number, squares: number): Mean | null {
  if (n < FEWEST || sum === 0) return null;
  const value = sum / n;
  const variance = Math.max(0, squares / n - value ** 2);
  return { value, error: Math.sqrt(variance / n) / value };
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
/** By less than this they are one rate. */
const ALIKE = 1.03;

export interface Borne {
  readonly value: number;
  /** Two-sided, 95 %; null where the sample carries no bound. */
  readonly lo: number | null;
  readonly hi: number | null;
  /** Requests a second of the mix that each kind of work would make, the lower first, where the two part. */
  readonly parted: readonly [number, number] | null;
}

/**
 * What is borne of the mix, over points that measured one pace: the surest of the three rates. Where the kinds of work part, what
 * their costs make of the mix, somewhere between the two.
 */
export function borneOf(points: readonly PointFigures[], means: MixMeans, others: readonly PointFigures[] = []): Borne {
  const paces = points.map((point) => pacesOf(point, means));
  const of = (pick: (paces: Paces) => Rate | null, mean: Mean | null): Rate | null => {
    const rates = paces.map(pick);
    if (rates.includes(null)) return null;
    const rate = pooled(rates as Rate[]);
    if (rate.error === null) return null;
    return { ...rate, error: Math.hypot(rate.error, rate.value * (mean?.error ?? 0)) };
  };
  const answers = pooled(paces.map(({ answers }) => answers));
  const prompts = of(({ prompts }) => prompts, means.work);
  const outputs = of(({ outputs }) => outputs, means.output);
  if (prompts !== null && outputs !== null) {
    const [lower, upper] = [prompts, outputs].toSorted((a, b) => a.value - b.value) as [Rate, Rate];
    if (upper.value > ALIKE * lower.value) {
      const busy = others.filter((point) => isBusy(pacesOf(point, means), { prompts, outputs }));
      const fitted = byCosts([...new Set([...points, ...busy])], means) ?? lower.value;
      return {
        value: Math.min(upper.value, Math.max(lower.value, fitted)),
        lo: boundOf(lower, "lower", 0.025),
        hi: boundOf(upper, "upper", 0.025),
        parted: upper.value > PARTED * lower.value ? [lower.value, upper.value] : null,
      };
    }
  }
  const known = [answers, outputs, prompts].filter((rate): rate is Rate => rate !== null && rate.error !== null);
  const surest = known.toSorted((a, b) => relative(a) - relative(b))[0];
  return { ...intervalOfRate(surest ?? answers), parted: null };
}

/** Of a kind of work it did as much as where it was saturated. */
const BUSY = 0.97;

function isBusy({ prompts, outputs }: Paces, plateau: { readonly prompts: Rate; readonly outputs: Rate }): boolean {
  if (prompts === null || outputs === null) return false;
  return prompts.value >= BUSY * plateau.prompts.value || outputs.value >= BUSY * plateau.outputs.value;
}

function relative({ value, error }: Rate): number {
  return value > 0 && error !== null ? error / value : Number.POSITIVE_INFINITY;
}

/**
 * A saturated endpoint spends each second on prompts and on output: `1 = α · I + β · O`, fitted by least squares over the halves of
 * the windows, neither cost below 0. A request of the mix then takes `α · prompt + β · output` seconds. Shorter pieces would be too
 * noisy: a long prompt shows all at once, with its first token. Null where the pieces cannot tell the two costs apart.
 */
function byCosts(points: readonly PointFigures[], { work, output }: MixMeans): number | null {
  const halves = points.flatMap(({ halves }) => halves ?? []);
  if (work === null || output === null) return null;
  const sum = (of: (prompts: number, outputs: number) => number): number =>
    halves.reduce((total, [prompts, outputs]) => total + of(prompts, outputs), 0);
  const [pp, po, oo] = [sum((p) => p * p), sum((p, o) => p * o), sum((_, o) => o * o)];
  const [p, o] = [sum((prompts) => prompts), sum((_, outputs) => outputs)];
  const determinant = pp * oo - po * po;
  if (determinant <= 0) return null;
  const [alpha, beta] = [(p * oo - o * po) / determinant, (o * pp - p * po) / determinant];
  if (alpha < 0) return oo / o / output.value;
  if (beta < 0) return pp / p / work.value;
  return 1 / (alpha * work.value + beta * output.value);
}
