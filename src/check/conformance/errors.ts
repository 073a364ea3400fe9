/** Rules about errors: their shape, what a client can decide by, and those that come after a 200. */
import { anomalyRules, type Rule, rule, type WireView } from "./rule.js";
import { anomalyEvidence, firstText } from "./wire.js";

const seen = anomalyRules("errors", [
  {
    kind: "error-in-stream",
    everyAttempt: true,
    severity: "note",
    message: "an error came inside the stream: clients that retry by status do not see it",
    clients: "retries by status; the OpenAI SDKs throw an error without a status",
    when: (view) => !couldBeStatus(view),
  },
  {
    id: "error-before-output",
    kind: "error-in-stream",
    everyAttempt: true,
    severity: "differs",
    message:
      "an error came in the stream although nothing had been sent before: as a status, clients would have retried it",
    clients: "openai-node and openai-python retry 429 and 5xx by status, and never an error inside a stream",
    when: couldBeStatus,
  },
  {
    kind: "error-event",
    everyAttempt: true,
    severity: "differs",
    message: "the error came in an event named `error`: clients that read only the data may take it for a chunk",
    clients: "openai-node and openai-python ignore the name, and throw only if the data has a key `error`",
  },
  {
    kind: "error-beside-choices",
    everyAttempt: true,
    severity: "differs",
    message: "`error` stands beside `choices`: some clients throw it, others read the choices and go on",
    clients: "openai-node and openai-python throw; code that reads `choices[0]` first goes on",
  },
]);

/** Nothing had been sent. OpenAI's own `/responses` has opened the stream by then, and reports errors in it. */
function couldBeStatus({ completion, golden }: WireView): boolean {
  return completion.tokenEvents.length === 0 && golden.api !== "responses";
}

const envelope = rule(
  {
    id: "error-envelope",
    subject: "errors",
    everyAttempt: true,
    severity: "differs",
    message: "the error is not `{error: {message, type, code}}`: clients find neither message nor code",
    clients: "openai-node takes the error from the key `error`; the Vercel AI SDK's schema requires `error.message`",
  },
  ({ attempt, completion: { error } }) => {
    if (error === null || error.inBand || (attempt.status ?? 0) < 400) return null;
    // Pages of HTML have a rule of their own.
    if (error.envelope === "openai" || error.envelope === "html") return null;
    return firstText(attempt) || `status ${attempt.status}, no body`;
  },
);

const codeType = rule(
  {
    id: "error-code-number",
    subject: "errors",
    everyAttempt: true,
    severity: "differs",
    message: "the error's code is a number, where OpenAI sends a string or null: comparisons with words never hold",
    clients: 'code of the form `error.code === "rate_limit_exceeded"`; typed clients that declare a string',
  },
  ({ completion: { error } }) =>
    error !== null && error.codeType === "number" ? `code: ${error.code}, message: ${error.message}` : null,
);

const typeMissing = rule(
  {
    id: "error-type-missing",
    subject: "errors",
    everyAttempt: true,
    severity: "note",
    message: "the error has neither type nor code: clients can decide by the status alone",
    clients: "code that tells quota from rate limit, or a context that is too long from other mistakes",
  },
  ({ attempt, completion: { error } }) => {
    if (error === null || error.envelope !== "openai" || error.type !== null || error.code !== null) return null;
    return firstText(attempt);
  },
);

const messageMissing = rule(
  {
    id: "error-message-missing",
    subject: "errors",
    everyAttempt: true,
    severity: "differs",
    message: "the error has no message: people who read the log learn nothing",
    clients: "the Vercel AI SDK's schema requires `error.message`; openai-node prints the whole error instead",
  },
  ({ attempt, completion: { error } }) =>
    error !== null && error.envelope === "openai" && error.message.trim() === "" ? firstText(attempt) : null,
);

const toolUseFailed = rule(
  {
    id: "tool-use-failed",
    subject: "errors",
    everyAttempt: true,
    severity: "breaks",
    message:
      "a call that the model wrote badly became status 400: the request was right, and clients never retry a 400",
    clients: "openai-node and openai-python do not retry 400; agents take it for a mistake of their own",
  },
  ({ attempt, completion: { error } }) =>
    error?.code === "tool_use_failed" ? `status ${attempt.status}: ${error.message}` : null,
);

/** Fields without which there is no request: an error that names one is about its value. */
const INDISPENSABLE = new Set(["model", "messages", "input", "prompt", "stream"]);

const fieldRejected = rule(
  {
    id: "field-rejected",
    subject: "errors",
    everyAttempt: true,
    severity: "differs",
    message: "the error names a field of the request: the endpoint does not take what was sent",
    clients: "clients that send the field, which is what this case was made to find out",
    setting: "`rename` or `omit` for the field, `streamUsage: false` for `stream_options`",
  },
  ({ attempt, completion: { error }, body }) => {
    if (error === null || (attempt.status !== 400 && attempt.status !== 422)) return null;
    // Validators of the FastAPI kind name the field in `loc`, beside the message.
    const said = `${error.message} ${error.envelope === "detail-list" ? firstText(attempt) : ""}`;
    const words = new Set(said.split(/[^A-Za-z0-9_]+/));
    const named = Object.keys(body).find((key) => key.length > 1 && words.has(key) && !INDISPENSABLE.has(key));
    return named === undefined ? null : `status ${attempt.status}, ${named}: ${error.message}`;
  },
);

const bodyInStream = rule(
  {
    id: "error-in-body-of-stream",
    subject: "errors",
    everyAttempt: true,
    severity: "breaks",
    message: "a stream was answered by status 200 and a JSON error: parsers of events find none, and nothing is thrown",
    clients: "openai-node and openai-python end the loop without an event and without an error",
  },
  (view) => {
    const { exchange, completion, attempt } = view;
    if (exchange.variant !== "stream" || attempt.status !== 200 || completion.error === null) return null;
    return completion.eventCount === 0 && anomalyEvidence(view, "body-for-stream") !== null ? firstText(attempt) : null;
  },
);

export const errorRules: readonly Rule[] = [
  ...seen,
  envelope,
  codeType,
  typeMissing,
  messageMissing,
  toolUseFailed,
  fieldRejected,
  bodyInStream,
];
