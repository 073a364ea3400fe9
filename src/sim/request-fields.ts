/** Fields that several APIs share, read from a body that anyone may have written. */
import { invalidRequest } from "./request-error.js";

type Body = Readonly<Record<string, unknown>>;

/** The first of the named fields that is set. @throws RequestError when it is not a whole number from 0. */
export function countLimit(body: Body, names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = body[name];
    if (value === undefined || value === null) continue;
    if (typeof value !== "number" || !Number.isInteger(value) || value < 0) {
      throw invalidRequest(`'${name}' must be a whole number from 0`, name);
    }
    return value;
  }
  return undefined;
}

/** `stop` as a list. */
export function stopSequences(body: Body): readonly string[] {
  const stop = Array.isArray(body.stop) ? body.stop : [body.stop];
  return stop.filter((one): one is string => typeof one === "string");
}
