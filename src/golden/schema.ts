/**
 * A golden set as a person writes it, after its includes were resolved. Maps that twintail defines are strict: an
 * expectation that is silently ignored is a check that never ran. Request bodies are the API's own and stay open,
 * since servers define keys of their own.
 */
import { z } from "zod";

const KEBAB_CASE = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

const kebabCase = z.string().regex(KEBAB_CASE, "a name in kebab-case, such as tools-single-weather");
const text = z.string();
const texts = z.array(z.string()).min(1);
const openMap = z.record(z.string(), z.unknown());
const positive = z.int().positive();

const contentPart = z.looseObject({
  type: z.string().describe("text, image_url, input_audio, …"),
  text: text.exactOptional(),
  image_url: z.looseObject({ url: text.describe("an address, or a data URL: { $file: picture.png }") }).exactOptional(),
});

const message = z.looseObject({
  role: z.enum(["system", "developer", "user", "assistant", "tool", "function"]),
  content: z.union([z.string(), z.array(contentPart), z.null()], "a text or a list of content parts").exactOptional(),
  name: text.exactOptional(),
  tool_calls: z
    .array(
      z.looseObject({
        id: text,
        type: z.literal("function"),
        function: z.looseObject({ name: text, arguments: text.describe("JSON in a text, as the API has it") }),
      }),
    )
    .exactOptional(),
  tool_call_id: text.exactOptional(),
});

const tool = z.looseObject({
  type: z.string(),
  function: z
    .looseObject({ name: text, description: text.exactOptional(), parameters: openMap.exactOptional() })
    .exactOptional(),
});

const promptFields = {
  messages: z.array(message).min(1).exactOptional(),
  prompt: z.unknown().describe("completions: the prompt").exactOptional(),
  input: z.unknown().describe("responses, embeddings: the input").exactOptional(),
  instructions: text.exactOptional(),
};

const settingFields = {
  temperature: z.number().min(0).exactOptional(),
  top_p: z.number().min(0).max(1).exactOptional(),
  presence_penalty: z.number().exactOptional(),
  frequency_penalty: z.number().exactOptional(),
  max_tokens: positive.exactOptional(),
  max_completion_tokens: positive.exactOptional(),
  max_output_tokens: positive.exactOptional(),
  seed: z.int().exactOptional(),
  stop: z.union([z.string(), z.array(z.string())], "a text or a list of texts").exactOptional(),
  n: positive.exactOptional(),
  logprobs: z.union([z.boolean(), z.int()], "true or false (completions: a number)").exactOptional(),
  top_logprobs: z.int().min(0).exactOptional(),
  logit_bias: openMap.exactOptional(),
  tools: z.array(tool).exactOptional(),
  tool_choice: z.union([z.string(), openMap], "none, auto, required or a map that names a function").exactOptional(),
  parallel_tool_calls: z.boolean().exactOptional(),
  response_format: z.looseObject({ type: z.string() }).exactOptional(),
  reasoning_effort: text.exactOptional(),
  dimensions: positive.exactOptional(),
  encoding_format: text.exactOptional(),
  metadata: openMap.exactOptional(),
  stream_options: openMap.exactOptional(),
  store: z.boolean().exactOptional(),
  user: text.exactOptional(),
};

/** The keys of a request body whose types are checked; any other key is sent as it is written. */
export const requestFields = { ...promptFields, ...settingFields };

const request = z
  .looseObject(requestFields)
  .describe("The request body as the API defines it, without model and stream");

const stream = z.literal([true, false, "both"]).describe("both: one request with events and one with a single body");

const toolCall = z.strictObject({
  name: text.describe("The exact name of the tool"),
  arguments: openMap
    .describe(
      "A value is a literal, { any_of: [..] }, { equals: .. }, { matches: regex } or { optional: true }; with " +
        "optional, ignore_case and unordered beside them. Absent: the arguments are not checked.",
    )
    .exactOptional(),
  extra: z.enum(["forbid", "schema"]).describe("schema: further parameters that the tool declares").exactOptional(),
});

const toolCalls = z.union(
  [
    z.array(toolCall).min(1),
    z.strictObject({
      calls: z.array(toolCall).min(1),
      count: z.enum(["exact", "at_least"]).exactOptional(),
      ordered: z.boolean().describe("true: in the listed order; by default in any").exactOptional(),
    }),
  ],
  "a list of calls, or { calls, count, ordered }",
);

const jsonExpectation = z.union([z.boolean(), openMap], "true, false or a JSON Schema");
const regex = text.describe("A JavaScript regular expression; flags u and s");

