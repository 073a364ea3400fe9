/** What a tier costs by the hour or by the token: as its file says, else as its sweep does. */
import type { TierPrice, TierSettings } from "../../config/capacity-file.js";
import { TwintailError } from "../../core/errors.js";
import type { CapacityTier } from "../../report/capacity-summary.js";
import type { TierSweep } from "./stored-sweep.js";

/** @throws TwintailError when there is none, or it is by the token where the tier speaks of replicas. */
export function priceOf(tier: TierSettings, swept: TierSweep | null): TierPrice {
  const price = writtenPrice(tier, swept);
  const counted = tier.wake !== undefined || tier.maxReplicas !== undefined || tier.sweptReplicas > 1;
  if (price.kind === "tokens" && counted) {
    throw new TwintailError({
      cause: `tier ${JSON.stringify(tier.name)} is paid by the token, as its sweep says, and has no replicas that wake or are counted`,
      place: tier.place,
      remedy: "give pricePerHour of a replica, or leave out wake, maxReplicas and sweptReplicas",
    });
  }
  return price;
}

/** The file's own, else that of the swept endpoint. */
function writtenPrice(tier: TierSettings, swept: TierSweep | null): TierPrice {
  if (tier.price !== undefined) return tier.price;
  const { perHour, inputPerMTok, cachedInputPerMTok, outputPerMTok } = swept?.endpoint.price ?? {};
  const metered = inputPerMTok !== undefined && outputPerMTok !== undefined;
  if (perHour !== undefined && !metered) return { kind: "hour", perHour: perHour / tier.sweptReplicas };
  if (perHour === undefined && metered) {
    return {
      kind: "tokens",
      inputPerMTok,
      outputPerMTok,
      ...(cachedInputPerMTok === undefined ? {} : { cachedInputPerMTok }),
    };
  }
  throw new TwintailError({
    cause: `tier ${JSON.stringify(tier.name)} has ${metered ? "a price by the hour and one by the token in its sweep" : "no price"}`,
    place: tier.place,
    remedy: "give pricePerHour of a replica, or pricePerMTok",
  });
}

export function priceSummary(price: TierPrice): CapacityTier["price"] {
  if (price.kind === "hour") return { perHour: price.perHour };
  const { inputPerMTok, cachedInputPerMTok, outputPerMTok } = price;
  return { inputPerMTok, cachedInputPerMTok: cachedInputPerMTok ?? inputPerMTok, outputPerMTok };
}
