/** Gates held against a plan, before a request is sent: what cannot be decided is refused, what can hardly pass is warned of. */
import { NAMED_RULES } from "../check/conformance/rules.js";
import { FEWEST_PAIRS } from "../check/parity/flips.js";
import { shareBound } from "../compare/binomial.js";
import { MIN_ROUNDS } from "../compare/shift.js";
import type { GateText, Settings } from "../config/settings.js";
import { nearest } from "../core/document.js";
import type { TwintailError } from "../core/errors.js";
import { neededForRatio } from "./answer.js";
import { figuresOf } from "./figures.js";
import { betterOf, type Gate, kindOf, type Selector } from "./gate.js";
import { gateError, gatePlace } from "./gate-error.js";
import { compares } from "./hold.js";
import { LOOK_ALPHA } from "./judgement.js";
import { neededForRank, neededForShare } from "./needed.js";
import { type ParsedGate, parseGates } from "./parse.js";
import { type Planned, type Support, supportOf } from "./planned.js";
import { printHead, printSelector } from "./print.js";
import { emptySelector, nothingSelected, type SelectableCase, selectsCase } from "./selection.js";

/**
 * @returns warnings, each with its place: gates that can fail but hardly pass, or that ask for the worse
 * @throws TwintailError at the first gate that is no gate, or that this plan can never decide.
 */
export function checkGates(
  gates: readonly GateText[],
  planned: Planned,
  settings: Pick<Settings, "endpoints" | "capture" | "judge"> & { readonly file?: string },
): string[] {
  const { file, judge } = settings;
  return parseGates(gates, file).flatMap((parsed) => {
    const { gate, source, at } = parsed;
    // A quick run does not ask them.
    if (judge.quick === true && kindOf(gate.question) === "latency") return [];
    const refuse = (where: number, cause: string, remedy: string) => gateError(source, file, where, cause, remedy);
    checkSelectors(parsed, planned.cases, refuse);
    const support = supportOf(gate, planned, settings);
    if (support.n === 0)
      throw refuse(at.subject, `${printHead(gate)} has nothing to look at: ${support.why}`, support.remedy);
    const doubts = [
      directionDoubt(gate),
      decidabilityDoubt(gate, support, judge.estimand, (cause, remedy) => refuse(at.take, cause, remedy)),
    ];
    const place = gatePlace(source, file, 0);
    return doubts.filter((doubt) => doubt !== null).map((doubt) => `${place}: ${doubt}`);
  });
}

type Refuse = (at: number, cause: string, remedy: string) => TwintailError;

function checkSelectors(
  { gate: { selectors }, at }: ParsedGate,
  cases: readonly SelectableCase[],
  refuse: Refuse,
): void {
  for (const [index, { key, value }] of selectors.entries()) {
    const rules = NAMED_RULES.map(({ id }) => id);
    if (key === "rule" && !rules.includes(value)) {
      throw refuse(
        at.selectors[index] as number,
        `"${value}" is no rule`,
        hint(value, rules, "docs/wire.md lists them"),
      );
    }
  }
  const empty = emptySelector(selectors, cases);
  if (empty !== null) {
    const selector = selectors[empty] as Selector;
    const known = valuesOf(selector, cases);
    const cause = `no case of the golden set has ${printSelector(selector)}`;
    throw refuse(
      at.selectors[empty] as number,
      cause,
      hint(selector.value, known, `use ${known.slice(0, 12).join(", ")}`),
    );
  }
  const nothing = nothingSelected(selectors, cases);
  if (nothing !== null) throw refuse(at.selectors[0] as number, nothing, "remove a selector");
}

function hint(word: string, known: readonly string[], otherwise: string): string {
  const near = nearest(word, known);
  return near === undefined ? otherwise : `did you mean "${near}"?`;
}

/** The values that a selector's key could have; none of what is not about cases. */
function valuesOf({ key }: Selector, cases: readonly SelectableCase[]): string[] {
  const values = cases.flatMap(({ id, category, tags }) =>
    key === "case" ? [id] : key === "category" ? [category] : tags,
  );
  return [...new Set(values)].filter((value) => cases.some((each) => selectsCase({ key, value }, each)));
}

/** A gate that passes only where the candidate is worse is most likely a slip. */
function directionDoubt({ question, op, margin }: Gate): string | null {
  const better = betterOf(question);
  if (better === "neither" || op === "==" || op === "!=") return null;
  if ((better === "lower") === op.startsWith("<")) return null;
  const asks = op.startsWith("<") ? "low" : "high";
  return `${printHead({ question, selectors: [] })} is better when it is ${better}, and this gate asks for ${asks} values; did you mean ${op.startsWith("<") ? ">" : "<"} ${margin}?`;
}

