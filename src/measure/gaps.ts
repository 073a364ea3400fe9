/** Time between reads that brought tokens. A stamp belongs to a read, so events that share one have no gap. */
import { NS_PER_MS } from "../core/units.js";
import type { Completion, TokenEvent } from "../decode/completion.js";

/** Gaps in ms between consecutive reads that completed a token-bearing event; empty with fewer than two. */
export function chunkGapsMs(completion: Completion): number[] {
  const gaps: number[] = [];
  let previous: TokenEvent | undefined;
  for (const event of completion.tokenEvents) {
    if (previous !== undefined && event.read !== previous.read) gaps.push((event.atNs - previous.atNs) / NS_PER_MS);
    previous = event;
  }
  return gaps;
}

/** Reads that completed at least one token-bearing event. */
export function tokenReads(completion: Completion): number {
  return completion.tokenEvents.length === 0 ? 0 : chunkGapsMs(completion).length + 1;
}

/** Token-bearing events that shared their read with an earlier one. */
export function coalescedEvents(completion: Completion): number {
  return completion.tokenEvents.length - tokenReads(completion);
}
