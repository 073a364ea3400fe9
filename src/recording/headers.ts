import type { Attempt } from "./recording.js";

/** A response header by its lower-case name; null when it was not sent. */
export function header({ headers }: Pick<Attempt, "headers">, name: string): string | null {
  return headers?.find(([key]) => key === name)?.[1] ?? null;
}
