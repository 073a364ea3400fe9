/** What a run has cost so far: by usage where there is one, by an estimate where there is none. */
import { describe, expect, test } from "vitest";
import { Spend } from "../../src/measure/spend.js";
import type { Attempt, Exchange } from "../../src/recording/recording.js";
import { attempt, exchange } from "../recording/exchange-builder.js";

/** USD 1 and 2 a token. */
const PRICE = { inputPerMTok: 1_000_000, outputPerMTok: 2_000_000 };
const BOTH = { baseline: PRICE, candidate: PRICE };

const event = (json: object): string => `data: ${JSON.stringify(json)}\n\n`;
const said = (content: string, finish: string | null = null): string =>
  event({ id: "c", model: "m", choices: [{ index: 0, delta: { content }, finish_reason: finish }] });
const usage = (prompt: number, completion: number, more: object = {}): string =>
  event({ id: "c", choices: [], usage: { prompt_tokens: prompt, completion_tokens: completion, ...more } });
const stream = (...events: string[]): Attempt => attempt({ reads: [[10, [...events, "data: [DONE]\n\n"].join("")]] });

const spent = (
  attempts: readonly Attempt[],
  more: Partial<Exchange> = {},
  prices: ConstructorParameters<typeof Spend>[0] = BOTH,
): number => {
  const spend = new Spend(prices);
  spend.add(exchange(attempts, more), "chat", 100);
  return spend.usd;
};

describe("an attempt", () => {
  test("costs its usage", () => {
    expect(spent([stream(said("Oslo.", "stop"), usage(10, 3))])).toBe(16);
  });

  test("costs less where input was cached and that has a price", () => {
    const cached = usage(10, 3, { prompt_tokens_details: { cached_tokens: 8 } });
    const prices = { baseline: { ...PRICE, cachedInputPerMTok: 500_000 }, candidate: PRICE };
    expect(spent([stream(said("Oslo.", "stop"), cached)], {}, prices)).toBe(2 + 4 + 6);
  });

  test("without usage costs its estimated input and a token for four characters", () => {
    expect(spent([stream(said("12345678"), said("", "stop"))])).toBe(100 + 2 * 2);
  });

  test("that was cut after it had begun costs what had come", () => {
    const dropped = { kind: "network", phase: "body", code: "ECONNRESET", message: "reset" } as const;
    expect(spent([attempt({ reads: [[10, said("12345678")]], outcome: dropped })])).toBe(104);
  });

  test("of which the start alone was kept costs as if the rest had been alike", () => {
    const text = said("12345678");
    const cut = { ...attempt({ reads: [[10, text]] }), cutBytes: 3 * text.length };
    expect(spent([cut])).toBe(100 + 2 * 8);
  });

  test.each([400, 401, 429, 500, 503, 307])("answered with %d costs nothing", (status) => {
    expect(spent([attempt({ status, reads: [[10, "{}"]] })])).toBe(0);
  });

  test("put off with 202 costs nothing, and so does one that nobody answered", () => {
    expect(spent([attempt({ status: 202, reads: [[10, "{}"]] })])).toBe(0);
    const { status: _status, headers: _headers, ...unanswered } = attempt();
    const refused = { kind: "network", phase: "connect", code: "ECONNREFUSED", message: "" } as const;
    expect(spent([{ ...unanswered, outcome: refused }])).toBe(0);
  });
});

test("every attempt of an exchange counts, and exchanges add up at their own endpoint's price", () => {
  const spend = new Spend({ baseline: PRICE, candidate: { inputPerMTok: 0, outputPerMTok: 1_000_000 } });
  const answer = stream(said("Oslo.", "stop"), usage(10, 3));
  spend.add(exchange([stream(said("12345678")), answer]), "chat", 100);
  expect(spend.usd).toBe(104 + 16);
  spend.add(exchange([answer], { endpoint: "candidate" }), "chat", 100);
  expect(spend.usd).toBe(104 + 16 + 3);
});

test("a body, and an answer of another API", () => {
  const spend = new Spend(BOTH);
  const body = JSON.stringify({
    data: [{ embedding: [0.5] }],
    model: "e",
    usage: { prompt_tokens: 7, total_tokens: 7 },
  });
  spend.add(exchange([attempt({ reads: [[5, body]] })], { variant: "body" }), "embeddings", 100);
  expect(spend.usd).toBe(7);
});

test("an endpoint without a price costs nothing", () => {
  expect(spent([stream(usage(10, 3))], {}, { baseline: undefined, candidate: PRICE })).toBe(0);
});
