/** `twintail.yaml` as a person writes it. Unknown keys are errors: a setting that is silently ignored is a lie. */
import { z } from "zod";
import { parseDurationMs } from "../core/duration.js";

/** A duration as a person writes it; ms. */
export const duration = z
  .union([z.string(), z.literal(0)], "a duration such as 500ms, 10s, 2m or 1m30s")
  .refine((text) => isDuration(text), "a duration such as 500ms, 10s, 2m or 1m30s")
  .transform((text) => parseDurationMs(String(text)));

function isDuration(text: string | number): boolean {
  try {
    parseDurationMs(String(text));
    return true;
  } catch {
    return false;
  }
}

const price = z.strictObject({
  inputPerMTok: z.number().nonnegative().optional(),
  cachedInputPerMTok: z.number().nonnegative().optional(),
  outputPerMTok: z.number().nonnegative().optional(),
  perHour: z.number().nonnegative().optional(),
});

const scaleDown = z
  .strictObject({
    command: z.array(z.string()).min(1).optional(),
    url: z.string().optional(),
    method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]).default("POST"),
    withKey: z.boolean().default(false),
    timeout: duration.default(60_000),
  })
  .refine(({ command, url }) => (command === undefined) !== (url === undefined), "either command or url");

const endpoint = z.strictObject({
  baseUrl: z.string(),
  apiKeyEnv: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "the name of an environment variable, never a key")
    .optional(),
  models: z.record(z.string(), z.string().min(1).nullable()),
  rename: z.record(z.string(), z.string().min(1)).default({}),
  omit: z.array(z.string()).default([]),
  extra: z.record(z.string(), z.unknown()).default({}),
  streamUsage: z.boolean().default(true),
  headers: z.record(z.string(), z.string()).default({}),
  requestIdHeader: z.string().optional(),
  paths: z
    .strictObject({
      chat: z.string().optional(),
      completions: z.string().optional(),
      responses: z.string().optional(),
      embeddings: z.string().optional(),
    })
    .default({}),
  apiKeyHeader: z.string().default("authorization"),
  proxy: z.enum(["environment", "none"]).default("environment"),
  caFile: z.string().optional(),
  http2: z.boolean().default(false),
  wake: z
    .strictObject({
      idleAfter: duration.optional(),
      budget: duration.optional(),
      cap: duration.default(600_000),
      assumeIdle: z.boolean().default(true),
      scaleDown: scaleDown.optional(),
    })
    .optional(),
  limits: z
    .strictObject({
      rpm: z.int().positive().optional(),
      tpm: z.int().positive().optional(),
      minRemaining: z.number().positive().max(0.95).optional(),
    })
    .optional(),
  owned: z.boolean().default(false),
  tier: z.string().optional(),
  price: price.optional(),
  simulated: z.string().optional(),
});

const count = z.int().positive();

const NEVER_RETRIED =
  "429, a status from 500 to 599, 5xx or network: any other 4xx only fails faster when it is repeated";

const shape = {
  burstiness: z.number().positive().max(1_000).optional(),
  trace: z.string().optional(),
  speed: z.number().positive().max(1_000).default(1),
  maxInFlight: count.max(65_536).default(512),
  whenFull: z.enum(["drop", "wait"]).default("drop"),
};

const rate = z.number().positive().max(100_000);

const arrivals = z.strictObject({
  shape: z.enum(["constant", "poisson", "gamma", "trace"]).default("poisson"),
  rate: rate.optional(),
  toRate: rate.optional(),
  ...shape,
});

const load = z.strictObject({
  shape: z.enum(["closed", "constant", "poisson", "gamma", "trace"]).default("closed"),
  points: z.union([z.literal("auto"), z.array(rate).min(1).max(100)]).default("auto"),
  from: rate.default(1),
  to: rate.default(256),
  settle: duration.default(10_000),
  window: duration.default(30_000),
  mix: z.record(z.string(), z.number().nonnegative().max(1e6)).optional(),
  slo: z.string().optional(),
  ...shape,
});

const capture = z.strictObject({
  rounds: count.max(1_000).default(12),
  spread: duration.default(0),
  concurrency: count.max(512).default(4),
  order: z.enum(["random", "serial"]).default("random"),
  prefix: z.enum(["unique", "shared"]).default("unique"),
  control: z.boolean().default(false),
  warmup: z.int().nonnegative().max(100).default(1),
  solo: z
    .strictObject({ requests: z.int().nonnegative().max(100).default(3), maxTokens: count.default(200) })
    .default({ requests: 3, maxTokens: 200 }),
  once: z.array(z.string()).default([]),
  timeouts: z
    .strictObject({
      connect: duration.default(10_000),
      firstByte: duration.default(120_000),
      idle: duration.default(60_000),
      total: duration.default(600_000),
    })
    .default({ connect: 10_000, firstByte: 120_000, idle: 60_000, total: 600_000 }),
  retry: z
    .strictObject({
      attempts: count.max(10).default(3),
      on: z
        .array(
          z.union([
            z.int().refine((status) => status === 429 || (status >= 500 && status <= 599), NEVER_RETRIED),
            z.literal("5xx"),
            z.literal("network"),
          ]),
        )
        .default([429, "5xx", "network"]),
    })
    .default({ attempts: 3, on: [429, "5xx", "network"] }),
  // A line of the recording escapes a byte to six characters at worst, and has to stay below the longest string.
  maxBytesPerExchange: count.max(32 * 1024 * 1024).default(16 * 1024 * 1024),
  maxCost: z.number().positive().optional(),
  maxCostPerMonth: z.number().positive().optional(),
  maxRequests: count.optional(),
  giveUpAfter: z.int().nonnegative().max(100_000).default(30),
  deadline: duration.default(0),
  seed: z.int().nonnegative().optional(),
  workers: count.max(64).default(1),
  arrivals: arrivals.optional(),
});

/** The zod schema of `twintail.yaml`; its output has durations in milliseconds and every default applied. */
export const configSchema = z.strictObject({
  goldens: z.string(),
  endpoints: z.strictObject({ baseline: endpoint, candidate: endpoint }),
  capture: capture.prefault({}),
  load: load.prefault({}),
  store: z.enum(["full", "redacted", "metadata"]).optional(),
  traffic: z.strictObject({ requestsPerDay: z.number().positive() }).optional(),
  gates: z.array(z.string()).default([]),
  estimand: z.enum(["these-prompts", "traffic-like-these"]).optional(),
});

export type ConfigFile = z.output<typeof configSchema>;
