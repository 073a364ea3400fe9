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

/** @returns ms; no less than `load.settle` */
export function settleMsFor(
  { load: settings }: SweepFacts,
  next: { readonly roles: readonly EndpointRole[]; readonly load: number | null },
  measured: readonly MeasuredPoint[],
): number {
  const longest = next.roles.reduce(
    (most, role) =>
      Math.max(
        most,
        expectedAnswerMs(
          next.load,
          measured.filter((point) => point.role === role),
        ),
      ),
    0,
  );
  const most = Math.max(settings.settleMs, MOST_WINDOWS * settings.windowMs);
  return Math.round(Math.min(most, Math.max(settings.settleMs, ANSWERS * longest)));
}

/** By the nearest load below, and by Little's law where more lanes may bring no more answers; 0 where nothing is known. */
function expectedAnswerMs(load: number | null, own: readonly MeasuredPoint[]): number {
  if (load === null) return 0;
  const below = own.findLast((point) => point.trusted && point.load !== null && point.load <= load);
  // In an open loop that falls behind, answers take ever longer: nothing settles.
  if (below === undefined || (below.drift !== null && below.state === "saturated")) return 0;
  const tookMs = below.tail("e2e")?.mean ?? 0;
  if (below.drift !== null || below.throughput.value === 0) return tookMs;
  return Math.max(tookMs, (1_000 * load) / below.throughput.value);
}
