/**
 * Expressions → gates. The grammar is in docs/gates.md: `[baseline.|candidate.]subject[{key=value,…}] aggregation op
 * number[unit]`. Knows names and units; knows neither a plan nor a recording.
 */

import type { Side } from "../compare/comparison.js";
import { RATES } from "../compare/rates.js";
import type { GateText } from "../config/settings.js";
import { nearest } from "../core/document.js";
import type { TwintailError } from "../core/errors.js";
import { METRICS } from "../measure/catalogue.js";
import type { Metric } from "../measure/metric.js";
import type { Gate, Question, Selector, SelectorKey } from "./gate.js";
import { SELECTOR_KEYS, unitOf } from "./gate.js";
import { gateError } from "./gate-error.js";
import type { Operator } from "./judgement.js";
import { parseMargin } from "./margin.js";
import { type Token, tokensOf } from "./tokens.js";

/** A gate with the places of its parts, for messages about them. */
export interface ParsedGate {
  readonly gate: Gate;
  readonly source: GateText;
  /** Offsets in the text; `selectors` has one for the value of each. */
  readonly at: {
    readonly subject: number;
    readonly selectors: readonly number[];
    readonly take: number;
    readonly margin: number;
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
  return new Parser(source, file).gate();
}

const METRIC_TAKES = ["p50", "p90", "p95", "p99", "max", "min", "mean", "shift", "ratio", "slow_share"] as const;
const TAKES = {
  rate: ["rate", "diff", "drop"],
  findings: ["new", "count"],
  flips: ["regressed", "improved"],
  wake: ["max", "count"],
} as const;
const KEYS: Readonly<Record<Subject["kind"], readonly SelectorKey[]>> = {
  metric: ["category", "tag", "case", "variant"],
  rate: ["category", "tag", "case", "variant"],
  findings: ["severity", "rule"],
  flips: ["severity", "category", "tag", "case"],
  wake: [],
};
const FIXED: Readonly<Partial<Record<SelectorKey, readonly string[]>>> = {
  variant: ["stream", "body"],
  severity: ["breaks", "differs", "note"],
};
/** Names that other tools use. */
const SYNONYMS: Readonly<Record<string, string>> = {
  avg: "mean",
  average: "mean",
  med: "p50",
  median: "p50",
  error_rate: "errors",
};

type Subject =
  | { readonly kind: "metric"; readonly metric: Metric }
  | { readonly kind: "rate"; readonly name: string; readonly better: "lower" | "higher" }
  | { readonly kind: "findings" | "flips" | "wake" };

const OPERATORS: readonly string[] = ["<", "<=", ">", ">=", "==", "!="];
const EXACT: ReadonlySet<string> = new Set(["==", "!="]);
const SUBJECT_NAMES = [...METRICS.map(({ name }) => name), ...RATES.map(({ name }) => name), "findings", "flips"];

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(
    private readonly source: GateText,
    private readonly file: string | undefined,
  ) {
    this.#tokens = tokensOf(source, file);
  }

  gate(): ParsedGate {
    const first = this.#take();
    const { side, name, at } = this.#name(first);
    const subject = this.#subject(name, at);
    const [selectors, selectorPlaces] = this.#selectors(subject, name);
    const takeToken = this.#peek();
    const question = this.#question(subject, side === null ? null : { side, at: first.at }, name);
    const operator = this.#operator(question);
    const marginToken = this.#peek();
    const number = this.#take();
    if (number.kind !== "word")
      throw this.#error(number, `a number is due after ${operator}`, "write the margin there");
    const margin = parseMargin(question, operator, number, this.#unit(), (cause, remedy, at = number.at) =>
      gateError(this.source, this.file, at, cause, remedy),
    );
    const rest = this.#take();
    if (rest.kind !== "end") throw this.#error(rest, `${shown(rest)} follows the margin`, "write one gate a line");
    return {
      gate: { question, selectors, op: operator, margin },
      source: this.source,
      at: { subject: at, selectors: selectorPlaces, take: takeToken.at, margin: marginToken.at },
    };
  }

