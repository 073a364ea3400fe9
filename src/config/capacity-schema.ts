/** `capacity.yaml` as a person writes it. Unknown keys are errors: a setting that is silently ignored is a lie. */
import { z } from "zod";
import { duration } from "./schema.js";

const PERCENT = /^(\d+(?:\.\d+)?)\s*%$/;

/** `20%`, `150%`, or a share from 0 to 1. A bare 20 is refused: nobody can tell whether it means 20 % or twentyfold. */
const share = z
  .union([z.string(), z.number()])
  .refine((value) => !Number.isNaN(shareOf(value)), "a share such as 20% or 0.2")
  .transform(shareOf);

function shareOf(value: string | number): number {
  if (typeof value === "number") return value >= 0 && value <= 1 ? value : Number.NaN;
  return Number(PERCENT.exec(value.trim())?.[1] ?? Number.NaN) / 100;
}

const increase = share.refine((value) => value <= 100, "a share of 10000% or less");

/** Of a whole: more than all of it is a mistake. */
const part = share.refine((value) => value <= 1, "a share of 100% or less");

/** What no demand and no price comes near: beyond it figures lose their digits. */
const MOST = 1e9;
const amount = z.number().nonnegative().max(MOST);
const perSecond = z
  .number()
  .positive()
  .max(MOST / 3_600);
const tokens = z.number().min(0.01).max(MOST);
const LONGEST_MS = 12 * 3_600_000;
const bounded = duration.refine((ms) => ms <= LONGEST_MS, "a duration of 12h or less");

const DAY = "24 numbers, one for each hour from midnight";
const HOURS = `${DAY}, with at least one above 0`;
const hours = z
  .array(amount, HOURS)
  .length(24, HOURS)
  .refine((rates) => rates.some((rate) => rate > 0), HOURS);

const week = z
  .strictObject({ weekday: z.array(amount).length(24, DAY), weekend: z.array(amount).length(24, DAY) })
  .refine(({ weekday, weekend }) => [...weekday, ...weekend].some((rate) => rate > 0), HOURS);
/** Every day alike, or Monday to Friday and the weekend apart. */
const daily = z.union([hours, week], { error: `${HOURS}, or { weekday, weekend } of 24 each` });

const tokenPrice = z.strictObject({ input: amount, cachedInput: amount.optional(), output: amount });

const wake = z
  .strictObject({
    time: bounded.optional(),
    report: z.string().optional(),
    idleTail: bounded,
    paid: z.boolean().default(true),
  })
  .refine(({ time, report }) => (time === undefined) !== (report === undefined), "either time or report");

const tier = z
  .strictObject({
    name: z.string().min(1).max(60),
    gpu: z.string().max(60).optional(),
    gpus: z.int().positive().optional(),
    sweep: z.string().optional(),
    endpoint: z.enum(["baseline", "candidate"]).optional(),
    tier: z.string().optional(),
    sweptReplicas: z.int().positive().optional(),
    pricePerHour: amount.optional(),
    pricePerMTok: tokenPrice.optional(),
    wake: wake.optional(),
    maxReplicas: z.int().positive().max(100_000).optional(),
  })
  .refine(
    ({ pricePerHour, pricePerMTok }) => pricePerHour === undefined || pricePerMTok === undefined,
    "either pricePerHour or pricePerMTok",
  )
  .refine(
    ({ pricePerMTok, wake: wakes, maxReplicas, sweptReplicas }) =>
      pricePerMTok === undefined || (wakes === undefined && maxReplicas === undefined && sweptReplicas === undefined),
    "no wake, maxReplicas or sweptReplicas beside pricePerMTok: what is paid by the token has no replicas of yours",
  );

const demand = z
  .strictObject({
    requestsPerSecond: z
      .union([perSecond, z.strictObject({ peak: perSecond, shape: daily })], {
        error: `a number above 0 and at most ${Math.floor(MOST / 3_600)}, or { peak, shape }`,
      })
      .optional(),
    requestsPerHour: daily.optional(),
    inputTokens: tokens.optional(),
    outputTokens: tokens.optional(),
    cachedShare: part.optional(),
    growth: increase.optional(),
    headroom: increase.optional(),
    spare: z.int().nonnegative().max(1_000).optional(),
    peakToMean: z.number().min(1).max(100).optional(),
    kneeShare: part.refine((value) => value > 0, "a share above 0%").optional(),
    mayWait: part.optional(),
  })
  .refine(
    ({ requestsPerSecond, requestsPerHour }) => (requestsPerSecond === undefined) !== (requestsPerHour === undefined),
    "either requestsPerSecond or requestsPerHour",
  );

/** Its output has durations in ms and shares from 0 to 1. */
export const capacitySchema = z.strictObject({ tiers: z.array(tier).min(1).max(20), demand });

export type CapacityFile = z.output<typeof capacitySchema>;
