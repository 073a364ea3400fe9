/**
 * Everything that is compared, of the whole recording or of a selection of its cases: estimates are made when they are
 * asked for, and are the same however often. Phase warm unless said otherwise.
 */
import { METRICS } from "../measure/catalogue.js";
import type { Better } from "../measure/metric.js";
import type { ScoredExchange } from "../measure/scored.js";
import { type Doubts, withDoubts } from "./doubts.js";
import type { Estimand, Estimate } from "./estimate.js";
import { exactConditionalP } from "./exact-test.js";
import { type AnswerPair, compareOutputs, type OutputComparison } from "./outputs.js";
import { caseKey, hasValue, isInTails, type Pair, shiftOf } from "./pairs.js";
import { quantileOf } from "./quantile.js";
import { countOf, type RateRule, type Share, shareOf } from "./rates.js";
import { type PairShare, shareDifference, shareEstimate } from "./share-estimate.js";
import type { Shift } from "./shift.js";
import { slowShareRule } from "./slow-share.js";
import { type TailValue, tailRatios } from "./tail-ratio.js";

export type Side = "baseline" | "candidate";

export interface ComparisonInput {
  /** Phase and arms as they are to be compared; any order. */
  readonly pairs: readonly Pair[];
  readonly doubts: Doubts;
  readonly seed: number;
  readonly estimand: Estimand;
}

/** Counts of both sides with their difference, candidate − baseline. */
export interface RateComparison {
  readonly baseline: Share;
  readonly candidate: Share;
  readonly difference: Estimate;
}

const RESAMPLES = 2_000;

export class Comparison {
  /** Both sides' exchanges of the pairs, half pairs included. */
  readonly exchanges: readonly ScoredExchange[];
  readonly pairs: readonly Pair[];
  readonly estimand: Estimand;
  readonly #input: ComparisonInput;
  readonly #sides: Readonly<Record<Side, readonly ScoredExchange[]>>;
  // A gate, a family of tests and the report ask for the same of a hundred thousand exchanges.
  readonly #shifts = new Map<string, Shift>();
  readonly #slowShares = new Map<string, RateComparison>();
  readonly #rates = new Map<RateRule, RateComparison>();

