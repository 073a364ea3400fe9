/** The number at the end of a gate, in the unit of what it is held against. */
import type { TwintailError } from "../core/errors.js";
import { type Question, unitOf } from "./gate.js";
import type { Operator } from "./judgement.js";
import type { Token } from "./tokens.js";

const NUMBER = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(.*)$/su;
const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
]);
/** Rates of things that one exchange may have several of. */
const ABOVE_ONE = new Set(["retries", "stale_connections"]);

/** @param at offset in the gate's text; that of the number where it is left out */
type Fail = (cause: string, remedy: string, at?: number) => TwintailError;

/** @throws what `fail` makes of a mistake */
export function parseMargin(question: Question, op: Operator, number: Token, apart: Token | null, fail: Fail): number {
  const match = NUMBER.exec(number.text);
  if (match === null) throw fail(`"${number.text}" is no number`, `write the margin after ${op}`);
  const written = Number(match[1]);
  const attached = match[2] as string;
  if (attached !== "" && apart !== null)
    throw fail(`"${apart.text}" follows a number with its unit`, "remove it", apart.at);
  const unitAt = apart?.at ?? number.at + (match[1] as string).length;
  const margin = inUnit(question, op, written, apart?.text ?? attached, (cause, remedy) => fail(cause, remedy, unitAt));
  if (!Number.isFinite(margin)) throw fail(`${number.text} is too large`, "write a number that can be reached");
  const problem = outOfRange(question, margin);
  if (problem !== null) throw fail(...problem);
  // −0 and 0 are one margin.
  return margin === 0 ? 0 : margin;
}

function inUnit(question: Question, op: Operator, written: number, unit: string, fail: Fail): number {
  const of = unitOf(question);
  if (of === "ms") {
    const factor = UNIT_MS.get(unit);
    if (factor === undefined) throw fail(`"${unit}" is no unit of time here`, "use ms, s or m");
    return written * factor;
  }
  if (of === "share") {
    if (unit === "%") return written / 100;
    if (unit !== "") throw fail(`"${unit}" is no unit of a share`, "write 5% or 0.05");
    return written;
  }
  if (of === "ratio" && unit === "%") {
    // "20 %" could be a fifth of the baseline, or a fifth more: nobody is to guess.
    throw fail(`a ${question.take} is a ratio, candidate / baseline, and takes no %`, ratioRemedy(op, written));
  }
  if (unit !== "") {
    const own = of === "ratio" || of === "count" ? `a ${of}` : `a number in ${of}`;
    throw fail(`"${unit}" is not due: the margin is ${own}`, `write ${written}`);
  }
  return written;
}

function ratioRemedy(op: Operator, percent: number): string {
  if (!(percent > 0 && percent < 100)) return "write 1.20 for 20 % more, 0.80 for 20 % less";
  const [more, less] = [(1 + percent / 100).toFixed(2), (1 - percent / 100).toFixed(2)];
  const [first, second] = op.startsWith(">")
    ? [`${less} for ${percent} % less`, `${more} for ${percent} % more`]
    : [`${more} for ${percent} % more`, `${less} for ${percent} % less`];
  return `write ${first}, ${second}`;
}

/** Cause and remedy of a margin that nothing can reach, or that everything does. */
function outOfRange(question: Question, margin: number): [string, string] | null {
  const unit = unitOf(question);
  if (unit === "ratio")
    return margin > 0 ? null : ["a ratio is never 0 or less", "write 1.20 for 20 % more, 0.80 for 20 % less"];
  if (unit === "count") {
    return Number.isInteger(margin) && margin >= 0 ? null : ["a count is a whole number, 0 or more", "write one"];
  }
  if (unit === "share") {
    const isDifference = question.take === "diff" || question.take === "drop" || question.take === "slow_share diff";
    if (margin < (isDifference ? -1 : 0))
      return [
        `a ${isDifference ? "difference of shares" : "share"} is never below ${isDifference ? -1 : 0}`,
        "write 5% or 0.05",
      ];
    if (margin > 1 && !(question.subject === "rate" && question.take === "rate" && ABOVE_ONE.has(question.name))) {
      return ["a share is never above 1", `write ${margin}% for ${margin} in a hundred`];
    }
    return null;
  }
  return margin >= 0 ? null : ["no measured value is below 0", "write a margin of 0 or more"];
}