  #name(token: Token): { side: Side | null; name: string; at: number } {
    if (token.kind !== "word") {
      throw this.#error(
        token,
        token.kind === "end" ? "the gate is empty" : `a gate cannot begin with ${shown(token)}`,
        `begin with a metric or a rate, as in "ttfa shift < 1.20"`,
      );
    }
    const dot = token.text.indexOf(".");
    if (dot < 0) return { side: null, name: token.text, at: token.at };
    const prefix = token.text.slice(0, dot);
    const name = token.text.slice(dot + 1);
    if (prefix === "baseline" || prefix === "candidate") {
      if (name === "")
        throw this.#errorAt(
          token.at + dot + 1,
          `a metric or a rate is due after ${prefix}.`,
          `write it without a space: ${prefix}.errors`,
        );
      return { side: prefix, name, at: token.at + dot + 1 };
    }
    const near = nearest(prefix, ["baseline", "candidate"]);
    const remedy =
      near === undefined
        ? `write a space before the aggregation, or begin with "baseline." or "candidate."`
        : `did you mean "${near}."?`;
    throw this.#error(token, `"${prefix}" is no side`, remedy);
  }

  #subject(name: string, at: number): Subject {
    if (name === "findings" || name === "flips" || name === "wake") return { kind: name };
    const metric = METRICS.find((each) => each.name === name);
    if (metric !== undefined) return { kind: "metric", metric };
    const rate = RATES.find((each) => each.name === name);
    if (rate !== undefined) return { kind: "rate", name: rate.name, better: rate.better };
    throw this.#errorAt(
      at,
      `"${name}" is no metric and no rate`,
      hint(name, SUBJECT_NAMES, "docs/gates.md lists them"),
    );
  }

  #selectors(subject: Subject, name: string): [Selector[], number[]] {
    const selectors: Selector[] = [];
    const places: number[] = [];
    if (!this.#isSymbol("{")) return [selectors, places];
    const brace = this.#take();
    const allowed = KEYS[subject.kind];
    if (allowed.length === 0) throw this.#error(brace, `${name} takes no selector`, "remove the braces");
    for (;;) {
      const key = this.#selectorKey(allowed, name, selectors);
      const equals = this.#take();
      if (equals.text !== "=" || equals.kind !== "operator")
        throw this.#error(equals, `= is due after ${key}`, `write {${key}=value}`);
      const value = this.#take();
      if (value.kind !== "word" && value.kind !== "quoted")
        throw this.#error(value, `a value is due after ${key}=`, "quote it where it has signs or spaces");
      const known = FIXED[key];
      if (known !== undefined && !known.includes(value.text)) {
        throw this.#error(value, `"${value.text}" is no ${key}`, hint(value.text, known, `use ${known.join(", ")}`));
      }
      selectors.push({ key, value: value.text });
      places.push(value.at);
      const after = this.#take();
      if (after.kind === "symbol" && after.text === "}") return [selectors, places];
      if (after.kind !== "symbol" || after.text !== ",")
        throw this.#error(after, `, or } is due after ${key}=…`, "close the braces");
    }
  }

  #selectorKey(allowed: readonly SelectorKey[], name: string, before: readonly Selector[]): SelectorKey {
    const token = this.#take();
    const key = allowed.find((each) => each === token.text);
    if (token.kind === "word" && key !== undefined) {
      // A case has many tags, and one of everything else.
      if (key !== "tag" && before.some((selector) => selector.key === key))
        throw this.#error(token, `${key} is given twice`, "remove one");
      return key;
    }
    if (token.kind !== "word") throw this.#error(token, "a selector is due in the braces", `use ${allowed.join(", ")}`);
    if (SELECTOR_KEYS.some((each) => each === token.text)) {
      throw this.#error(token, `${name} cannot be selected by ${token.text}`, `use ${allowed.join(", ")}`);
    }
    throw this.#error(token, `"${token.text}" is no selector`, hint(token.text, allowed, `use ${allowed.join(", ")}`));
  }

  #question(subject: Subject, prefix: { side: Side; at: number } | null, name: string): Question {
    const token = this.#take();
    const known: readonly string[] = subject.kind === "metric" ? METRIC_TAKES : TAKES[subject.kind];
    const example = known[0] as string;
    if (token.kind !== "word") {
      throw this.#error(
        token,
        `what to take of ${name} is missing`,
        `write ${name} ${example}, or another of ${known.slice(1).join(", ")}`,
      );
    }
    const side = prefix?.side ?? "candidate";
    const alone = <Q extends Question>(question: Q): Q => {
      if (prefix === null) return question;
      throw this.#errorAt(prefix.at, `${question.take} is about both sides`, `remove "${prefix.side}."`);
    };
    const take = token.text;
    switch (subject.kind) {
      case "metric": {
        const question = this.#metricQuestion(subject.metric, token, side, alone);
        if (question !== null) return question;
        break;
      }
      case "rate":
        if (take === "rate") return { subject: "rate", name, take, side };
        if (take === "diff") return alone({ subject: "rate", name, take });
        if (take === "drop") {
          if (subject.better === "lower") {
            throw this.#error(
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
    throw this.#error(
      token,
      `"${take}" is nothing that can be taken of ${kind}`,
      hint(take, known, `use ${known.join(", ")}`),
    );
  }

  #metricQuestion(
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
      const percent = this.#argument(token, "ratio(p95)");
      return alone({ subject, name, take, percent });
    }
    if (take === "slow_share") {
      if (unit !== "ms")
        throw this.#error(
          token,
          `${name} is no time, so that no request of it is slow`,
          "use a time such as ttfa or e2e",
        );
      const what = this.#take();
      if (what.text === "rate") return { subject, name, take: "slow_share rate", side };
      if (what.text === "diff") return alone({ subject, name, take: "slow_share diff" });
      throw this.#error(what, "slow_share needs diff or rate", "write slow_share diff");
    }
    // k6 writes p(95).
    if (take === "p" && this.#isSymbol("("))
      return { subject, name, take: "quantile", percent: this.#argument(token, "p(95)"), side };
    if (/^p\d/.test(take))
      return { subject, name, take: "quantile", percent: this.#percent(token, take.slice(1), 1), side };
    return null;
  }

  /** `(p95)` or `(95)`. */
  #argument(of: Token, example: string): number {
    const open = this.#take();
    if (open.kind !== "symbol" || open.text !== "(")
      throw this.#error(open, `${of.text} needs a percentile`, `write ${example}`);
    const token = this.#take();
    const p = token.kind === "word" && token.text.startsWith("p") ? 1 : 0;
    if (token.kind !== "word") throw this.#error(token, `${of.text} needs a percentile`, `write ${example}`);
    const percent = this.#percent(token, token.text.slice(p), p);
    const close = this.#take();
    if (close.kind !== "symbol" || close.text !== ")") throw this.#error(close, ") is due", `write ${example}`);
    return percent;
  }

  #percent(token: Token, digits: string, offset: number): number {
    const percent = /^\d+(\.\d+)?$/.test(digits) ? Number(digits) : Number.NaN;
    if (percent > 0 && percent < 100) return percent;
    const edge = percent === 100 ? "use max" : percent === 0 ? "use min" : "use one such as p50, p95 or p99.9";
    throw this.#errorAt(token.at + offset, `"${digits}" is no percentile between 0 and 100`, edge);
  }

  #operator(question: Question): Operator {
    const token = this.#take();
    const counts = unitOf(question) === "count";
    const known = OPERATORS.filter((each) => counts || !EXACT.has(each));
    if (token.kind !== "operator" || !OPERATORS.includes(token.text)) {
      const meant = `${token.text}=`;
      const remedy = counts && EXACT.has(meant) ? `did you mean "${meant}"?` : `write one of ${known.join(" ")}`;
      throw this.#error(token, `a comparison is due, not ${shown(token)}`, remedy);
    }
    if (!known.includes(token.text)) {
      throw this.#error(
        token,
        `${token.text} is for counts: what was measured is never exactly anything`,
        `write one of ${known.join(" ")}`,
      );
    }
    return token.text as Operator;
  }

  /** A unit that stands apart from its number, or `%`. */
  #unit(): Token | null {
    const token = this.#peek();
    return token.kind === "word" || (token.kind === "symbol" && token.text === "%") ? this.#take() : null;
  }

  #peek(): Token {
    return this.#tokens[Math.min(this.#next, this.#tokens.length - 1)] as Token;
  }

  #take(): Token {
    const token = this.#peek();
    this.#next++;
    return token;
  }

  #isSymbol(text: string): boolean {
    const token = this.#peek();
    return token.kind === "symbol" && token.text === text;
  }

  #error(token: Token, cause: string, remedy: string): TwintailError {
    return this.#errorAt(token.at, cause, remedy);
  }

  #errorAt(at: number, cause: string, remedy: string): TwintailError {
    return gateError(this.source, this.file, at, cause, remedy);
  }
}

function hint(word: string, known: readonly string[], otherwise: string): string {
  const synonym = SYNONYMS[word];
  const near = synonym !== undefined && known.includes(synonym) ? synonym : nearest(word, known);
  return near === undefined ? otherwise : `did you mean "${near}"?`;
}

function shown({ kind, text }: Token): string {
  return kind === "end" ? "the end" : kind === "quoted" ? `the text "${text}"` : `"${text}"`;
}
