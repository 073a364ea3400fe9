import { describe, expect, test } from "vitest";
import { type WatchedExchange, watchConformance } from "../../../src/check/conformance/watch.js";
import type { Completion } from "../../../src/decode/completion.js";
import type { Attempt } from "../../../src/recording/recording.js";
import { aCase, anAnswer, anAttempt, anExchange, aUsage, says } from "../build.js";

const GOOD: Completion = { ...says("Hello."), usage: aUsage() };
const ASKED = { stream_options: { include_usage: true } };

function watched(completion: Completion, attempt: Partial<Attempt> = {}, over = {}): WatchedExchange {
  return {
    exchange: anExchange({ attempts: [anAttempt(attempt)], ...over }),
    completion,
    golden: aCase({}),
    body: ASKED,
  };
}

function rulesSeen(...exchanges: WatchedExchange[]): string[] {
  const watch = watchConformance();
  for (const exchange of exchanges) watch.see(exchange);
  return watch.findings().map(({ rule }) => rule);
}

const json: Partial<Attempt> = { headers: [["content-type", "application/json"]] };
const cancelled: Partial<Attempt> = { outcome: { kind: "cancelled", by: "plan" } };

test("an ordinary stream and an ordinary body give no cause", () => {
  expect(rulesSeen(watched(GOOD))).toEqual([]);
  expect(rulesSeen(watched({ ...GOOD, done: false, eventCount: 0 }, json, { variant: "body" }))).toEqual([]);
});

describe("each rule: what gives cause, and a near miss", () => {
  test.each<[string, WatchedExchange, WatchedExchange]>([
    ["usage-missing", watched({ ...GOOD, usage: null }), { ...watched({ ...GOOD, usage: null }), body: {} }],
    [
      "finish-reason-missing",
      watched({ ...GOOD, finishReason: null }),
      watched({ ...GOOD, finishReason: null }, cancelled),
    ],
    [
      "finish-reason-missing",
      watched({ ...GOOD, finishReason: null }),
      watched({
        ...GOOD,
        finishReason: null,
        error: { message: "overloaded", type: null, code: null, codeType: "null", envelope: "openai", inBand: true },
      }),
    ],
    ["done-missing", watched({ ...GOOD, done: false }), watched({ ...GOOD, done: false }, cancelled)],
    [
      "stream-content-type",
      watched(GOOD, { headers: [["content-type", "text/plain"]] }),
      watched(GOOD, { headers: [["content-type", "Text/Event-Stream;charset=utf-8"]] }),
    ],
    [
      "html-answer",
      watched(anAnswer({ eventCount: 0 }), { status: 502, reads: [[1, "<!DOCTYPE html><title>502</title>"]] }),
      watched({ ...GOOD, content: "<html> is the root element." }, { reads: [[1, 'data: {"a":"<html>"}']] }),
    ],
    [
      "reasoning-only",
      watched({ ...GOOD, content: "", reasoning: "Let me think.", finishReason: "length" }),
      watched({ ...GOOD, content: "He", reasoning: "Let me think.", finishReason: "length" }),
    ],
  ])("%s", (rule, cause, nearMiss) => {
    expect(rulesSeen(cause)).toEqual([rule]);
    expect(rulesSeen(nearMiss)).toEqual([]);
  });

  test("completion-id-repeated, on one endpoint only", () => {
    const candidate = watched(GOOD);
    const baseline = watched(GOOD, {}, { endpoint: "baseline", arm: "baseline" });
    expect(rulesSeen(candidate, watched(GOOD))).toEqual(["completion-id-repeated"]);
    expect(rulesSeen(candidate, baseline, watched({ ...GOOD, id: "chatcmpl-2" }))).toEqual([]);
    expect(rulesSeen(watched({ ...GOOD, id: null }), watched({ ...GOOD, id: null }))).toEqual([]);
  });

  test("a JSON body in answer to a stream request is not blamed for a missing [DONE]", () => {
    expect(rulesSeen(watched({ ...GOOD, done: false, eventCount: 0 }, json))).toEqual(["stream-content-type"]);
  });
});

test("one finding a rule and endpoint, with its count, its first case, and short evidence", () => {
  const watch = watchConformance();
  const tail = `data: ${"x".repeat(5000)}`;
  for (let id = 0; id < 10; id++) {
    const caseId = `case-${id}`;
    const completion = { ...GOOD, id: `chatcmpl-${id}`, done: id % 2 === 0 };
    watch.see(watched(completion, { reads: [[1, tail]] }, { id, caseId }));
    watch.see(watched({ ...GOOD, id: `b-${id}`, done: id !== 3 }, {}, { id, caseId, endpoint: "baseline" }));
  }
  const findings = watch.findings();
  expect(findings).toMatchObject([
    { rule: "done-missing", severity: "differs", endpoint: "baseline", caseId: "case-3" },
    { rule: "done-missing", severity: "differs", endpoint: "candidate", caseId: "case-1" },
  ]);
  expect(findings[1]?.message).toMatch(/ \(5 of 10 exchanges\)$/);
  expect(findings[1]?.evidence).toBe("x".repeat(200));
});

test("the gravest findings come first", () => {
  const watch = watchConformance();
  watch.see(watched({ ...GOOD, done: false, usage: null }));
  expect(watch.findings().map(({ severity }) => severity)).toEqual(["breaks", "differs"]);
});

test("an exchange without an attempt is passed over", () => {
  const watch = watchConformance();
  watch.see({ ...watched(GOOD), exchange: anExchange({ attempts: [] }) });
  expect(watch.findings()).toEqual([]);
});
