/** Reads `sweep.json` back, and finds the endpoint in it that a tier is about. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { TierSettings } from "../../config/capacity-file.js";
import type { EndpointRole } from "../../config/settings.js";
import { errorCode, errorMessage, TwintailError } from "../../core/errors.js";
import { type EndpointSweep, parseSweep, type SweepSummary, type SweptEndpoint } from "../../report/sweep-summary.js";

const SWEEP_FILE = "sweep.json";
const ROLES: readonly EndpointRole[] = ["baseline", "candidate"];

export interface StoredSweep {
  readonly path: string;
  readonly summary: SweepSummary;
}

/** One endpoint of a sweep, swept. */
export interface TierSweep extends StoredSweep {
  readonly role: EndpointRole;
  readonly endpoint: SweptEndpoint;
  readonly sweep: EndpointSweep;
}

/**
 * @param path A run's folder, or its `sweep.json`.
 * @throws TwintailError when it is no sweep; when it is partial or invalid, unless that is allowed.
 */
export function readSweep(path: string, { allowPartial }: { readonly allowPartial: boolean }): StoredSweep {
  const summary = parseSweep(readJson(path, SWEEP_FILE, "sweep"), path);
  if (summary.verdict !== "measured" && !allowPartial) {
    throw new TwintailError({
      cause: `the sweep is ${summary.verdict}: ${summary.reason}`,
      place: path,
      remedy: "sweep again, or plan on it with --allow-partial",
    });
  }
  return { path, summary };
}

/** The JSON in a run's folder, or in the file itself. @throws TwintailError */
export function readJson(path: string, name: string, what: string): unknown {
  try {
    return JSON.parse(readFileSync(statSync(path).isDirectory() ? join(path, name) : path, "utf8"));
  } catch (error) {
    const missing = errorCode(error) === "ENOENT";
    throw new TwintailError({
      cause: missing ? `there is no ${what} here` : `the ${what} cannot be read: ${errorMessage(error)}`,
      place: path,
      remedy: `name a folder under results/ that holds ${name}, or the file itself`,
      error,
    });
  }
}

/**
 * The endpoint that a tier is about: of the sweep that it names, or of those that were given. Null where nothing is needed to
 * be known, of what is paid by the token.
 * @throws TwintailError when none is, or more than one.
 */
export function sweepOfTier(
  tier: TierSettings,
  named: StoredSweep | null,
  given: readonly StoredSweep[],
): TierSweep | null {
  const swept = (named === null ? given : [named]).flatMap(endpointsOf);
  const asked = swept.filter(({ role }) => tier.endpoint === undefined || role === tier.endpoint);
  const labelled = asked.filter(({ endpoint }) => endpoint.tier === tier.label);
  if (labelled.length === 1) return labelled[0] ?? null;
  if (labelled.length === 0 && named !== null && asked.length === 1) return asked[0] ?? null;
  if (labelled.length === 0 && named === null) {
    if (tier.price?.kind === "tokens") return null;
    throw new TwintailError({
      cause: `no sweep of tier ${JSON.stringify(tier.label)}`,
      place: tier.place,
      remedy: `name one with sweep:, or give one whose endpoint has that tier${seen(swept)}`,
    });
  }
  if (asked.length === 0) {
    throw new TwintailError({
      cause: `${tier.endpoint ?? "no endpoint"} was ${tier.endpoint === undefined ? "" : "not "}swept in ${named?.path ?? ""}`,
      place: tier.place,
      remedy: `name another endpoint or sweep${seen(swept)}`,
    });
  }
  throw new TwintailError({
    cause: `more than one endpoint may be tier ${JSON.stringify(tier.label)}`,
    place: tier.place,
    remedy: `say which with sweep: and endpoint:${seen(labelled.length > 0 ? labelled : asked)}`,
  });
}

function endpointsOf({ path, summary }: StoredSweep): TierSweep[] {
  return ROLES.flatMap((role) => {
    const endpoint = summary.endpoints[role];
    return endpoint.sweep === null ? [] : [{ path, summary, role, endpoint, sweep: endpoint.sweep }];
  });
}

function seen(swept: readonly TierSweep[]): string {
  if (swept.length === 0) return "";
  const all = swept.map(({ path, role, endpoint: { tier } }) => `${role} of ${path} (${tier ?? "no tier"})`);
  return `; here are ${all.slice(0, 6).join(", ")}`;
}
