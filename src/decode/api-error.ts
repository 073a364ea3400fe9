/** Errors that endpoints put into words, in any of the field's envelopes. */
import type { ApiError, ErrorEnvelope } from "./completion.js";
import type { Arrival } from "./dialect.js";
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
  const answered = json.choices !== undefined || json.data !== undefined || json.output !== undefined;
  // Some answers carry an empty `error` beside what was asked for.
  if (nested !== null && (saysSomething(nested) || !(answered && inBand))) {
    return make(asText(nested.message) ?? nested.message ?? nested, nested, listed ? "array" : "openai");
  }
  const text = asText(json.error);
  if (text !== null) {
    const more = asText(json.message);
    return make(more === null || more === text ? text : `${text}: ${more}`, json, "text");
  }
  if (json.object === "error") return make(json.message ?? json, json, "object");
  if (answered) return null;
  if (json.detail !== undefined) {
    const first = asObject(asArray(json.detail)[0]);
    return first === null ? make(json.detail, json, "detail") : make(first.msg ?? first, json, "detail-list");
  }
  if (Array.isArray(json.errors) && (json.errors.length > 0 || json.success === false)) {
    const first = json.errors[0];
    return make(asObject(first)?.message ?? first ?? "success: false", asObject(first) ?? json, "errors");
  }
  const message = asText(json.message) ?? asText(json.Message);
  if (message === null) return json.type === "error" ? make(json, json, "flat") : null;
  return make(message, json, json.code === undefined && json.type === undefined ? "message" : "flat");
}

/**
 * The error that an event of a stream puts into words. A `message` or `detail` alone may be the word of a gateway that
 * keeps the connection alive, so that only what calls itself an error is one.
 */
export function streamErrorIn(value: unknown): ApiError | null {
  const json = asObject(Array.isArray(value) ? value[0] : value);
  if (json === null) return null;
  const nested = asObject(json.error);
  const said = nested === null ? asText(json.error) !== null : saysSomething(nested);
  return said || json.object === "error" || json.type === "error" ? apiErrorIn(value, true) : null;
}

/** What may be an error, if nothing comes after it. */
export interface LastWord {
  readonly error: ApiError;
  readonly arrival: Arrival;
}

export function lastWordIn(value: unknown, arrival: Arrival): LastWord | null {
  // An `error` that says nothing is none, whatever comes after it.
  const error = asObject(asObject(value)?.error) === null ? apiErrorIn(value, true) : null;
  return error === null ? null : { error, arrival };
}

/** Whether an `error` object holds anything: some answers carry one whose values are all null, empty or 0. */
export function saysSomething(error: JsonObject): boolean {
  return Object.values(error).some((value) => {
    if (value === null || value === "" || value === 0 || value === false) return false;
    return typeof value !== "object" || Object.keys(value).length > 0;
  });
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
