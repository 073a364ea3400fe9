import { shown } from "../evidence.js";
import { expectation } from "./expectation.js";

/** `finish_reason`: an allow-list. An answer without one is in no list. */
export const finishReason = expectation("finish_reason", (expected, { completion }) => {
  const seen = completion.finishReason;
  return {
    met: seen !== null && expected.includes(seen),
    detail: `expected one of ${shown(expected)}, got ${seen === null ? "none" : shown(seen)}`,
  };
});
