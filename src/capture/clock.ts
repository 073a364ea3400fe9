/** The one clock of capture: `process.hrtime`, the same in every thread and process of a host. */

/** ns since this segment's origin, as an integer below 2^53 for 104 days. */
export type Clock = () => number;

export function clockFrom(originNs: bigint): Clock {
  return () => Number(process.hrtime.bigint() - originNs);
}
