/**
 * How long a load settles before it is measured. Lanes of a closed loop begin over its first half; once that is as long as an answer
 * takes, as many answers end in any second as in any other. A window that began sooner would count the beginning: prompts that all
 * came at once, and no answer that had come to its end.
 */
import type { EndpointRole } from "../config/settings.js";
import type { SweepFacts } from "../recording/recording.js";
import type { MeasuredPoint } from "./saturation.js";

const ANSWERS = 2;
/** A load far past the knee is not worth hours: what is cut short there is noted. */
const MOST_WINDOWS = 2;

export function longestSettleMs({ settleMs, windowMs }: Pick<SweepFacts["load"], "settleMs" | "windowMs">): number {
  return Math.max(settleMs, MOST_WINDOWS * windowMs);
}

/**
 * @param warmMs what an answer took before the first load, by endpoint; 0 where nobody knows
 * @returns ms; no less than `load.settle`
 */
export function settleMsFor(
  { load: settings }: SweepFacts,
  next: { readonly roles: readonly EndpointRole[]; readonly load: number | null },
  measured: readonly MeasuredPoint[],
  warmMs: (role: EndpointRole) => number = () => 0,
): number {
  const { load, roles } = next;
  if (load === null) return settings.settleMs;
  const expected = roles.map((role) => expectedAnswerMs(load, ofRole(role, measured)) ?? warmMs(role));
  const asLong = ANSWERS * expected.reduce((most, each) => Math.max(most, each), 0);
  return Math.round(Math.min(longestSettleMs(settings), Math.max(settings.settleMs, asLong)));
}

function ofRole(role: EndpointRole, measured: readonly MeasuredPoint[]): MeasuredPoint[] {
  return measured.filter((point) => point.role === role);
}

/** By the nearest load below, and by Little's law where more lanes may bring no more answers; null where nothing is known. */
function expectedAnswerMs(load: number, own: readonly MeasuredPoint[]): number | null {
  const below = own.findLast((point) => point.trusted && point.load !== null && point.load <= load);
  if (below === undefined) return null;
  // In an open loop that falls behind, answers take ever longer: nothing settles.
  if (below.drift !== null && below.state === "saturated") return 0;
  const tookMs = below.tail("e2e")?.mean ?? 0;
  if (below.drift !== null || below.throughput.value === 0) return tookMs;
  return Math.max(tookMs, (1_000 * load) / below.throughput.value);
}
