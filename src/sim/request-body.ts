/** Reads a request's JSON body, bounded in size. */
import type { IncomingMessage } from "node:http";
import { invalidRequest, RequestError } from "./request-error.js";

export const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** @throws RequestError 413 past the limit; the connection closes then, the rest stays unread. */
export async function readBody(request: IncomingMessage, maxBytes = MAX_BODY_BYTES): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const tooLarge = (): RequestError =>
    new RequestError(
      413,
      { message: `the body exceeds ${maxBytes} bytes`, type: "invalid_request_error" },
      { headers: { connection: "close" } },
    );
  if (Number(request.headers["content-length"]) > maxBytes) throw tooLarge();
  return await new Promise((resolve, reject) => {
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        request.pause();
        reject(tooLarge());
      } else chunks.push(chunk);
    });
    request.on("end", () => resolve(Buffer.concat(chunks, bytes)));
    request.on("error", reject);
  });
}

/** @throws RequestError 400 when the bytes are not a JSON object. */
export function parseJsonBody(raw: Buffer): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(raw.toString("utf8"));
  } catch {
    throw invalidRequest("We could not parse the JSON body of your request");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidRequest("the JSON body must be an object");
  }
  return value as Readonly<Record<string, unknown>>;
}
