/** What a simulated endpoint can be told, with its checks, defaults and label. */
import { formatDurationMs } from "../core/duration.js";
import { TwintailError } from "../core/errors.js";
import { checkFaultRules, type FaultRule } from "./faults.js";
import { aFlag, aText, checkFields, countIn, type FieldChecks, numberIn, objectOf, oneOf, texts } from "./fields.js";
import { type EngineParameters, TIERS, type TierName } from "./tiers.js";

/** Everything is optional but the tier. Durations in ms. */
export interface SimOptions {
  readonly tier: TierName;
  /** Replaces parameters of the tier; the label says so. */
  readonly engine?: Partial<EngineParameters>;
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
  /** `hold` (default) answers late, `503` refuses with `Loading model` until the wake has ended. */
  readonly wakeMode?: "hold" | "503";
  /** `hold`: 504 after so long; by default never. */
  readonly capMs?: number;
  readonly faults?: readonly FaultRule[];
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
  engine: objectOf(ENGINE_CHECKS),
  host: aText,
  port: countIn(0, 65_535),
  seed: countIn(0, Number.MAX_SAFE_INTEGER),
  goldens: aText,
  models: texts,
  wakeMs: numberIn(0, DAY_MS),
  wakeRepresentsMs: numberIn(0, DAY_MS),
  idleAfterMs: numberIn(0, DAY_MS),
  startCold: aFlag,
  wakeMode: oneOf("hold", "503"),
  capMs: numberIn(0, DAY_MS),
  faults: { expected: "a list of faults", test: Array.isArray },
  logFile: aText,
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
  if (options.faults !== undefined) checkFaultRules(options.faults, "sim options, faults");
  const host = options.host ?? "127.0.0.1";
  if (!/^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/.test(host)) {
    throw new TwintailError({
      cause: `${host} is not a loopback address`,
      place: "sim options, host",
      remedy: "a simulated endpoint answers anyone who can reach it: bind it to 127.0.0.1",
    });
  }
  return options;
}

/** How people are told that this is no GPU: `simulated h100x2: a batching model, not a GPU; wake 8 min shown as 3 s`. */
export function simLabel(options: SimOptions): string {
  const parts = [`simulated ${options.tier}: a batching model, not a GPU`];
  const changed = Object.keys(options.engine ?? {});
  if (changed.length > 0) parts.push(`changed: ${changed.join(", ")}`);
  if (options.wakeMs !== undefined && options.wakeMs > 0)
    parts.push(wakeLabel(options.wakeMs, options.wakeRepresentsMs));
  return parts.join("; ");
}

function wakeLabel(wakeMs: number, representsMs: number | undefined): string {
  const brief = (ms: number): string => formatDurationMs(ms).replace(".0 s", " s");
  return representsMs === undefined ? `wake ${brief(wakeMs)}` : `wake ${brief(representsMs)} shown as ${brief(wakeMs)}`;
}
