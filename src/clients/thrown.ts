/** An error of a client library as data. */
import type { Thrown } from "./observation.js";

const KEPT = 600;

export function thrownBy(error: unknown, where: string, isApiError: (error: unknown) => boolean): Thrown {
  const object = typeof error === "object" && error !== null ? (error as Record<string, unknown>) : {};
  const status = object.status ?? object.statusCode;
  // `ai` keeps the endpoint's own error in `data`.
  const inner = (object.data as { error?: { code?: unknown } } | undefined)?.error;
  const code = isApiError(error) ? (object.code ?? inner?.code) : undefined;
  return {
    name: nameOf(error, object),
    message: messageOf(error).slice(0, KEPT),
    where,
    api: isApiError(error),
    status: typeof status === "number" ? status : null,
    code: typeof code === "string" || typeof code === "number" ? String(code).slice(0, 100) : null,
  };
}

function nameOf(error: unknown, object: Readonly<Record<string, unknown>>): string {
  if (!(error instanceof Error)) return "error";
  const own = typeof object.name === "string" ? object.name : "Error";
  // The classes of `openai` all have the name "Error".
  return (own === "Error" ? error.constructor.name : own).slice(0, 60);
}

function messageOf(error: unknown): string {
  if (typeof error === "string") return error;
  const { message } = (error ?? {}) as { message?: unknown };
  if (typeof message === "string") return message;
  try {
    return JSON.stringify(error) ?? "undefined";
  } catch {
    return "a value that is no text";
  }
}
