/**
 * `sweep.json`: what an endpoint bore, load by load, and where it gave way. Its JSON Schema is generated from here and
 * published with the package. A value that cannot be known is `null` and has its reason in `notes` beside it.
 */
import { z } from "zod";
import { TwintailError } from "../core/errors.js";
import { sides } from "./decision.js";

export const SWEEP_SCHEMA_VERSION = 1;

const number = z.number();
const maybe = z.number().nullable();
const notes = z.array(z.string());

/** A figure with its two-sided 95 % interval; a bound is null where the sample carries none. */
const interval = z.strictObject({ value: number, lo: maybe, hi: maybe });

/** One metric of one point. Quantiles are HDR nearest-rank, blank where the sample cannot support them. */
const tail = z.strictObject({
  /** Exchanges that were sent within the window, those that failed before they had a value included. */
  n: z.int(),
  failed: z.int(),
  min: maybe,
  p1: maybe,
  p5: maybe,
  p10: maybe,
  p50: maybe,
  p90: maybe,
  p95: maybe,
  p99: maybe,
  max: maybe,
  mean: maybe,
  notes,
});

/** `unsure`: the limit lies within what the sample's bounds allow. `none`: there is no sample. */
const sloState = z.enum(["met", "missed", "unsure", "none"]);

const sloTerm = z.strictObject({
  /** As it was written, such as `ttft p95 < 1s`. */
  text: z.string(),
  state: sloState,
  /** In the metric's own unit; of rates a share. */
  value: maybe,
  /** One-sided 95 % bounds, by order statistics or exact. */
  lo: maybe,
  hi: maybe,
});

const point = z.strictObject({
  /** Ordinal in the sweep: points are listed by load, and were measured in this order. */
  index: z.int(),
  /** Exchanges in flight (closed loop) or requests a second (open loop); null for a trace. */
  load: maybe,
  /** How long it settled, and how long was measured then; ms. */
  settleMs: number,
  windowMs: number,
  /** Exchanges that were sent within the window: all latencies and errors are theirs. */
  requests: z.int(),
  /** Requests a second that were planned for the window; null in a closed loop. */
  offeredPerS: maybe,
  /** Of those, that were sent. */
  sentPerS: number,
  /** Answers that ended well within the window, a second. */
  throughput: interval,
  /** Tokens that came within the window, a second; null without usage. */
  outputTokensPerS: interval.nullable(),
  /** Prompt tokens of the requests that were answered, a second; null without usage. */
  inputTokensPerS: maybe,
  /** Mean exchanges in flight over the window. */
  inFlight: number,
  ttft: tail.nullable(),
  /** From the intended time; open loop alone. */
  ttft_intended: tail.nullable(),
  chunk_gap: tail.nullable(),
  e2e: tail.nullable(),
  e2e_intended: tail.nullable(),
  decode_rate: tail.nullable(),
  char_rate: tail.nullable(),
  send_lag: tail.nullable(),
  errors: z.strictObject({ count: z.int(), of: z.int(), http429: z.int() }),
  /** Arrivals within the window that were not sent, since as many were in flight as may be. */
  dropped: z.int(),
  /** Share of prompt tokens that a cache answered; null where usage does not say. */
  cachedShare: maybe,
  slo: z.strictObject({
    state: sloState,
    terms: z.array(sloTerm),
    /** Answers a second that each kept every limit on themselves; null without such a limit. */
    goodPerS: maybe,
  }),
  /** `rate-limited`: it was refused with 429, which says nothing of its hardware. */
  state: z.enum(["steady", "saturated", "unsure", "rate-limited", "failing"]),
  /** False where this machine could not be trusted with the point. */
  trusted: z.boolean(),
  /** Not trusted since arrivals met `load.maxInFlight` before the endpoint gave way. */
  full: z.literal(true).optional(),
  notes,
});

