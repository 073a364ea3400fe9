/** Requests that end in an error. What it looks like on the wire is the dialect's: `error-envelope.ts`. */

/** A request that is answered with an error. */
export class RequestError extends Error {
  override readonly name = "RequestError";

  constructor(
    readonly status: number,
    readonly fields: ErrorFields,
    readonly more: ErrorMore = {},
  ) {
    super(fields.message);
  }
}

export interface ErrorFields {
  readonly message: string;
  readonly type: string;
  readonly param?: string | null;
  readonly code?: string | number | null;
}

export interface ErrorMore {
  /** What `Retry-After` stands for, in seconds. */
  readonly retryAfterS?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export function invalidRequest(message: string, param: string | null = null, status = 400): RequestError {
  return new RequestError(status, { message, type: "invalid_request_error", param });
}

const STATUS_ERRORS: Readonly<Record<number, ErrorFields>> = {
  401: {
    message: "Incorrect API key provided (simulated)",
    type: "invalid_request_error",
    code: "invalid_api_key",
  },
  402: { message: "The account is out of credit (simulated)", type: "insufficient_funds", code: "insufficient_funds" },
  429: { message: "Rate limit reached (simulated)", type: "requests", code: "rate_limit_exceeded" },
  500: { message: "The server had an error (simulated)", type: "server_error" },
  502: { message: "The upstream failed (simulated)", type: "upstream_error", code: "upstream_error" },
  503: { message: "The engine is overloaded (simulated)", type: "server_error" },
  504: { message: "The upstream did not answer in time (simulated)", type: "timeout", code: "gateway_timeout" },
  529: { message: "Overloaded (simulated)", type: "overloaded_error", code: "overloaded" },
};

/** The error of a simulated fault. `Retry-After` goes with 429 and 503 unless told otherwise. */
export function simulatedError(status: number, retryAfterS?: number): RequestError {
  const fields = STATUS_ERRORS[status] ?? { message: `Simulated status ${status}`, type: "server_error" };
  const waitS = retryAfterS ?? (status === 429 || status === 503 ? 1 : undefined);
  return new RequestError(status, fields, waitS === undefined ? {} : { retryAfterS: waitS });
}

/** What Groq says where a model's call cannot be read. */
export function toolUseFailed(): RequestError {
  const message = "The model's tool call could not be parsed (simulated)";
  return new RequestError(400, { message, type: "invalid_request_error", code: "tool_use_failed" });
}

/** What llama.cpp's server and its gateways say while weights are read. */
export function loadingModel(retryAfterS: number): RequestError {
  return new RequestError(503, { message: "Loading model", type: "unavailable_error", code: 503 }, { retryAfterS });
}
