/**
 * The ladder of parity: the highest rung that a pair of answers reaches. Knows two answers, and nothing of how fast
 * they came or which endpoint is the better one.
 */
import type { Completion } from "../../decode/completion.js";
import type { ParityOutcome, ParityRung } from "../finding.js";
import { canonicalText, parseJson } from "../json.js";
import { canonicalCalls, comparableText, plain, visibleText } from "./answer-text.js";
import { firstDifference } from "./first-difference.js";
import { similarity } from "./similarity.js";

/**
 * Compares what two answers say: content, refusal and tool calls. Reasoning, ids and token counts are no part of it.
 * On the rungs above `expectations` the similarity is 1 and the first difference is that of the texts as sent; below,
 * both are of the texts after NFC and white space, with calls in canonical form.
 *
 * Vectors are not kept by decoding, so embeddings reach `expectations` or `none`, by their dimensions.
 *
 * @param bothMeetExpectations the case expects something, and both answers met it.
 */
export function comparePair(baseline: Completion, candidate: Completion, bothMeetExpectations: boolean): ParityOutcome {
  if (baseline.dimensions !== null || candidate.dimensions !== null) {
    return compareVectors(baseline, candidate, bothMeetExpectations);
  }
  const rung = equalRung(baseline, candidate);
  if (rung !== null) {
    return { rung, similarity: 1, firstDifference: firstDifference(visibleText(baseline), visibleText(candidate)) };
  }
  const [left, right] = [comparableText(baseline), comparableText(candidate)];
  return {
    rung: bothMeetExpectations ? "expectations" : "none",
    similarity: similarity(left, right),
    firstDifference: firstDifference(left, right) ?? firstDifference(visibleText(baseline), visibleText(candidate)),
  };
}

/** The highest rung on which the answers are the same; null when they are the same on none. */
function equalRung(a: Completion, b: Completion): ParityRung | null {
  if (same(a, b, (text) => text)) return "bytes";
  if (same(a, b, plain)) return "text";
  if (a.toolCalls.length === 0 && b.toolCalls.length === 0) {
    return plain(a.refusal ?? "") === plain(b.refusal ?? "") && sameJsonText(a, b) ? "json" : null;
  }
  const [left, right] = [canonicalCalls(a), canonicalCalls(b)];
  return left.length === right.length && left.every((call, index) => call === right[index]) ? "tool_calls" : null;
}

/** Every part is the same text after `form`; absent and empty are the same. */
function same(a: Completion, b: Completion, form: (text: string) => string): boolean {
  return (
    form(a.content ?? "") === form(b.content ?? "") &&
    form(a.refusal ?? "") === form(b.refusal ?? "") &&
    a.toolCalls.length === b.toolCalls.length &&
    a.toolCalls.every((call, index) => {
      const other = b.toolCalls[index];
      // Within arguments white space may be data, so calls are the same as sent or not at all.
      return call.name === other?.name && (call.argumentsText ?? "") === (other.argumentsText ?? "");
    })
  );
}

function sameJsonText(a: Completion, b: Completion): boolean {
  const [left, right] = [parseJson(a.content ?? ""), parseJson(b.content ?? "")];
  if ("problem" in left || "problem" in right) return false;
  const text = canonicalText(left.value);
  return text !== null && text === canonicalText(right.value);
}

function compareVectors(baseline: Completion, candidate: Completion, bothMeet: boolean): ParityOutcome {
  const [left, right] = [shape(baseline), shape(candidate)];
  return {
    rung: bothMeet && left === right ? "expectations" : "none",
    similarity: null,
    firstDifference: left === right ? null : { at: 0, baseline: left, candidate: right },
  };
}

/** Such as `2 vectors of 1536`. */
function shape({ dimensions }: Completion): string {
  if (dimensions === null) return "no vectors";
  const lengths = [...new Set(dimensions.slice(0, 1000))].slice(0, 3);
  return `${dimensions.length} vectors of ${lengths.join(", ")}`;
}
