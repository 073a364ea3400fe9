/**
 * Holds one answer against what its golden case expects. Knows neither endpoints nor other answers.
 */
import { errorMessage } from "../../core/errors.js";
import type { Completion } from "../../decode/completion.js";
import type { GoldenCase } from "../../golden/golden-set.js";
import { cut, shown } from "../evidence.js";
import type { CheckOutcome, ExpectationOutcome } from "../finding.js";
import type { Answer } from "./answer.js";
import type { Judgement } from "./expectation.js";
import { EXPECTATIONS, MODIFIERS } from "./registry.js";
import { callsDue, judgeToolCalls } from "./tool-calls/judge.js";

const byName = new Map(EXPECTATIONS.map((expectation) => [expectation.name, expectation]));

/**
 * @param completion null when nothing could be decoded.
 * @param body the request body as it was sent: tools, stop sequences and `top_logprobs` are read from it.
 * @param failure why the exchange failed, in a few words; null when it succeeded.
 */
export function checkExpectations(
  golden: GoldenCase,
  completion: Completion | null,
  body: Readonly<Record<string, unknown>>,
  failure: string | null,
): CheckOutcome {
  if (failure !== null || completion === null) return failed(golden, failure ?? "no answer");
  const answer: Answer = {
    golden,
    completion,
    body,
    text: (completion.content ?? "").normalize("NFC"),
    toolCalls: judgeToolCalls(golden, completion, body),
  };
  const expectations = expectedKeys(golden).map(([key, expected]) => judge(key, expected, answer));
  return {
    judged: true,
    met: expectations.every((outcome) => outcome.met),
    expectations,
    toolCalls: answer.toolCalls,
    jsonValid: expectsJson(golden) ? expectations.some(({ name, met }) => name === "is_json" && met) : null,
  };
}

/** The outcome of an exchange that no check may count, such as one that was cancelled on purpose. */
export function notJudged(reason: string): CheckOutcome {
  return { judged: false, met: false, expectations: [], toolCalls: null, jsonValid: null, excluded: reason };
}

/** A failure is data: everything that was expected is unmet. No tool-call fault is invented for it. */
function failed(golden: GoldenCase, failure: string): CheckOutcome {
  const detail = `failed: ${cut(failure, 180)}`;
  return {
    judged: false,
    met: false,
    expectations: expectedKeys(golden).map(([name]) => ({ name, met: false, detail })),
    toolCalls: callsDue(golden.expect) === null ? null : { trigger: false, schema: null, value: null, faults: [] },
    jsonValid: expectsJson(golden) ? false : null,
  };
}

function expectedKeys(golden: GoldenCase): [string, unknown][] {
  return Object.entries(golden.expect).filter(([key, value]) => !MODIFIERS.has(key) && value !== undefined);
}

function expectsJson(golden: GoldenCase): boolean {
  return golden.expect.is_json !== undefined && golden.expect.is_json !== false;
}

function judge(key: string, expected: unknown, answer: Answer): ExpectationOutcome {
  const inverted = key.startsWith("not_");
  const { met, detail } = judgeSafely(inverted ? key.slice(4) : key, expected, answer);
  if (met === null) return { name: key, met: false, detail: cut(detail) };
  if (met !== inverted) return { name: key, met: true, detail: "" };
  return { name: key, met: false, detail: cut(inverted ? `${shown(expected)} holds, and must not` : detail) };
}

/** An expectation that throws is one that could not be judged, not a run that ends. */
function judgeSafely(name: string, expected: unknown, answer: Answer): Judgement {
  const known = byName.get(name);
  if (!known) return { met: null, detail: `this version knows no expectation ${shown(name)}` };
  try {
    return known.judge(expected, answer);
  } catch (error) {
    return { met: null, detail: `could not be judged: ${errorMessage(error)}` };
  }
}
