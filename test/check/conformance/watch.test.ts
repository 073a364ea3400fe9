import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type WatchedExchange, watchConformance } from "../../../src/check/conformance/watch.js";
import { ANOMALIES, type AnomalyKind } from "../../../src/decode/anomaly.js";
import { aCall, anExchange, aUsage } from "../build.js";
import { failed, findingsOf, GOOD, type Parts, rulesSeen, watched, watchedBody, withAnomaly } from "./exchanges.js";

test("an ordinary stream and an ordinary body give no cause", () => {
  expect(rulesSeen(watched())).toEqual([]);
  expect(rulesSeen(watchedBody())).toEqual([]);
});

test("one finding a rule and endpoint, with its counts, its first case, and short evidence", () => {
  const exchanges = Array.from({ length: 10 }, (_, id) => {
    const of = (endpoint: "baseline" | "candidate", done: boolean) =>
      watched({
        completion: { done },
        attempt: { reads: [[1, `data: ${"x".repeat(5000)}`]] },
        exchange: { id: 2 * id + (endpoint === "baseline" ? 0 : 1), caseId: `case-${id}`, endpoint },
      });
    return [of("candidate", id % 2 === 0), of("baseline", id !== 3)];
  }).flat();
  const findings = findingsOf(exchanges);
  expect(findings).toMatchObject([
    {
      rule: "done-missing",
      severity: "differs",
      endpoint: "baseline",
      caseId: "case-3",
      exchanges: { count: 1, of: 10 },
    },
    {
      rule: "done-missing",
      severity: "differs",
      endpoint: "candidate",
      caseId: "case-1",
      exchanges: { count: 5, of: 10 },
    },
  ]);
  expect(findings[1]?.evidence).toBe("x".repeat(200));
  expect(findings[1]?.clients).not.toBe("");
});

describe("sides", () => {
  const noDone = (endpoint: "baseline" | "candidate", id: number) =>
    watched({ completion: { done: false }, exchange: { endpoint, id } });
  const sidesOf = (...exchanges: WatchedExchange[]) =>
    findingsOf(exchanges).map(({ endpoint, sides }) => [endpoint, sides]);

  test("say where a rule was seen at all", () => {
    expect(sidesOf(noDone("candidate", 0), watched({ exchange: { endpoint: "baseline", id: 1 } }))).toEqual([
      ["candidate", "candidate"],
    ]);
    expect(sidesOf(noDone("baseline", 0))).toEqual([["baseline", "baseline"]]);
    expect(sidesOf(noDone("candidate", 0), noDone("baseline", 1))).toEqual([
      ["baseline", "both"],
      ["candidate", "both"],
    ]);
  });
});

test("the gravest findings come first", () => {
  expect(findingsOf([watched({ completion: { done: false, usage: null } })]).map(({ severity }) => severity)).toEqual([
    "breaks",
    "differs",
  ]);
});

test("a fact that decoding notes twice is one sighting", () => {
  const twice = withAnomaly("tool-name-repeated");
  const [anomaly] = twice.completion.anomalies;
  const completion = { ...GOOD, anomalies: anomaly === undefined ? [] : [anomaly, anomaly] };
  expect(findingsOf([{ ...twice, completion }])).toMatchObject([{ exchanges: { count: 1, of: 1 } }]);
});

test("an exchange without an attempt is passed over", () => {
  const watch = watchConformance();
  watch.see({ ...watched(), exchange: anExchange({ attempts: [] }) });
  expect(watch.findings()).toEqual([]);
});

/** Exchanges of many kinds, faults and endpoints, with ids of their own. */
const anyParts = fc.record({
  endpoint: fc.constantFrom("baseline" as const, "candidate" as const),
  kind: fc.constantFrom(...(Object.keys(ANOMALIES) as AnomalyKind[])),
  what: fc.constantFrom("anomaly", "usage", "finish", "status", "cut", "id", "header", "call", "body"),
  number: fc.integer({ min: 1, max: 5 }),
});

function made({ endpoint, kind, what, number }: typeof anyParts extends fc.Arbitrary<infer T> ? T : never, id: number) {
  const exchange = { id, caseId: `case-${id}`, endpoint };
  const of = (parts: Parts): WatchedExchange => watched({ ...parts, exchange: { ...exchange, ...parts.exchange } });
  const evidence = `${kind} of ${id}`;
  switch (what) {
    case "usage":
      return of({ completion: { usage: number > 2 ? aUsage({ outputTokens: number }) : null } });
    case "finish":
      return of({ completion: { finishReason: ["eos", "", null, "stop", "length"][number - 1] ?? null } });
    case "status":
      return failed(400 + number * 25, { code: String(number) }, { exchange });
    case "cut": {
      const outcome = { kind: "network", phase: "body", code: "ECONNRESET", message: "reset" } as const;
      return of({ attempt: { outcome, endedAtNs: number * 6e9 }, completion: { finishReason: null } });
    }
    case "id":
      return of({ completion: { id: `chatcmpl-${number}` } });
    case "header":
      return of({
        attempt: {
          headers: [
            ["x-request-id", `r-${id}`],
            ["server", `s-${number}`],
            ["age", `${number}`],
          ],
        },
      });
    case "call":
      return of({ completion: { toolCalls: [aCall("f", '{"a', `call-${number}`)] } });
    case "body":
      return watchedBody({ exchange, completion: { usage: null } });
    default:
      return of({ completion: { anomalies: [{ kind, evidence }] } });
  }
}

test("the order of exchanges never changes the findings", () => {
  fc.assert(
    fc.property(fc.array(anyParts, { minLength: 1, maxLength: 60 }), fc.infiniteStream(fc.nat()), (parts, keys) => {
      const exchanges = parts.map(made);
      const shuffled = exchanges
        .map((exchange) => ({ exchange, key: Number(keys.next().value) }))
        .sort((a, b) => a.key - b.key)
        .map(({ exchange }) => exchange);
      expect(findingsOf(shuffled)).toEqual(findingsOf(exchanges));
    }),
    { numRuns: 150 },
  );
});
