/** Errors as bytes: the envelope of a dialect, its headers, and its way to say one after the status line. */
import type { ServerResponse } from "node:http";
import { type Dialect, OPENAI, type TransportTraits } from "./dialect.js";
import { type ErrorFields, type RequestError, simulatedError } from "./request-error.js";
import { dataEvent, type WireEvent } from "./wire-format.js";

/** Answers with an error; does nothing once the status line is out. */
export function sendError(response: ServerResponse, error: RequestError, dialect: Dialect = OPENAI): void {
  if (response.headersSent) return;
  const { contentType, text } = errorBody(error, dialect);
  response.writeHead(error.status, {
    ...(contentType === null ? {} : { "content-type": contentType }),
    ...retryAfterHeaders(error.more.retryAfterS, dialect.transport.retryAfter),
    ...error.more.headers,
  });
  response.end(text);
}

/** `Retry-After` in its dialect's form. */
export function retryAfterHeaders(
  seconds: number | undefined,
  form: TransportTraits["retryAfter"],
): Readonly<Record<string, string>> {
  if (seconds === undefined) return {};
  switch (form) {
    case "integer":
      return { "retry-after": String(seconds) };
    case "float":
      return { "retry-after": seconds.toFixed(3) };
    case "date":
      return { "retry-after": new Date(Date.now() + 1_000 * seconds).toUTCString() };
    case "ms":
      return { "retry-after": String(Math.ceil(seconds)), "retry-after-ms": String(Math.round(1_000 * seconds)) };
  }
}

function errorBody(error: RequestError, dialect: Dialect): { contentType: string | null; text: string } {
  const { envelope } = dialect.errors;
  if (envelope === "empty") return { contentType: null, text: "" };
  if (envelope === "html") {
    const text = `<html>\r\n<head><title>${error.status}</title></head>\r\n<body><center><h1>${error.status}</h1></center></body>\r\n</html>\r\n`;
    return { contentType: "text/html", text };
  }
  return { contentType: "application/json", text: JSON.stringify(envelopeOf(error, dialect)) };
}

function envelopeOf({ status, fields }: RequestError, dialect: Dialect): unknown {
  const { message, type, param = null } = fields;
  const code = codeOf(status, fields, dialect);
  switch (dialect.errors.envelope) {
    case "object":
      return { object: "error", message, type, param, code };
    case "flat":
      return { message, type, param, code };
    case "message":
      return { message };
    case "text":
      return { code: type, error: message };
    case "detail":
      if (status !== 422) return { detail: message };
      return { detail: [{ type: "extra_forbidden", loc: ["body", ...(param === null ? [] : [param])], msg: message }] };
    case "array":
      return [{ error: { code, message, status: type.toUpperCase() } }];
    case "errors":
      return { result: null, success: false, errors: [{ code, message }], messages: [] };
    default:
      return { error: { message, type, param, code } };
  }
}

function codeOf(status: number, { code = null }: ErrorFields, dialect: Dialect): string | number | null {
  switch (dialect.errors.code) {
    case "own":
      return code;
    case "number":
      return status;
    case "numeric-string":
      return String(status);
    case "null":
      return null;
  }
}

/** An upstream's failure after status 200. `chunk` is the chunk that it stands beside, where the dialect does that. */
export function streamError(dialect: Dialect, chunk: object): readonly WireEvent[] {
  const { framing, errors } = dialect;
  const { fields } = simulatedError(502);
  const error = { message: fields.message, type: fields.type, param: null, code: codeOf(502, fields, dialect) };
  switch (errors.inStream) {
    case "data":
      return [dataEvent(framing, "error", { error })];
    case "named-event":
      return [dataEvent(framing, "error", { error }, "error")];
    case "beside-choices":
      return [dataEvent(framing, "error", { ...chunk, error })];
    case "error-field":
      return [{ kind: "error", text: `error: ${JSON.stringify(error)}${framing.lineEnd}${framing.lineEnd}` }];
    case "raw-json":
      return [{ kind: "error", text: `${JSON.stringify({ error })}\n` }];
  }
}

/** `x-ratelimit-…` of a fixed allowance: only their form is told by the dialect. */
export function rateLimitHeaders(form: TransportTraits["rateLimits"]): Readonly<Record<string, string>> {
  if (form === "none") return {};
  const inMs = (ms: number): string => {
    if (form === "integers") return String(Math.ceil(ms / 1_000));
    if (form === "dates") return new Date(Date.now() + ms).toISOString();
    return ms < 1_000 ? `${ms}ms` : `${ms / 1_000}s`;
  };
  return {
    "x-ratelimit-limit-requests": "10000",
    "x-ratelimit-limit-tokens": "2000000",
    "x-ratelimit-remaining-requests": "9999",
    "x-ratelimit-remaining-tokens": "1999000",
    "x-ratelimit-reset-requests": inMs(6_000),
    "x-ratelimit-reset-tokens": inMs(26),
  };
}
