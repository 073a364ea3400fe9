/** Reads `capacity.yaml`: tiers of hardware with their prices, and what is asked of them. */
import { dirname, resolve } from "node:path";
import { checkDocument, parseDocument, readDocument, type SourceDocument } from "../core/document.js";
import { TwintailError } from "../core/errors.js";
import { type CapacityFile, capacitySchema } from "./capacity-schema.js";
import type { EndpointRole } from "./settings.js";

/** USD. */
export type TierPrice =
  | { readonly kind: "hour"; readonly perHour: number }
  | {
      readonly kind: "tokens";
      readonly inputPerMTok: number;
      /** Absent: as any other input. */
      readonly cachedInputPerMTok?: number;
      readonly outputPerMTok: number;
    };

export interface TierWake {
  readonly timeMs?: number;
  /** In place of `timeMs`: a run whose report lists cold wakes of this tier. */
  readonly report?: string;
  /** Awake, and paid, for so long after the last answer; ms. */
  readonly idleTailMs: number;
  /** The hours of a replica that wakes are paid too. */
  readonly paid: boolean;
}

export interface TierSettings {
  readonly name: string;
  readonly gpu?: string;
  /** Of one replica. */
  readonly gpus?: number;
  /** Folder of a sweep, or its `sweep.json`. Absent: the one whose endpoint has `label`. */
  readonly sweep?: string;
  readonly endpoint?: EndpointRole;
  /** What the swept endpoint's `tier` is: the tier's name unless it says otherwise. */
  readonly label: string;
  /** That stood behind the swept endpoint. */
  readonly sweptReplicas: number;
  /** Of a replica. Absent: as in the sweep. */
  readonly price?: TierPrice;
  readonly wake?: TierWake;
  readonly maxReplicas?: number;
  /** `file:line:column`, for messages. */
  readonly place: string;
}

export interface DemandSettings {
  /** Mean requests a second in each of the 24 hours from midnight; Monday to Friday where there is a weekend. */
  readonly weekday: readonly number[];
  /** Null: every day alike. */
  readonly weekend: readonly number[] | null;
  /** Means of the demand; null: as in each sweep. */
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  /** Share of the prompt tokens that a cache answers; null: as in each sweep. */
  readonly cachedShare: number | null;
  /** All rates grow by this share until the day that is planned for. */
  readonly growth: number;
  /** Capacity kept free above the peak, as a share of it. */
  readonly headroom: number;
  /** Replicas beyond those that bear the peak: N + 1 is 1. */
  readonly spare: number;
  /** The busiest moments of an hour over the mean of that hour. */
  readonly peakToMean: number;
  /** Of its knee, how much a replica is asked for at most where its sweep had no SLO. */
  readonly kneeShare: number;
  /** Share of the requests that may wait for a wake; null: what the latency quantiles of the SLO leave. */
  readonly mayWait: number | null;
  /** Settings that the file left to these defaults. */
  readonly defaults: readonly (keyof typeof DEFAULTS)[];
}

export interface CapacitySettings {
  readonly file: string;
  readonly tiers: readonly TierSettings[];
  readonly demand: DemandSettings;
}

const DEFAULTS = { growth: 0, headroom: 0.2, spare: 1, peakToMean: 1, kneeShare: 0.8 } as const;

/** @throws TwintailError with `file:line:column` of every mistake. */
export function loadCapacity(path: string): CapacitySettings {
  return settingsOf(readDocument(path, "capacity file"), dirname(resolve(path)));
}

/** As {@link loadCapacity}, from text; `folder` is what relative paths are resolved against. */
export function parseCapacity(text: string, folder: string, file = "capacity.yaml"): CapacitySettings {
  return settingsOf(parseDocument(text, file), folder);
}

