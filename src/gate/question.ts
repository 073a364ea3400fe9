/** What is taken of a subject: `p95`, `shift`, `slow_share diff`, `drop`, `new`. */
import type { Side } from "../compare/comparison.js";
import type { Metric } from "../measure/metric.js";
import { type Cursor, hint } from "./cursor.js";
import type { Question } from "./gate.js";
import type { NamedSubject } from "./subject.js";
import type { Token } from "./tokens.js";

const METRIC_TAKES = ["p50", "p90", "p95", "p99", "max", "min", "mean", "shift", "ratio", "slow_share"] as const;
const TAKES = {
  rate: ["rate", "diff", "drop"],
  findings: ["new", "count"],
  flips: ["regressed", "improved"],
  wake: ["max", "count"],
} as const;

export function parseQuestion(cursor: Cursor, { subject, prefix, name }: NamedSubject): Question {
  const token = cursor.take();
  const known: readonly string[] = subject.kind === "metric" ? METRIC_TAKES : TAKES[subject.kind];
  const example = known[0] as string;
  if (token.kind !== "word") {
    throw cursor.error(
      token,
      `what to take of ${name} is missing`,
      `write ${name} ${example}, or another of ${known.slice(1).join(", ")}`,
    );
  }
  const side = prefix?.side ?? "candidate";
  const alone = <Q extends Question>(question: Q): Q => {
    if (prefix === null) return question;
    throw cursor.errorAt(prefix.at, `${question.take} is about both sides`, `remove "${prefix.side}."`);
  };
  const take = token.text;
  switch (subject.kind) {
    case "metric": {
      const question = metricQuestion(cursor, subject.metric, token, side, alone);
      if (question !== null) return question;
      break;
    }
    case "rate":
      if (take === "rate") return { subject: "rate", name, take, side };
      if (take === "diff") return alone({ subject: "rate", name, take });
      if (take === "drop") {
        if (subject.better === "lower") {
          throw cursor.error(
            token,
            `a drop of ${name} is an improvement`,
            `write ${name} diff, candidate less baseline`,
          );
        }
        return alone({ subject: "rate", name, take });
      }
      break;
    case "findings":
      if (take === "new") return alone({ subject: "findings", take });
      if (take === "count") return { subject: "findings", take, side };
      break;
    case "flips":
      if (take === "regressed" || take === "improved") return alone({ subject: "flips", take });
      break;
    case "wake":
      if (take === "max" || take === "count") return { subject: "wake", take, side };
      break;
  }
  const kind = { metric: "a metric", rate: "a rate", findings: "findings", flips: "flips", wake: "wakes" }[
    subject.kind
  ];
  throw cursor.error(
    token,
    `"${take}" is nothing that can be taken of ${kind}`,
    hint(take, known, `use ${known.join(", ")}`),
  );
}

function metricQuestion(
  cursor: Cursor,
  { name, unit }: Metric,
  token: Token,
  side: Side,
  alone: <Q extends Question>(question: Q) => Q,
): Question | null {
  const subject = "metric";
  const take = token.text;
  if (take === "max" || take === "min" || take === "mean") return { subject, name, take, side };
  if (take === "shift") return alone({ subject, name, take });
  if (take === "ratio") {
    const percent = argument(cursor, token, "ratio(p95)");
    return alone({ subject, name, take, percent });
  }
  if (take === "slow_share") {
    if (unit !== "ms")
      throw cursor.error(
        token,
        `${name} is no time, so that no request of it is slow`,
        "use a time such as ttfa or e2e",
      );
    const what = cursor.take();
    if (what.text === "rate") return { subject, name, take: "slow_share rate", side };
    if (what.text === "diff") return alone({ subject, name, take: "slow_share diff" });
    throw cursor.error(what, "slow_share needs diff or rate", "write slow_share diff");
  }
  // k6 writes p(95).
  if (take === "p" && cursor.isSymbol("("))
    return { subject, name, take: "quantile", percent: argument(cursor, token, "p(95)"), side };
  if (/^p\d/.test(take))
    return { subject, name, take: "quantile", percent: percentOf(cursor, token, take.slice(1), 1), side };
  return null;
}

/** `(p95)` or `(95)`. */
function argument(cursor: Cursor, of: Token, example: string): number {
  const open = cursor.take();
  if (open.kind !== "symbol" || open.text !== "(")
    throw cursor.error(open, `${of.text} needs a percentile`, `write ${example}`);
  const token = cursor.take();
  const p = token.kind === "word" && token.text.startsWith("p") ? 1 : 0;
  if (token.kind !== "word") throw cursor.error(token, `${of.text} needs a percentile`, `write ${example}`);
  const percent = percentOf(cursor, token, token.text.slice(p), p);
  const close = cursor.take();
  if (close.kind !== "symbol" || close.text !== ")") throw cursor.error(close, ") is due", `write ${example}`);
  return percent;
}

/** @param offset of the digits in the token */
export function percentOf(cursor: Cursor, token: Token, digits: string, offset: number): number {
  const percent = /^\d+(\.\d+)?$/.test(digits) ? Number(digits) : Number.NaN;
  if (percent > 0 && percent < 100) return percent;
  const edge = percent === 100 ? "use max" : percent === 0 ? "use min" : "use one such as p50, p95 or p99.9";
  throw cursor.errorAt(token.at + offset, `"${digits}" is no percentile between 0 and 100`, edge);
}
