/** Does a tier bear the demand: yes or no over the whole interval, else nobody can tell. */
import type { DemandSettings, TierSettings } from "../../config/capacity-file.js";
import type { CapacityInterval, CapacityTier } from "../../report/capacity-summary.js";
import { perTimeText } from "../../report/capacity-words.js";
import { plural } from "../../report/numbers.js";

export type Meets = Pick<CapacityTier, "meets" | "why">;

export function meetsByReplicas(
  replicas: CapacityInterval,
  {
    tier,
    settings,
    requiredPerS,
  }: { readonly tier: TierSettings; readonly settings: DemandSettings; readonly requiredPerS: number },
): Meets {
  const { value, lo, hi } = replicas;
  const most = tier.maxReplicas ?? Number.POSITIVE_INFINITY;
  const required = perTimeText(requiredPerS);
  const many = plural(value, "replica");
  const bear = value === 1 ? "bears" : "bear";
  const spare = settings.spare === 0 ? "" : `, ${settings.spare} of them spare,`;
  if (most === Number.POSITIVE_INFINITY || (hi !== null && hi <= most)) {
    return { meets: "yes", why: `${many}${spare} ${bear} ${required}` };
  }
  if (lo !== null && lo > most)
    return { meets: "no", why: `${required} take ${plural(lo, "replica")} at least, and there are ${most}` };
  if (value <= most) {
    const worst =
      hi === null
        ? `more, since its sweep ${lo === null ? "has no interval" : "bounds it on one side alone"}`
        : plural(hi, "replica");
    return {
      meets: "unsure",
      why: `${many}${spare} ${bear} ${required}, and may be ${worst}, where there are ${most}`,
    };
  }
  const best = lo === null ? "fewer, since its limit was not found" : `${lo}`;
  return { meets: "unsure", why: `${required} take ${many}, perhaps ${best}, and there are ${most}` };
}

/** What is paid by the token is taken as it was swept, since nobody can add replicas to it. */
export function meetsByItself(perS: CapacityInterval | null, requiredPerS: number): Meets {
  if (perS === null) return { meets: "unsure", why: "nobody knows what it bears" };
  const required = perTimeText(requiredPerS);
  const bore = perTimeText(perS.value);
  if (perS.lo !== null && requiredPerS <= perS.lo)
    return { meets: "yes", why: `it bore ${bore} in its sweep, and ${required} are asked` };
  if (perS.hi !== null && requiredPerS > perS.hi)
    return { meets: "no", why: `it bears ${bore}, and ${required} are asked` };
  return { meets: "unsure", why: `it bore ${bore} in its sweep, and whether it bears ${required} was not measured` };
}
