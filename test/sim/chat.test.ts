import { describe, expect, test } from "vitest";
import { chat, contentOf, deltasOf, endpoint, eventsOf, type Usage } from "./endpoint.js";
import { goldenCase, goldenSet, user } from "./golden-cases.js";

const GOLDENS = goldenSet(
  goldenCase("plain", user("Count"), { content: "one two three four five" }),
  goldenCase("reasoned", user("Think"), { content: "Done.", reasoning_content: "First this, then that." }),
  goldenCase("refused", user("Bad"), { refusal: "I will not do that." }),
  goldenCase("tools", user("Weather in Oslo and Rome"), {
    tool_calls: [
      { name: "get_weather", arguments: { city: "Oslo" } },
      { name: "get_weather", arguments: { city: "Rome", note: 'a "b" \\ 天' } },
    ],
  }),
);

interface Body {
  readonly choices: {
    readonly message: Record<string, unknown>;
    readonly finish_reason: string;
    readonly logprobs: unknown;
  }[];
  readonly usage?: Usage;
  readonly model: string;
  readonly system_fingerprint: string;
}

describe("a stream", () => {
  test("role first, one token an event, finish, usage on request, [DONE]; labelled as simulated", async () => {
    const { post } = await endpoint({}, GOLDENS);
    const response = await post("/chat/completions", chat("Count"));
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    expect(response.headers.get("x-twintail-simulated")).toBe("h100x2");
    const { chunks, done } = eventsOf(await response.text());
    expect(done).toBe(true);
    expect(deltasOf(chunks)).toEqual([
      { role: "assistant", content: "", refusal: null },
      ...["one", " two", " three", " four", " five"].map((content) => ({ content })),
      {},
    ]);
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe("stop");
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 5 } });
    expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1);
    expect(chunks[0]).toMatchObject({ object: "chat.completion.chunk", model: "any-model" });
    expect(chunks[0]?.system_fingerprint).toMatch(/^sim-h100x2-/);
  });

  test("no usage where it was not asked for", async () => {
    const { post } = await endpoint({}, GOLDENS);
    const response = await post("/chat/completions", chat("Count", { stream_options: undefined }));
    const { chunks } = eventsOf(await response.text());
    expect(chunks.every((chunk) => chunk.usage === undefined)).toBe(true);
  });

  test("tool calls: index, id and name first, then fragments of the arguments", async () => {
    const { post } = await endpoint({}, GOLDENS);
    const { chunks } = eventsOf(await (await post("/chat/completions", chat("Weather in Oslo and Rome"))).text());
    const calls = deltasOf(chunks).flatMap((delta) => delta.tool_calls ?? []);
    const openings = calls.filter((call) => call.id !== undefined);
    expect(openings.map((call) => [call.index, call.type, call.function.name, call.function.arguments])).toEqual([
      [0, "function", "get_weather", ""],
      [1, "function", "get_weather", ""],
    ]);
    expect(openings[0]?.id).not.toBe(openings[1]?.id);
    const text = calls
      .filter((call) => call.index === 1)
      .map((call) => call.function.arguments)
      .join("");
    expect(JSON.parse(text)).toEqual({ city: "Rome", note: 'a "b" \\ 天' });
    expect(calls.length).toBeGreaterThan(6);
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe("tool_calls");
    expect(chunks.at(-1)?.usage?.completion_tokens).toBe(calls.length);
  });

  test("reasoning and refusals have their own fields", async () => {
    const { post } = await endpoint({}, GOLDENS);
    const reasoned = eventsOf(await (await post("/chat/completions", chat("Think"))).text()).chunks;
    expect(
      deltasOf(reasoned)
        .map((delta) => delta.reasoning_content ?? "")
        .join(""),
    ).toBe("First this, then that.");
    expect(reasoned.at(-1)?.usage?.completion_tokens_details?.reasoning_tokens).toBe(4);
    const refused = eventsOf(await (await post("/chat/completions", chat("Bad"))).text()).chunks;
    expect(
      deltasOf(refused)
        .map((delta) => delta.refusal ?? "")
        .join(""),
    ).toBe("I will not do that.");
    expect(contentOf(refused)).toBe("");
  });

  test("max_completion_tokens cuts, stop sequences end", async () => {
    const { post } = await endpoint({}, GOLDENS);
    const cut = eventsOf(
      await (await post("/chat/completions", chat("Count", { max_completion_tokens: 2 }))).text(),
    ).chunks;
    expect(contentOf(cut)).toBe("one two");
    expect(cut.at(-2)?.choices[0]?.finish_reason).toBe("length");
    expect(cut.at(-1)?.usage?.completion_tokens).toBe(2);
    const stopped = eventsOf(await (await post("/chat/completions", chat("Count", { stop: [" four"] }))).text()).chunks;
    expect(contentOf(stopped)).toBe("one two three");
    expect(stopped.at(-2)?.choices[0]?.finish_reason).toBe("stop");
    const none = eventsOf(await (await post("/chat/completions", chat("Count", { max_tokens: 0 }))).text());
    expect(none).toMatchObject({ done: true });
  });

  test("log probabilities where they were asked for", async () => {
    const { post } = await endpoint({}, GOLDENS);
    const { chunks } = eventsOf(
      await (await post("/chat/completions", chat("Count", { logprobs: true, top_logprobs: 2 }))).text(),
    );
    const logprobs = chunks.flatMap((chunk) => chunk.choices[0]?.logprobs?.content ?? []);
    expect(logprobs.map((one) => one.token)).toEqual(["one", " two", " three", " four", " five"]);
    expect(logprobs.every((one) => one.top_logprobs.length === 2)).toBe(true);
  });
});

