import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { checkExpectations } from "../../src/check/expect/check.js";
import type { Completion, ToolCall } from "../../src/decode/completion.js";
import type { GoldenCase } from "../../src/golden/golden-set.js";
import { BUNDLED_GOLDEN_SET, loadGoldenSet } from "../../src/golden/load.js";
import { withNonce } from "../../src/golden/nonce.js";
import { AnswerBook } from "../../src/sim/answers.js";
import { cutAnswer } from "../../src/sim/pieces.js";

const { set, warnings } = loadGoldenSet(BUNDLED_GOLDEN_SET);

/** Cases a category, as the design has them. */
const CATEGORIES = {
  "short-chat": 3,
  "closed-form": 3,
  "long-context": 3,
  "multi-turn": 2,
  "multi-turn-tools": 2,
  "json-schema": 3,
  "json-object": 1,
  tools: 3,
  "tool-choice": 4,
  "tool-arguments": 1,
  safety: 2,
  code: 1,
  unicode: 2,
  "long-answer": 1,
  truncation: 1,
  stop: 1,
  logprobs: 1,
  determinism: 1,
  cancel: 1,
  vision: 1,
  embeddings: 1,
} as const;

/** A usual estimate, whichever of words and characters gives more. */
const tokensOf = (text: string): number => Math.ceil(Math.max(text.length / 4, text.split(/\s+/).length * 1.33));

const byId = (id: string): GoldenCase => {
  const found = set.cases.find((goldenCase) => goldenCase.id === id);
  if (found === undefined) throw new Error(`no case ${id}`);
  return found;
};

describe("the bundled set", () => {
  test("has its 38 cases in their categories", () => {
    const counts: Record<string, number> = {};
    for (const { category } of set.cases) counts[category] = (counts[category] ?? 0) + 1;
    expect(counts).toEqual(CATEGORIES);
    expect(set.cases).toHaveLength(38);
  });

  test("asks six cases both ways", () => {
    expect(set.cases.filter(({ variants }) => variants.length === 2)).toHaveLength(6);
  });

  test("gives no warning", () => {
    expect(warnings).toEqual([]);
  });

  test("names its JSON Schema in the first line", () => {
    expect(readFileSync(BUNDLED_GOLDEN_SET, "utf8").split("\n")[0]).toBe(
      "# yaml-language-server: $schema=./golden-set.schema.json",
    );
  });

  test("limits every answer", () => {
    for (const { id, api, request } of set.cases) {
      if (api !== "embeddings") expect(request.max_tokens, id).toEqual(expect.any(Number));
    }
  });

  test("is answered in about 3,000 tokens a round, two thirds of them the long answer", () => {
    let total = 0;
    let others = 0;
    for (const { category, variants, request, reference } of set.cases) {
      const calls = (reference?.tool_calls ?? []).map(({ name, arguments: args }) => name + JSON.stringify(args));
      const text = [reference?.content ?? "", ...calls].join(" ");
      const tokens = Math.min(tokensOf(text), (request.max_tokens as number | undefined) ?? 0) * variants.length;
      total += tokens;
      if (category !== "long-answer") others += tokens;
    }
    expect(total).toBeGreaterThan(2_700);
    expect(total).toBeLessThan(3_450);
    expect(others / 43).toBeLessThan(35);
  });

  test("hides each needle at its depth, in about 8,000 tokens", () => {
    for (const [id, depth] of [
      ["long-context-10", 0.1],
      ["long-context-50", 0.5],
      ["long-context-90", 0.9],
    ] as const) {
      const { request, expect: expectations } = byId(id);
      const [, question] = request.messages as { content: string }[];
      const text = question?.content ?? "";
      expect(tokensOf(text)).toBeGreaterThan(7_500);
      expect(tokensOf(text)).toBeLessThan(8_500);
      const needle = expectations.contains ?? "";
      expect(text.split(needle)).toHaveLength(2);
      expect(Math.abs(text.indexOf(needle) / text.length - depth)).toBeLessThan(0.02);
    }
  });

  test("has histories of 30 to 40 messages in its multi-turn cases, roles in turn", () => {
    for (const { request, category } of set.cases.filter((one) => one.category === "multi-turn")) {
      const messages = request.messages as { role: string }[];
      expect(messages.length, category).toBeGreaterThanOrEqual(30);
      expect(messages.length, category).toBeLessThanOrEqual(40);
      const turns = messages.slice(1).map(({ role }) => role);
      expect(turns).toEqual(turns.map((_, index) => (index % 2 === 0 ? "user" : "assistant")));
    }
  });

  test("has one long answer of at least 2,000 tokens, for the solo phase", () => {
    const { tags, request, reference, expect: expectations } = byId("long-answer");
    expect(tags).toContain("solo");
    expect(set.cases.filter((goldenCase) => goldenCase.tags.includes("solo"))).toHaveLength(1);
    expect(request.max_tokens).toBeGreaterThanOrEqual(2_500);
    expect(expectations.min_output_tokens).toBe(1_500);
    const lines = (reference?.content ?? "").trim().split("\n");
    expect(lines.map((line) => Number.parseInt(line, 10))).toEqual(Array.from({ length: 80 }, (_, index) => index + 1));
    for (const line of lines) expect(line.split(" ").length - 1).toBeGreaterThanOrEqual(17);
    for (const line of lines) expect(line.split(" ").length - 1).toBeLessThanOrEqual(20);
    expect(tokensOf(reference?.content ?? "")).toBeGreaterThanOrEqual(2_000);
  });

  test("carries its picture as a data URL", () => {
    expect(JSON.stringify(byId("vision-two-halves").request)).toContain("data:image/png;base64,iVBORw0KGgo");
  });
});

