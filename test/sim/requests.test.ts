/** What a request may ask for, and what it is told when it may not. */
import { describe, expect, test } from "vitest";
import { type Chunk, chat, contentOf, endpoint, eventsOf } from "./endpoint.js";
import { goldenCase, goldenSet, user } from "./golden-cases.js";

const GOLDENS = goldenSet(
  goldenCase("plain", user("Count"), { content: "one two three" }),
  goldenCase("tools", user("Weather in Oslo and Rome"), {
    tool_calls: [
      { name: "get_weather", arguments: { city: "Oslo" } },
      { name: "get_weather", arguments: { city: "Rome" } },
    ],
  }),
);

interface Body {
  readonly choices: readonly {
    readonly index: number;
    readonly finish_reason: string;
    readonly message: {
      readonly content: string;
      readonly tool_calls?: readonly { readonly function: { readonly name: string; readonly arguments: string } }[];
    };
  }[];
  readonly usage: { readonly completion_tokens: number };
}

async function ask(content: string, more: object = {}, options = {}): Promise<Body> {
  const { post } = await endpoint(options, GOLDENS);
  const response = await post(
    "/chat/completions",
    chat(content, { stream: undefined, stream_options: undefined, ...more }),
  );
  expect(response.status).toBe(200);
  return (await response.json()) as Body;
}

async function refusal(
  more: object,
  options = {},
  path = "/chat/completions",
): Promise<{ status: number; error: Record<string, unknown> }> {
  const { post } = await endpoint(options, GOLDENS);
  const response = await post(path, chat("Count", { stream: undefined, stream_options: undefined, ...more }));
  return { status: response.status, error: ((await response.json()) as { error: Record<string, unknown> }).error };
}

const tool = (name: string, properties: object, required: string[]): object => ({
  type: "function",
  function: { name, parameters: { type: "object", properties, required } },
});
const WEATHER = tool("get_weather", { city: { type: "string" } }, ["city"]);
const CLOCK = tool("read_clock", {}, []);

describe("several choices", () => {
  test("in a body, and counted", async () => {
    const { choices, usage } = await ask("Count", { n: 3 });
    expect(choices.map((choice) => choice.index)).toEqual([0, 1, 2]);
    expect(new Set(choices.map((choice) => choice.message.content))).toEqual(new Set(["one two three"]));
    expect(usage.completion_tokens).toBe(9);
  });

  test("in a stream, each chunk with one of them", async () => {
    const { post } = await endpoint({}, GOLDENS);
    const { chunks } = eventsOf(await (await post("/chat/completions", chat("Count", { n: 2 }))).text());
    const of = (index: number): Chunk[] =>
      chunks.filter((chunk) => (chunk.choices[0] as { index?: number } | undefined)?.index === index);
    expect([contentOf(of(0)), contentOf(of(1))]).toEqual(["one two three", "one two three"]);
    expect(of(1).at(-1)?.choices[0]?.finish_reason).toBe("stop");
  });
});

describe("tools of prompts that no golden set knows", () => {
  test("auto calls the tool that the prompt is about, and none where it is about none", async () => {
    const about = await ask("What is the weather in Lima today?", { tools: [CLOCK, WEATHER] });
    expect(about.choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: { content: null, tool_calls: [{ function: { name: "get_weather", arguments: '{"city":"Lima"}' } }] },
    });
    const other = await ask("Tell me a story", { tools: [CLOCK, WEATHER] });
    expect(other.choices[0]?.message.tool_calls).toBeUndefined();
  });

  test("none, required and named", async () => {
    const none = await ask("The weather in Lima?", { tools: [WEATHER], tool_choice: "none" });
    expect(none.choices[0]?.message.content.length).toBeGreaterThan(10);
    const required = await ask("A story", { tools: [CLOCK], tool_choice: "required" });
    expect(required.choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: { tool_calls: [{ function: { name: "read_clock" } }] },
    });
    const named = await ask("A story", {
      tools: [CLOCK, WEATHER],
      tool_choice: { type: "function", function: { name: "get_weather" } },
    });
    expect(named.choices[0]).toMatchObject({
      finish_reason: "stop",
      message: { tool_calls: [{ function: { name: "get_weather" } }] },
    });
  });

  test("a reference that contradicts tool_choice is not used", async () => {
    const none = await ask("Weather in Oslo and Rome", { tools: [WEATHER], tool_choice: "none" });
    expect(none.choices[0]?.message.tool_calls).toBeUndefined();
    const demanded = await ask("Count", { tools: [CLOCK], tool_choice: "required" });
    expect(demanded.choices[0]?.message.tool_calls).toHaveLength(1);
  });

  test("parallel_tool_calls: false leaves one", async () => {
    expect((await ask("Weather in Oslo and Rome")).choices[0]?.message.tool_calls).toHaveLength(2);
    expect(
      (await ask("Weather in Oslo and Rome", { parallel_tool_calls: false })).choices[0]?.message.tool_calls,
    ).toHaveLength(1);
  });
});

