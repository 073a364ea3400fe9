/** Rules about what the events of a stream carry, apart from text, calls, usage and the finish reason. */
import { anomalyRules, type Rule } from "./rule.js";

export const eventRules: readonly Rule[] = anomalyRules("events", [
  {
    kind: "empty-choices-event",
    severity: "differs",
    message: "an event other than the usage event has `choices: []`: reading the first choice of each event fails",
    clients:
      "code that reads `chunk.choices[0].delta` of every event; without include_usage OpenAI never sends such an event",
  },
  {
    kind: "first-content-null",
    severity: "note",
    message:
      "the first event has `content: null` where OpenAI sends an empty string: code that joins without a test adds `null`",
    clients: "code that joins `delta.content` without a test for null; the OpenAI SDKs allow both",
  },
  {
    kind: "first-event-carries-text",
    severity: "note",
    message:
      "the first event already carries text, where OpenAI sends the role alone: code that skips it loses a token",
    clients: "code that takes the first event for a head without content",
  },
  {
    kind: "choice-of-other-api",
    severity: "breaks",
    message: "choices have the shape of another API: clients find no text where they read it",
    clients:
      "`choices[0].delta.content` and `choices[0].message.content` in every SDK; the Vercel AI SDK shows nothing",
  },
  {
    kind: "role-missing",
    severity: "breaks",
    message: "no event carried a role: clients that put the message together have no author for it",
    clients: "openai-node's `chat.completions.stream()` throws `missing role for choice 0` at the end",
  },
  {
    kind: "empty-delta",
    severity: "note",
    message:
      "an event in the middle of the answer carries nothing: code that takes an empty event for the end stops early",
    clients: "loops that end at the first chunk without content",
  },
  {
    kind: "role-repeated",
    severity: "differs",
    message: "the role is repeated on later events: clients that join strings get `assistantassistant`",
    clients:
      "openai-python's `chat.completions.stream()` joins all string fields of a delta; openai-node overwrites the role",
  },
  {
    kind: "id-empty",
    severity: "differs",
    message: "`id` is empty: logs cannot be joined, and helpers that test for an id skip what later events carry",
    clients:
      "openai-node's `chat.completions.stream()` takes top-level fields of later events, usage too, only if they have an id",
  },
  {
    kind: "id-missing",
    severity: "differs",
    message: "`id` is absent: logs cannot be joined, and helpers that test for an id skip what later events carry",
    clients:
      "openai-node's `chat.completions.stream()` takes top-level fields of later events, usage too, only if they have an id",
  },
  {
    kind: "id-changes",
    severity: "differs",
    message: "`id` changes within a stream: clients that group events by it see several answers",
    clients: "openai-node's `ChatCompletionStream.fromReadableStream()` begins a new completion at each new id",
  },
  {
    kind: "model-changes",
    severity: "note",
    message: "`model` changes within a stream: accounts by model depend on which event they read",
    clients: "accounting that reads the model from the first or the last event",
  },
  {
    kind: "created-changes",
    severity: "note",
    message: "`created` changes within a stream, where OpenAI repeats one value",
    clients: "code that takes `id` and `created` for the key of an answer",
  },
  {
    kind: "created-zero",
    severity: "note",
    message: "`created` is 0: answers seem to be from 1970",
    clients: "logs and caches that sort or expire by `created`",
  },
  {
    kind: "extra-fields",
    severity: "note",
    message: "top-level fields outside the API were sent: tolerant clients ignore them, strict ones refuse them",
    clients: "decoders that refuse unknown fields; the OpenAI SDKs and the Vercel AI SDK ignore them",
  },
]);
