import { describe, expect, it } from "vitest";
import { formatDurationMs, parseDurationMs } from "../../src/core/duration.js";

describe("parseDurationMs", () => {
  it.each([
    ["500ms", 500],
    ["10s", 10_000],
    ["2m", 120_000],
    ["1.5h", 5_400_000],
    ["1m30s", 90_000],
    ["0", 0],
  ])("%s is %d ms", (text, ms) => expect(parseDurationMs(text)).toBe(ms));

  it.each(["", "10", "10 s", "s", "-1s", "1m 30", "NaNs"])("refuses %j", (text) =>
    expect(() => parseDurationMs(text)).toThrow(/is not a duration; write it as/),
  );
});

describe("formatDurationMs", () => {
  it.each([
    [850, "850 ms"],
    [2_340, "2.3 s"],
    [12_400, "12 s"],
    [125_000, "2 min 5 s"],
    [4_320_000, "1 h 12 min"],
  ])("%d ms is %s", (ms, text) => expect(formatDurationMs(ms)).toBe(text));
});