describe("JSON", () => {
  const schema = {
    type: "object",
    properties: { colour: { enum: ["red", "green"] } },
    required: ["colour"],
    additionalProperties: false,
  };
  const response_format = { type: "json_schema", json_schema: { name: "c", strict: true, schema } };
  const AGAINST = "Which colour? Answer in plain words, not in JSON: green.";

  test("enforced: a schema is met whatever the prompt says", async () => {
    expect(JSON.parse((await ask(AGAINST, { response_format })).choices[0]?.message.content ?? "")).toEqual({
      colour: "green",
    });
    expect(JSON.parse((await ask("Count", { response_format })).choices[0]?.message.content ?? "")).toEqual({
      colour: "red",
    });
    expect(
      JSON.parse((await ask("x", { response_format: { type: "json_object" } })).choices[0]?.message.content ?? ""),
    ).toHaveProperty("answer");
  });

  test("prompted: the prompt wins", async () => {
    const against = (await ask(AGAINST, { response_format }, { dialect: "tgi" })).choices[0]?.message.content ?? "";
    expect(() => JSON.parse(against)).toThrow();
    const prompted = (await ask(AGAINST, { response_format }, { dialect: "vercel" })).choices[0]?.message.content ?? "";
    expect(() => JSON.parse(prompted)).toThrow();
    const willing =
      (await ask("Which colour, green?", { response_format }, { dialect: "vercel" })).choices[0]?.message.content ?? "";
    expect(JSON.parse(willing)).toEqual({ colour: "green" });
  });
});

test("any model can be asked to say a text and to count", async () => {
  expect((await ask('Reply with exactly "pine needle 7" and nothing else')).choices[0]?.message.content).toBe(
    "pine needle 7",
  );
  expect((await ask("Count from 3 to 6, please")).choices[0]?.message.content).toBe("3, 4, 5, 6");
  expect((await ask("Count from 1 to 9", { stop: [", 5"] })).choices[0]?.message.content).toBe("1, 2, 3, 4");
});

describe("what OpenAI refuses", () => {
  test.each([
    ["an unknown field", { top_k: 4 }, 400, /Unrecognized request argument supplied: top_k/],
    ["a temperature", { temperature: 3 }, 400, /temperature/],
    ["no choice at all", { n: 0 }, 400, /'n'/],
    ["top_logprobs without logprobs", { top_logprobs: 2 }, 400, /logprobs/],
  ])("%s", async (_, more, status, message) => {
    const refused = await refusal(more);
    expect(refused.status).toBe(status);
    expect(refused.error.message).toMatch(message);
    expect(refused.error.type).toBe("invalid_request_error");
  });

  test("what it documents is accepted", async () => {
    await ask("Count", {
      max_completion_tokens: 9,
      reasoning_effort: "low",
      seed: 4,
      user: "u",
      service_tier: "auto",
      metadata: {},
      logit_bias: {},
    });
    const image = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };
    await ask("Count", { messages: [{ role: "user", content: [{ type: "text", text: "What is it?" }, image] }] });
  });

  test("a prompt past the context", async () => {
    const { status, error } = await refusal(
      { messages: [{ role: "user", content: "word ".repeat(60) }] },
      { contextTokens: 50 },
    );
    expect(status).toBe(400);
    expect(error).toMatchObject({ code: "context_length_exceeded", param: "messages" });
    expect((await ask("Count", {}, { contextTokens: 50 })).choices).toHaveLength(1);
  });
});

