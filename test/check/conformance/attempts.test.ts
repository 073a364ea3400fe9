/** What an attempt showed that twintail's own retry then repaired: clients that do not retry would have met it. */
import { expect, test } from "vitest";
import type { WatchedExchange } from "../../../src/check/conformance/watch.js";
import { decodeAttempt } from "../../../src/decode/decode.js";
import { sampleOf } from "../../../src/measure/sample.js";
import type { Attempt } from "../../../src/recording/recording.js";
import { content, headerLine, attempt as timed } from "../../recording/exchange-builder.js";
import { findingsOf, openaiEvents, stream } from "./exchanges.js";

const lost = { kind: "network", phase: "body", code: "ECONNRESET", message: "reset" } as const;
const cutAt = (endedMs: number): Attempt => timed({ reads: [[10, content("a")]], endedMs, outcome: lost });
const refused = (status: number, type: string, body: string, more: [string, string][] = []): Attempt =>
  timed({ status, headers: [["content-type", type], ...more], reads: [[10, body]] });

/** An exchange whose last attempt is a whole stream, after those named. */
function recovered(id: number, ...before: Attempt[]): WatchedExchange {
  const whole = stream(id, [[20, openaiEvents(`chatcmpl-${id}`, ["a", "b"]).join("")]]);
  return {
    ...whole,
    exchange: { ...whole.exchange, attempts: [...before, ...whole.exchange.attempts] },
    earlier: before.map((attempt) => ({ attempt, completion: decodeAttempt(attempt, "chat", "stream") })),
  };
}

const counts = (...exchanges: WatchedExchange[]) =>
  Object.fromEntries(findingsOf(exchanges).map(({ rule, exchanges: { count, of } }) => [rule, `${count}/${of}`]));

test("streams that were lost at one age are found although each was asked for again with success", () => {
  const exchanges = Array.from({ length: 20 }, (_, id) => recovered(id, cutAt(60_000)));
  expect(counts(...exchanges)).toMatchObject({ "stream-cut": "20/20", "streams-cut-at-one-age": "20/20" });
  expect(findingsOf([...exchanges].reverse())).toEqual(findingsOf(exchanges));
});

test("an exchange counts once, however many of its attempts were lost", () => {
  expect(counts(recovered(0, cutAt(60_000), cutAt(60_000), cutAt(60_000)))).toMatchObject({ "stream-cut": "1/1" });
  expect(counts(recovered(0, cutAt(60_000), cutAt(60_000), cutAt(60_000)))).not.toHaveProperty(
    "streams-cut-at-one-age",
  );
});

test.each([
  ["html-answer", refused(502, "text/html", "<html><title>502</title></html>")],
  ["error-envelope", refused(500, "text/plain", "upstream connect error")],
  ["error-code-number", refused(429, "application/json", '{"error":{"message":"slow","type":"x","code":429}}')],
  ["error-before-output", timed({ reads: [[10, 'data: {"error":{"message":"overloaded"}}\n\n']] })],
  [
    "retried-upstream",
    refused(500, "application/json", '{"error":{"message":"a","code":"b"}}', [["x-envoy-attempt-count", "3"]]),
  ],
])("%s of an attempt that was made good by the next", (rule, first) => {
  expect(counts(recovered(0, first), recovered(1))).toMatchObject({ [rule]: "1/2" });
  expect(counts(recovered(0))).not.toHaveProperty(rule);
});

test("the evidence is that of the attempt that shows it", () => {
  const [finding] = findingsOf([recovered(0, cutAt(60_000))]).filter(({ rule }) => rule === "stream-cut");
  expect(finding?.evidence).toMatch(/^ECONNRESET after 60\.0 s: …/);
});

test("judging hands on what every attempt decoded to", () => {
  const { exchange, golden } = recovered(0, cutAt(60_000), cutAt(30_000));
  const { earlier, completion } = sampleOf(exchange, golden, headerLine([golden]));
  expect(earlier.map(({ attempt, completion }) => [attempt.endedAtNs, completion.content])).toEqual([
    [exchange.attempts[0]?.endedAtNs, "a"],
    [exchange.attempts[1]?.endedAtNs, "a"],
  ]);
  expect(completion.content).toBe("ab");
});
