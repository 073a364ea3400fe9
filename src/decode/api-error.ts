/** Errors that endpoints put into words, in any of the field's envelopes. */
import type { ApiError, ErrorEnvelope } from "./completion.js";
import { asArray, asObject, asText, type JsonObject, textOf } from "./json.js";

const MAX_MESSAGE = 500;
const MAX_CODE = 100;

/** The error that a JSON value puts into words; null when it is none. */
export function apiErrorIn(value: unknown, inBand: boolean): ApiError | null {
  const listed = Array.isArray(value);
  const json = asObject(listed ? value[0] : value);
  if (json === null) return null;
  const make = (message: unknown, from: JsonObject, envelope: ErrorEnvelope) =>
    apiError(textOf(message), from, envelope, inBand);

  const nested = asObject(json.error);
  if (nested !== null) {
    // Some answers carry an empty `error` beside what was asked for.
    if (Object.keys(nested).length === 0 && json.choices !== undefined) return null;
    return make(asText(nested.message) ?? nested.message ?? nested, nested, listed ? "array" : "openai");
  }
  const text = asText(json.error);
  if (text !== null) {
    const more = asText(json.message);
    return make(more === null || more === text ? text : `${text}: ${more}`, json, "text");
  }
  if (json.object === "error") return make(json.message ?? json, json, "object");
  if (json.choices !== undefined || json.data !== undefined || json.output !== undefined) return null;
  if (json.detail !== undefined) {
    const first = asObject(asArray(json.detail)[0]);
    return first === null ? make(json.detail, json, "detail") : make(first.msg ?? first, json, "detail-list");
  }
  if (Array.isArray(json.errors) && (json.errors.length > 0 || json.success === false)) {
    const first = json.errors[0];
    return make(asObject(first)?.message ?? first ?? "success: false", asObject(first) ?? json, "errors");
  }
  const message = asText(json.message) ?? asText(json.Message);
  if (message === null) return null;
  return make(message, json, json.code === undefined && json.type === undefined ? "message" : "flat");
}

/** An error of which only the words are known. */
export function plainError(message: string, envelope: ErrorEnvelope, inBand: boolean, code?: string): ApiError {
  return { ...apiError(message, {}, envelope, inBand), code: code ?? null };
}

function apiError(message: string, from: JsonObject, envelope: ErrorEnvelope, inBand: boolean): ApiError {
  const { code } = from;
  return {
    message: message.slice(0, MAX_MESSAGE),
    type: asText(from.type)?.slice(0, MAX_CODE) ?? null,
    code: code === null || code === undefined ? null : textOf(code).slice(0, MAX_CODE),
    codeType: code === undefined ? "absent" : code === null ? "null" : typeof code === "number" ? "number" : "string",
    envelope,
    inBand,
  };
}
