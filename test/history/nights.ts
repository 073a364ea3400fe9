/** Nights with known truth, and months of them. */
import type { Night } from "../../src/history/night.js";

const DAY_MS = 86_400_000;
const FIRST = Date.parse("2026-01-01T02:00:00.000Z");

export interface NightParts {
  /** Ratio candidate / baseline by metric. */
  readonly ratios?: Readonly<Record<string, number | null>>;
  readonly errors?: { readonly baseline: number; readonly candidate: number };
  readonly of?: number;
  readonly host?: string;
  readonly more?: Partial<Night>;
  readonly models?: { readonly baseline?: string; readonly candidate?: string };
  readonly fingerprints?: readonly string[];
  readonly at?: number;
}

/** The night `index` days after the first of January 2026, 02:00 UTC. */
export function night(index: number, parts: NightParts = {}): Night {
  const { ratios = { ttfa: 1 }, of = 380, errors = { baseline: 0, candidate: 0 }, models = {} } = parts;
  const createdAt = new Date(parts.at ?? FIRST + index * DAY_MS).toISOString();
  const tail = (p50: number) => ({
    n: of,
    failed: 0,
    p1: null,
    p5: null,
    p10: null,
    p50,
    p90: p50 * 2,
    p95: p50 * 3,
    p99: null,
  });
  const endpoint = (role: "baseline" | "candidate") => ({
    baseUrl: `https://${role}.example/v1`,
    models: { default: role },
    modelsSeen: [models[role] ?? role],
    systemFingerprints: role === "candidate" ? [...(parts.fingerprints ?? [])] : [],
    simulated: null,
  });
  return {
    schemaVersion: 1,
    runId: `run-${createdAt}`,
    createdAt,
    twintail: "0.1.0",
    vantage: { host: parts.host ?? "bench-02", name: null },
    goldenSet: { name: "migration", digest: "sha256:aa", cases: 38 },
    settings: { concurrency: 4, order: "random" },
    settingsDigest: "sha256:bb",
    rounds: 10,
    look: 1,
    quick: false,
    whole: true,
    valid: true,
    endpoints: { baseline: endpoint("baseline"), candidate: endpoint("candidate") },
    verdict: "pass",
    verdictReason: "every gate holds",
    gates: [],
    metrics: Object.fromEntries(
      Object.entries(ratios).map(([name, ratio]) => [
        name,
        {
          unit: /rate/.test(name) ? "tokens/s" : "ms",
          better: /rate/.test(name) ? ("higher" as const) : ("lower" as const),
          baseline: tail(400),
          candidate: tail(400 * (ratio ?? 1)),
          shift: ratio === null ? null : { ratio, lo: ratio * 0.97, hi: ratio * 1.03, rounds: 10, doubtful: false },
          slowShare: null,
        },
      ]),
    ),
    rates: {
      errors: {
        baseline: { count: errors.baseline, of },
        candidate: { count: errors.candidate, of },
        better: "lower",
        difference: (errors.candidate - errors.baseline) / of,
      },
    },
    cold: { baseline: [], candidate: [] },
    cost: { baseline: null, candidate: null },
    findings: [],
    regressions: [],
    ...parts.more,
  };
}
