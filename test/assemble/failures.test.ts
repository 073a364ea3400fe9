/** Failures in their classes, what asking again cost, and what only looks like an outage. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { GoldenCase } from "../../src/golden/golden-set.js";
import type { Attempt, Exchange, HeaderLine, Outcome } from "../../src/recording/recording.js";
import type { Summary } from "../../src/report/summary.js";
import { score } from "../../src/score.js";
import { aCase } from "../check/build.js";
import { attempt, content, exchange, finish, headerLine, usage } from "../recording/exchange-builder.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-failures-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

const golden = (id: string): GoldenCase => ({ ...aCase({}), id });

/** Requests of the candidate, one after the other: each begins 1 s after the one before. */
function scored(
  requests: readonly (readonly [caseId: string, ...attempts: ((dispatchedMs: number) => Attempt)[]])[],
  price?: { inputPerMTok: number; outputPerMTok: number },
): Summary {
  const exchanges = requests.map(([caseId, ...attempts], index): Exchange => {
    const made = attempts.map((make, each) => make(1_000 * index + 100 * each));
    const withBackoff = made.map((each, ordinal) =>
      ordinal < made.length - 1 ? { ...each, backoff: { ms: 1_500, from: "exponential" as const } } : each,
    );
    return exchange(withBackoff, {
      id: index,
      pairId: index,
      caseId,
      round: index,
      endpoint: "candidate",
      arm: "candidate",
    });
  });
  const cases = [...new Set(requests.map(([caseId]) => caseId))].map(golden);
  const header = headerLine(cases, exchanges);
  const priced: HeaderLine =
    price === undefined
      ? header
      : { ...header, endpoints: { ...header.endpoints, candidate: { ...header.endpoints.candidate, price } } };
  const segment = { type: "segment", id: 0, hrtimeOriginNs: "0", wallClockMs: 0, bootId: "b", host: "h", shard: null };
  const file = join(folder, `${files++}.jsonl`);
  writeFileSync(file, [priced, segment, ...exchanges].map((line) => `${JSON.stringify(line)}\n`).join(""));
  return score(file).summary;
}

const ok = (dispatchedMs: number): Attempt =>
  attempt({
    dispatchedMs,
    reads: [
      [50, content("abcd")],
      [60, finish() + usage(1_000, 1)],
    ],
  });
const status =
  (code: number, body: string) =>
  (dispatchedMs: number): Attempt =>
    attempt({ dispatchedMs, status: code, reads: [[5, body]] });
const ended =
  (outcome: Outcome) =>
  (dispatchedMs: number): Attempt =>
    attempt({ dispatchedMs, reads: [[50, content("abcdefgh")]], outcome });
const badGateway = status(502, '{"error":{"message":"no such field","type":"upstream_error","code":null}}');

const classes = ({ failures }: Summary) => failures.candidate.map((group) => [group.class, group.attempts]);

describe("every failure has one class", () => {
  const unsent = (outcome: Outcome) => (dispatchedMs: number) => {
    const { status: _status, headers: _headers, headersAtNs: _at, ...rest } = attempt({ dispatchedMs, outcome });
    return rest;
  };
  test.each<[string, (dispatchedMs: number) => Attempt, string | null]>([
    ["network: dns", unsent({ kind: "network", phase: "dns", code: "ENOTFOUND", message: "no" }), "ENOTFOUND"],
    ["network: tls", unsent({ kind: "network", phase: "tls", code: "EPROTO", message: "no" }), "EPROTO"],
    ["timeout: connect", unsent({ kind: "timeout", phase: "connect", afterMs: 5 }), null],
    ["timeout: first byte", unsent({ kind: "timeout", phase: "firstByte", afterMs: 5 }), null],
    ["timeout: idle", ended({ kind: "timeout", phase: "idle", afterMs: 5 }), null],
    ["broken stream", ended({ kind: "network", phase: "body", code: "ECONNRESET", message: "reset" }), "ECONNRESET"],
    ["broken stream", ended({ kind: "complete" }), null],
    ["truncated", ended({ kind: "truncated", limitBytes: 5 }), null],
    ["HTTP 401", status(401, '{"error":{"message":"bad key","code":"invalid_api_key"}}'), "invalid_api_key"],
    ["HTTP 402", status(402, '{"error":{"message":"empty","type":"insufficient_funds"}}'), "insufficient_funds"],
    ["HTTP 429", status(429, '{"detail":"slow down"}'), null],
    ["HTTP 503", status(503, "<html><title>Maintenance</title>"), null],
    ["HTTP 308", status(308, ""), null],
    ["error in the answer", status(200, 'data: {"error":{"message":"lost","code":500}}\n\n'), "500"],
  ])("%s", (expected, make, code) => {
    const { failures } = scored([["a", make]]);
    expect(failures.candidate).toMatchObject([{ class: expected, code, attempts: 1, exchanges: 1, cases: ["a"] }]);
    expect(failures.baseline).toEqual([]);
  });

  test("messages that differ in an id alone are one group, in the words of the first", () => {
    const busy = (id: string) => status(503, JSON.stringify({ error: { message: `busy (request ${id})` } }));
    const { failures } = scored([
      ["a", busy("req-81a2"), ok],
      ["b", busy("req-93ff"), busy("req-10c4")],
    ]);
    expect(failures.candidate).toEqual([
      {
        class: "HTTP 503",
        code: null,
        message: "HTTP 503: busy (request req-81a2)",
        attempts: 3,
        exchanges: 1,
        cases: ["a", "b"],
      },
    ]);
  });
});

