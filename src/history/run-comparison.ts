/**
 * Two runs → did an endpoint get worse? Two nights are two moments: on latency the answer is never more than inconclusive,
 * since nothing in two nights says how far nights lie apart. What a client is promised can break, and that can fail.
 */
import { Exploratory } from "../assemble/exploratory.js";
import { partialReason } from "../assemble/partial.js";
import { shiftSummary } from "../assemble/tails.js";
import { invalidReason, validityOf } from "../assemble/validity.js";
import { Comparison } from "../compare/comparison.js";
import { comparisonDoubts } from "../compare/doubts.js";
import { canonicalJson } from "../core/digest.js";
import { METRICS } from "../measure/catalogue.js";
import type { ComparedRun, EndpointChange, RunComparison } from "../report/run-comparison.js";
import { type EndpointPairs, endpointChange, type JudgedRun, type Role, testsOf } from "./endpoint-change.js";
import { changesFor, verdictOn } from "./regressions.js";
import { relativeShift, runPairs } from "./run-pairs.js";
import { differingSettings, measuredSettings } from "./settings-facts.js";

const ROLES = ["baseline", "candidate"] as const;
const RELATIVE = ["ttft", "ttfa", "e2e", "stall", "char_rate", "decode_rate"];

/**
 * @param roles which endpoints are compared
 * @param older of the same golden set as `newer`
 */
export function compareJudgedRuns(older: JudgedRun, newer: JudgedRun, roles: readonly Role[]): RunComparison {
  const compared: EndpointPairs[] = [];
  for (const role of ROLES) {
    const pairs = runPairs(older.exchanges, newer.exchanges, role);
    if (!roles.includes(role) || pairs.every(({ baseline, candidate }) => baseline === null || candidate === null))
      continue;
    const doubts = comparisonDoubts(pairs);
    const { seed } = newer.frame.header;
    const comparison = new Comparison({ pairs, doubts, seed, estimand: "these prompts" });
    compared.push({ role, comparison, outputs: comparison.outputs() });
  }
  const families = {
    all: new Exploratory(new Map(compared.flatMap(testsOf)), new Set()),
    answers: new Exploratory(new Map(compared.map(({ role, outputs }) => [role, outputs?.p ?? null])), new Set()),
  };
  const of = (role: Role): EndpointChange | null => {
    const pairs = compared.find((each) => each.role === role);
    return pairs === undefined ? null : endpointChange(pairs, older, newer, families);
  };
  const endpoints = { baseline: of("baseline"), candidate: of("candidate") };
  const changes = changesFor(endpoints);
  const missing = [
    ...roles.filter((role) => endpoints[role] === null).map((role) => `no request of the ${role} is in both runs`),
    ...partialOf("older", older),
    ...partialOf("newer", newer),
  ];
  return {
    schemaVersion: 1,
    ...verdictOn(changes, missing),
    older: runOf(older),
    newer: runOf(newer),
    said: [
      ...differencesOf(older, newer, endpoints),
      ...missing,
      ...machineDoubtsOf("older", older),
      ...machineDoubtsOf("newer", newer),
    ],
    endpoints,
    changes,
    relative: compared.length === 2 ? relativeOf(older, newer) : null,
  };
}

function relativeOf(older: JudgedRun, newer: JudgedRun): RunComparison["relative"] {
  const shifts = METRICS.filter(({ name }) => RELATIVE.includes(name)).map(
    (metric) => [metric, relativeShift(older.exchanges, newer.exchanges, metric.name)] as const,
  );
  const family = new Exploratory(new Map(shifts.map(([{ name }, { p }]) => [name, p])), new Set());
  return Object.fromEntries(
    shifts
      .filter(([, { value }]) => value !== null)
      .map(([metric, shift]) => [
        metric.name,
        {
          unit: metric.unit,
          better: metric.better,
          shift: shiftSummary(metric, shift, family.correctedP(metric.name)),
        },
      ]),
  );
}

function runOf({ frame: { header, segments } }: JudgedRun): ComparedRun {
  return {
    runId: header.runId,
    createdAt: header.createdAt,
    host: segments[0]?.host ?? "unknown",
    rounds: header.capture.rounds,
    twintail: header.versions.twintail,
  };
}

/** What the two do not have in common, in the order in which it matters. */
function differencesOf(older: JudgedRun, newer: JudgedRun, endpoints: RunComparison["endpoints"]): string[] {
  const said: string[] = [];
  const [before, after] = [runOf(older), runOf(newer)];
  for (const role of ROLES) {
    const change = endpoints[role];
    if (change === null) continue;
    const { older: was, newer: is } = change.facts;
    if (was.baseUrl !== is.baseUrl) said.push(`the ${role} has another address: ${was.baseUrl} → ${is.baseUrl}`);
    if (canonicalJson(was.models) !== canonicalJson(is.models)) {
      said.push(`other models are asked of the ${role}: ${asked(was.models)} → ${asked(is.models)}`);
    }
    if (apart(was.modelsSeen, is.modelsSeen)) {
      said.push(`the ${role} names its model otherwise: ${named(was.modelsSeen)} → ${named(is.modelsSeen)}`);
    }
    if (apart(was.systemFingerprints, is.systemFingerprints)) {
      said.push(
        `the ${role} has another system_fingerprint: ${named(was.systemFingerprints)} → ${named(is.systemFingerprints)}`,
      );
    }
  }
  const settings = differingSettings(
    measuredSettings(older.frame.header).facts,
    measuredSettings(newer.frame.header).facts,
  );
  if (settings.length > 0) said.push(`settings differ: ${settings.join(", ")}`);
  if (before.host !== after.host) said.push(`measured from another place: ${before.host} → ${after.host}`);
  if (before.twintail !== after.twintail) {
    said.push(`recorded by another twintail: ${before.twintail} → ${after.twintail}`);
  }
  if (Date.parse(before.createdAt) > Date.parse(after.createdAt)) {
    said.push("the run that was given first is the later one of the two");
  }
  return said;
}

/** Replicas take turns, and a name that stays is no change. */
function apart(one: readonly string[], other: readonly string[]): boolean {
  return one.length > 0 && other.length > 0 && other.some((name) => !one.includes(name));
}

function named(names: readonly string[]): string {
  return names.length > 5 ? `${names.length} names` : names.join(", ");
}

function asked(models: Readonly<Record<string, string | null>>): string {
  return Object.entries(models)
    .map(([use, model]) => `${use}: ${model ?? "none"}`)
    .join(", ");
}

function partialOf(which: string, { frame, exchanges }: JudgedRun): string[] {
  const partial = partialReason(frame, exchanges);
  return partial === null ? [] : [`the ${which} run is not whole: ${partial}`];
}

function machineDoubtsOf(which: string, { frame, exchanges }: JudgedRun): string[] {
  const invalid = invalidReason(validityOf(frame.machine, exchanges, frame));
  return invalid === null ? [] : [`the measuring machine of the ${which} run was in doubt: ${invalid}`];
}