describe("a body", () => {
  const bodyOf = async (content: string, more: object = {}): Promise<Body> => {
    const { post } = await endpoint({}, GOLDENS);
    const response = await post("/chat/completions", chat(content, { stream: false, ...more }));
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/json");
    return (await response.json()) as Body;
  };

  test("says what the stream says, with usage", async () => {
    const body = await bodyOf("Count", { model: "my-model" });
    expect(body.choices[0]?.message).toEqual({ role: "assistant", content: "one two three four five", refusal: null });
    expect(body.choices[0]?.finish_reason).toBe("stop");
    expect(body.model).toBe("my-model");
    const usage = body.usage as Usage;
    expect(usage.completion_tokens).toBe(5);
    expect(usage.total_tokens).toBe(usage.prompt_tokens + 5);
  });

  test("tool calls whole, content null", async () => {
    const { message, finish_reason } = (await bodyOf("Weather in Oslo and Rome")).choices[0] as Body["choices"][0];
    expect(message.content).toBeNull();
    expect(message.tool_calls).toMatchObject([
      { type: "function", function: { name: "get_weather", arguments: '{"city":"Oslo"}' } },
      { type: "function", function: { name: "get_weather" } },
    ]);
    expect(finish_reason).toBe("tool_calls");
  });

  test("a longer prompt, tools and a response format cost prompt tokens; an image's base64 does not", async () => {
    const tokens = async (more: object): Promise<number> => (await bodyOf("Count", more)).usage?.prompt_tokens ?? 0;
    const plain = await tokens({});
    expect(await tokens(user("Count ".repeat(2_000)))).toBeGreaterThan(plain + 1_900);
    expect(await tokens({ tools: [{ type: "function", function: { name: "f" } }] })).toBeGreaterThan(plain);
    expect(await tokens({ response_format: { type: "json_object" } })).toBeGreaterThan(plain);
    const image = { type: "image_url", image_url: { url: `data:image/png;base64,${"A".repeat(100_000)}` } };
    expect(await tokens({ messages: [{ role: "user", content: [{ type: "text", text: "Count" }, image] }] })).toBe(
      plain + 256,
    );
  });

  test("equal requests get equal text and different ids", async () => {
    const { post } = await endpoint();
    const ask = async (): Promise<{ id: string; choices: { message: { content: string } }[] }> =>
      (await (await post("/chat/completions", chat("Not known", { stream: false }))).json()) as never;
    const [one, two] = [await ask(), await ask()];
    expect(one.choices[0]?.message.content).toBe(two.choices[0]?.message.content);
    expect(one.id).not.toBe(two.id);
  });
});

test("/completions streams plain text and answers a body", async () => {
  const { post } = await endpoint();
  const request = { model: "m", prompt: "Once upon a time", max_tokens: 3, stream: true };
  const { chunks, done } = eventsOf(await (await post("/completions", request)).text());
  expect(done).toBe(true);
  expect(chunks).toHaveLength(4);
  const body = (await (await post("/completions", { ...request, stream: false })).json()) as {
    choices: { text: string; finish_reason: string }[];
    usage: Usage;
  };
  expect(body.choices[0]?.text).toBe(chunks.map((chunk) => chunk.choices[0]?.text).join(""));
  expect(body.choices[0]?.finish_reason).toBe("length");
  expect(body.usage).toEqual({ prompt_tokens: 4, completion_tokens: 3, total_tokens: 7 });
});
