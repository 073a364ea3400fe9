/** Rules that hold the two endpoints against each other. */
import { describe, expect, test } from "vitest";
import type { WatchedExchange } from "../../../src/check/conformance/watch.js";
import type { EndpointRole } from "../../../src/config/settings.js";
import type { TokenEvent } from "../../../src/decode/completion.js";
import { aUsage } from "../build.js";
import { findingsOf, type Parts, rulesSeen, watched, watchedBody } from "./exchanges.js";

const on = (endpoint: EndpointRole, id: number, parts: Parts = {}): WatchedExchange =>
  watched({ ...parts, exchange: { id, endpoint, arm: endpoint } });

const withHeaders = (endpoint: EndpointRole, id: number, ...headers: [string, string][]): WatchedExchange =>
  on(endpoint, id, { attempt: { headers: [["content-type", "text/event-stream"], ...headers] } });

function differing(baseline: [string, string][], candidate: [string, string][]): Record<string, string> {
  const findings = findingsOf([withHeaders("baseline", 0, ...baseline), withHeaders("candidate", 1, ...candidate)]);
  return Object.fromEntries(findings.map(({ rule, evidence }) => [rule, evidence]));
}

describe("headers", () => {
  test("a request id on one side only", () => {
    expect(differing([["x-request-id", "req_1"]], [["request-id", "r-2"]])).toEqual({
      "request-id-header-differs": "baseline: x-request-id: req_1; candidate: request-id: r-2",
    });
    expect(differing([["x-request-id", "req_1"]], [["x-request-id", "8f3"]])).toEqual({});
  });

  test("rate limits by other names or in other forms; other values are none", () => {
    const openai: [string, string][] = [
      ["x-ratelimit-reset-requests", "6m0s"],
      ["x-ratelimit-remaining-requests", "10"],
    ];
    expect(
      differing(openai, [
        ["x-ratelimit-reset-requests", "12ms"],
        ["x-ratelimit-remaining-requests", "9"],
      ]),
    ).toEqual({});
    expect(
      differing(openai, [
        ["x-ratelimit-reset-requests", "1795000000"],
        ["x-ratelimit-remaining-requests", "9"],
      ]),
    ).toEqual({
      "rate-limit-headers-differ":
        "baseline: x-ratelimit-remaining-requests integer, x-ratelimit-reset-requests duration; " +
        "candidate: x-ratelimit-remaining-requests integer, x-ratelimit-reset-requests timestamp",
    });
  });

  test("hops on the way, whose counters and ids are no difference", () => {
    const cloudflare: [string, string][] = [
      ["server", "cloudflare"],
      ["cf-ray", "8f-FRA"],
    ];
    expect(
      differing(cloudflare, [
        ["server", "cloudflare"],
        ["cf-ray", "9a-AMS"],
      ]),
    ).toEqual({});
    expect(
      differing(cloudflare, [
        ["server", "nginx"],
        ["via", "1.1 envoy"],
      ]),
    ).toEqual({
      "hops-differ": "baseline: cf-ray, server: cloudflare; candidate: server: nginx, via: 1.1 envoy",
    });
  });

  test("a time of processing on one side only", () => {
    expect(Object.keys(differing([["openai-processing-ms", "3"]], []))).toEqual(["processing-time-header-differs"]);
    expect(differing([["openai-processing-ms", "3"]], [["openai-processing-ms", "900"]])).toEqual({});
  });

  test("are read from successes alone: errors come from other hops", () => {
    const error = on("candidate", 1, {
      attempt: { status: 502, headers: [["server", "nginx"]] },
      completion: { content: null },
    });
    expect(rulesSeen(withHeaders("baseline", 0, ["server", "cloudflare"]), error)).not.toContain("hops-differ");
  });

  test("an endless variety of names is bounded, and the order of exchanges still does not matter", () => {
    const exchanges = Array.from({ length: 300 }, (_, id) =>
      withHeaders(id % 2 === 0 ? "baseline" : "candidate", id, [
        `x-litellm-${String.fromCharCode(97 + (id % 26)).repeat(1 + id / 26)}`,
        "1",
      ]),
    );
    const findings = findingsOf(exchanges);
    expect(findings.map(({ rule }) => rule)).toContain("hops-differ");
    expect(findingsOf([...exchanges].reverse())).toEqual(findings);
    const same = Array.from({ length: 64 }, (_, index): [string, string] => [
      `x-kong-${"a".repeat(1 + (index % 40))}${index < 40 ? "" : "b"}`,
      "1",
    ]);
    expect(differing(same, [...same, ["x-kong-zzz", "1"]])).toEqual({});
  });
});

describe("shapes of streams", () => {
  const events = (count: number): TokenEvent[] =>
    Array.from({ length: count }, (_, read) => ({ read, atNs: 1000 + read, kind: "content", characters: 4 }));
  const stream = (endpoint: EndpointRole, id: number, tokens: number, eventCount: number) =>
    on(endpoint, id, { completion: { usage: aUsage({ outputTokens: tokens }), tokenEvents: events(eventCount) } });
  const sides = (tokens: number) =>
    [0, 1, 2].flatMap((id) => [stream("baseline", 2 * id, 40, 40), stream("candidate", 2 * id + 1, tokens, 40)]);

  test("tokens an event", () => {
    const [finding] = findingsOf(sides(90));
    expect(finding).toMatchObject({
      rule: "tokens-per-event-differ",
      evidence: "tokens an event: baseline 1.00, candidate 2.25",
      sides: "pair",
      exchanges: { count: 6, of: 6 },
    });
    expect(finding).not.toHaveProperty("endpoint");
    expect(rulesSeen(...sides(50))).toEqual([]);
    expect(rulesSeen(stream("baseline", 0, 40, 40), stream("candidate", 1, 400, 40))).toEqual([]);
    // A thought that is counted and never sent is no larger event.
    const hidden = { usage: aUsage({ outputTokens: 90, reasoningTokens: 50 }), tokenEvents: events(40) };
    const thinking = [0, 1, 2].map((id) => on("candidate", 2 * id + 1, { completion: hidden }));
    expect(rulesSeen(...sides(40).filter(({ exchange }) => exchange.endpoint === "baseline"), ...thinking)).toEqual([]);
  });
});

test("vectors of different width", () => {
  const vectors = (endpoint: EndpointRole, id: number, width: number) =>
    watchedBody({
      api: "embeddings",
      exchange: { id, endpoint, arm: endpoint, variant: "body" },
      completion: { dimensions: [width], content: null, finishReason: null, choices: 0 },
    });
  expect(findingsOf([vectors("baseline", 0, 1536), vectors("candidate", 1, 1024)])).toMatchObject([
    { rule: "embedding-dimensions-differ", severity: "breaks", evidence: "dimensions: baseline 1536, candidate 1024" },
  ]);
  expect(rulesSeen(vectors("baseline", 0, 1024), vectors("candidate", 1, 1024))).toEqual([]);
});

test("an endpoint that was not asked is no difference", () => {
  expect(
    rulesSeen(withHeaders("baseline", 0, ["x-request-id", "1"], ["server", "a"], ["x-ratelimit-limit", "3"])),
  ).toEqual([]);
});