describe("retries", () => {
  test("do not hide what their first attempts showed on the wire", () => {
    const dropped = ended({ kind: "network", phase: "body", code: "ECONNRESET", message: "reset" });
    const { findings } = scored([
      ["a", dropped, ok],
      ["b", ok],
      ["c", status(502, "<html><title>502</title></html>"), ok],
    ]);
    expect(findings.find(({ rule }) => rule === "stream-cut")).toMatchObject({
      caseId: "a",
      exchanges: { count: 1, of: 3 },
    });
    expect(findings.find(({ rule }) => rule === "html-answer")).toMatchObject({ caseId: "c" });
  });

  test("amplify requests and waste begun answers, whose cost is estimated where no usage came", () => {
    const dropped = ended({ kind: "network", phase: "body", code: "ECONNRESET", message: "reset" });
    const { retries, rates } = scored(
      [
        ["a", ok],
        ["a", dropped, ok],
        ["a", status(429, "{}"), status(429, "{}"), ok],
        ["a", status(500, "{}"), status(500, "{}")],
      ],
      { inputPerMTok: 10, outputPerMTok: 100 },
    );
    expect(retries.candidate).toEqual({
      exchanges: 4,
      attempts: 8,
      amplification: 2,
      retried: 3,
      recovered: 2,
      backoffMs: 6_000,
      discardedAnswers: 1,
      // 8 characters at 4 a token, and the 1,000 input tokens that the same request has when it is answered.
      discardedOutputTokens: 2,
      discardedCostUsd: (1_000 * 10 + 2 * 100) / 1e6,
    });
    // First attempts and final outcomes are counted apart.
    expect(rates.errors?.candidate).toMatchObject({ count: 3, of: 4 });
    expect(rates.errors_final?.candidate).toMatchObject({ count: 1, of: 4 });
  });

  test("no figure is made up: without prices there is no cost, without retries the factor is 1", () => {
    expect(scored([["a", ok]]).retries.candidate).toMatchObject({
      amplification: 1,
      retried: 0,
      discardedAnswers: 0,
      discardedCostUsd: null,
    });
    expect(scored([["a", ok]]).retries.baseline).toMatchObject({ exchanges: 0, amplification: null });
  });
});

describe("a 502 that repeats on one case and no other", () => {
  const answered = (n: number): [string, typeof ok][] =>
    Array.from({ length: n }, (_, index) => [`c${index % 10}`, ok]);

  test("is an unsupported feature, not an outage", () => {
    const summary = scored([
      ["schema", badGateway, badGateway, badGateway],
      ...answered(40),
      ["schema", badGateway, badGateway, badGateway],
    ]);
    expect(classes(summary)).toEqual([["unsupported feature", 6]]);
    expect(summary.rates.unsupported_feature?.candidate).toMatchObject({ count: 2, of: 42 });
    expect(summary.rates.http_5xx?.candidate.count).toBe(0);
    expect(summary.rates.errors?.candidate.count).toBe(2);
  });

  test("two features of one endpoint are found side by side", () => {
    const summary = scored([
      ["schema", badGateway, badGateway, badGateway],
      ["logprobs", badGateway, badGateway, badGateway],
      ...answered(60),
      ["logprobs", badGateway, badGateway, badGateway],
      ["schema", badGateway, badGateway, badGateway],
    ]);
    expect(classes(summary)).toEqual([["unsupported feature", 12]]);
  });

  test.each<[string, Parameters<typeof scored>[0]]>([
    ["once it was answered", [["x", badGateway, badGateway], ...answered(30), ["x", badGateway, ok]]],
    ["while nothing else was answered", [["x", badGateway, badGateway, badGateway], ...answered(30)]],
    [
      "where others fail the same way too often",
      [
        ["x", badGateway],
        ...Array.from({ length: 20 }, (_, index) => ["c", index % 3 === 0 ? badGateway : ok] as const),
        ["x", badGateway],
      ],
    ],
    [
      "as 503, which says that capacity is missing",
      [["x", status(503, "{}"), status(503, "{}")], ...answered(30), ["x", status(503, "{}"), status(503, "{}")]],
    ],
    ["seen once", [["x", badGateway], ...answered(30)]],
    ["in one exchange, however often that was tried", [["x", badGateway, badGateway, badGateway], ...answered(30)]],
  ])("it stays what it is %s", (_name, requests) => {
    expect(classes(scored(requests)).map(([name]) => name)).not.toContain("unsupported feature");
  });
});
