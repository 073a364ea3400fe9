import type { ApiError, ErrorEnvelope } from "./completion.js";
import { asArray, asObject, asText } from "./json.js";

/** The error that a JSON value puts into words, in any of the field's envelopes; null when it is none. */
export function apiErrorIn(value: unknown, inBand: boolean): ApiError | null {
  const json = asObject(value) ?? asObject(asArray(value)[0]);
  if (json === null) return null;
  const make = (message: unknown, type: unknown, code: unknown, envelope: ErrorEnvelope): ApiError => ({
    message: String(message ?? "").slice(0, 500),
    type: asText(type),
    code: code === null || code === undefined ? null : String(code).slice(0, 100),
    codeType: code === undefined ? "absent" : code === null ? "null" : typeof code === "number" ? "number" : "string",
    envelope,
    inBand,
  });
  const nested = asObject(json.error);
  if (nested !== null)
    return make(
      nested.message ?? JSON.stringify(nested),
      nested.type,
      nested.code,
      Array.isArray(value) ? "array" : "openai",
    );
  if (typeof json.error === "string" && json.error !== "") return make(json.error, json.type, json.code, "text");
  if (json.object === "error") return make(json.message, json.type, json.code, "object");
  if (json.choices !== undefined || json.data !== undefined) return null;
  if (json.detail !== undefined) {
    const first = asObject(asArray(json.detail)[0]);
    return make(
      first?.msg ?? (typeof json.detail === "string" ? json.detail : JSON.stringify(json.detail)),
      json.type,
      json.code,
      first === null ? "detail" : "detail-list",
    );
  }
  const listed = asObject(asArray(json.errors)[0]);
  if (listed !== null) return make(listed.message ?? JSON.stringify(listed), listed.type, listed.code, "errors");
  return typeof json.message === "string"
    ? make(json.message, json.type, json.code, json.code === undefined && json.type === undefined ? "message" : "flat")
    : null;
}
