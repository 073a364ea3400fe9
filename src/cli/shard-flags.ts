/** `--shard`, `--start-at` and `--seed`: which part of a run this process sends, and when all of them begin. */
import { formatDurationMs, parseDurationMs } from "../core/duration.js";
import { TwintailError } from "../core/errors.js";
import { refuseLate, type ShardToRun } from "../shard-part.js";

export interface ShardFlags {
  readonly shard?: string;
  readonly startAt?: string;
  readonly seed?: string;
  readonly extend?: string;
  readonly resume?: string;
  readonly history?: string;
  readonly baseline?: string;
}

export const SHARD_FLAGS = {
  shard: [
    "--shard <index/count>",
    "send one part of the pairs, such as 2/8; auto/8 and auto read the index, and the count, from the CI's variables",
  ],
  startAt: [
    "--start-at <time>",
    "with --shard: when the rounds of all shards begin, such as 2026-01-31T09:00:00Z; +30s on a single machine",
  ],
  seed: ["--seed <number>", "in place of capture.seed: shards need one seed, the same for all"],
} as const;

type Environment = Readonly<Record<string, string | undefined>>;

const MAX_SHARDS = 1_000;

/**
 * The part that the flags name; undefined for a whole run.
 * @throws TwintailError when they name none, contradict another flag, or when the start is too long ago.
 */
export function shardOf(flags: ShardFlags, environment: Environment, nowMs: number): ShardToRun | undefined {
  if (flags.shard === undefined) {
    if (flags.startAt === undefined) return undefined;
    throw new TwintailError({ cause: "--start-at is for shards, which begin together", remedy: "add --shard 2/8" });
  }
  refuseContradictions(flags);
  const startAtMs = flags.startAt === undefined ? {} : { startAtMs: startOf(flags.startAt, nowMs) };
  const shard = { ...partOf(flags.shard, environment), ...startAtMs };
  refuseLate(shard, nowMs);
  return shard;
}

const CONTRADICTING = {
  extend: "a run of shards cannot be extended: plan more rounds",
  resume: "the recording names its shard",
  history: "one shard is no night: merge first, and add the merged run with twintail trend --add",
  baseline: "one shard is no run: merge first, and use twintail compare",
} as const;

function refuseContradictions(flags: ShardFlags): void {
  for (const [name, why] of Object.entries(CONTRADICTING)) {
    if (flags[name as keyof typeof CONTRADICTING] === undefined) continue;
    throw new TwintailError({
      cause: `--${name} and --shard contradict each other`,
      remedy: `leave one of them out: ${why}`,
    });
  }
}

function partOf(text: string, environment: Environment): { index: number; count: number } {
  const [, given, of] = /^(\d+|auto)(?:\/(\d+))?$/.exec(text) ?? [];
  if (given === undefined || (given !== "auto" && of === undefined)) {
    throw noShard(text, "write it as 2/8, auto/8 or auto");
  }
  const count = of === undefined ? countFrom(environment) : Number(of);
  const index = given === "auto" ? indexFrom(environment) : Number(given);
  if (count < 1 || count > MAX_SHARDS) throw noShard(text, `use 1 to ${MAX_SHARDS} shards`);
  if (index < 1 || index > count) throw noShard(`${index}/${count}`, `give an index from 1 to ${count}`);
  return { index, count };
}

function noShard(text: string, remedy: string): TwintailError {
  return new TwintailError({ cause: `${JSON.stringify(text)} is no shard`, place: "--shard", remedy });
}

/** An Indexed Job of Kubernetes counts from 0, GitLab's parallel jobs from 1. */
function indexFrom(environment: Environment): number {
  const job = numberFrom(environment, "JOB_COMPLETION_INDEX");
  if (job !== undefined) return job + 1;
  const node = numberFrom(environment, "CI_NODE_INDEX");
  if (node !== undefined) return node;
  throw new TwintailError({
    cause: "neither JOB_COMPLETION_INDEX nor CI_NODE_INDEX says which shard this is",
    place: "--shard auto",
    remedy: "run it in an Indexed Job or with GitLab's parallel, or give the index, such as --shard 2/8",
  });
}

function countFrom(environment: Environment): number {
  const count = numberFrom(environment, "TWINTAIL_SHARDS") ?? numberFrom(environment, "CI_NODE_TOTAL");
  if (count !== undefined) return count;
  throw new TwintailError({
    cause: "neither TWINTAIL_SHARDS nor CI_NODE_TOTAL says how many shards there are",
    place: "--shard auto",
    remedy: "set TWINTAIL_SHARDS, or give the count, such as --shard auto/8",
  });
}

function numberFrom(environment: Environment, name: string): number | undefined {
  const text = environment[name];
  if (text === undefined || text === "") return undefined;
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new TwintailError({
    cause: `${JSON.stringify(text.slice(0, 40))} is no number`,
    place: name,
    remedy: "unset it, or give --shard the index and the count",
  });
}

/** A time without a zone is another moment on another machine. */
const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/;

function startOf(text: string, nowMs: number): number {
  if (text.startsWith("+")) return nowMs + durationOf(text.slice(1));
  const ms = ISO_TIME.test(text) && isDay(text.slice(0, 10)) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(ms)) return ms;
  throw noTime(text);
}

/** The 31st of November is no day, though it parses as the day after it. */
function isDay(text: string): boolean {
  const ms = Date.parse(text);
  return Number.isFinite(ms) && new Date(ms).toISOString().startsWith(text);
}

function durationOf(text: string): number {
  try {
    return parseDurationMs(text);
  } catch {
    throw noTime(`+${text}`);
  }
}

function noTime(text: string): TwintailError {
  return new TwintailError({
    cause: `${JSON.stringify(text)} is no moment`,
    place: "--start-at",
    remedy: "write it with its zone, as 2026-01-31T09:00:00Z, or as +30s",
  });
}

/** How a shard stands to the common start, in a line; null where it has none. */
export function startLine({ startAtMs }: ShardToRun, nowMs: number): string | null {
  if (startAtMs === undefined) return null;
  const leftMs = startAtMs - nowMs;
  const at = new Date(startAtMs).toISOString();
  return leftMs >= 0
    ? `rounds begin at ${at}, in ${formatDurationMs(leftMs)}`
    : `rounds began at ${at}: this shard is ${formatDurationMs(-leftMs)} late, and begins at once`;
}

/** @throws TwintailError when it is no seed, or contradicts another flag. */
export function seedOf({ seed, extend, resume }: ShardFlags): { readonly seed?: number } {
  if (seed === undefined) return {};
  if (extend !== undefined || resume !== undefined) {
    throw new TwintailError({
      cause: `--seed and --${extend === undefined ? "resume" : "extend"} contradict each other`,
      remedy: "leave --seed out: the run keeps the seed that it was planned with",
    });
  }
  const number = Number(seed);
  if (/^\d{1,15}$/.test(seed) && Number.isSafeInteger(number)) return { seed: number };
  throw new TwintailError({
    cause: `${JSON.stringify(seed)} is no seed`,
    place: "--seed",
    remedy: "give a whole number from 0",
  });
}
