/** Errors that an endpoint answers with, in OpenAI's envelope. */
import type { ServerResponse } from "node:http";

/** A request that is answered with an error. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, error: ErrorFields, headers: Readonly<Record<string, string>> = {}) {
    super(error.message);
    this.status = status;
    const { message, type, param = null, code = null } = error;
    this.body = { error: { message, type, param, code } };
    this.headers = headers;
  }
}

export interface ErrorFields {
  readonly message: string;
  readonly type: string;
  readonly param?: string | null;
  readonly code?: string | number | null;
}

export function invalidRequest(message: string, param: string | null = null, status = 400): RequestError {
  return new RequestError(status, { message, type: "invalid_request_error", param });
}

const STATUS_ERRORS: Readonly<Record<number, ErrorFields>> = {
  429: { message: "Rate limit reached (simulated)", type: "requests", code: "rate_limit_exceeded" },
  500: { message: "The server had an error (simulated)", type: "server_error" },
  503: { message: "The engine is overloaded (simulated)", type: "server_error" },
  504: { message: "The upstream did not answer in time (simulated)", type: "timeout", code: "gateway_timeout" },
};

/** The error of a simulated fault. `Retry-After` goes with 429 and 503 unless told otherwise. */
export function simulatedError(status: number, retryAfterS?: number): RequestError {
  const fields = STATUS_ERRORS[status] ?? { message: `Simulated status ${status}`, type: "server_error" };
  const waitS = retryAfterS ?? (status === 429 || status === 503 ? 1 : undefined);
  return new RequestError(status, fields, waitS === undefined ? {} : { "retry-after": String(waitS) });
}

/** What llama.cpp's server and its gateways say while weights are read. */
export function loadingModel(retryAfterS: number): RequestError {
  const headers = { "retry-after": String(retryAfterS) };
  return new RequestError(503, { message: "Loading model", type: "unavailable_error", code: 503 }, headers);
}

/** Answers with an error; does nothing once the status line is out. */
export function sendError(response: ServerResponse, error: RequestError): void {
  if (response.headersSent) return;
  response.writeHead(error.status, { "content-type": "application/json", ...error.headers });
  response.end(JSON.stringify(error.body));
}
