import { describe, expect, test } from "vitest";
import { notJudged } from "../../../src/check/expect/check.js";
import type { CheckOutcome } from "../../../src/check/finding.js";
import { findFlips } from "../../../src/check/parity/flips.js";

const met: CheckOutcome = { judged: true, met: true, expectations: [], toolCalls: null, jsonValid: null };

function unmet(...names: string[]): CheckOutcome {
  return { ...met, met: false, expectations: names.map((name) => ({ name, met: false, detail: `about ${name}` })) };
}

function failed(detail: string): CheckOutcome {
  return { ...unmet(), judged: false, expectations: [{ name: "contains", met: false, detail }] };
}

function pair(caseId: string, baseline: CheckOutcome, candidate: CheckOutcome) {
  return { caseId, baseline, candidate };
}

describe("flips", () => {
  test("are counted per case and direction, over the pairs in which both sides count", () => {
    const pairs = [
      pair("a", met, unmet("contains")),
      pair("a", met, unmet("contains")),
      pair("a", met, met),
      pair("a", unmet("contains"), met),
      pair("a", unmet("contains"), unmet("contains")),
      pair("a", met, notJudged("cancelled by the plan")),
    ];
    expect(findFlips(pairs)).toEqual([
      {
        caseId: "a",
        direction: "regressed",
        count: 2,
        of: 5,
        severity: "differs",
        detail: "contains: about contains",
        consistent: false,
      },
      {
        caseId: "a",
        direction: "improved",
        count: 1,
        of: 5,
        severity: "note",
        detail: "contains: about contains",
        consistent: false,
      },
    ]);
  });

  test("come gravest first, then most frequent, then by id", () => {
    const pairs = [
      pair("text-2", met, unmet("contains")),
      pair("text-1", met, unmet("regex")),
      pair("text-3", met, unmet("contains")),
      pair("text-3", met, unmet("contains")),
      pair("better", unmet("tool_calls"), met),
      pair("tools", met, unmet("finish_reason", "tool_calls")),
      pair("json", met, unmet("is_json")),
      pair("down", met, failed("failed: HTTP 503")),
    ];
    expect(findFlips(pairs).map(({ caseId, severity, detail }) => [caseId, severity, detail])).toEqual([
      ["down", "breaks", "failed: HTTP 503"],
      ["json", "breaks", "is_json: about is_json"],
      ["tools", "breaks", "tool_calls: about tool_calls"],
      ["text-3", "differs", "contains: about contains"],
      ["text-1", "differs", "regex: about regex"],
      ["text-2", "differs", "contains: about contains"],
      ["better", "note", "tool_calls: about tool_calls"],
    ]);
  });

  test("regressions come before improvements, and consistent ones before single bad answers", () => {
    const pairs = [
      pair("once", met, unmet("tool_calls")),
      pair("once", met, met),
      pair("once", met, met),
      ...Array.from({ length: 3 }, () => pair("always", met, unmet("contains"))),
      ...Array.from({ length: 3 }, () => pair("better", unmet("tool_calls"), met)),
      ...Array.from({ length: 2 }, () => pair("twice", met, unmet("contains"))),
    ];
    expect(findFlips(pairs).map(({ caseId, consistent }) => [caseId, consistent])).toEqual([
      ["always", true],
      ["once", false],
      ["twice", false],
      ["better", true],
    ]);
  });

  test("are as grave as the gravest of their pairs", () => {
    const pairs = [pair("a", met, unmet("contains")), pair("a", met, failed("failed: timeout"))];
    expect(findFlips(pairs)).toMatchObject([{ count: 2, severity: "breaks", detail: "failed: timeout" }]);
  });

  test("are consistent where one side always is as expected and the other in at most half of three pairs or more", () => {
    const consistent = (...pairs: [CheckOutcome, CheckOutcome][]) =>
      findFlips(pairs.map(([baseline, candidate]) => pair("a", baseline, candidate))).map((flip) => flip.consistent);
    const bad = unmet("contains");
    expect(consistent([met, bad], [met, bad], [met, bad])).toEqual([true]);
    expect(consistent([met, bad], [met, bad], [met, met], [met, met])).toEqual([true]);
    expect(consistent([met, bad], [met, met], [met, met])).toEqual([false]);
    expect(consistent([met, bad], [met, bad], [bad, bad])).toEqual([false]);
    expect(consistent([met, bad], [met, bad])).toEqual([false]);
    expect(consistent([bad, met], [bad, met], [bad, met])).toEqual([true]);
  });

  test("of a case that expects nothing are failed exchanges", () => {
    const down: CheckOutcome = { ...met, judged: false, met: false };
    expect(findFlips([pair("a", met, down)])).toMatchObject([{ severity: "breaks", detail: "failed" }]);
  });

  test("none where nothing changed", () => {
    expect(findFlips([pair("a", met, met), pair("b", unmet("regex"), unmet("equals"))])).toEqual([]);
  });
});