describe("keys", () => {
  const body = chat("Count", { stream: undefined, stream_options: undefined });
  const statusWith = async (authorization: string | undefined, options: object, environment = {}): Promise<number> => {
    const { post } = await endpoint(options, GOLDENS, environment);
    const headers = authorization === undefined ? {} : { authorization };
    return (await post("/chat/completions", body, undefined, headers as Record<string, string>)).status;
  };

  test("any key is fine, but for the one that no endpoint may accept", async () => {
    expect(await statusWith(undefined, {})).toBe(200);
    expect(await statusWith("Bearer anything", {})).toBe(200);
    expect(await statusWith("Bearer sk-twintail-probe-not-a-valid-key", {})).toBe(401);
  });

  test("one key, by the name of its variable", async () => {
    const environment = { SIM_KEY: "right-key" };
    expect(await statusWith("Bearer right-key", { apiKeyEnv: "SIM_KEY" }, environment)).toBe(200);
    expect(await statusWith("Bearer wrong-key", { apiKeyEnv: "SIM_KEY" }, environment)).toBe(401);
    expect(await statusWith(undefined, { apiKeyEnv: "SIM_KEY" }, environment)).toBe(401);
    await expect(statusWith("Bearer right-key", { apiKeyEnv: "SIM_KEY" })).rejects.toThrow(/SIM_KEY is not set/);
  });

  test("the models are behind the key too, and the error does not repeat what was sent", async () => {
    const { baseUrl } = await endpoint({ apiKeyEnv: "SIM_KEY" }, undefined, { SIM_KEY: "right-key" });
    const response = await fetch(`${baseUrl}/models`, { headers: { authorization: "Bearer wrong-key-1234" } });
    expect(response.status).toBe(401);
    expect(await response.text()).not.toMatch(/wrong|1234/);
  });
});

describe("images and sound", () => {
  test("OpenAI has them", async () => {
    const { post, baseUrl } = await endpoint();
    const image = (await (await post("/images/generations", { model: "i", prompt: "a", n: 2 })).json()) as {
      data: { b64_json: string }[];
    };
    expect(image.data).toHaveLength(2);
    expect(
      Buffer.from(image.data[0]?.b64_json ?? "", "base64")
        .subarray(1, 4)
        .toString(),
    ).toBe("PNG");
    expect((await post("/images/generations", { model: "i" })).status).toBe(400);
    const speech = await post("/audio/speech", { model: "t", input: "hi", voice: "v" });
    expect(speech.headers.get("content-type")).toBe("audio/mpeg");
    expect([...new Uint8Array(await speech.arrayBuffer()).subarray(0, 2)]).toEqual([0xff, 0xfb]);
    const form = new FormData();
    form.append("model", "w");
    form.append("file", new Blob([Buffer.alloc(100)]), "a.wav");
    const heard = await fetch(`${baseUrl}/audio/transcriptions`, { method: "POST", body: form });
    expect(await heard.json()).toMatchObject({ text: expect.stringContaining("transcription") });
    form.delete("file");
    expect((await fetch(`${baseUrl}/audio/transcriptions`, { method: "POST", body: form })).status).toBe(400);
    expect((await post("/audio/transcriptions", { model: "w" })).status).toBe(400);
  });

  test("others do not", async () => {
    const { post } = await endpoint({ dialect: "ollama" });
    expect((await post("/images/generations", { model: "i", prompt: "a" })).status).toBe(404);
    expect((await post("/audio/speech", { model: "t", input: "hi", voice: "v" })).status).toBe(404);
  });
});

test("a cancelled stream frees its place at once, or keeps it where it is told to", async () => {
  const engine = { decodeTokensPerS: 100, prefillTokensPerS: 1e6, maxBatch: 1, tokenJitterMs: 0 };
  const waitMs = async (keepsCancelled: boolean): Promise<number> => {
    const { post } = await endpoint({ engine, keepsCancelled });
    const first = await post("/chat/completions", chat("Count from 1 to 200"));
    await first.body?.cancel();
    const startMs = performance.now();
    const next = await post("/chat/completions", chat("Count", { max_tokens: 1 }));
    await next.text();
    return performance.now() - startMs;
  };
  expect(await waitMs(false)).toBeLessThan(1_000);
  expect(await waitMs(true)).toBeGreaterThan(1_500); // 200 tokens at 100 a second
});
