/**
 * Expressions → gates. The grammar is in docs/gates.md: `[baseline.|candidate.]subject[{key=value,…}] take op
 * number[unit]`. Knows names and units; knows neither a plan nor a recording.
 */

import type { GateText } from "../config/settings.js";
import { Cursor, shown } from "./cursor.js";
import { type Gate, type Question, unitOf } from "./gate.js";
import type { Operator } from "./judgement.js";
import { parseMargin } from "./margin.js";
import { parseQuestion } from "./question.js";
import { parseSelectors, parseSubject } from "./subject.js";
import type { Token } from "./tokens.js";

/** A gate with the places of its parts, for messages about them. */
export interface ParsedGate {
  readonly gate: Gate;
  readonly source: GateText;
  /** Offsets in the text; `selectors` has one for the value of each. */
  readonly at: {
    readonly subject: number;
    readonly selectors: readonly number[];
    readonly take: number;
  };
}

/** @throws TwintailError at the first mistake. */
export function parseGates(gates: readonly GateText[], file?: string): ParsedGate[] {
  return gates.map((source) => parseGate(source, file));
}

/**
 * @param file the configuration that the gate stands in, for places of mistakes
 * @throws TwintailError with the column of the mistake.
 */
export function parseGate(source: GateText, file?: string): ParsedGate {
  const cursor = new Cursor(source, file);
  const named = parseSubject(cursor);
  const [selectors, places] = parseSelectors(cursor, named);
  const take = cursor.peek();
  const question = parseQuestion(cursor, named);
  const op = parseOperator(cursor, question);
  const number = cursor.take();
  if (number.kind !== "word") throw cursor.error(number, `a number is due after ${op}`, "write the margin there");
  const margin = parseMargin(question, op, number, takeUnit(cursor), (cause, remedy, at = number.at) =>
    cursor.errorAt(at, cause, remedy),
  );
  const rest = cursor.take();
  if (rest.kind !== "end") throw cursor.error(rest, `${shown(rest)} follows the margin`, "write one gate a line");
  return {
    gate: { question, selectors, op, margin },
    source,
    at: { subject: named.at, selectors: places, take: take.at },
  };
}

const OPERATORS: readonly string[] = ["<", "<=", ">", ">=", "==", "!="];
const EXACT: ReadonlySet<string> = new Set(["==", "!="]);

function parseOperator(cursor: Cursor, question: Question): Operator {
  const token = cursor.take();
  const counts = unitOf(question) === "count";
  const known = OPERATORS.filter((each) => counts || !EXACT.has(each));
  if (token.kind !== "operator" || !OPERATORS.includes(token.text)) {
    const meant = `${token.text}=`;
    const remedy = counts && EXACT.has(meant) ? `did you mean "${meant}"?` : `write one of ${known.join(" ")}`;
    throw cursor.error(token, `a comparison is due, not ${shown(token)}`, remedy);
  }
  if (!known.includes(token.text)) {
    throw cursor.error(
      token,
      `${token.text} is for counts: what was measured is never exactly anything`,
      `write one of ${known.join(" ")}`,
    );
  }
  return token.text as Operator;
}

/** A unit that stands apart from its number, or `%`. */
function takeUnit(cursor: Cursor): Token | null {
  const token = cursor.peek();
  return token.kind === "word" || (token.kind === "symbol" && token.text === "%") ? cursor.take() : null;
}