function settingsOf(document: SourceDocument, folder: string): CapacitySettings {
  const file = checkDocument(document, capacitySchema);
  const seen = new Set<string>();
  for (const [index, { name }] of file.tiers.entries()) {
    if (seen.has(name)) {
      throw new TwintailError({
        cause: `two tiers are called ${JSON.stringify(name)}`,
        place: document.place(["tiers", index, "name"]),
        remedy: "give each a name of its own",
      });
    }
    seen.add(name);
  }
  return {
    file: document.file,
    tiers: file.tiers.map((tier, index) => tierOf(tier, document.place(["tiers", index]), folder)),
    demand: demandOf(file.demand),
  };
}

function tierOf(tier: CapacityFile["tiers"][number], place: string, folder: string): TierSettings {
  const { name, gpu, gpus, sweep, endpoint, wake, maxReplicas } = tier;
  const price = priceOf(tier);
  return {
    name,
    label: tier.tier ?? name,
    sweptReplicas: tier.sweptReplicas ?? 1,
    place,
    ...(gpu === undefined ? {} : { gpu }),
    ...(gpus === undefined ? {} : { gpus }),
    ...(sweep === undefined ? {} : { sweep: resolve(folder, sweep) }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(price === undefined ? {} : { price }),
    ...(maxReplicas === undefined ? {} : { maxReplicas }),
    ...(wake === undefined
      ? {}
      : {
          wake: {
            ...(wake.time === undefined ? {} : { timeMs: wake.time }),
            ...(wake.report === undefined ? {} : { report: resolve(folder, wake.report) }),
            idleTailMs: wake.idleTail,
            paid: wake.paid,
          },
        }),
  };
}

function priceOf({ pricePerHour, pricePerMTok }: CapacityFile["tiers"][number]): TierPrice | undefined {
  if (pricePerHour !== undefined) return { kind: "hour", perHour: pricePerHour };
  if (pricePerMTok === undefined) return undefined;
  const { input, cachedInput, output } = pricePerMTok;
  return {
    kind: "tokens",
    inputPerMTok: input,
    outputPerMTok: output,
    ...(cachedInput === undefined ? {} : { cachedInputPerMTok: cachedInput }),
  };
}

function demandOf(written: CapacityFile["demand"]): DemandSettings {
  const names = Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[];
  const left = names.filter((name) => written[name] === undefined);
  return {
    ...ratesOf(written),
    inputTokens: written.inputTokens ?? null,
    outputTokens: written.outputTokens ?? null,
    cachedShare: written.cachedShare ?? null,
    growth: written.growth ?? DEFAULTS.growth,
    headroom: written.headroom ?? DEFAULTS.headroom,
    spare: written.spare ?? DEFAULTS.spare,
    peakToMean: written.peakToMean ?? DEFAULTS.peakToMean,
    kneeShare: written.kneeShare ?? DEFAULTS.kneeShare,
    mayWait: written.mayWait ?? null,
    defaults: left,
  };
}

function ratesOf({
  requestsPerSecond,
  requestsPerHour,
}: CapacityFile["demand"]): Pick<DemandSettings, "weekday" | "weekend"> {
  if (typeof requestsPerSecond === "number") return { weekday: Array(24).fill(requestsPerSecond), weekend: null };
  if (requestsPerSecond !== undefined) {
    const { weekday, weekend } = daysOf(requestsPerSecond.shape);
    const highest = Math.max(...weekday, ...(weekend ?? []));
    return scaled({ weekday, weekend }, requestsPerSecond.peak / highest);
  }
  return scaled(daysOf(requestsPerHour ?? []), 1 / 3_600);
}

function daysOf(
  daily: NonNullable<CapacityFile["demand"]["requestsPerHour"]>,
): Pick<DemandSettings, "weekday" | "weekend"> {
  return Array.isArray(daily) ? { weekday: daily, weekend: null } : daily;
}

function scaled(
  { weekday, weekend }: Pick<DemandSettings, "weekday" | "weekend">,
  factor: number,
): Pick<DemandSettings, "weekday" | "weekend"> {
  const times = (rates: readonly number[]): number[] => rates.map((rate) => rate * factor);
  return { weekday: times(weekday), weekend: weekend === null ? null : times(weekend) };
}
