import { describe, expect, it } from "vitest";
import { ANOMALIES } from "../../src/decode/anomaly.js";
import { decodeAttempt } from "../../src/decode/decode.js";
import { attempt } from "../recording/exchange-builder.js";
import type { WireRow } from "./row.js";
import { WIRE_ROWS } from "./rows.js";

function decodeRow({ bytes, status, headers, api, variant }: WireRow) {
  const whole = Buffer.from(bytes);
  return decodeAttempt(attempt({ status, headers, reads: [[10, { b64: whole.toString("base64") }]] }), api, variant);
}

const NOTHING = { content: null, reasoning: "", refusal: null, finishReason: null, error: null, dimensions: null };

describe("every row of the wire catalogue", () => {
  it.each(WIRE_ROWS.map((row) => [`${row.row} (${row.variant}, ${row.seenAt})`, row] as const))("%s", (_name, row) => {
    const { toolCalls = [], usage = null, logprobs = null, ...rest } = row.expects;
    const made = decodeRow(row);
    expect(made).toMatchObject({ ...NOTHING, ...rest, logprobs });
    if (usage === null) expect(made.usage).toBeNull();
    else expect(made.usage).toMatchObject(usage);
    expect(made.toolCalls).toHaveLength(toolCalls.length);
    expect(made.toolCalls).toMatchObject(toolCalls);
    expect(made.anomalies.map(({ kind }) => kind).sort()).toEqual([...row.anomalies].sort());
    for (const { evidence } of made.anomalies) expect(evidence.length).toBeLessThanOrEqual(200);
  });

  it("have different names, so that each can be found", () => {
    const names = WIRE_ROWS.map(({ row, variant, api, seenAt }) => `${row} ${variant} ${api} ${seenAt}`);
    expect(new Set(names).size).toBe(names.length);
  });

  it("show every kind of fact at least once", () => {
    const shown = new Set(WIRE_ROWS.flatMap(({ anomalies }) => anomalies));
    expect(Object.keys(ANOMALIES).filter((kind) => !shown.has(kind as keyof typeof ANOMALIES))).toEqual([]);
  });

  it("are silent about what was cut by us, not by the endpoint", () => {
    const torn = new Set(["unterminated-line", "unterminated-event", "event-not-json", "done-unterminated"]);
    for (const row of WIRE_ROWS.filter(({ status, variant }) => status === 200 && variant === "stream")) {
      const whole = Buffer.from(row.bytes);
      const cut = whole.subarray(0, Math.floor(whole.length / 2));
      const made = decodeAttempt(
        attempt({
          headers: row.headers,
          reads: [[10, { b64: cut.toString("base64") }]],
          outcome: { kind: "cancelled", by: "plan" },
        }),
        row.api,
        row.variant,
      );
      const seen = made.anomalies.filter(({ kind }) => torn.has(kind) && !row.anomalies.includes(kind));
      expect([row.row, seen]).toEqual([row.row, []]);
    }
  });
});
