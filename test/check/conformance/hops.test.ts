/** What a hop on the way does to the same answers: it holds them back, or asks its upstream again. */
import { describe, expect, test } from "vitest";
import type { WatchedExchange } from "../../../src/check/conformance/watch.js";
import type { EndpointRole } from "../../../src/config/settings.js";
import type { TokenEvent } from "../../../src/decode/completion.js";
import { findingsOf, rulesSeen, watched } from "./exchanges.js";

let nextId = 0;

/** A stream of `events` tokens that came in `reads` reads. */
function stream(endpoint: EndpointRole, caseId: string, events: number, reads: number): WatchedExchange {
  const tokenEvents = Array.from({ length: events }, (_, index): TokenEvent => {
    const read = Math.floor((index * reads) / events);
    return { read, atNs: 100_000_000 + read * 10_000_000, kind: "content", characters: 4 };
  });
  return watched({
    completion: { tokenEvents },
    exchange: { id: nextId++, endpoint, arm: endpoint, caseId },
  });
}

const both = (cases: number, events: number, baseline: number, candidate: number): WatchedExchange[] =>
  Array.from({ length: cases }, (_, index) => [
    stream("baseline", `case-${index}`, events, baseline),
    stream("candidate", `case-${index}`, events, candidate),
  ]).flat();

const found = (exchanges: readonly WatchedExchange[]) =>
  findingsOf(exchanges)
    .filter(({ rule }) => rule === "fewer-reads")
    .map(({ endpoint, sides, evidence }) => [endpoint, sides, evidence]);

describe("the same answers in fewer reads", () => {
  test("is what a buffering hop does, also to streams too short to be late", () => {
    expect(found(both(4, 20, 20, 1))).toEqual([
      ["candidate", "candidate", "4 of 4 cases; case-0: 20 token events in 1 read, on the other side 20 in 20 reads"],
    ]);
    expect(found(both(4, 20, 2, 18)).map(([endpoint]) => endpoint)).toEqual(["baseline"]);
  });

  test.each([
    ["as many reads on both sides", both(4, 20, 2, 2)],
    ["half as many", both(4, 20, 20, 10)],
    ["answers of few events", both(4, 7, 7, 1)],
    ["two cases", both(2, 20, 20, 1)],
    ["one case in three", [...both(1, 20, 20, 1), ...both(6, 20, 20, 20).slice(2)]],
    ["other cases on the two sides", [stream("baseline", "a", 20, 20), stream("candidate", "b", 20, 1)]],
    [
      // One event that holds all is one read: that is tokens per event, and another figure's business.
      "the same reads with more tokens an event",
      Array.from({ length: 4 }, (_, index) => [
        stream("baseline", `case-${index}`, 40, 40),
        stream("candidate", `case-${index}`, 8, 8),
      ]).flat(),
    ],
  ])("%s is no cause", (_name, exchanges) => {
    expect(found(exchanges)).toEqual([]);
  });

  test("in whatever order they come", () => {
    const exchanges = both(4, 20, 20, 1);
    expect(findingsOf([...exchanges].reverse())).toEqual(findingsOf(exchanges));
  });
});

describe("an upstream that was asked again", () => {
  const withHeader = (name: string, value: string) =>
    watched({
      attempt: {
        headers: [
          ["content-type", "text/event-stream"],
          [name, value],
        ],
      },
    });

  test.each([
    ["x-gateway-attempts", "2"],
    ["x-envoy-attempt-count", "3"],
    ["x-litellm-attempted-retries", "1"],
    ["x-portkey-retry-attempt-count", "1"],
  ])("%s: %s", (name, value) => {
    expect(rulesSeen(withHeader(name, value))).toContain("retried-upstream");
  });

  test.each([
    ["x-envoy-attempt-count", "1"],
    ["x-litellm-attempted-retries", "0"],
    ["x-portkey-retry-attempt-count", "0"],
    ["x-portkey-retry-attempt-count", "-1"],
    ["x-should-retry", "true"],
    ["retry-after", "30"],
    ["x-litellm-max-retries", "2"],
    ["x-litellm-num-retries", "3"],
    ["x-retry-in", "5"],
    ["x-retry-delay", "5"],
    ["x-attempt-id", "20261121"],
  ])("%s: %s is no cause", (name, value) => {
    expect(rulesSeen(withHeader(name, value))).not.toContain("retried-upstream");
  });
});
