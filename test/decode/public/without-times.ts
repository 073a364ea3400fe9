import type { Completion } from "../../../src/decode/completion.js";

/** A completion without what cutting the bytes into other reads may change: the stamps and the ordinals of reads. */
export function withoutTimes(completion: Completion): unknown {
  return {
    ...completion,
    firstEventAtNs: null,
    toolCalls: completion.toolCalls.map((call) => ({ ...call, firstAtNs: null, lastAtNs: null })),
    anomalies: completion.anomalies.map(({ kind, evidence }) => ({ kind, evidence })),
    tokenEvents: completion.tokenEvents.map(({ kind, characters }) => ({ kind, characters })),
  };
}