const expectations = z.strictObject({
  equals: z.unknown().describe("The whole answer: a text, or a JSON value").exactOptional(),
  not_equals: z.unknown().exactOptional(),
  contains: text.exactOptional(),
  not_contains: text.exactOptional(),
  contains_any: texts.exactOptional(),
  not_contains_any: texts.exactOptional(),
  contains_all: texts.exactOptional(),
  not_contains_all: texts.exactOptional(),
  icontains: text.describe("contains, in any case").exactOptional(),
  not_icontains: text.exactOptional(),
  regex: regex.exactOptional(),
  not_regex: regex.exactOptional(),
  starts_with: text.exactOptional(),
  not_starts_with: text.exactOptional(),
  is_json: jsonExpectation.describe("true, or a JSON Schema that the answer satisfies").exactOptional(),
  not_is_json: jsonExpectation.exactOptional(),
  finish_reason: texts.describe("The finish reasons that are allowed").exactOptional(),
  not_finish_reason: texts.exactOptional(),
  tool_calls: toolCalls.exactOptional(),
  no_tool_calls: z.boolean().exactOptional(),
  refusal: z.boolean().describe("true: the answer declines; false: it does not").exactOptional(),
  max_output_tokens: positive.describe("By the endpoint's own usage").exactOptional(),
  min_output_tokens: positive.describe("By the endpoint's own usage").exactOptional(),
  stop_absent: z.boolean().describe("No stop sequence of the request stands in the answer").exactOptional(),
  logprobs: z.boolean().exactOptional(),
  dimensions: positive.describe("Embeddings: the length of each vector").exactOptional(),
});

const reference = z.union(
  [
    z.string(),
    z.strictObject({
      role: z.literal("assistant").exactOptional(),
      content: z.string().nullable().exactOptional(),
      reasoning_content: text.exactOptional(),
      refusal: text.exactOptional(),
      tool_calls: z
        .array(z.strictObject({ name: text, arguments: z.unknown() }))
        .min(1)
        .exactOptional(),
      finish_reason: text.exactOptional(),
    }),
  ],
  "a text or an assistant message",
);

const cancel = z
  .strictObject({ afterReads: positive.exactOptional(), afterMs: positive.exactOptional() })
  .refine((rule) => Object.keys(rule).length === 1, "exactly one of afterReads and afterMs");

const goldenCase = z.strictObject({
  id: kebabCase,
  category: kebabCase.describe("Reports group by it, and an endpoint can map it to a model of its own"),
  tags: z.array(kebabCase).exactOptional(),
  detects: z.string().min(1).describe("What goes wrong in the field that this case would show, in a phrase"),
  api: z.enum(["chat", "completions", "responses", "embeddings"]).exactOptional(),
  stream: stream.exactOptional(),
  repeat: positive.max(100).describe("How many times a round holds it").exactOptional(),
  prefix: z.enum(["unique", "shared"]).describe("shared: the prompt is never given a nonce line").exactOptional(),
  cancel: cancel.describe("Hangs up on purpose, after so many socket reads or milliseconds").exactOptional(),
  request,
  expect: expectations,
  reference: reference.describe("What the simulated endpoint answers").exactOptional(),
});

/** The zod schema of a golden set file. */
export const goldenSetSchema = z.strictObject({
  name: z.string().min(1),
  description: text.exactOptional(),
  defaults: z
    .looseObject({ ...settingFields, stream: stream.exactOptional() })
    .describe("Request keys for every case that does not set them itself, and stream; not for embeddings")
    .exactOptional(),
  cases: z.array(goldenCase).min(1),
});

export type GoldenSetFile = z.output<typeof goldenSetSchema>;
export type GoldenCaseFile = GoldenSetFile["cases"][number];

/** What stands in the place of an included value. */
export const fileIncludeSchema = z.strictObject({
  $file: z.string().min(1).describe("A path from this file's folder, with an optional #/json/pointer"),
  as: z
    .enum(["value", "text", "data-url"])
    .describe("By default: value for YAML and JSON, data-url for pictures, text for all others")
    .exactOptional(),
});

/** What stands in the place of generated prose. */
export const fillerIncludeSchema = z.strictObject({
  $filler: z.strictObject({
    words: positive.max(200_000),
    seed: z.union([z.int(), z.string()], "a whole number or a text").exactOptional(),
    needles: z
      .array(
        z.strictObject({
          at: z.number().min(0).max(1).describe("Depth: 0 is the beginning, 1 the end"),
          text: z.string().min(1),
        }),
      )
      .max(100)
      .exactOptional(),
    before: text.describe("A paragraph before the prose").exactOptional(),
    after: text.describe("A paragraph after the prose").exactOptional(),
  }),
});
