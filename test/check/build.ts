/** Answers, cases and exchanges for the tests of this room: what a test does not name is ordinary. */
import type { Completion, ToolCall, Usage } from "../../src/decode/completion.js";
import type { Expectations, GoldenCase } from "../../src/golden/golden-set.js";
import type { Attempt, Exchange } from "../../src/recording/recording.js";

export function aCase(expect: Expectations, request: Record<string, unknown> = {}): GoldenCase {
  return {
    id: "a-case",
    category: "short chat",
    tags: [],
    detects: "nothing",
    api: "chat",
    variants: ["stream"],
    repeat: 1,
    prefix: "unique",
    request: { messages: [{ role: "user", content: "Say hello." }], ...request },
    expect,
  };
}

export function anAnswer(over: Partial<Completion> = {}): Completion {
  return {
    content: null,
    reasoning: "",
    refusal: null,
    toolCalls: [],
    finishReason: "stop",
    usage: null,
    model: "a-model",
    id: "chatcmpl-1",
    systemFingerprint: null,
    logprobs: null,
    choices: 1,
    dimensions: null,
    error: null,
    anomalies: [],
    eventCount: 3,
    commentCount: 0,
    firstEventAtNs: 1_000_000,
    tokenEvents: [],
    done: true,
    ...over,
  };
}

export function says(content: string): Completion {
  return anAnswer({ content });
}

export function aUsage(over: Partial<Usage> = {}): Usage {
  return {
    inputTokens: 10,
    outputTokens: 20,
    reasoningTokens: null,
    cachedTokens: null,
    source: "usage",
    reasoningAdded: false,
    ...over,
  };
}

let nextId = 1;

/** A call as decoding would give it. A string is argument text as sent; anything else is sent as its JSON. */
export function aCall(name: string, args: unknown, id: string | null = `call_${nextId++}`): ToolCall {
  const argumentsText = typeof args === "string" ? args : JSON.stringify(args);
  return { id, index: null, name, argumentsText, ...parsed(argumentsText), firstAtNs: 1, lastAtNs: 2 };
}

function parsed(text: string): { arguments?: unknown } {
  try {
    return { arguments: JSON.parse(text) as unknown };
  } catch {
    return {};
  }
}

export function callsTools(...toolCalls: ToolCall[]): Completion {
  return anAnswer({ toolCalls, finishReason: "tool_calls" });
}

export function anAttempt(over: Partial<Attempt> = {}): Attempt {
  return {
    dispatchedAtNs: 0,
    reused: true,
    sentAtNs: 1000,
    headersAtNs: 2000,
    status: 200,
    headers: [["content-type", "text/event-stream; charset=utf-8"]],
    reads: [[3000, "data: {}\n\ndata: [DONE]\n\n"]],
    endedAtNs: 4000,
    outcome: { kind: "complete" },
    ...over,
  };
}

export function anExchange(over: Partial<Exchange> = {}): Exchange {
  return {
    type: "exchange",
    id: 0,
    pairId: 0,
    segment: 0,
    endpoint: "candidate",
    arm: "candidate",
    caseId: "a-case",
    repeat: 0,
    round: 0,
    phase: "warm",
    variant: "stream",
    requestId: "r1",
    inFlight: 1,
    releasedAtNs: 0,
    attempts: [anAttempt()],
    ...over,
  };
}
