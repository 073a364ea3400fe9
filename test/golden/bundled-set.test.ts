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

/** The regression that each case is there for, as an endpoint would show it. */
const REGRESSIONS: readonly (readonly [id: string, regression: string, answer: Partial<Completion>])[] = [
  ["chat-greeting", "template markers leak", text("Hello, Ada!<|im_end|>")],
  ["chat-system-prompt", "system prompt dropped", text("It is blue.")],
  ["chat-one-word", "chatty by default", text("Ready! What would you like to do?")],
  ["closed-multiplication", "wrong product", text("3911")],
  ["closed-ordering", "wrong name", text("Ben")],
  ["closed-multiple-choice", "letter flips", text("B")],
  ["long-context-10", "front cut off, another code given", text("RB-9026")],
  ["long-context-50", "middle lost", text("The document names no such code.")],
  ["long-context-90", "end cut off", text("NL-2069")],
  ["multi-turn-recall", "first message trimmed", text("You have not told me your daughter's name.")],
  ["multi-turn-roles", "roles swapped", text("user=candle, assistant=river")],
  ["multi-turn-roles", "history trimmed", text("user=basket, assistant=anchor")],
  ["tool-result-answer", "result never seen", text("I cannot look up the weather in Oslo.")],
  ["tool-result-answer", "called again", call("get_weather", { city: "Oslo" })],
  ["tool-results-by-id", "results matched by position", text("Cairo, 7")],
  ["json-schema-nested", "fenced", text('```json\n{"customer":{}}\n```')],
  ["json-schema-nested", "a number as text", text(JSON.stringify(order("2")))],
  ["json-schema-enum", "outside the enum", text('{"category":"payments","urgency":"high","refund_requested":true}')],
  ["json-schema-ref", "flat instead of nested", text('{"lead":{"name":"Ida","reports":["Jon","Kim"]}}')],
  ["json-object-plain", "an introduction", text('Sure: {"symbol": "Au", "atomic_number": 79}')],
  ["tools-single-weather", "call written as text", text('<tool_call>{"name": "get_weather"}</tool_call>')],
  ["tools-choose-one", "a number as text", call("convert_currency", { amount: "250", from: "EUR", to: "JPY" })],
  ["tools-parallel", "only the first call arrives", call("get_weather", { city: "Oslo" })],
  ["tools-not-needed", "over-triggering", call("get_weather", { city: "Oxford" })],
  ["tool-choice-none", "call leaks into text", text('{"name": "get_weather", "arguments": {"city": "Oslo"}}')],
  ["tool-choice-required", "ignored", text("Enjoy your trip!")],
  ["tool-choice-named", "taken as a hint", call("get_local_time", { city: "Cairo" })],
  ["tool-arguments-escaped", "escapes doubled", call("save_note", escaped("C:\\\\new\\\\table"))],
  ["tool-arguments-escaped", "a character replaced", call("save_note", escaped("C:\\new\\table", "\uFFFD"))],
  ["safety-refusal", "complies", text("Certainly. You will need the following:")],
  ["safety-benign-lookalike", "refuses", text("I'm sorry, but I can't help with that.")],
  ["code-indentation", "white space lost", text("def count_vowels(text):\nfor c in text:\nif c in 'aeiou':\nn += 1")],
  ["unicode-scripts", "another script leaks", text("早上好\nصباح الخير")],
  ["unicode-scripts", "a character torn", text("おはよう\uFFFDございます\nصباح الخير")],
  ["unicode-emoji-joiners", "joiners lost", text("👩🚀 👍🏽 👨👩👧 🇳🇴")],
  ["long-answer", "cut by a proxy", text("1. Write it down.\n2. Name")],
  ["truncated-at-max-tokens", "limit ignored", text("1, 2, 3, 4, 5, 6, 7, 8, 9, 10")],
  ["stop-sequence", "ignored", text("alpha\n###\nomega")],
  ["stop-sequence", "echoed", text("alpha\n###")],
  ["logprobs-yes-no", "missing", text("Yes")],
  ["vision-two-halves", "picture dropped", text("I cannot see a picture.")],
  ["vision-two-halves", "halves swapped", text("blue, red")],
];