describe("the references of the bundled set", () => {
  const book = new AnswerBook(set);
  const answered = set.cases.filter(({ api, cancel }) => api === "chat" && cancel === undefined);

  test.each(answered.map((goldenCase) => [goldenCase.id, goldenCase] as const))(
    "%s meets its expectations",
    (_id, goldenCase) => {
      const body = { model: "m", ...withNonce("chat", goldenCase.request, "0123abcd") };
      const outcome = checkExpectations(goldenCase, simulated(goldenCase, body), body, null);
      expect(outcome.expectations.filter(({ met }) => !met)).toEqual([]);
      expect(outcome.met).toBe(true);
    },
  );

  // An answer that says nothing to the point has to fail, or the case tests nothing.
  test.each(answered.map((goldenCase) => [goldenCase.id, goldenCase] as const))("%s can fail", (_id, goldenCase) => {
    const completion = aCompletion({ content: "Let me think about it.", finishReason: "stop" }, 6);
    expect(checkExpectations(goldenCase, completion, goldenCase.request, null).met).toBe(false);
  });

  test("are cut by max_tokens in one case only", () => {
    const cut = answered.filter((goldenCase) => simulated(goldenCase, goldenCase.request).finishReason === "length");
    expect(cut.map(({ id }) => id)).toEqual(["truncated-at-max-tokens"]);
  });

  /** What the simulated endpoint would say, as decoding would give it. */
  function simulated(goldenCase: GoldenCase, body: Readonly<Record<string, unknown>>): Completion {
    const { pieces, finishReason } = cutAnswer(book.answer("chat", body), {
      maxTokens: body.max_tokens as number,
      stop: (body.stop as string[] | undefined) ?? [],
    });
    const toolCalls: ToolCall[] = [];
    let content = "";
    for (const piece of pieces) {
      if (piece.kind === "content") content += piece.text;
      if (piece.kind === "call") toolCalls.push({ ...aCall, id: `call_${piece.call}`, name: piece.name });
      const open = toolCalls.at(-1);
      if (piece.kind === "arguments" && open !== undefined) {
        toolCalls[toolCalls.length - 1] = { ...open, argumentsText: (open.argumentsText ?? "") + piece.text };
      }
    }
    const logprobs = goldenCase.request.logprobs === true ? { tokens: 1, topPerToken: 3, wellFormed: true } : null;
    const calls = toolCalls.map((call) => ({ ...call, arguments: JSON.parse(call.argumentsText ?? "{}") as unknown }));
    return aCompletion(
      { content: content === "" ? null : content, toolCalls: calls, finishReason, logprobs },
      pieces.length,
    );
  }
});

const aCall: ToolCall = { id: null, name: "", argumentsText: null, firstAtNs: 1, lastAtNs: 2 };

function aCompletion(over: Partial<Completion>, outputTokens: number): Completion {
  return {
    content: null,
    reasoning: "",
    refusal: null,
    toolCalls: [],
    finishReason: null,
    usage: {
      inputTokens: 10,
      outputTokens,
      reasoningTokens: null,
      cachedTokens: null,
      source: "usage",
      reasoningAdded: false,
    },
    model: "m",
    id: "chatcmpl-1",
    systemFingerprint: null,
    logprobs: null,
    dimensions: null,
    error: null,
    anomalies: [],
    eventCount: outputTokens,
    firstEventAtNs: 1,
    tokenEvents: [],
    done: true,
    ...over,
  };
}
