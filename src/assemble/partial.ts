/** Is everything there that was planned? */
import type { ScoredExchange } from "../measure/scored.js";
import type { RecordingFrame } from "../recording/recording.js";

/** Why a recording is not whole, in a few words; null when it is. */
export function partialReason({ header, end }: RecordingFrame, exchanges: readonly ScoredExchange[]): string | null {
  const recorded = exchanges.filter(({ cancelled }) => cancelled !== "user").length;
  const planned = header.plan.length;
  if (recorded >= planned && end?.reason === "complete") return null;
  const ran = `${recorded} of ${planned} planned requests ran to their end`;
  if (recorded < planned) return ran;
  return `${ran}, and the run itself ${end === null ? "was killed" : `ended as ${end.reason}`}`;
}
