/**
 * Every fact about the wire that decoding can establish from the bytes alone. A fact is no judgement: rules in
 * `check/conformance` say what each one does to a client. None depends on how the bytes were cut into reads.
 */

/** Kebab-case name of a fact → what was seen, in one clause. */
export const ANOMALIES = {
  // Framing
  "byte-order-mark": "U+FEFF stood before the first event",
  "carriage-return": "lines end in CR or CRLF",
  comment: "comment lines were sent",
  "data-without-space": "`data:` is not followed by a space",
  "multi-line-data": "one event has several `data:` lines",
  "unknown-field": "a line has a field that server-sent events do not know",
  "error-field": "an error was sent in a field named `error:`",
  "unterminated-line": "the stream ended inside a line",
  "unterminated-event": "the stream ended before the blank line that ends its last event",
  "done-unterminated": "`data: [DONE]` came without its blank line",
  "events-without-blank-line": "several JSON values shared one event",
  "empty-data": "an event carried no data",
  "event-not-json": "an event is not JSON",
  "raw-json-in-stream": "JSON stood in the stream outside any `data:` field",
  "data-after-done": "events came after `[DONE]`",
  "named-event": "events carry an `event:` name, in an API whose events have none",
  "invalid-utf8": "bytes are not UTF-8",
  "replacement-character": "the server itself sent U+FFFD in place of a character",
  // Bodies
  "body-for-stream": "a whole JSON body, or `message` in place of `delta`, answered `stream: true`",
  "stream-for-body": "server-sent events answered a request that did not stream",
  "whitespace-before-body": "white space or comment lines stood before the JSON body",
  "compressed-body": "the body is compressed although identity was asked for",
  "empty-body": "the body is empty",
  "html-body": "a page of HTML came in place of JSON",
  "body-not-json": "the body is not JSON",
  "delta-in-body": "a body that was not streamed carries `delta`, beside `message` or in place of it",
  "choices-missing": "an answer has no `choices`",
  "choice-of-other-api": "a choice has the shape of the other API: `text` in chat, `delta` or `message` in completions",
  // Events of a stream
  "empty-choices-event": "an event other than the usage event has `choices: []`",
  "empty-delta": "an event in the middle of the answer carries nothing: an empty delta",
  "first-content-null": "the first event has `content: null`",
  "first-event-carries-text": "the first event already carries text",
  "role-missing": "no event carried a role",
  "role-repeated": "the role is repeated on later events",
  "finish-reason-absent": "events before the last lack the key `finish_reason`",
  "finish-reason-empty": "`finish_reason` is the empty string",
  "finish-reason-repeated": "the finish reason came twice",
  "content-after-finish": "text or a call came after the finish reason",
  "id-empty": "`id` is empty",
  "id-changes": "`id` changes within a stream",
  "id-missing": "`id` is absent",
  "model-changes": "`model` changes within a stream",
  "created-changes": "`created` changes within a stream",
  "created-zero": "`created` is 0",
  "padding-keys": "random padding keys were sent",
  "extra-fields": "top-level fields outside the API were sent",
  // Errors
  "error-in-stream": "an error came in the stream after status 200",
  "error-event": "an event named `error` was sent",
  "error-beside-choices": "`error` stood beside `choices`",
  "error-in-body": "status 200, and the body holds only an error",
  // Usage
  "usage-on-finish-event": "usage came on the finish event, not on an event of its own",
  "usage-on-every-event": "usage came on every event",
  "usage-elsewhere": "usage stood in `x_groq.usage` or `choices[0].usage`",
  "usage-in-several-places": "usage was sent in more than one place",
  "usage-null": "usage is null to the end",
  "usage-inconsistent": "`total_tokens` is not the sum of its parts",
  "usage-excludes-reasoning": "`completion_tokens` leaves reasoning out",
  "usage-extras": "usage has counts beside the standard ones",
  // Content
  "content-parts": "`content` is an array of parts",
  "content-absent": "a message has no key `content`",
  "reasoning-content": "reasoning came in `reasoning_content`",
  reasoning: "reasoning came in `reasoning`",
  "reasoning-details": "reasoning came in `reasoning_details`",
  "reasoning-parts": "reasoning came as parts of the content",
  "reasoning-inline": "reasoning came as `<think>` inside the content",
  "reasoning-twice": "the same reasoning was sent under two names",
  "logprobs-legacy": "logprobs have the shape of the old completions API",
  // Tool calls
  "tool-index-missing": "a streamed tool call has no `index`",
  "tool-index-constant": "several tool calls share one `index`",
  "tool-id-missing": "a tool call has no `id`",
  "tool-id-repeated": "the `id` of a call is repeated on its later pieces",
  "tool-id-late": "the `id` of a call came after its first piece",
  "tool-id-changes": "later pieces of a call have another `id`",
  "tool-id-shared": "two tool calls have the same `id`",
  "tool-name-repeated": "the name of a call is repeated on its later pieces",
  "tool-name-empty": 'later pieces of a call have `name: ""`',
  "tool-name-late": "the name of a call came after arguments",
  "tool-type-missing": "a tool call has no `type`",
  "tool-arguments-whole": "the arguments of a streamed call came in one piece",
  "tool-arguments-object": "arguments are a JSON object in place of its text",
  "tool-arguments-null": "arguments are null",
  "tool-arguments-missing": "a tool call has no arguments",
  "tool-arguments-empty": "arguments are the empty string",
  "tool-arguments-not-json": "the joined arguments are not JSON",
  "function-call-legacy": "the call came as `function_call`",
  "tool-call-on-finish-event": "a tool call came on the finish event",
  "tool-calls-null": "`tool_calls` is null",
  "tool-calls-empty": "`tool_calls` is an empty array",
  "tool-calls-interleaved": "pieces of parallel calls are interleaved",
  "tool-call-as-text": "a tool call leaked into the content as text",
  // /responses
  "sequence-gap": "`sequence_number` is missing or out of order",
  "item-events-missing": "an output item was delivered without its `added`, delta or `done` events",
  "completed-event-missing":
    "no `response.completed`, `response.incomplete` or `response.failed` event ended the stream",
  "final-differs": "a `done` event or the final response object differs from what was streamed",
  // /embeddings
  "embedding-base64": "vectors came as base64",
  "embedding-order": "the vectors are not in the order of their `index`",
} as const satisfies Readonly<Record<string, string>>;

export type AnomalyKind = keyof typeof ANOMALIES;

/** A fact about the wire, with the bytes that show it. */
export interface Anomaly {
  readonly kind: AnomalyKind;
  /** At most 200 characters of what was seen. */
  readonly evidence: string;
  /** Ordinal of the read that completed the evidence, where there is one. The only part that re-chunking changes. */
  readonly read?: number;
}
