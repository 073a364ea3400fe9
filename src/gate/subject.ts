/** The first half of a gate: what it is about, and which cases. */
import type { Side } from "../compare/comparison.js";
import { RATES } from "../compare/rates.js";
import { nearest } from "../core/document.js";
import { METRICS } from "../measure/catalogue.js";
import type { Metric } from "../measure/metric.js";
import { type Cursor, hint, shown } from "./cursor.js";
import { SELECTOR_KEYS, type Selector, type SelectorKey } from "./gate.js";

export type Subject =
  | { readonly kind: "metric"; readonly metric: Metric }
  | { readonly kind: "rate"; readonly name: string; readonly better: "lower" | "higher" }
  | { readonly kind: "findings" | "flips" | "wake" };

/** A subject as it was written, with the offsets of its parts. */
export interface NamedSubject {
  readonly subject: Subject;
  readonly name: string;
  readonly at: number;
  readonly prefix: { readonly side: Side; readonly at: number } | null;
}

const SUBJECT_NAMES = [...METRICS.map(({ name }) => name), ...RATES.map(({ name }) => name), "findings", "flips"];

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

export function parseSubject(cursor: Cursor): NamedSubject {
  const first = cursor.peek();
  const { side, name, at } = parseName(cursor);
  return { subject: subjectOf(cursor, name, at), name, at, prefix: side === null ? null : { side, at: first.at } };
}

function parseName(cursor: Cursor): { side: Side | null; name: string; at: number } {
  const token = cursor.take();
  if (token.kind !== "word") {
    throw cursor.error(
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
      throw cursor.errorAt(
        token.at + dot + 1,
        `a metric or a rate is due after ${prefix}.`,
        `write it without a space: ${prefix}.errors`,
      );
    return { side: prefix, name, at: token.at + dot + 1 };
  }
  const near = nearest(prefix, ["baseline", "candidate"]);
  const remedy =
    near === undefined
      ? `write "${prefix} p95" with a space, or begin with "baseline." or "candidate."`
      : `did you mean "${near}."?`;
  throw cursor.error(token, `"${prefix}" is no side`, remedy);
}

function subjectOf(cursor: Cursor, name: string, at: number): Subject {
  if (name === "findings" || name === "flips" || name === "wake") return { kind: name };
  const metric = METRICS.find((each) => each.name === name);
  if (metric !== undefined) return { kind: "metric", metric };
  const rate = RATES.find((each) => each.name === name);
  if (rate !== undefined) return { kind: "rate", name: rate.name, better: rate.better };
  throw cursor.errorAt(at, `"${name}" is no metric and no rate`, hint(name, SUBJECT_NAMES, "docs/gates.md lists them"));
}

/** The selectors in braces, with the offset of each value. */
export function parseSelectors(cursor: Cursor, { subject, name }: NamedSubject): [Selector[], number[]] {
  const selectors: Selector[] = [];
  const places: number[] = [];
  if (!cursor.isSymbol("{")) return [selectors, places];
  const brace = cursor.take();
  const allowed = KEYS[subject.kind];
  if (allowed.length === 0) throw cursor.error(brace, `${name} takes no selector`, "remove the braces");
  for (;;) {
    const key = selectorKey(cursor, allowed, name, selectors);
    const equals = cursor.take();
    if (equals.text !== "=" || equals.kind !== "operator")
      throw cursor.error(equals, `= is due after ${key}`, `write {${key}=value}`);
    const value = cursor.take();
    if (value.kind !== "word" && value.kind !== "quoted")
      throw cursor.error(value, `a value is due after ${key}=`, "quote it where it has signs or spaces");
    const known = FIXED[key];
    if (known !== undefined && !known.includes(value.text)) {
      throw cursor.error(value, `"${value.text}" is no ${key}`, hint(value.text, known, `use ${known.join(", ")}`));
    }
    selectors.push({ key, value: value.text });
    places.push(value.at);
    const after = cursor.take();
    if (after.kind === "symbol" && after.text === "}") return [selectors, places];
    if (after.kind !== "symbol" || after.text !== ",")
      throw cursor.error(after, `, or } is due after ${key}=…`, "close the braces");
  }
}

function selectorKey(
  cursor: Cursor,
  allowed: readonly SelectorKey[],
  name: string,
  before: readonly Selector[],
): SelectorKey {
  const token = cursor.take();
  const key = allowed.find((each) => each === token.text);
  if (token.kind === "word" && key !== undefined) {
    // A case has many tags, and one of everything else.
    if (key !== "tag" && before.some((selector) => selector.key === key))
      throw cursor.error(token, `${key} is given twice`, "remove one");
    return key;
  }
  if (token.kind !== "word") throw cursor.error(token, "a selector is due in the braces", `use ${allowed.join(", ")}`);
  if (SELECTOR_KEYS.some((each) => each === token.text)) {
    throw cursor.error(token, `${name} cannot be selected by ${token.text}`, `use ${allowed.join(", ")}`);
  }
  throw cursor.error(token, `"${token.text}" is no selector`, hint(token.text, allowed, `use ${allowed.join(", ")}`));
}
