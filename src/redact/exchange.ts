/** An exchange as a recording may hold it: without keys, and without what `store` leaves out. */
import type { Store } from "../config/settings.js";
import type { Exchange } from "../recording/recording.js";
import { withoutKeys } from "./keys.js";
import { metadataAttempt } from "./metadata.js";
import { redactedAttempt } from "./redacted.js";

export function storedExchange(exchange: Exchange, secrets: readonly string[], store: Store): Exchange {
  const clean = withoutKeys(exchange, secrets);
  if (store === "full") return clean;
  if (store === "metadata") return { ...clean, attempts: clean.attempts.map(metadataAttempt) };
  const redacted = clean.attempts.map(redactedAttempt);
  const masked = redacted.reduce((sum, each) => sum + each.masked, 0);
  return { ...clean, ...(masked === 0 ? {} : { masked }), attempts: redacted.map(({ attempt }) => attempt) };
}