  constructor(input: ComparisonInput) {
    this.#input = input;
    this.pairs = input.pairs;
    this.estimand = input.estimand;
    const of = (side: Side) => input.pairs.flatMap((pair) => pair[side] ?? []);
    this.#sides = { baseline: of("baseline"), candidate: of("candidate") };
    this.exchanges = [...this.#sides.baseline, ...this.#sides.candidate];
  }

  /** The same, of the pairs whose halves pass. */
  select(keep: (exchange: ScoredExchange) => boolean): Comparison {
    const pairs = this.pairs.filter((pair) => {
      const either = pair.baseline ?? pair.candidate;
      return either !== null && keep(either);
    });
    return new Comparison({ ...this.#input, pairs });
  }

  /** Exchanges of one side. */
  side(side: Side): readonly ScoredExchange[] {
    return this.#sides[side];
  }

  /** Typical paired ratio candidate / baseline. */
  shift(metric: string): Shift {
    return once(this.#shifts, metric, () =>
      withDoubts(shiftOf(this.pairs, metric, this.estimand), metric, this.#input.doubts),
    );
  }

  /** Ratios of Harrell-Davis quantiles, one each; `quantiles` on the scale of values. */
  tailRatios(metric: string, quantiles: readonly number[]): Estimate[] {
    const ratios = tailRatios({
      baseline: this.values(metric, "baseline"),
      candidate: this.values(metric, "candidate"),
      quantiles,
      resamples: RESAMPLES,
      seed: `${this.#input.seed}/${metric}`,
      estimand: this.estimand,
    });
    return ratios.map((ratio) => withDoubts(ratio, metric, this.#input.doubts));
  }

  /** A quantile of one side, `q` on the scale of values. */
  quantile(metric: string, side: Side, q: number): Estimate {
    const counted = this.#sides[side].filter((exchange) => this.#counts(exchange, metric));
    const rounds = new Set(counted.map(({ round }) => round)).size;
    return quantileOf(this.values(metric, side), { q, rounds, estimand: this.estimand });
  }

  slowShare(metric: string): RateComparison {
    return once(this.#slowShares, metric, () => {
      const compared = this.#compared(this.slowShareRule(metric));
      return { ...compared, difference: withDoubts(compared.difference, metric, this.#input.doubts) };
    });
  }

  /** What counts as slow among these exchanges. Halves of broken pairs are left out: another hour has another median. */
  slowShareRule(metric: string): RateRule {
    const broken = new Set(this.pairs.flatMap((pair) => (pair.broken ? [pair.baseline, pair.candidate] : [])));
    const counts = (exchange: ScoredExchange): boolean => !broken.has(exchange) && this.#counts(exchange, metric);
    const rule = slowShareRule(this.exchanges.filter(counts), metric);
    return { ...rule, count: (exchange) => (counts(exchange) ? rule.count(exchange) : null) };
  }

  rate(rule: RateRule): RateComparison {
    return once(this.#rates, rule, () => this.#compared(rule));
  }

  #compared(rule: RateRule): RateComparison {
    const halves: PairShare[] = this.pairs.flatMap(({ baseline, candidate }) => {
      const either = baseline ?? candidate;
      if (either === null) return [];
      const of = (half: ScoredExchange | null) => (half === null ? null : countOf(half, rule));
      return [{ round: either.round, baseline: of(baseline), candidate: of(candidate) }];
    });
    return {
      baseline: shareOf(this.#sides.baseline, rule),
      candidate: shareOf(this.#sides.candidate, rule),
      difference: shareDifference(halves, this.#exactP(rule), this.#casesOf(rule, ["baseline", "candidate"])),
    };
  }

  /** The share of one side, with its bounds. */
  share(rule: RateRule, side: Side): Estimate {
    const rounds = new Map<number, ScoredExchange[]>();
    for (const exchange of this.#sides[side]) {
      const own = rounds.get(exchange.round);
      if (own === undefined) rounds.set(exchange.round, [exchange]);
      else own.push(exchange);
    }
    const many = this.#sides[side].some((exchange) => {
      const counted = countOf(exchange, rule);
      return counted !== null && counted[0] > counted[1];
    });
    return shareEstimate(
      [...rounds].map(([round, own]) => ({ round, ...shareOf(own, rule) })).sort((a, b) => a.round - b.round),
      { many, cases: this.#casesOf(rule, [side]) },
    );
  }

  /** Cases in which a rate applies to every one of these sides; null where requests are the samples. */
  #casesOf(rule: RateRule, sides: readonly Side[]): number | null {
    if (this.estimand === "these prompts") return null;
    const applies = sides.map(
      (side) =>
        new Set(this.#sides[side].flatMap((exchange) => (countOf(exchange, rule) === null ? [] : [caseKey(exchange)]))),
    );
    return [...(applies[0] ?? [])].filter((key) => applies.every((keys) => keys.has(key))).length;
  }

  /** What a quantile of one side rests on: its requests, or its cases for "traffic like these". */
  support(metric: string, side: Side): number {
    const values = this.values(metric, side);
    return this.estimand === "these prompts" ? values.length : new Set(values.map(({ caseId }) => caseId)).size;
  }

  /** Null where no case was answered by both sides in two rounds. */
  outputs(): OutputComparison | null {
    const answers: AnswerPair[] = this.pairs.flatMap(({ baseline, candidate }) =>
      baseline?.sketch && candidate?.sketch
        ? [{ caseId: caseKey(baseline), round: baseline.round, baseline: baseline.sketch, candidate: candidate.sketch }]
        : [],
    );
    return compareOutputs(answers, this.#input.seed);
  }

  /** Counts above one an exchange are no binomial events, and have no exact test. */
  #exactP(rule: RateRule): number | null {
    const strata = new Map<string, { baseline: Mutable<Share>; candidate: Mutable<Share> }>();
    for (const side of ["baseline", "candidate"] as const) {
      for (const exchange of this.#sides[side]) {
        const counted = countOf(exchange, rule);
        if (counted === null) continue;
        if (counted[0] > counted[1]) return null;
        const key = caseKey(exchange);
        const stratum = strata.get(key) ?? { baseline: { count: 0, of: 0 }, candidate: { count: 0, of: 0 } };
        stratum[side].count += counted[0];
        stratum[side].of += counted[1];
        strata.set(key, stratum);
      }
    }
    return exactConditionalP([...strata.values()]);
  }

  /** One value an exchange of one side; at the slow end (infinity, or 0 where higher is better) where it failed before. */
  values(metric: string, side: Side): TailValue[] {
    const slowEnd = betterOf(metric) === "higher" ? 0 : Number.POSITIVE_INFINITY;
    return this.#sides[side].flatMap((exchange) => {
      const scalar = exchange.scalars.get(metric);
      if (scalar === undefined || !isInTails(exchange) || !this.#counts(exchange, metric)) return [];
      if ("value" in scalar) return [{ caseId: caseKey(exchange), round: exchange.round, value: scalar.value }];
      return scalar.failed ? [{ caseId: caseKey(exchange), round: exchange.round, value: slowEnd }] : [];
    });
  }

  readonly #valued = new Map<string, ReadonlySet<string>>();

  /** A failure counts as infinite only where its case has a value somewhere, for metrics that an answer may rightly lack. */
  #counts(exchange: ScoredExchange, metric: string): boolean {
    if (!CONDITIONAL.has(metric)) return true;
    let valued = this.#valued.get(metric);
    if (valued === undefined) {
      valued = new Set(this.exchanges.flatMap((each) => (hasValue(each, metric) ? [caseKey(each)] : [])));
      this.#valued.set(metric, valued);
    }
    return valued.has(caseKey(exchange));
  }
}

function once<K, T>(made: Map<K, T>, key: K, make: () => T): T {
  const known = made.get(key);
  if (known !== undefined) return known;
  const value = make();
  made.set(key, value);
  return value;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const CONDITIONAL = new Set(METRICS.filter(({ conditional }) => conditional).map(({ name }) => name));

function betterOf(metric: string): Better {
  return METRICS.find(({ name }) => name === metric)?.better ?? "neither";
}
