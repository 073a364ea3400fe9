/** The wakes that a run or `twintail wake` recorded, for how long a tier takes to wake. */
import { z } from "zod";
import type { TierSettings } from "../../config/capacity-file.js";
import type { EndpointRole } from "../../config/settings.js";
import { TwintailError } from "../../core/errors.js";
import { formatMs, plural } from "../../report/numbers.js";
import { readJson } from "./stored-sweep.js";

const trials = z.array(z.looseObject({ wakeMs: z.number().nullable(), verdict: z.string() }));
const side = z.looseObject({ tier: z.string().nullable().optional() });
const report = z.looseObject({
  cold: z.looseObject({ baseline: trials, candidate: trials }),
  endpoints: z.looseObject({ baseline: side, candidate: side }),
});

export interface TierWakeTime {
  readonly timeMs: number;
  /** How it is known, one sentence without its full stop; empty where the tier says it. */
  readonly text: string;
}

/**
 * The median of the wakes that were cold: cost and delays grow with the mean, and one stuck wake must not set it.
 * @throws TwintailError when the report has none of this tier.
 */
export function wakeTimeOf(tier: TierSettings): TierWakeTime | null {
  const { wake } = tier;
  if (wake === undefined) return null;
  if (wake.timeMs !== undefined) return { timeMs: wake.timeMs, text: "" };
  const path = wake.report ?? "";
  const read = report.safeParse(readJson(path, "report.json", "report"));
  if (!read.success) {
    throw new TwintailError({
      cause: "this report lists no wakes",
      place: path,
      remedy: "name a run of twintail wake, or give wake.time",
    });
  }
  const role = roleOf(tier, read.data);
  const times = read.data.cold[role].flatMap(({ verdict, wakeMs }) =>
    verdict === "cold" && wakeMs !== null ? [wakeMs] : [],
  );
  if (times.length === 0) {
    throw new TwintailError({
      cause: `no wake of the ${role} was cold there`,
      place: path,
      remedy: "name a run of twintail wake that woke this tier, or give wake.time",
    });
  }
  times.sort((a, b) => a - b);
  const middle = (times.length - 1) / 2;
  const timeMs = ((times[Math.floor(middle)] ?? 0) + (times[Math.ceil(middle)] ?? 0)) / 2;
  const range =
    times.length === 1
      ? "one wake"
      : `the median of ${plural(times.length, "wake")}, ${formatMs(times[0] ?? 0)} to ${formatMs(times.at(-1) ?? 0)}`;
  return { timeMs, text: `a wake takes ${formatMs(timeMs)}: ${range}` };
}

/** The endpoint that the tier names, else the one of its label, else the only one that woke. */
function roleOf(tier: TierSettings, { cold, endpoints }: z.infer<typeof report>): EndpointRole {
  const roles = ["baseline", "candidate"] as const;
  if (tier.endpoint !== undefined) return tier.endpoint;
  const labelled = roles.filter((role) => endpoints[role].tier === tier.label);
  const woke = roles.filter((role) => cold[role].length > 0);
  const only = labelled.length === 1 ? labelled[0] : woke.length === 1 ? woke[0] : undefined;
  if (only !== undefined) return only;
  throw new TwintailError({
    cause: `more than one endpoint of ${tier.wake?.report ?? ""} may be tier ${JSON.stringify(tier.label)}`,
    place: tier.place,
    remedy: "say which with endpoint:",
  });
}
