/** Expectations on the text of an answer, after NFC. */
import { cut, shown } from "../evidence.js";
import { parseJson, sameJson } from "../json.js";
import { searchPattern } from "../pattern.js";
import type { Answer } from "./answer.js";
import { type Expectation, expectation, type Judgement } from "./expectation.js";

/** A string is compared as trimmed text; everything else as JSON. */
const equals = expectation("equals", (expected, answer) => {
  if (typeof expected === "string") {
    return judged(answer.text.trim() === nfc(expected).trim(), `expected ${shown(expected)}`, answer);
  }
  const parsed = parseJson(answer.text);
  return judged("value" in parsed && sameJson(expected, parsed.value), `expected the JSON ${shown(expected)}`, answer);
});

const contains = expectation("contains", (expected, answer) =>
  judged(answer.text.includes(nfc(expected)), `expected to contain ${shown(expected)}`, answer),
);

const containsAny = expectation("contains_any", (expected, answer) =>
  judged(
    expected.some((part) => answer.text.includes(nfc(part))),
    `expected to contain one of ${shown(expected)}`,
    answer,
  ),
);

const containsAll = expectation("contains_all", (expected, answer) => {
  const missing = expected.filter((part) => !answer.text.includes(nfc(part)));
  return judged(missing.length === 0, `expected to contain ${shown(missing)} as well`, answer);
});

const icontains = expectation("icontains", (expected, answer) =>
  judged(
    answer.text.toLowerCase().includes(nfc(expected).toLowerCase()),
    `expected to contain ${shown(expected)} in any case`,
    answer,
  ),
);

const regex = expectation("regex", (expected, answer) => {
  const outcome = searchPattern(expected, answer.text);
  if ("problem" in outcome) return { met: null, detail: outcome.problem };
  return judged(outcome.matched, `expected to match /${cut(expected, 80)}/us`, answer);
});

/** Chat templates differ in leading white space: it counts only where the golden set asks for some. */
const startsWith = expectation("starts_with", (expected, answer) => {
  const text = /^\s/.test(expected) ? answer.text : answer.text.trimStart();
  return judged(text.startsWith(nfc(expected)), `expected to start with ${shown(expected)}`, answer);
});

export const textExpectations: readonly Expectation[] = [
  equals,
  contains,
  containsAny,
  containsAll,
  icontains,
  regex,
  startsWith,
];

function nfc(text: string): string {
  return text.normalize("NFC");
}

function judged(met: boolean, expected: string, answer: Answer): Judgement {
  return { met, detail: met ? "" : `${expected}, got ${answer.text === "" ? "no text" : shown(answer.text)}` };
}
