/**
 * Which nights may be compared at all: of one golden set, with the same settings, asking the same models at the same
 * addresses, from one place.
 */
import { canonicalJson } from "../core/digest.js";
import type { Night } from "./night.js";
import { differingSettings } from "./settings-facts.js";

/** The runs of one night, the earliest first. */
export type Runs = readonly [Night, ...Night[]];

export interface Group {
  readonly vantage: string;
  readonly nights: readonly Runs[];
  /** What differs from what is measured now; null where this is measured now. */
  readonly ended: string | null;
}

const HOUR_MS = 3_600_000;
/** A second run of one evening is no second night. */
const NIGHT_MS = 12 * HOUR_MS;
/** A place from which nothing came for so long is no longer measured from. */
const SILENT_MS = 72 * HOUR_MS;

const ROLES = ["baseline", "candidate"] as const;

export function vantageOf({ vantage: { name, host } }: Night): string {
  return name ?? host;
}

/** @param nights by the moment at which they began */
export function groupsOf(nights: readonly Night[]): Group[] {
  const byKey = new Map<string, { vantage: string; runs: Night[] }>();
  const latest = new Map<string, Night>();
  for (const night of nights) {
    const vantage = vantageOf(night);
    const key = keyOf(night);
    const group = byKey.get(key) ?? { vantage, runs: [] };
    group.runs.push(night);
    byKey.set(key, group);
    latest.set(vantage, night);
  }
  const end = timeOf(nights.at(-1));
  return [...byKey.values()].map(({ vantage, runs }) => {
    const [last, now] = [runs.at(-1) as Night, latest.get(vantage) as Night];
    return { vantage, nights: nightsOf(runs), ended: endedBy(last, now, end) };
  });
}

/** Everything measured in a place's latest night is measured now: two configurations may take turns. */
function endedBy(last: Night, now: Night, end: number): string | null {
  if (timeOf(now) - timeOf(last) >= NIGHT_MS) return `${differences(last, now).join(", ")} changed`;
  return end - timeOf(now) >= SILENT_MS ? "nothing has come from there for three days" : null;
}

function keyOf(night: Night): string {
  const asked = ROLES.map((role) => [night.endpoints[role].baseUrl, night.endpoints[role].models]);
  return canonicalJson([vantageOf(night), night.goldenSet.digest, night.settingsDigest, asked]);
}

/** What parts two nights that are not of one series. */
export function differences(one: Night, other: Night): string[] {
  const found: string[] = [];
  if (one.goldenSet.digest !== other.goldenSet.digest) found.push("the golden set");
  for (const role of ROLES) {
    const [a, b] = [one.endpoints[role], other.endpoints[role]];
    if (a.baseUrl !== b.baseUrl) found.push(`the address of the ${role}`);
    if (canonicalJson(a.models) !== canonicalJson(b.models)) found.push(`the models asked of the ${role}`);
  }
  const settings = differingSettings(one.settings, other.settings);
  if (settings.length > 0) found.push(`settings (${settings.join(", ")})`);
  return found;
}

function nightsOf(runs: readonly Night[]): Runs[] {
  const nights: [Night, ...Night[]][] = [];
  for (const run of runs) {
    const current = nights.at(-1);
    if (current !== undefined && timeOf(run) - timeOf(current[0]) < NIGHT_MS) current.push(run);
    else nights.push([run]);
  }
  return nights;
}

function timeOf(night: Night | undefined): number {
  return night === undefined ? 0 : Date.parse(night.createdAt);
}
