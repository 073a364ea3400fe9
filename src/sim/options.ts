/** What a simulated endpoint can be told, with its checks, defaults and label. */
import { formatDurationMs } from "../core/duration.js";
import { TwintailError } from "../core/errors.js";
import { dialectNamed } from "./dialects/catalogue.js";
import { checkFaultRules, type FaultRule } from "./faults.js";
import { aFlag, aText, checkFields, countIn, type FieldChecks, numberIn, oneOf, texts } from "./fields.js";
import { checkInjections, type Injection, injectionLabel } from "./inject.js";
import { PROFILES, type ProfileName } from "./profiles/catalogue.js";
import { BALANCES, type Balance } from "./replicas.js";
import { MAX_BODY_BYTES } from "./request-body.js";
import { systemOf } from "./system.js";
import { type EngineParameters, TIERS, type TierName } from "./tiers.js";
import { WAKE_MODES, type WakeMode } from "./wake.js";

/** Everything is optional but the tier. Durations in ms. */
export interface SimOptions {
  readonly tier: TierName;
  /** Replaces parameters of the tier; the label says so. */
  readonly engine?: Partial<EngineParameters>;
  /** Engines of the tier behind the one address, each with its own queue; 1 by default. They wake and go cold together. */
  readonly replicas?: number;
  /** Which replica gets a request: the one with the `least` load (default), or `round-robin`. */
  readonly balance?: Balance;
  /** A loopback address; 127.0.0.1 by default. */
  readonly host?: string;
  /** 0 (default) takes a free port. */
  readonly port?: number;
  /**
   * Seeds jitter, faults and ids (default 1). Two endpoints with one seed and one tier fail on the same
   * requests: give each its own. Answers do not depend on it.
   */
  readonly seed?: number;
  /** A golden set file whose references are the answers. */
  readonly goldens?: string;
  /** What `/models` lists; `sim-<tier>` by default. Any model is answered. */
  readonly models?: readonly string[];
  /** How long a cold wake takes here; 0 (default) never sleeps. */
  readonly wakeMs?: number;
  /** What such a wake stands for, for the label: 480000 shown as `wakeMs`. */
  readonly wakeRepresentsMs?: number;
  /** Goes cold after so long with nothing in flight; by default never. */
  readonly idleAfterMs?: number;
  readonly startCold?: boolean;
  /**
   * `hold` (default) answers late; `503` refuses with `Loading model` and `202` accepts without an answer until the wake has
   * ended; `refuse` closes every connection until then.
   */
  readonly wakeMode?: WakeMode;
  /** `hold`: 504 after so long; by default never. */
  readonly capMs?: number;
  readonly faults?: readonly FaultRule[];
  /** Whose wire it speaks: a name of the dialect catalogue, `openai` by default. */
  readonly dialect?: string;
  /** Plays a real system: a dialect and defaults of its own. Not together with `dialect`. */
  readonly profile?: ProfileName;
  /** Failures that begin and end at a time. */
  readonly inject?: readonly Injection[];
  /** The variable that holds the only key that is accepted. By default any is, but for the one that a probe sends. */
  readonly apiKeyEnv?: string;
  /** 401 without a key, whichever it is. */
  readonly requireKey?: boolean;
  /** Prompt tokens that fit, by the simulator's own tokenizer; 128000 by default. */
  readonly contextTokens?: number;
  /** A larger request body is 413; 8 MiB by default, and at most. */
  readonly maxBodyBytes?: number;
  /** A stream whose client has gone keeps its place in the batch to its end, and is made in vain. */
  readonly keepsCancelled?: boolean;
  /** So many requests are paid for; then 402. */
  readonly credit?: number;
  /** Requests a minute; past them 429. */
  readonly rpm?: number;
  /** Share of requests that meet 502 or 503, half each. */
  readonly transientShare?: number;
  /** Share of answers that are made twice, as by a gateway whose first try upstream failed. */
  readonly upstreamRetryShare?: number;
  /** A stream is cut, and a body is 504, after so long. */
  readonly streamCapMs?: number;
  /** A stream is cut after so long without an event. */
  readonly streamIdleMs?: number;
  /** What the durations of a profile are multiplied by. */
  readonly timeScale?: number;
  /** A second port that redirects: to this endpoint by another host name, or to an https address where nobody answers. */
  readonly redirect?: "loopback" | "https";
  /** Appends every actual send time here, see {@link SendLogLine}. */
  readonly logFile?: string;
}

const DAY_MS = 86_400_000;
const rate = numberIn(0.1, 1e6);

const ENGINE_CHECKS: FieldChecks<EngineParameters> = {
  decodeTokensPerS: rate,
  batchSlowdown: numberIn(0, 10),
  prefillTokensPerS: rate,
  prefillChunkTokens: countIn(1, 1e6),
  maxBatch: countIn(1, 1e4),
  tokenJitterMs: numberIn(0, 1_000),
  prefillJitter: numberIn(0, 0.9),
};

