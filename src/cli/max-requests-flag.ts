/** `--max-requests`: in place of `capture.maxRequests`. */
import { TwintailError } from "../core/errors.js";

/** @throws TwintailError for what is no count. */
export function maxRequestsOf({ maxRequests }: { readonly maxRequests?: string }): { readonly maxRequests?: number } {
  if (maxRequests === undefined) return {};
  const count = Number(maxRequests);
  if (Number.isInteger(count) && count >= 1) return { maxRequests: count };
  throw new TwintailError({
    cause: `${JSON.stringify(maxRequests)} is no number of requests`,
    place: "--max-requests",
    remedy: "give a whole number from 1",
  });
}
