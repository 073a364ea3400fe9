/** Rules about how tool calls come over the wire. Whether the call was right is the expectations' business. */
import { isCutJson } from "./cut-json.js";
import { anomalyRules, type Rule } from "./rule.js";

export const toolCallRules: readonly Rule[] = anomalyRules("tool calls", [
  {
    kind: "tool-index-missing",
    severity: "breaks",
    message: "a streamed tool call has no `index`: its pieces cannot be put together",
    clients:
      "openai-python's `chat.completions.stream()` raises `Expected list delta entry to have an index key`; the Vercel AI SDK's OpenAI provider requires it",
  },
  {
    kind: "tool-index-constant",
    severity: "breaks",
    message:
      "several tool calls share one `index`: clients that join by index make one call of them, with broken arguments",
    clients: "openai-node and openai-python join the pieces of a call by index alone",
  },
  {
    kind: "tool-id-missing",
    severity: "breaks",
    message: "a tool call has no `id`: the tool's answer cannot name the call it belongs to",
    clients: "code that sends `tool_call_id: call.id` back; openai-node and the Vercel AI SDK make one up",
  },
  {
    kind: "tool-id-repeated",
    severity: "differs",
    message: "the `id` of a call is repeated on its later pieces: clients that join strings make one long id of it",
    clients:
      "openai-python's `chat.completions.stream()` joins all string fields of a delta; openai-node overwrites the id",
  },
  {
    kind: "tool-id-changes",
    severity: "breaks",
    message: "later pieces of a call have another `id`: clients that join by id see several broken calls",
    clients: "code that keeps calls by id; openai-python's `chat.completions.stream()` joins the ids into one",
  },
  {
    kind: "tool-id-late",
    severity: "differs",
    message: "the `id` of a call came after its first piece: clients that begin a call at its id lose what came before",
    clients: "code that begins a call when a delta has an id",
  },
  {
    kind: "tool-id-shared",
    severity: "breaks",
    message: "two tool calls have the same `id`: their results cannot be told apart",
    clients: "agents that keep results by `tool_call_id`",
  },
  {
    kind: "tool-name-repeated",
    severity: "breaks",
    message:
      "the name of a call is repeated on its later pieces: clients that join strings call a tool that does not exist",
    clients: "openai-python's `chat.completions.stream()` joins `function.name`; openai-node overwrites it",
  },
  {
    kind: "tool-name-empty",
    severity: "differs",
    message: 'later pieces of a call have `name: ""`: clients that take the last name lose it',
    clients: "code that assigns `function.name` whenever the key is there; the OpenAI SDKs keep the first name",
  },
  {
    kind: "tool-name-late",
    severity: "breaks",
    message: "the name of a call came after arguments: clients that begin a call need its name at once",
    clients: "the Vercel AI SDK throws `Expected 'function.name' to be a string`",
  },
  {
    kind: "tool-type-missing",
    severity: "breaks",
    message: "a tool call has no `type`: helpers that check it throw",
    clients:
      "openai-node's `chat.completions.stream()` throws `missing choices[0].tool_calls[0].type`; the Vercel AI SDK's OpenAI provider requires it in bodies",
  },
  {
    kind: "tool-arguments-whole",
    severity: "note",
    message: "the arguments of a streamed call came in one piece: nothing can be shown before the whole call is there",
    clients: "interfaces that show a call while it is being written",
  },
  {
    kind: "tool-arguments-object",
    severity: "breaks",
    message: "arguments are a JSON object where clients expect its text: parsing it again throws",
    clients: "`JSON.parse(call.function.arguments)`, `json.loads`; the Vercel AI SDK's schema requires a string",
  },
  {
    kind: "tool-arguments-null",
    severity: "breaks",
    message: "arguments are null: parsing them throws",
    clients: "`json.loads(call.function.arguments)`; the Vercel AI SDK's schema of bodies requires a string",
  },
  {
    kind: "tool-arguments-missing",
    severity: "breaks",
    message: "a tool call has no arguments, where OpenAI sends `{}`: parsing them throws",
    clients: "`json.loads(call.function.arguments)`; the Vercel AI SDK's schema of bodies requires a string",
  },
  {
    kind: "tool-arguments-empty",
    severity: "breaks",
    message: "arguments are the empty string, where OpenAI sends `{}`: parsing them throws",
    clients: '`JSON.parse("")` and `json.loads("")` throw',
  },
  {
    kind: "tool-arguments-not-json",
    severity: "breaks",
    message: "the joined arguments are not JSON: parsing them throws",
    clients: "`JSON.parse(call.function.arguments)`, `json.loads`",
    // An answer that ran into its limit is cut by right, and a cut under a made-up stop is another rule's.
    when: ({ completion: { finishReason, toolCalls } }) =>
      finishReason !== null &&
      finishReason !== "length" &&
      !toolCalls.some((call) => !("arguments" in call) && isCutJson(call.argumentsText ?? "")),
  },
  {
    kind: "function-call-legacy",
    severity: "breaks",
    message: "the call came as `function_call`, although `tools` were sent: clients that read `tool_calls` see no call",
    clients: "every client written since `tools` replaced `functions`",
    when: ({ body }) => body.functions === undefined,
  },
  {
    kind: "tool-call-on-finish-event",
    severity: "differs",
    message: "a tool call came on the finish event: clients that look at the finish reason first never read it",
    clients: "loops that end at the finish reason before they read the delta",
  },
  {
    kind: "tool-calls-null",
    severity: "note",
    message: "`tool_calls` is null, where OpenAI leaves the key out: reading its length fails",
    clients: "code that tests for the key and not for its value; the OpenAI SDKs and the Vercel AI SDK allow null",
  },
  {
    kind: "tool-calls-empty",
    severity: "differs",
    message: "`tool_calls` is an empty array, where OpenAI leaves the key out: clients take it for a call",
    clients: "JavaScript of the form `if (message.tool_calls) …tool_calls[0].function`, where an empty array is true",
  },
  {
    kind: "tool-calls-interleaved",
    severity: "differs",
    message:
      "pieces of parallel calls are interleaved: clients that take a new index for the end of a call run it half read",
    clients:
      "openai-node's and openai-python's `chat.completions.stream()` report a call as done when the index changes",
  },
  {
    kind: "tool-call-as-text",
    severity: "breaks",
    message: "a tool call leaked into the content as text: users read it, and the tool never runs",
    clients: "every client that reads `tool_calls`",
  },
]);
