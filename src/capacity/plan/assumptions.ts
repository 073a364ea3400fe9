/** What a plan takes for granted, in full: whoever signs for it has to be able to disagree. */
import type { DemandSettings, TierSettings } from "../../config/capacity-file.js";
import type { CapacityTier } from "../../report/capacity-summary.js";
import { hasReplicas, percentText } from "../../report/capacity-words.js";
import { formatShare, formatSignificant, plural } from "../../report/numbers.js";

export interface AssumptionInput {
  readonly settings: DemandSettings;
  readonly tiers: readonly { readonly settings: TierSettings; readonly planned: CapacityTier }[];
}

export function assumptionsOf({ settings, tiers }: AssumptionInput): string[] {
  return [...ofDemand(settings, tiers), ...ofReplicas(tiers), ...ofLengths(settings, tiers), ...ofCost(tiers)];
}

function ofDemand(
  { growth, headroom, spare, peakToMean, defaults }: DemandSettings,
  tiers: AssumptionInput["tiers"],
): string[] {
  const said = (name: DemandSettings["defaults"][number]): string => (defaults.includes(name) ? " (default)" : "");
  return [
    growth === 0
      ? `rates are those of the day that is planned for: growth is 0 %${said("growth")}`
      : `rates grow by ${percentText(growth)}, alike in all hours`,
    peakToMean === 1
      ? `within an hour requests come evenly but for chance: peakToMean is 1${said("peakToMean")}`
      : `the busiest moments of an hour have ${formatSignificant(peakToMean)} times its mean`,
    `${percentText(headroom)} headroom above the peak${said("headroom")}${
      tiers.some(({ planned }) => hasReplicas(planned))
        ? `, and ${spare === 0 ? "no spare replica" : `${plural(spare, "replica")} spare`}${said("spare")}`
        : ""
    }`,
  ];
}

function ofReplicas(tiers: AssumptionInput["tiers"]): string[] {
  const rented = tiers.filter(({ planned }) => planned.replicas !== null);
  const has = (basis: NonNullable<CapacityTier["bears"]>["basis"]): boolean =>
    tiers.some(({ planned }) => planned.bears?.basis === basis);
  const closed = tiers.some(({ planned }) => planned.sweep?.shape.startsWith("closed") === true);
  return [
    ...(rented.length === 0
      ? []
      : [
          "n replicas bear n times what one bore: a load balancer spreads evenly, and nothing that they share (a gateway, a rate limit, a disk) gives way first. Nothing larger than what was swept was measured",
        ]),
    ...(has("goodput") ? ["the SLO holds for the mix of prompts and the kind of arrivals that were swept"] : []),
    ...(has("knee")
      ? ["without an SLO a replica is asked for a share of its knee (kneeShare), and no latency is promised"]
      : []),
    ...(has("highest") ? ["where no knee was reached, a replica bears what it bore at most, and perhaps more"] : []),
    ...(closed
      ? [
          "a closed loop holds the load even; requests that come at random wait longer at the same mean, which headroom has to carry",
        ]
      : []),
    "intervals are those of the sweeps, 95 %: what was swept on its day, not other days or other machines of its kind",
  ];
}

function ofLengths(settings: DemandSettings, tiers: AssumptionInput["tiers"]): string[] {
  const { inputTokens, outputTokens, cachedShare } = settings;
  const cached = tiers.flatMap(({ planned: { name, lengths } }) =>
    typeof lengths.swept?.cachedShare === "number" ? [`${name} ${formatShare(lengths.swept.cachedShare)}`] : [],
  );
  const silent = tiers.flatMap(({ planned: { name, lengths } }) =>
    lengths.swept !== null && lengths.swept.cachedShare === null ? [name] : [],
  );
  const unsaid = silent.length === 0 ? "" : `, not known of ${silent.join(", ")}`;
  const given = inputTokens !== null || outputTokens !== null || cachedShare !== null;
  return [
    given
      ? "at other lengths than the swept ones, the work of a request grows by the greatest of its prompt, its answer, and what it holds of the KV cache times how long; the upper bound takes the least of them. What longer answers do to a limit on e2e is not known"
      : "prompts and answers are as long as those that were swept",
    cached.length === 0
      ? "no sweep says which share of its prompt tokens a cache answered: if hits are rarer in production, a tier bears less"
      : `share of prompt tokens that a cache answered in the sweeps: ${cached.join(", ")}${unsaid}. Where hits are rarer, a tier bears less and a token costs more`,
  ];
}

function ofCost(tiers: AssumptionInput["tiers"]): string[] {
  const hourly = tiers.filter(({ planned }) => hasReplicas(planned));
  const sleeping = tiers.filter(({ planned }) => planned.scaleToZero !== null);
  const paid = sleeping.filter(({ settings }) => settings.wake?.paid === true).map(({ settings }) => settings.name);
  const free = sleeping.filter(({ settings }) => settings.wake?.paid === false).map(({ settings }) => settings.name);
  return [
    "a month has 730 hours; a cost per million output tokens has the prompts in it, one per million tokens counts both alike",
    ...(hourly.length === 0
      ? []
      : [
          "scheduled by hour: replicas are there when their hour begins, never fewer than one and the spare ones, and are stopped at its end",
        ]),
    ...(hourly.length === 0 || sleeping.length === hourly.length
      ? []
      : ["a start costs nothing where a tier has no wake"]),
    ...(sleeping.length === 0
      ? []
      : [
          "requests come independently of each other (Poisson) at each hour's mean rate; a sleeping tier is woken by the first, all that come until it is awake wait for it, and nobody gives up",
          `hours of a replica that wakes are paid${paid.length === sleeping.length ? "" : paid.length === 0 ? ": no" : ` at ${paid.join(", ")}, not at ${free.join(", ")}`}`,
        ]),
    ...(tiers.some(({ planned }) => !hasReplicas(planned))
      ? ["what is paid by the token has no replicas: it bears what its sweep bore, whoever else uses it"]
      : []),
    "failed and repeated requests cost nothing and are not in the demand",
  ];
}
