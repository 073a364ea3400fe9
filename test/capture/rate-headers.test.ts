/** What endpoints say of their own limits, in the forms that they really use. */
import { describe, expect, test } from "vitest";
import { holdMs, resetMs } from "../../src/capture/rate-headers.js";

const NOW = Date.parse("2026-11-21T12:00:00Z");

describe("a reset", () => {
  test.each<[string, number | null]>([
    ["6s", 6_000],
    ["1m30s", 90_000],
    ["1h2m3.5s", 3_723_500],
    ["26ms", 26],
    ["120ms", 120],
    ["7.66s", 7_660],
    ["2m59.56s", 179_560],
    ["1d", 86_400_000],
    ["500us", 0.5],
    ["500µs", 0.5],
    // As bytes of UTF-8, one character each.
    ["500\u00c2\u00b5s", 0.5],
    ["0s", 0],
    ["17", 17_000],
    ["0.25", 250],
    [" 3 ", 3_000],
    [String(NOW / 1_000 + 12), 12_000],
    [String(NOW + 1_500), 1_500],
    [String(NOW / 1_000 - 5), 0],
    ["2026-11-21T12:00:07Z", 7_000],
    ["2026-11-21T11:00:00Z", 0],
    ["Sat, 21 Nov 2026 12:00:30 GMT", 30_000],
    ["-5", null],
    ["Infinity", null],
    ["soon", null],
    ["2026", 2_026_000],
    ["", null],
    ["6s later", null],
    [`${"1s".repeat(40)}x`, null],
  ])("of %s", (text, expected) => {
    const ms = resetMs(text, NOW);
    if (expected === null) expect(ms).toBeNull();
    else expect(ms).toBeCloseTo(expected, 6);
  });
});

describe("what remains", () => {
  const hold = (headers: Record<string, string>, share = 0.2): number | null =>
    holdMs(Object.entries(headers), share, NOW);

  test.each<[string, Record<string, string>, number | null]>([
    [
      "requests below the share",
      {
        "x-ratelimit-limit-requests": "100",
        "x-ratelimit-remaining-requests": "19",
        "x-ratelimit-reset-requests": "6s",
      },
      6_000,
    ],
    [
      "requests at the share",
      {
        "x-ratelimit-limit-requests": "100",
        "x-ratelimit-remaining-requests": "20",
        "x-ratelimit-reset-requests": "6s",
      },
      null,
    ],
    [
      "tokens below it, requests above",
      {
        "x-ratelimit-limit-requests": "100",
        "x-ratelimit-remaining-requests": "90",
        "x-ratelimit-reset-requests": "50s",
        "x-ratelimit-limit-tokens": "1000",
        "x-ratelimit-remaining-tokens": "1",
        "x-ratelimit-reset-tokens": "3s",
      },
      3_000,
    ],
    [
      "both below it: the later reset",
      {
        "x-ratelimit-limit-requests": "100",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "4s",
        "x-ratelimit-limit-tokens": "1000",
        "x-ratelimit-remaining-tokens": "1",
        "x-ratelimit-reset-tokens": "3s",
      },
      4_000,
    ],
    ["without a subject", { "x-ratelimit-limit": "10", "x-ratelimit-remaining": "1", "x-ratelimit-reset": "5" }, 5_000],
    [
      "as the IETF drafts have it",
      { "ratelimit-limit": "10, 10;w=60", "ratelimit-remaining": "1", "ratelimit-reset": "9" },
      9_000,
    ],
    [
      "as Anthropic has it",
      {
        "anthropic-ratelimit-input-tokens-limit": "1000",
        "anthropic-ratelimit-input-tokens-remaining": "10",
        "anthropic-ratelimit-input-tokens-reset": "2026-11-21T12:00:08Z",
      },
      8_000,
    ],
    [
      "a reset of no time: a second all the same",
      {
        "x-ratelimit-limit-tokens": "100",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "26ms",
      },
      1_000,
    ],
    [
      "a reset in hours: a minute at most",
      {
        "x-ratelimit-limit-tokens": "100",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "5h",
      },
      60_000,
    ],
    ["no reset: a minute", { "x-ratelimit-limit-tokens": "100", "x-ratelimit-remaining-tokens": "0" }, 60_000],
    [
      "a reset that nobody understands: a minute",
      { "x-ratelimit-limit": "100", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "later" },
      60_000,
    ],
    ["no limit beside it", { "x-ratelimit-remaining-tokens": "0" }, null],
    ["a limit of nothing", { "x-ratelimit-limit": "0", "x-ratelimit-remaining": "0" }, null],
    ["words", { "x-ratelimit-limit": "many", "x-ratelimit-remaining": "few" }, null],
    ["other headers", { "content-type": "text/event-stream", "x-request-id": "1" }, null],
  ])("%s", (_name, headers, expected) => {
    expect(hold(headers)).toBe(expected);
  });
});
