/**
 * What `twintail trend --json` prints: the nights of a history as series. Its JSON Schema is generated from here and
 * published with the package.
 */
import { z } from "zod";
import { sides } from "./decision.js";

const TREND_SCHEMA_VERSION = 1;

const number = z.number();
const maybe = z.number().nullable();
const count = z.strictObject({ count: z.int(), of: z.int() });

/**
 * `short`: fewer nights than are needed. `none`: this night has no value, see `note`. `watch`: beyond the bound on the worse
 * side. `fail`: so on the second night in a row.
 */
const state = z.enum(["none", "short", "ok", "watch", "fail"]);

const point = z.strictObject({
  /** Index into `nights`. */
  night: z.int(),
  /** Ratio candidate / baseline, or difference candidate − baseline; null where the night has none. */
  value: maybe,
  /** The night's own two-sided 95 % interval; null for differences, and for nights of several runs. */
  lo: maybe,
  hi: maybe,
  state,
  /** Beyond the bound on the better side: the candidate got better, or the baseline worse. */
  beyondBetter: z.boolean(),
  /** One-sided 99 % prediction bounds on both sides, from `nights` earlier ones; null where there are too few. */
  expected: z.strictObject({ low: number, center: number, high: number, nights: z.int() }).nullable(),
  /** Each side's own median and slow end (`tail`, in the cell that the series names); null for differences. */
  raw: sides(z.strictObject({ p50: maybe, tail: maybe })).nullable(),
  /** Of differences. */
  counts: sides(count).nullable(),
  /** Why there is no value; empty otherwise. */
  note: z.string(),
});

const series = z.strictObject({
  name: z.string(),
  /** `shift`: the same-night typical ratio. `difference`: of two shares of one night. */
  kind: z.enum(["shift", "difference"]),
  unit: z.string(),
  better: z.enum(["lower", "higher"]),
  tailCell: z.enum(["p95", "p5"]).nullable(),
  /** Of the last night. */
  state,
  points: z.array(point),
  notes: z.array(z.string()),
});

const night = z.strictObject({
  /** When its first run began. */
  at: z.string(),
  /** Runs less than 12 hours apart are one night. */
  runIds: z.array(z.string()),
  /** Of its last run. */
  verdict: z.enum(["pass", "fail", "inconclusive", "invalid"]).nullable(),
  verdictReason: z.string(),
  /** False where no run of the night ran to its end, on a machine that could be trusted. */
  measured: z.boolean(),
  cost: sides(maybe),
  /** Cases that the baseline met every time and the candidate at most half of the time. */
  regressions: z.array(z.string()),
  /** What an endpoint called itself differently from the nights before, other versions of twintail, other rounds. */
  changes: z.array(z.string()),
});

const wake = z.strictObject({ night: z.int(), wakeMs: maybe, verdict: z.string() });

const measured = z.strictObject({
  vantage: z.string(),
  goldenSet: z.strictObject({ name: z.string(), digest: z.string() }),
  settingsDigest: z.string(),
  endpoints: sides(
    z.strictObject({
      baseUrl: z.string(),
      models: z.record(z.string(), z.string().nullable()),
      simulated: z.string().nullable(),
    }),
  ),
  nights: z.array(night),
  series: z.array(series),
  /** Cold trials of all nights, every one. */
  wakes: sides(z.array(wake)),
});

const trendSchema = z.strictObject({
  schemaVersion: z.literal(TREND_SCHEMA_VERSION),
  verdict: z.enum(["fail", "watch", "ok", "short"]),
  /** One sentence. */
  reason: z.string(),
  runs: z.int(),
  /** Nights that are needed before one is judged. */
  needed: z.int(),
  /** What is still measured, each from one place. */
  current: z.array(measured),
  /** What is no longer measured: of another golden set, other settings, models or addresses, or a place that fell silent. */
  ended: z.array(
    z.strictObject({
      vantage: z.string(),
      from: z.string(),
      to: z.string(),
      nights: z.int(),
      /** What differs from what is measured now. */
      why: z.string(),
    }),
  ),
  unreadable: z.array(z.strictObject({ line: z.int(), why: z.string() })),
});

export type TrendSummary = z.infer<typeof trendSchema>;
export type MeasuredTrend = z.infer<typeof measured>;
export type TrendNight = z.infer<typeof night>;
export type TrendSeries = z.infer<typeof series>;
export type TrendPoint = z.infer<typeof point>;
export type TrendState = z.infer<typeof state>;

/** The JSON Schema (2020-12). */
export function trendJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(trendSchema), title: "twintail trend" };
}