const OPTION_CHECKS: FieldChecks<SimOptions> = {
  tier: oneOf(...Object.keys(TIERS)),
  engine: { expected: "an object of engine parameters", test: (value) => typeof value === "object" },
  replicas: countIn(1, 64),
  balance: oneOf(...BALANCES),
  host: aText,
  port: countIn(0, 65_535),
  seed: countIn(0, Number.MAX_SAFE_INTEGER),
  goldens: aText,
  models: texts,
  wakeMs: numberIn(0, DAY_MS),
  wakeRepresentsMs: numberIn(0, DAY_MS),
  idleAfterMs: numberIn(0, DAY_MS),
  startCold: aFlag,
  wakeMode: oneOf(...WAKE_MODES),
  capMs: numberIn(0, DAY_MS),
  faults: { expected: "a list of faults", test: Array.isArray },
  logFile: aText,
  dialect: aText,
  profile: oneOf(...Object.keys(PROFILES)),
  inject: { expected: "a list of failures", test: Array.isArray },
  apiKeyEnv: aText,
  requireKey: aFlag,
  contextTokens: countIn(1, 1e9),
  maxBodyBytes: countIn(1, MAX_BODY_BYTES),
  keepsCancelled: aFlag,
  credit: countIn(0, 1e9),
  rpm: countIn(1, 1e6),
  transientShare: numberIn(0, 1),
  upstreamRetryShare: numberIn(0, 1),
  streamCapMs: numberIn(1, DAY_MS),
  streamIdleMs: numberIn(1, DAY_MS),
  timeScale: numberIn(0.0001, 10),
  redirect: oneOf("loopback", "https"),
};

/** @throws TwintailError for an unknown or malformed option, or an address that is not loopback. */
export function checkSimOptions(value: unknown): SimOptions {
  const options = checkFields<SimOptions>(value, OPTION_CHECKS, "sim options");
  if (options.tier === undefined) {
    throw new TwintailError({
      cause: "there is no tier",
      place: "sim options",
      remedy: `known: ${Object.keys(TIERS).join(", ")}`,
    });
  }
  if (options.engine !== undefined) checkFields(options.engine, ENGINE_CHECKS, "sim options, engine");
  if (options.faults !== undefined) checkFaultRules(options.faults, "sim options, faults");
  if (options.inject !== undefined) checkInjections(options.inject, "sim options, inject");
  if (options.dialect !== undefined) dialectNamed(options.dialect);
  if (options.dialect !== undefined && options.profile !== undefined) {
    throw new TwintailError({
      cause: `the profile ${options.profile} has a dialect of its own`,
      place: "sim options",
      remedy: "give --dialect or --profile",
    });
  }
  checkLoopback(options.host, "sim options, host");
  return options;
}

/** @throws TwintailError for an address that others can reach. */
export function checkLoopback(host = "127.0.0.1", place: string): void {
  if (!/^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/.test(host)) {
    throw new TwintailError({
      cause: `${host} is not a loopback address`,
      place,
      remedy: "a simulated endpoint answers anyone who can reach it: bind it to 127.0.0.1",
    });
  }
}

/** How people are told that this is no GPU: `simulated h100x2: a batching model, not a GPU; wake 8 min shown as 3 s`. */
export function simLabel(given: SimOptions): string {
  const { options } = systemOf(given);
  const { replicas = 1, balance = "least" } = options;
  const what = replicas === 1 ? options.tier : `${replicas} replicas of ${options.tier}`;
  const parts = [`simulated ${what}: a batching model, not a GPU`];
  if (replicas > 1 && balance !== "least") parts.push(`balanced ${balance}`);
  if (given.profile !== undefined) parts.push(`profile ${given.profile}`);
  else if (given.dialect !== undefined) parts.push(`dialect ${given.dialect}`);
  const changed = Object.keys(options.engine ?? {});
  if (changed.length > 0) parts.push(`changed: ${changed.join(", ")}`);
  if (options.wakeMs !== undefined && options.wakeMs > 0)
    parts.push(wakeLabel(options.wakeMs, options.wakeRepresentsMs));
  for (const injection of options.inject ?? []) parts.push(`injected: ${injectionLabel(injection)}`);
  return parts.join("; ");
}

function wakeLabel(wakeMs: number, representsMs: number | undefined): string {
  const brief = (ms: number): string => formatDurationMs(ms).replace(".0 s", " s");
  return representsMs === undefined ? `wake ${brief(wakeMs)}` : `wake ${brief(representsMs)} shown as ${brief(wakeMs)}`;
}
