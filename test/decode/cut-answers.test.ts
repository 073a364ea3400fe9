/** Answers that did not come to their end: what they lack is no fact about the wire, and what they said is kept. */
import { describe, expect, it } from "vitest";
import { decodeAttempt } from "../../src/decode/decode.js";
import { failureOf } from "../../src/decode/failure.js";
import type { Api } from "../../src/golden/golden-set.js";
import type { Outcome } from "../../src/recording/recording.js";
import { attempt, content, DONE, event, finish } from "../recording/exchange-builder.js";

const LOST: Outcome = { kind: "network", phase: "body", code: "ECONNRESET", message: "reset" };
const OPEN: Outcome = { kind: "timeout", phase: "idle", afterMs: 60_000 };
const LATE: Outcome = { kind: "timeout", phase: "total", afterMs: 60_000 };

function facts(texts: readonly string[], outcome: Outcome = { kind: "complete" }, api: Api = "chat") {
  const made = attempt({ reads: texts.map((text, index) => [10 * (index + 1), text]), outcome });
  return decodeAttempt(made, api, "stream")
    .anomalies.map(({ kind }) => kind)
    .filter((kind) => kind.startsWith("tool-arguments"));
}

const begun = (more: object): string =>
  event({ tool_calls: [{ index: 0, id: "a", type: "function", function: { name: "f", ...more } }] });

describe("a tool call of an answer that was cut", () => {
  const ends: readonly (readonly [string, readonly string[], Outcome])[] = [
    ["by a time limit", [], OPEN],
    ["by a lost connection", [], LOST],
    ["by the plan", [], { kind: "cancelled", by: "plan" }],
    ["without a finish reason", [DONE], { kind: "complete" }],
    ["by its token limit", [finish("length"), DONE], { kind: "complete" }],
  ];
  it.each(ends)("%s shows nothing of its arguments", (_name, end, outcome) => {
    for (const more of [{ arguments: "" }, {}, { arguments: null }, { arguments: '{"city":' }]) {
      expect(facts([begun(more), ...end], outcome)).toEqual([]);
    }
  });

  it("but one that ended shows each", () => {
    const end = [finish("tool_calls"), DONE];
    expect(facts([begun({ arguments: "" }), ...end])).toEqual(["tool-arguments-empty"]);
    expect(facts([begun({}), ...end])).toEqual(["tool-arguments-missing"]);
    expect(facts([begun({ arguments: null }), ...end])).toEqual(["tool-arguments-null"]);
    expect(facts([begun({ arguments: '{"a":1}' }), ...end])).toEqual(["tool-arguments-whole"]);
    expect(facts([begun({ arguments: '{"a":' }), event({ tool_calls: [{ index: 0 }] }), ...end])).toContain(
      "tool-arguments-not-json",
    );
  });

  it("in /responses shows nothing either", () => {
    const added = { type: "function_call", id: "fc_1", call_id: "call_a", name: "f" };
    const text = `data: ${JSON.stringify({ type: "response.output_item.added", output_index: 0, item: added, sequence_number: 0 })}\n\n`;
    for (const outcome of [OPEN, LOST]) expect(facts([text], outcome, "responses")).toEqual([]);
  });
});

describe("an error that the endpoint put into the stream", () => {
  const error = `data: ${JSON.stringify({ error: { message: "CUDA out of memory", code: 500 } })}\n\n`;
  it.each([
    ["a lost connection", LOST],
    ["an idle connection", OPEN],
    ["the whole time limit", LATE],
  ] as const)("is the failure, not %s after it", (_name, outcome) => {
    const made = attempt({ reads: [[10, content("Hel") + error]], outcome });
    expect(failureOf(made, decodeAttempt(made, "chat", "stream"), "chat")).toMatchObject({
      kind: "in_band_error",
      code: "500",
      message: "HTTP 200, but CUDA out of memory",
    });
  });

  it("is none where the stream said nothing of it", () => {
    for (const [outcome, kind] of [
      [LOST, "broken_stream"],
      [OPEN, "timeout"],
    ] as const) {
      const made = attempt({ reads: [[10, content("Hel")]], outcome });
      expect(failureOf(made, decodeAttempt(made, "chat", "stream"), "chat")?.kind).toBe(kind);
    }
  });
});

describe("an embedding without a single number", () => {
  it.each([[[[]]], [[[0.1], []]], [["" as unknown]]])("is no success: %j", (vectors) => {
    const made = attempt({
      headers: [["content-type", "application/json"]],
      reads: [[10, JSON.stringify({ object: "list", data: vectors.map((embedding) => ({ embedding })), model: "m" })]],
    });
    expect(failureOf(made, decodeAttempt(made, "embeddings", "body"), "embeddings")?.kind).toBe("parse_error");
  });
});
