import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { changedJson, StreamChange } from "../../src/sim/answer-change.js";
import { checkInjections, type Injection, Injector } from "../../src/sim/inject.js";
import { endpoint } from "./endpoint.js";
import { jsonEvents, type RawAnswer, speaker, USAGE } from "./spoken.js";

const stream = async (...inject: Injection[]): Promise<RawAnswer> => (await speaker({ inject })).stream("Count", USAGE);
const body = async (...inject: Injection[]): Promise<RawAnswer> => (await speaker({ inject })).body("Count");

describe("refusals", () => {
  test.each([
    ["401", 401, null, "invalid_api_key"],
    ["402", 402, null, "insufficient_funds"],
    ["429", 429, "1", "rate_limit_exceeded"],
    ["500", 500, null, null],
    ["502", 502, null, "upstream_error"],
    ["503", 503, "1", null],
    ["529", 529, null, "overloaded"],
  ])("%s", async (kind, status, retryAfter, code) => {
    const { status: got, headers, text } = await stream({ kind });
    expect(got).toBe(status);
    expect(headers["retry-after"] ?? null).toBe(retryAfter);
    expect(JSON.parse(text)).toMatchObject({ error: { code } });
  });

  test("5xx takes them in turn", async () => {
    const say = await speaker({ inject: [{ kind: "5xx" }] });
    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push((await say.stream("Count")).status);
    expect(statuses).toEqual([500, 502, 503, 529, 500]);
  });

  test("a revoked key is revoked for /models too; a rate limit is not about them", async () => {
    expect((await (await speaker({ inject: [{ kind: "401" }] })).get("/models")).status).toBe(401);
    expect((await (await speaker({ inject: [{ kind: "429" }] })).get("/models")).status).toBe(200);
  });

  test("a share of the requests, the same ones for one seed", async () => {
    const statuses = async (): Promise<number[]> => {
      const say = await speaker({ inject: [{ kind: "502", share: 0.4 }] });
      const all = [];
      for (let seed = 0; seed < 60; seed++) all.push((await say.body("Count", { seed })).status);
      return all;
    };
    const first = await statuses();
    const failed = first.filter((status) => status === 502).length;
    expect(failed).toBeGreaterThan(10);
    expect(failed).toBeLessThan(40);
    expect(await statuses()).toEqual(first);
  });
});

test("begins and ends at its times", () => {
  const injector = new Injector([{ kind: "401", afterMs: 10_000, forMs: 60_000 }], 500);
  const at = (ms: number): number | undefined => injector.of(500 + ms, () => 0).error?.status;
  expect([0, 9_999, 10_000, 69_999, 70_000].map(at)).toEqual([undefined, undefined, 401, 401, undefined]);
});

describe("answers that are changed", () => {
  test("usage is left out wherever it stands", async () => {
    const { text } = await stream({ kind: "drop-usage" });
    expect(text).not.toMatch(/completion_tokens|"choices":\[\]/);
    expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
    expect(text).not.toContain("\n\n\n");
    expect((await body({ kind: "drop-usage" })).text).not.toContain("usage");
    for (const dialect of ["groq", "moonshot", "perplexity"]) {
      const say = await speaker({ dialect, inject: [{ kind: "drop-usage" }] });
      expect((await say.stream("Count")).text).not.toContain("completion_tokens");
    }
  });

  test("content is null, with the tokens still counted", async () => {
    const events = jsonEvents((await stream({ kind: "null-content" })).text) as {
      choices: { delta: { content?: unknown } }[];
    }[];
    expect(new Set(events.flatMap(({ choices }) => choices.map(({ delta }) => delta.content)))).toEqual(
      new Set([null, undefined]),
    );
    expect(events.at(-1)).toMatchObject({ usage: { completion_tokens: 14 } });
    expect(JSON.parse((await body({ kind: "null-content" })).text)).toMatchObject({
      choices: [{ message: { content: null } }],
    });
  });

  test("the finish reason is eos, or any other", async () => {
    expect((await stream({ kind: "finish=eos" })).text).toContain('"finish_reason":"eos"');
    expect((await body({ kind: "finish=end_turn" })).text).toContain('"finish_reason":"end_turn"');
  });

  test("several at once", async () => {
    const { text } = await stream({ kind: "finish=eos" }, { kind: "drop-usage" });
    expect(text).toContain('"finish_reason":"eos"');
    expect(text).not.toContain("completion_tokens");
  });
});

test.each(["openai", "gemini", "groq"])("cut: %s breaks off in the middle, a body too", async (dialect) => {
  const say = await speaker({ dialect, inject: [{ kind: "cut" }] });
  const streamed = await say.stream("Count from 1 to 99");
  expect(streamed.broken).toBe(true);
  expect(streamed.text).toContain("1,");
  expect(streamed.text).not.toContain("99");
  const whole = await say.body("Count");
  expect(whole.broken).toBe(true);
  expect(whole.bytes.length).toBeGreaterThan(50);
});

test("what cannot be injected is refused by name", async () => {
  expect(() => checkInjections([{ kind: "403" }], "here")).toThrow(/"403" cannot be injected; known: .*drop-usage/);
  expect(() => checkInjections([{ kind: "401", share: 2 }], "here")).toThrow(/"share" must be a number from 0 to 1/);
  await expect(endpoint({ inject: [{ kind: "cut", forMs: -1 }] })).rejects.toThrow(/"forMs"/);
});

describe("a changed stream", () => {
  const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
  const whole =
    event({ choices: [{ delta: { content: "é😀" }, finish_reason: null }] }) +
    ": comment\r\n\r\ndata: not json\n\n" +
    event({ choices: [{ delta: {}, finish_reason: "stop" }] }) +
    event({ choices: [], usage: { total_tokens: 1 } }) +
    "data: [DONE]\n\ndata: {";

  test("is the same however it was cut", () => {
    const change = { dropUsage: true, finish: "eos" };
    const run = (pieces: readonly string[]): string => {
      const changed = new StreamChange(change);
      return pieces.map((piece) => changed.push(piece)).join("") + changed.end();
    };
    const expected = whole.replace('"stop"', '"eos"').replace(event({ choices: [], usage: { total_tokens: 1 } }), "");
    expect(run([whole])).toBe(expected);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: whole.length }), { maxLength: 12 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), whole.length];
        expect(run(at.slice(1).map((to, index) => whole.slice(at[index], to)))).toBe(expected);
      }),
    );
  });

  test("any JSON at all passes or is changed, and never throws", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        changedJson(JSON.stringify({ choices: value, usage: value, response: value }), {
          dropUsage: true,
          nullContent: true,
          finish: "eos",
        });
        return changedJson(JSON.stringify(value), {}) === JSON.stringify(value);
      }),
    );
  });
});
