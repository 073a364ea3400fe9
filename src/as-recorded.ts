/**
 * The settings that a run was recorded with, as far as today's configuration still says the same: what extending a run and
 * resuming one begin with.
 */
import type { CaptureSettings, EndpointRole, Settings } from "./config/settings.js";
import type { LoadedGoldenSet } from "./golden/load.js";
import type { PlanInput } from "./plan/build.js";
import { storedCapture } from "./plan/load/stored.js";
import { heedPreflight } from "./preflight.js";
import type { Access } from "./record.js";
import { refuseDifference, refuseOtherMeasurement } from "./recording/extendable.js";
import type { HeaderLine } from "./recording/recording.js";

export interface AsRecorded {
  /** What preflight found is heeded, and rounds are those of the first plan. */
  readonly settings: Settings;
  /** What the run was planned from. */
  readonly input: PlanInput;
}

/**
 * @param planned the header as it was written, before any extension
 * @throws TwintailError when the settings would measure something else than was recorded.
 */
export function asRecorded(given: Settings, golden: LoadedGoldenSet, planned: HeaderLine): AsRecorded {
  const capture = { ...given.capture, ...notConfigured(planned) };
  const { endpoints } = given;
  const measured = { goldenDigest: golden.digest, endpoints, capture: storedCapture(capture) };
  refuseOtherMeasurement(planned, measured, given.goldens);
  const settings = heedPreflight({ ...given, capture }, planned.preflight ?? {});
  const input = {
    set: golden.set,
    endpoints: settings.endpoints,
    capture,
    seed: planned.seed,
    // As recorded: a request that says another version is another request.
    userAgent: `twintail/${planned.versions.twintail}`,
    ...(planned.shard === undefined ? {} : { shards: planned.shard.count }),
  };
  return { settings, input };
}

/** What a run was not given by its configuration, but by its command: `--rounds`, `--quick`, `twintail wake`. */
function notConfigured({ kind, capture, judge }: HeaderLine): Partial<CaptureSettings> {
  const { rounds, spreadMs, warmup, control, solo, once, retry } = capture;
  if (kind === "wake") return { rounds, spreadMs, warmup, control, solo, once, retry };
  return judge.quick === true ? { rounds, spreadMs } : { rounds };
}

const ROLES: readonly EndpointRole[] = ["baseline", "candidate"];

/** @throws TwintailError when an endpoint would be reached through another proxy. */
export function refuseOtherRoutes(header: HeaderLine, access: Access): void {
  for (const role of ROLES) {
    const proxy = access.endpoints[role].route.proxy?.origin;
    refuseDifference(`the proxy of endpoints.${role}`, header.endpoints[role].proxy, proxy);
  }
}
