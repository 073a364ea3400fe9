/** How long a client's own timers would have run in each attempt. */
import { NS_PER_MS } from "../core/units.js";
import type { Attempt } from "../recording/recording.js";

/** All in ms. */
export interface Waits {
  /** Dispatched to the end: what a limit on the whole request sees. */
  readonly totalMs: number;
  /** Sent to the first byte of the body, or to the end where none came; null where nothing was sent. */
  readonly firstByteMs: number | null;
  /** The longest wait between two reads, the end included; null where none came. */
  readonly idleMs: number | null;
  /** The longest wait for a sign of life: headers count as one, as they do for a read timeout. */
  readonly silenceMs: number;
}

export function waitsOf(attempt: Attempt): Waits {
  const { dispatchedAtNs, sentAtNs, headersAtNs, reads, endedAtNs } = attempt;
  const firstNs = reads[0]?.[0];
  let idleNs = 0;
  reads.forEach(([atNs], index) => {
    idleNs = Math.max(idleNs, (reads[index + 1]?.[0] ?? endedAtNs) - atNs);
  });
  const answerNs = firstNs ?? endedAtNs;
  const beforeNs = sentAtNs ?? dispatchedAtNs;
  const headNs = headersAtNs ?? answerNs;
  const ms = (ns: number): number => Math.max(0, ns) / NS_PER_MS;
  return {
    totalMs: ms(endedAtNs - dispatchedAtNs),
    firstByteMs: sentAtNs === undefined ? null : ms(answerNs - sentAtNs),
    idleMs: firstNs === undefined ? null : ms(idleNs),
    silenceMs: ms(Math.max(headNs - beforeNs, answerNs - headNs, idleNs)),
  };
}
