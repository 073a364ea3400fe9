import { describe, expect, it } from "vitest";
import { parseTrace } from "../../src/config/trace.js";

describe("a trace file", () => {
  it("of JSON lines has times in ms", () => {
    const text = '{"timestamp": 500, "input_length": 6955, "output_length": 52, "hash_ids": [0]}\n{"timestamp": 0}\n\n';
    expect(parseTrace(text, "t.jsonl")).toEqual([{ atMs: 0 }, { atMs: 500, inputTokens: 6955, outputTokens: 52 }]);
  });

  it("of CSV with dates counts from the first", () => {
    const text =
      "TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:15:46.6805900,374,44\r\n2023-11-16 18:15:50.9951690,396,109\r\n";
    const [first, second] = parseTrace(text, "t.csv");
    expect(first).toEqual({ atMs: 0, inputTokens: 374, outputTokens: 44 });
    expect(second?.atMs).toBeCloseTo(4_315, 0);
  });

  it("of CSV with numbers has seconds, unless their name says ms", () => {
    expect(parseTrace("Timestamp,Model,Request tokens,Response tokens\n5,x,472,18\n45,x,1087,230\n", "t.csv")).toEqual([
      { atMs: 0, inputTokens: 472, outputTokens: 18 },
      { atMs: 40_000, inputTokens: 1087, outputTokens: 230 },
    ]);
    expect(parseTrace("timestamp_ms\n5\n45\n", "t.csv").map(({ atMs }) => atMs)).toEqual([0, 40]);
  });

  it("may begin with a mark of byte order, or with empty lines", () => {
    expect(parseTrace('\uFEFF{"timestamp": 3}\n{"timestamp": 9}', "t.jsonl").map(({ atMs }) => atMs)).toEqual([0, 6]);
    expect(parseTrace("\uFEFF\n\ntimestamp_s\n1\n2\n", "t.csv").map(({ atMs }) => atMs)).toEqual([0, 1_000]);
  });

  it.each([
    ["2026-01-31", "2026-02-01", 86_400_000],
    ["2026-01-31 10:00", "2026-01-31 10:01", 60_000],
    ["2026-01-31T10:00:00.5Z", "2026-01-31T12:00:01+02:00", 500],
  ])("has dates such as %s", (one, other, apartMs) => {
    expect(parseTrace(`time\n${one}\n${other}\n`, "t.csv").map(({ atMs }) => atMs)).toEqual([0, apartMs]);
  });

  it("is played faster", () => {
    expect(parseTrace("timestamp_s\n0\n10\n", "t.csv", 4)[1]?.atMs).toBe(2_500);
  });

  it("says which line it cannot read, and why", () => {
    const refusal = (text: string): string => {
      try {
        parseTrace(text, "t");
      } catch (error) {
        return (error as Error).message;
      }
      return "";
    };
    expect(refusal("timestamp\nlater\n")).toBe(
      't:2: "later" is no time; write a number, or a date such as 2026-01-31T09:00:00Z',
    );
    expect(refusal('{"timestamp": 1}\n{"timestamp"\n')).toBe("t:2: not a line of JSON; mend or remove the line");
    expect(refusal("when,what\n1,2\n")).toBe(
      "t:1: no column says when; name one of them timestamp_ms, timestamp_s, timestamp",
    );
    expect(refusal("timestamp,input_tokens\n1,-4\n")).toBe('t:2: "-4" is no number of tokens; mend input_tokens');
    for (const text of ["1/2", "+5", "x-1", "2023-13-01", "2024-02-30 10:00", "May 2001"]) {
      expect(refusal(`timestamp\n${text}\n`)).toMatch(/^t:2: .* is no time;/);
    }
    expect(refusal("timestamp\n5\n5\n")).toBe(
      "t: all 2 arrivals of the trace come at one time; give their times, or a trace that has them",
    );
    expect(refusal("timestamp\n")).toBe("t: the trace holds no arrival; give JSON lines, or CSV with a header line");
  });
});
