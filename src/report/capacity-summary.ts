/**
 * What `twintail capacity --json` prints: replicas and cost of each tier for a demand. Its JSON Schema is generated from
 * here and published with the package. A value that cannot be known is `null` and has its reason beside it.
 */
import { z } from "zod";

export const CAPACITY_SCHEMA_VERSION = 1;

const number = z.number();
const maybe = z.number().nullable();
const notes = z.array(z.string());

/**
 * A figure over the 95 % interval of what a replica bears: `lo` is what it comes to at the favourable bound of a cost or a
 * count, `hi` at the other. A bound is null where the sweep carries none, such as the upper one of what was "at least".
 */
const interval = z.strictObject({ value: number, lo: maybe, hi: maybe });

const mode = z.strictObject({
  /**
   * `always-on`: as many replicas as the peak needs, all the time. `by-hour`: as many as each hour needs, one at least.
   * `scale-to-zero`: so, and none after the idle tail without a request. `by-token`: nothing is rented.
   */
  kind: z.enum(["always-on", "by-hour", "scale-to-zero", "by-token"]),
  /** Paid hours of replicas a month; null for `by-token`. */
  replicaHours: interval.nullable(),
  /** USD; an hour on average. */
  perHour: interval,
  perMonth: interval,
  per1000Requests: interval,
  /** USD per million; null where nobody knows how long prompts and answers are. */
  perMTokOutput: interval.nullable(),
  perMTok: interval.nullable(),
  /** False where it would let more requests wait for a wake than may. */
  allowed: z.boolean(),
});

const scaleToZero = z.strictObject({
  wakeMs: number,
  /** Without a request for so long it sleeps: the idle tail, and the answer before it. */
  tailMs: number,
  wakesPerDay: number,
  /** Awake or waking, of 24 hours. */
  awakeHoursPerDay: number,
  wakingHoursPerDay: number,
  /** Share of the requests that wait for a wake, and how many of them a month. */
  delayedShare: number,
  delayedPerMonth: number,
  /** Of those that wait; ms. */
  meanDelayMs: number,
  /** Share that may; `from` says who allows it. */
  mayWait: z.strictObject({ share: number, from: z.string() }),
  /** Requests come so often that it never sleeps. */
  neverSleeps: z.boolean(),
  /** One sentence without its full stop. */
  text: z.string(),
});

const lengths = z.strictObject({
  /** Mean tokens of a prompt and of an answer that the figures hold for. */
  inputTokens: maybe,
  outputTokens: maybe,
  /** Share of the prompt tokens that a cache answers. */
  cachedShare: maybe,
  /** Those of the sweep. */
  swept: z.strictObject({ inputTokens: maybe, outputTokens: maybe, cachedShare: maybe }).nullable(),
  /** Work of a request over that of a swept one: by the limit that grows most and by the one that grows least. 1 and 1 at the swept lengths. */
  work: z.strictObject({ most: number, least: number }),
  /** More than a quarter away from what was swept. */
  extrapolated: z.boolean(),
});

const tier = z.strictObject({
  name: z.string(),
  gpu: z.string().nullable(),
  gpus: z.int().nullable(),
  sweep: z
    .strictObject({
      runId: z.string(),
      createdAt: z.string(),
      endpoint: z.enum(["baseline", "candidate"]),
      baseUrl: z.string(),
      models: z.record(z.string(), z.string().nullable()),
      simulated: z.string().nullable(),
      verdict: z.enum(["measured", "partial", "invalid"]),
      /** In words, such as `open loop, Poisson arrivals`. */
      shape: z.string(),
      slo: z.string().nullable(),
      replicas: z.int(),
    })
    .nullable(),
  /** Does it bear the demand within `maxReplicas`? `unsure`: the interval, or what was swept, does not say. */
  meets: z.enum(["yes", "no", "unsure"]),
  /** One sentence without its full stop. */
  why: z.string(),
  /** What a replica bears, and whence it is known. Null where it is not. */
  bears: z
    .strictObject({
      /** `goodput`: the highest load that keeps the SLO. `knee`: a share of where throughput stops growing. `highest`: the highest load that it bore. */
      basis: z.enum(["goodput", "knee", "highest"]),
      /** Requests a second, at the lengths of the sweep. */
      swept: interval,
      /** At the lengths of the demand. */
      perS: interval,
      /** It was not driven to its limit: a lower bound. */
      atLeast: z.boolean(),
      /** One sentence without its full stop. */
      text: z.string(),
    })
    .nullable(),
  lengths,
  /** At the peak, spare ones included; null without `bears` and where nothing is rented. */
  replicas: interval.nullable(),
  spare: z.int(),
  maxReplicas: z.int().nullable(),
  /** Shares of what the replicas bear, spare ones included: at the peak without headroom, then with the spare ones lost, and on average. */
  utilisation: z.strictObject({ peak: number, spareLost: number, average: number }).nullable(),
  /** Scheduled by hour, spare ones included. */
  byHour: z.strictObject({ weekday: z.array(z.int()), weekend: z.array(z.int()).nullable() }).nullable(),
  price: z.union([
    z.strictObject({ perHour: number }),
    z.strictObject({ inputPerMTok: number, cachedInputPerMTok: number, outputPerMTok: number }),
  ]),
  modes: z.array(mode),
  /** The mode that costs least of those that are allowed; null where none has a price. */
  cheapest: z.enum(["always-on", "by-hour", "scale-to-zero", "by-token"]).nullable(),
  /** How it stands to the others, one sentence without its full stop; empty where there is one mode alone. */
  cheapestText: z.string(),
  scaleToZero: scaleToZero.nullable(),
  notes,
});

const capacitySchema = z.strictObject({
  schemaVersion: z.literal(CAPACITY_SCHEMA_VERSION),
  /**
   * `recommended`: one tier bears the demand and costs least, whatever the intervals allow. `tied`: several do, and which
   * costs least cannot be told. `none`: no tier bears it. `unsure`: whether any does cannot be told.
   */
  verdict: z.enum(["recommended", "tied", "none", "unsure"]),
  /** One sentence without its full stop. */
  reason: z.string(),
  /** The cheapest that bears the demand; null where none does for sure. */
  recommended: z.string().nullable(),
  demand: z.strictObject({
    /** Mean requests a second of each hour from midnight, growth included. */
    weekday: z.array(number),
    /** Null where every day is alike. */
    weekend: z.array(number).nullable(),
    /** The busiest hour's mean. */
    busiestPerS: number,
    /** The busiest moments of that hour. */
    peakPerS: number,
    /** With headroom: what the replicas without the spare ones have to bear. */
    requiredPerS: number,
    averagePerS: number,
    requestsPerMonth: number,
    growth: number,
    headroom: number,
    spare: z.int(),
    peakToMean: number,
  }),
  tiers: z.array(tier),
  /** What all figures rest on. */
  assumptions: notes,
  /** Sweeps that were given, and that no tier is about. */
  unused: z.array(z.string()),
});

export type CapacitySummary = z.infer<typeof capacitySchema>;
export type CapacityTier = z.infer<typeof tier>;
export type CapacityMode = z.infer<typeof mode>;
export type CapacityInterval = z.infer<typeof interval>;
export type ScaleToZeroSummary = z.infer<typeof scaleToZero>;

/** The JSON Schema (2020-12). */
export function capacityJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(capacitySchema), title: "twintail capacity" };
}