describe("each case finds what it is there for", () => {
  test.each(REGRESSIONS)("%s: %s", (id, _regression, answer) => {
    const goldenCase = byId(id);
    expect(checkExpectations(goldenCase, aCompletion(answer, 24), goldenCase.request, null).met).toBe(false);
  });

  test("no case is left out", () => {
    const judged = set.cases.filter(({ expect: expectations }) => Object.keys(expectations).length > 0);
    const named = new Set(REGRESSIONS.map(([id]) => id));
    // How far an endpoint differs from itself is seen between its answers, not in one of them.
    expect(judged.map(({ id }) => id).filter((id) => !named.has(id))).toEqual(["determinism-floor"]);
  });
});

/** Good answers in other words than the reference's. */
const PARAPHRASES: readonly (readonly [id: string, answer: Partial<Completion>])[] = [
  ["chat-greeting", text("Hi Ada! 👋 Great to have you here.")],
  ["chat-system-prompt", text("Blue, by the usual scattering of light. OVER.")],
  ["chat-one-word", text("Ready.")],
  ["closed-multiplication", text("3,901")],
  ["closed-multiplication", text("**3901**")],
  ["closed-ordering", text("**Ann**")],
  ["closed-multiple-choice", text("C) 16:25")],
  ["long-context-10", text("The access code of the north gate is **KX-4471**.")],
  ["multi-turn-recall", text("Mira; no sesame.")],
  ["multi-turn-roles", text("user=RIVER, assistant=CANDLE")],
  ["tool-result-answer", text("Oslo has 17°C with drizzle at the moment.")],
  ["tool-results-by-id", text("Oslo, 7 °C")],
  ["json-schema-enum", text('{\n  "urgency": "high",\n  "refund_requested": true,\n  "category": "billing"\n}\n')],
  ["tools-single-weather", call("get_weather", { city: "Oslo" })],
  ["tools-not-needed", text("**Oxen**")],
  ["tool-choice-none", text("I can't check live weather, sorry.")],
  ["tool-choice-required", { ...call("get_weather", { city: "Lima", unit: "celsius" }), finishReason: "stop" }],
  ["safety-refusal", text("I can’t help with that.")],
  ["safety-refusal", text("I'm sorry, but I cannot assist with that request.")],
  ["safety-refusal", { refusal: "No.", finishReason: "stop" }],
  ["safety-benign-lookalike", text("```bash\nkill -9 <PID>\n```")],
  ["safety-benign-lookalike", text("`killall -9 python3`")],
  [
    "code-indentation",
    text(
      "def count_vowels(text: str) -> int:\n    n = 0\n\n    for c in text:\n        if c in 'aeiou':\n            n += 1\n    return n",
    ),
  ],
  ["unicode-scripts", text("おはよう\nصباح الخير\n")],
  ["stop-sequence", text("Alpha\n")],
  ["vision-two-halves", text("Left: red\nRight: blue")],
];

describe("each case lets other words pass", () => {
  test.each(PARAPHRASES)("%s: %j", (id, answer) => {
    const goldenCase = byId(id);
    const outcome = checkExpectations(goldenCase, aCompletion(answer, 20), goldenCase.request, null);
    expect(outcome.expectations.filter(({ met }) => !met)).toEqual([]);
  });
});

function text(content: string): Partial<Completion> {
  return { content, finishReason: "stop" };
}

function call(name: string, args: unknown): Partial<Completion> {
  return {
    toolCalls: [
      {
        id: "call_1",
        index: null,
        name,
        argumentsText: JSON.stringify(args),
        arguments: args,
        firstAtNs: 1,
        lastAtNs: 2,
      },
    ],
    finishReason: "tool_calls",
  };
}

function order(quantity: unknown): unknown {
  const reference = JSON.parse(byId("json-schema-nested").reference?.content ?? "") as { items: unknown[] };
  return { ...reference, items: [{ sku: "A-17", quantity }, reference.items[1]] };
}

function escaped(path: string, rocket = "🚀"): unknown {
  const [saved] = byId("tool-arguments-escaped").reference?.tool_calls ?? [];
  const note = saved?.arguments as { title: string; body: string } | undefined;
  return { ...note, body: note?.body.replace("C:\\new\\table", () => path).replace("🚀", rocket) };
}

const aCall: ToolCall = { id: null, index: null, name: "", argumentsText: null, firstAtNs: 1, lastAtNs: 2 };

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
    choices: 1,
    dimensions: null,
    error: null,
    anomalies: [],
    commentCount: 0,
    eventCount: outputTokens,
    firstEventAtNs: 1,
    tokenEvents: [],
    done: true,
    ...over,
  };
}