const endpointSweep = z.strictObject({
  /** Why no higher load was tried. */
  stopped: z.strictObject({
    kind: z.enum(["saturated", "rate-limited", "failing", "top", "full", "machine", "limit", "interrupted", "listed"]),
    /** One sentence. */
    text: z.string(),
  }),
  /** Where throughput stops growing with the load: what it bears at most. Null where it was not reached. */
  knee: z
    .strictObject({
      /** Answers a second at and past the knee. */
      throughput: interval,
      outputTokensPerS: interval.nullable(),
      /** The load at which it is reached, in the sweep's own unit. */
      load: interval,
      notes,
    })
    .nullable(),
  /** The highest load at which the SLO holds. Null without an SLO, or where it never held. */
  goodput: z
    .strictObject({
      throughput: interval,
      load: interval,
      /** The term that breaks first above it, or how else it gives way, as a clause (`it refuses with 429`); null where none did. */
      limitedBy: z.string().nullable(),
      notes,
    })
    .nullable(),
  /** Over all measured answers; null without usage. */
  meanInputTokens: maybe,
  meanOutputTokens: maybe,
  cachedShare: maybe,
  points: z.array(point),
  notes,
});

const endpoint = z.strictObject({
  baseUrl: z.string(),
  models: z.record(z.string(), z.string().nullable()),
  modelsSeen: z.array(z.string()),
  tier: z.string().nullable(),
  simulated: z.string().nullable(),
  price: z
    .strictObject({
      inputPerMTok: number.optional(),
      cachedInputPerMTok: number.optional(),
      outputPerMTok: number.optional(),
      perHour: number.optional(),
    })
    .nullable(),
  /** Null where it was not swept. */
  sweep: endpointSweep.nullable(),
});

const sweepSchema = z.strictObject({
  schemaVersion: z.literal(SWEEP_SCHEMA_VERSION),
  /** `measured`: every endpoint's sweep came to its own end. `partial`: it was cut. `invalid`: this machine was the bottleneck. */
  verdict: z.enum(["measured", "partial", "invalid"]),
  /** One sentence. */
  reason: z.string(),
  run: z.strictObject({
    runId: z.string(),
    createdAt: z.string(),
    durationMs: number,
    host: z.string(),
    seed: z.int(),
    goldenSet: z.strictObject({ name: z.string(), digest: z.string() }),
    versions: z.strictObject({ twintail: z.string(), node: z.string(), undici: z.string() }),
  }),
  load: z.strictObject({
    /** `concurrency`: closed loop. `rate`: open loop. `trace`: as recorded. */
    axis: z.enum(["concurrency", "rate", "trace"]),
    /** In words, such as `open loop, Poisson arrivals`. */
    shape: z.string(),
    /** Both endpoints at the same moments, or one after the other. */
    together: z.boolean(),
    /** At least: where answers take longer, a load settles for longer. */
    settleMs: number,
    windowMs: number,
    /** Open loop alone. */
    maxInFlight: z.int().nullable(),
    whenFull: z.enum(["drop", "wait"]).nullable(),
    /** Shares of the requests, by category. */
    mix: z.array(z.strictObject({ category: z.string(), share: number, cases: z.int() })),
    /** As it was written; null without one. */
    slo: z.string().nullable(),
  }),
  endpoints: sides(endpoint),
  validity: z.strictObject({
    ok: z.boolean(),
    notes,
    figures: z.array(
      z.strictObject({
        name: z.string(),
        value: maybe,
        limit: number,
        unit: z.string(),
        ok: z.boolean(),
        remedy: z.string(),
      }),
    ),
  }),
  notes,
});

export type SweepSummary = z.infer<typeof sweepSchema>;
export type SweptEndpoint = SweepSummary["endpoints"]["baseline"];
export type EndpointSweep = z.infer<typeof endpointSweep>;
export type SweepPoint = z.infer<typeof point>;
export type SweepTail = z.infer<typeof tail>;
export type SweepInterval = z.infer<typeof interval>;

/** A `sweep.json` read back. @throws TwintailError when it is none, or of another version. */
export function parseSweep(value: unknown, place: string): SweepSummary {
  const read = sweepSchema.safeParse(value);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  throw new TwintailError({
    cause: `this is no sweep of schema version ${SWEEP_SCHEMA_VERSION} (${issue?.path.join(".") || "the file"}: ${issue?.message ?? ""})`,
    place,
    remedy: "write it anew from its recording: twintail sweep --from FOLDER --out FOLDER",
  });
}

/** The JSON Schema (2020-12). */
export function sweepJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(sweepSchema), title: "twintail sweep" };
}
