import { expect, test } from "vitest";
import { endpoint } from "./endpoint.js";
import { goldenCase, goldenSet, user } from "./golden-cases.js";

const GOLDENS = goldenSet(
  goldenCase("plain", user("Count"), { content: "one two three four five" }),
  goldenCase("reasoned", user("Think"), { content: "Done.", reasoning_content: "First this." }),
  goldenCase("refused", user("Bad"), { refusal: "I will not." }),
  goldenCase("tools", user("Weather in Oslo and Rome"), {
    tool_calls: [
      { name: "get_weather", arguments: { city: "Oslo" } },
      { name: "get_weather", arguments: { city: "Rome" } },
    ],
  }),
);

interface Event {
  readonly type: string;
  readonly sequence_number: number;
  readonly delta?: string;
  readonly output_index?: number;
  readonly item?: { readonly id: string };
  readonly item_id?: string;
  readonly response?: Answer;
}
interface Answer {
  readonly id: string;
  readonly status: string;
  readonly store: boolean;
  readonly output: readonly (Record<string, unknown> & { readonly id: string })[];
  readonly usage: { readonly output_tokens: number; readonly output_tokens_details: object } | null;
  readonly incomplete_details: { readonly reason: string } | null;
}

async function streamed(input: unknown, more: object = {}): Promise<Event[]> {
  const { post } = await endpoint({}, GOLDENS);
  const text = await (await post("/responses", { model: "m", input, stream: true, ...more })).text();
  expect(text).not.toContain("[DONE]");
  return text
    .split("\n\n")
    .filter((one) => one !== "")
    .map((one) => {
      const [, name, json] = /^event: (\S+)\ndata: (.*)$/.exec(one) ?? [];
      const event = JSON.parse(json ?? "") as Event;
      expect(event.type).toBe(name);
      return event;
    });
}

async function whole(input: unknown, more: object = {}): Promise<Answer> {
  const { post } = await endpoint({}, GOLDENS);
  return (await (await post("/responses", { model: "m", input, ...more })).json()) as Answer;
}

test("a text: named and numbered events from created to completed, the golden reference of chat in them", async () => {
  const events = await streamed("Count");
  expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
  expect(events.map((event) => event.type)).toEqual([
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.content_part.added",
    ...Array.from({ length: 5 }, () => "response.output_text.delta"),
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.completed",
  ]);
  expect(events.map((event) => event.delta ?? "").join("")).toBe("one two three four five");
  const final = events.at(-1)?.response;
  expect(final).toMatchObject({
    status: "completed",
    output: [
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "one two three four five" }] },
    ],
    usage: { output_tokens: 5 },
  });
  const ids = new Set(events.flatMap((event) => event.item_id ?? event.item?.id ?? []));
  expect(ids).toEqual(new Set([final?.output[0]?.id]));
});

test("reasoning, refusal and calls are items of their own, in order and under their indices", async () => {
  const thought = await streamed("Think");
  expect(thought.at(-1)?.response?.output.map((item) => item.type)).toEqual(["reasoning", "message"]);
  expect(
    thought
      .filter((one) => one.type === "response.reasoning_summary_text.delta")
      .map((one) => one.delta)
      .join(""),
  ).toBe("First this.");
  expect(thought.at(-1)?.response?.usage?.output_tokens_details).toEqual({ reasoning_tokens: 2 });
  const called = await streamed("Weather in Oslo and Rome");
  const text = (output: number): string =>
    called
      .filter((one) => one.type === "response.function_call_arguments.delta" && one.output_index === output)
      .map((one) => one.delta)
      .join("");
  expect([text(0), text(1)]).toEqual(['{"city":"Oslo"}', '{"city":"Rome"}']);
  const items = called.at(-1)?.response?.output ?? [];
  expect(items).toMatchObject([
    { type: "function_call", name: "get_weather", arguments: '{"city":"Oslo"}', status: "completed" },
    { type: "function_call", arguments: '{"city":"Rome"}' },
  ]);
  expect(new Set(items.map((item) => item.call_id)).size).toBe(2);
  const refused = await whole("Bad");
  expect(refused.output).toMatchObject([{ content: [{ type: "refusal", refusal: "I will not." }] }]);
});

test("the body says what the last event says", async () => {
  const final = (await streamed("Count")).at(-1)?.response as Answer;
  const body = await whole("Count");
  const steady = (answer: Answer): string =>
    JSON.stringify(answer)
      .replaceAll(/"(?:id|created_at)":(?:"[^"]+"|\d+)/g, "")
      .replaceAll(/sim[0-9a-f]{20}/g, "");
  expect(steady(body)).toBe(steady(final));
});

test("instructions, messages, tools and formats are those of chat", async () => {
  const messages = [{ role: "user", content: [{ type: "input_text", text: "Count" }] }];
  expect((await whole(messages)).output).toMatchObject([{ content: [{ text: "one two three four five" }] }]);
  const tool = {
    type: "function",
    name: "find_city",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  };
  const called = await whole("Which city is it, Paris perhaps?", {
    tools: [tool],
    tool_choice: { type: "function", name: "find_city" },
  });
  expect(called.output).toMatchObject([{ type: "function_call", name: "find_city", arguments: '{"city":"Paris"}' }]);
  const schema = {
    type: "object",
    properties: { n: { type: "integer" } },
    required: ["n"],
    additionalProperties: false,
  };
  const text = { format: { type: "json_schema", name: "n", schema, strict: true } };
  const [item] = (await whole("Say it in plain prose", { text })).output;
  const [part] = (item?.content ?? []) as { text: string }[];
  expect(JSON.parse(part?.text ?? "")).toEqual({ n: expect.any(Number) });
});

test("max_output_tokens ends it as incomplete; store is what was asked for", async () => {
  const events = await streamed("Count", { max_output_tokens: 2, store: false });
  expect(events.at(-1)).toMatchObject({
    type: "response.incomplete",
    response: { status: "incomplete", incomplete_details: { reason: "max_output_tokens" }, store: false },
  });
  expect(events.at(-1)?.response?.output).toMatchObject([{ status: "incomplete", content: [{ text: "one two" }] }]);
  expect((await whole("Count")).store).toBe(true);
});

test.each([
  ["no input", {}, /input/],
  ["an unknown field", { input: "x", messages: [] }, /Unknown parameter: 'messages'/],
  ["a limit that is no count", { input: "x", max_output_tokens: "many" }, /max_output_tokens/],
])("%s is 400", async (_, body, message) => {
  const { post } = await endpoint();
  const response = await post("/responses", { model: "m", ...body });
  expect(response.status).toBe(400);
  expect(await response.text()).toMatch(message);
});

test("an error in the stream is response.failed; servers without the API say 404", async () => {
  const { post } = await endpoint({}, GOLDENS);
  const text = await (
    await post("/responses", { model: "m", input: "Count", stream: true }, { errorAfterEvents: 4 })
  ).text();
  expect(text).toMatch(/event: response\.failed\ndata: [^\n]*"status":"failed"[^\n]*\n\n$/);
  const other = await endpoint({ dialect: "ollama" });
  expect((await other.post("/responses", { model: "m", input: "x" })).status).toBe(404);
});
