/** What a replayed endpoint can be told. */
import { TwintailError } from "../../core/errors.js";
import { aFlag, aText, checkFields, countIn, type FieldChecks, numberIn, oneOf } from "../fields.js";
import { checkInjections, type Injection } from "../inject.js";
import { checkLoopback } from "../options.js";

export interface ReplayOptions {
  /** A run folder, or its recording.jsonl. */
  readonly recording: string;
  /** Whose answers are served; `candidate` by default. */
  readonly endpoint?: "baseline" | "candidate";
  /** A loopback address; 127.0.0.1 by default. */
  readonly host?: string;
  /** 0 (default) takes a free port. */
  readonly port?: number;
  /** 2 is twice as fast as it was recorded; 1 by default. */
  readonly speed?: number;
  /** Begins again when every exchange of a request has been served; otherwise it is 404 from then on. */
  readonly loop?: boolean;
  /** `nearest`: an unknown request gets what some case of the same API and variant got. By default it is 404. */
  readonly fallback?: "nearest";
  /** Serves what was recorded cold, wakes and all, before what was warm. By default cold answers are left out. */
  readonly cold?: boolean;
  readonly inject?: readonly Injection[];
  /** Seeds the shares of `inject`; 1 by default. */
  readonly seed?: number;
}

const CHECKS: FieldChecks<ReplayOptions> = {
  recording: aText,
  endpoint: oneOf("baseline", "candidate"),
  host: aText,
  port: countIn(0, 65_535),
  speed: numberIn(0.01, 1_000),
  loop: aFlag,
  fallback: oneOf("nearest"),
  cold: aFlag,
  inject: { expected: "a list of failures", test: Array.isArray },
  seed: countIn(0, Number.MAX_SAFE_INTEGER),
};

/** @throws TwintailError for an unknown or malformed option, or an address that is not loopback. */
export function checkReplayOptions(value: unknown): ReplayOptions {
  const options = checkFields<ReplayOptions>(value, CHECKS, "replay options");
  if (options.recording === undefined) {
    throw new TwintailError({ cause: "there is no recording", place: "replay options", remedy: "give a run folder" });
  }
  if (options.inject !== undefined) checkInjections(options.inject, "replay options, inject");
  checkLoopback(options.host, "replay options, host");
  return options;
}
