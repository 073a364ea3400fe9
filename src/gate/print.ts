/** A gate's tree as an expression: parsed again, it gives the same tree. */
import { type Gate, type Question, type Selector, unitOf } from "./gate.js";
import { isBareWord } from "./tokens.js";

export function printGate(gate: Gate): string {
  const { op, margin, question } = gate;
  return `${printHead(gate)} ${op} ${margin}${unitOf(question) === "ms" ? "ms" : ""}`;
}

/** All but the operator and the margin: `baseline.ttfa{category=long} p95`. */
export function printHead({ question, selectors }: Pick<Gate, "question" | "selectors">): string {
  const side = "side" in question && question.side === "baseline" ? "baseline." : "";
  const name = "name" in question ? question.name : question.subject;
  const selected = selectors.length === 0 ? "" : `{${selectors.map(printSelector).join(",")}}`;
  return `${side}${name}${selected} ${printTake(question)}`;
}

export function printSelector({ key, value }: Selector): string {
  return `${key}=${isBareWord(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`}`;
}

function printTake(question: Question): string {
  if (question.take === "quantile") return `p${question.percent}`;
  if (question.take === "ratio") return `ratio(p${question.percent})`;
  return question.take;
}