/** @throws what `refuse` makes of a gate that no outcome of this plan could decide */
function decidabilityDoubt(
  gate: Gate,
  support: Support,
  estimand: Settings["judge"]["estimand"],
  refuse: (cause: string, remedy: string) => TwintailError,
): string | null {
  const { question } = gate;
  const { n, rounds, cases } = support;
  const [samples, of] = estimand === "traffic like these" ? [cases, "cases"] : [n, "requests"];
  switch (question.take) {
    case "ratio":
    case "mean":
      if (rounds < MIN_ROUNDS) {
        throw refuse(
          `a ${question.take} needs ${MIN_ROUNDS} rounds for its interval, and ${rounds} ${rounds === 1 ? "is" : "are"} planned`,
          `raise capture.rounds, or gate the shift`,
        );
      }
      return question.take === "ratio" ? ratioDoubt(question.percent, samples, of, refuse) : null;
    case "shift":
      if (n < 2) throw refuse("one pair of requests gives a shift no interval", "raise capture.rounds");
      return rounds > 1
        ? null
        : "one round: its interval is over cases, and says nothing about another moment; plan 6 rounds or more";
    case "quantile":
      return rankDoubt(gate, question.percent, samples, of, refuse);
    case "rate":
    case "slow_share rate":
      return question.take === "rate" && question.name === "coalesced" ? null : shareDoubt(gate, samples, of);
    case "diff":
    case "drop":
    case "slow_share diff":
      return differenceDoubt(gate, samples, of === "cases" ? of : "pairs");
    case "regressed":
    case "improved":
      if (support.most >= FEWEST_PAIRS) return null;
      throw refuse(
        `a case flips in ${FEWEST_PAIRS} pairs of answers or more, and ${support.most} ${support.most === 1 ? "is" : "are"} planned of each`,
        "raise capture.rounds, or gate expectations diff",
      );
    default:
      return null;
  }
}

/** @throws what `refuse` makes of a tail ratio that no run of this plan could bound */
function ratioDoubt(
  percent: number,
  n: number,
  of: string,
  refuse: (cause: string, remedy: string) => TwintailError,
): null {
  const needed = neededForRatio(percent);
  if (n >= needed) return null;
  throw refuse(
    `a ratio of p${percent} takes ${needed} ${of} a side, and ${n} are planned`,
    "plan more, or gate a percentile nearer to the middle",
  );
}

function rankDoubt(
  gate: Gate,
  percent: number,
  n: number,
  of: string,
  refuse: (cause: string, remedy: string) => TwintailError,
): string | null {
  const [pass, fail] = gate.op.startsWith("<") ? (["upper", "lower"] as const) : (["lower", "upper"] as const);
  const [toPass, toFail] = [pass, fail].map((side) => neededForRank(side, percent / 100, LOOK_ALPHA)) as [
    number,
    number,
  ];
  if (n >= toPass && n >= toFail) return null;
  const what = `bounds p${percent}`;
  if (n < toPass && n < toFail) {
    throw refuse(
      `${n} planned ${of} can neither pass nor fail it: it takes ${Math.min(toPass, toFail)} to have one that ${what}`,
      "plan more rounds, or gate a percentile nearer to the middle",
    );
  }
  return n < toPass
    ? `it can fail, but never pass: ${n} ${of} are planned, and it takes ${toPass} to have one that ${what}`
    : `it can pass, but never fail: ${n} ${of} are planned, and it takes ${toFail} to have one that ${what}`;
}

/** With none of `n`, or all of them: the most that a share can show. */
function shareDoubt(gate: Gate, n: number, of: string): string | null {
  const { op, margin, question } = gate;
  const wantsLow = op.startsWith("<");
  const best = wantsLow ? shareBound("upper", 0, n, LOOK_ALPHA) : shareBound("lower", n, n, LOOK_ALPHA);
  const figures = figuresOf("share", [best, margin]);
  if (!compares(best, op, margin)) {
    const needed = neededForShare(wantsLow ? margin : 1 - margin, LOOK_ALPHA);
    const enough = needed === null ? `no number of ${of} would do` : `it takes ${needed}`;
    const seen = wantsLow ? `none of ${n}` : `all of ${n}`;
    return `it can fail, but never pass: ${seen} planned ${of} would still leave ${figures(best)} possible, and ${enough}`;
  }
  const worst = wantsLow ? shareBound("lower", n, n, LOOK_ALPHA) : shareBound("upper", 0, n, LOOK_ALPHA);
  if (!compares(worst, op, margin) || (question.subject === "rate" && margin > 1)) return null;
  return `it can pass, but never fail with ${n} planned ${of}`;
}

/** Where no pair differs: what two equal endpoints would show at best. */
function differenceDoubt({ op, margin }: Gate, n: number, of: string): string | null {
  const wantsLow = op.startsWith("<");
  const room = wantsLow ? margin : -margin;
  // A margin that asks for an improvement cannot be met by two equal endpoints, and says so itself.
  if (room <= 0) return null;
  const best = shareBound("upper", 0, n, LOOK_ALPHA);
  if (compares(wantsLow ? best : -best, op, margin)) return null;
  const figures = figuresOf("share", [best, room]);
  return `two equal endpoints cannot pass it: ${n} planned ${of} without a difference would still leave ${figures(best)} possible, and it takes ${neededForShare(room, LOOK_ALPHA)}`;
}
