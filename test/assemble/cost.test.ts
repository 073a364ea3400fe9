/** Cost per thousand requests and per month, in round numbers. */
import { describe, expect, test } from "vitest";
import type { Attempt, HeaderLine } from "../../src/recording/recording.js";
import type { Summary } from "../../src/report/summary.js";
import { attempt, content, finish, usage } from "../recording/exchange-builder.js";
import { answer, asked, summaryOf, withEndpoint } from "./recorded.js";

/** 1,000 input tokens and 100 output tokens at these prices are 0.002 USD an answer, 2 USD a thousand. */
const price = { inputPerMTok: 1, outputPerMTok: 10 };
const priced =
  (requestsPerDay?: number) =>
  (header: HeaderLine): HeaderLine => ({
    ...withEndpoint(header, "candidate", { price }),
    judge: { ...header.judge, ...(requestsPerDay === undefined ? {} : { requestsPerDay }) },
  });
const ok = (dispatchedMs: number): Attempt => answer(100, dispatchedMs);
const silent = (dispatchedMs: number): Attempt => attempt({ dispatchedMs, reads: [[50, content("abcd") + finish()]] });
const refused = (dispatchedMs: number): Attempt => attempt({ dispatchedMs, status: 500, reads: [[5, "{}"]] });
const costOf = ({ cost }: Summary) => cost.candidate;

describe("by tokens", () => {
  test("usage × price, and a month of the traffic", () => {
    expect(costOf(summaryOf(asked("candidate", 10, ok), priced(10_000)))).toEqual({
      per1000Requests: 2,
      retriesPer1000Requests: 0,
      perMonth: 608.333,
      requests: 10,
      notes: [],
    });
  });

  test("what was thrown away is paid, and said", () => {
    // Half of the answers break off after their usage was said, and are asked again.
    const lost = (dispatchedMs: number): Attempt =>
      attempt({
        dispatchedMs,
        reads: [[50, content("abcd") + usage(1_000, 100)]],
        outcome: { kind: "network", phase: "body", code: "ECONNRESET", message: "reset" },
      });
    const summary = summaryOf(
      asked("candidate", 10, (dispatchedMs, index) =>
        index < 5 ? [lost(dispatchedMs), ok(dispatchedMs + 500)] : ok(dispatchedMs),
      ),
      priced(),
    );
    expect(costOf(summary)).toMatchObject({ per1000Requests: 3, retriesPer1000Requests: 1, perMonth: null });
    expect(costOf(summary).notes.join()).toContain("set traffic.requestsPerDay");
  });

  test("an answer without usage is taken as the average, a refusal as nothing", () => {
    const summary = summaryOf(
      asked("candidate", 10, (dispatchedMs, index) =>
        index === 0 ? silent(dispatchedMs) : index < 6 ? ok(dispatchedMs) : refused(dispatchedMs),
      ),
      priced(1_000),
    );
    expect(costOf(summary)).toMatchObject({ per1000Requests: 1.2, requests: 10, perMonth: 36.5 });
    expect(costOf(summary).notes).toEqual([
      "usage came with 5 of 6 answers: the others are taken as their average",
      "4 of 10 requests failed for good and count as nothing spent",
    ]);
  });

  test("is not known without price or usage, never 0", () => {
    const unpriced = costOf(summaryOf(asked("candidate", 3, ok)));
    expect(unpriced).toMatchObject({
      per1000Requests: null,
      perMonth: null,
      notes: ["no price: set `price` of the endpoint"],
    });
    const unused = costOf(summaryOf(asked("candidate", 3, silent), priced(1_000)));
    expect(unused).toMatchObject({ per1000Requests: null, perMonth: null, notes: ["no answer reported its usage"] });
  });

  test("cold trials and the other endpoint are not in it", () => {
    const cold = asked(
      "candidate",
      1,
      () => answer(100, 2_000_000),
      () => ({ id: 900, pairId: 900, phase: "cold" }),
    );
    const summary = summaryOf([...asked("baseline", 5, ok), ...asked("candidate", 5, ok), ...cold], priced(1_000));
    expect(costOf(summary)).toMatchObject({ per1000Requests: 2, requests: 5 });
    expect(summary.cost.baseline.per1000Requests).toBeNull();
  });
});

describe("by the hour", () => {
  const hourly =
    (requestsPerDay?: number) =>
    (header: HeaderLine): HeaderLine => ({
      ...priced(requestsPerDay)(header),
      endpoints: withEndpoint(header, "candidate", { price: { perHour: 10 } }).endpoints,
    });

  test("a month costs its hours, whatever the traffic", () => {
    const { per1000Requests, perMonth, notes } = costOf(summaryOf(asked("candidate", 3, ok), hourly()));
    expect([per1000Requests, perMonth]).toEqual([null, 7_300]);
    expect(notes.join()).toContain("whatever the traffic");
  });

  test("a thousand requests cost their part of it where the traffic is known", () => {
    // 240 USD a day over 24,000 requests.
    expect(costOf(summaryOf(asked("candidate", 3, ok), hourly(24_000)))).toMatchObject({
      per1000Requests: 10,
      perMonth: 7_300,
    });
  });
});

test("hours beside tokens that no answer counts are not the whole cost", () => {
  const hourly = (header: HeaderLine): HeaderLine =>
    withEndpoint(header, "candidate", { price: { ...price, perHour: 1 } });
  const cost = costOf(summaryOf(asked("candidate", 10, silent), hourly));
  expect(cost).toMatchObject({ per1000Requests: null, perMonth: null, notes: ["no answer reported its usage"] });
});
