/** The table of contents of a comparison of two runs: two recordings go in, what got worse comes out. No clock, no network. */
import type { EndpointSettings } from "./config/settings.js";
import { canonicalJson } from "./core/digest.js";
import { TwintailError } from "./core/errors.js";
import type { GoldenSet } from "./golden/golden-set.js";
import type { Role } from "./history/endpoint-change.js";
import { compareJudgedRuns } from "./history/run-comparison.js";
import { readRecording } from "./recording/reader.js";
import type { RunComparison } from "./report/run-comparison.js";
import { judgeExchanges } from "./score.js";

const ROLES = ["baseline", "candidate"] as const;

export interface CompareRunsOptions {
  /** One endpoint alone; both by default. */
  readonly endpoint?: Role | undefined;
  /** The golden set itself, for recordings that hold only its digests. */
  readonly goldenSet?: GoldenSet | undefined;
}

/**
 * Did an endpoint get worse from the older run to the newer? Paths are run folders or recordings.
 * @throws TwintailError when one of them cannot be read, is a probe, or replayed another golden set.
 */
export function compareRuns(
  older: string,
  newer: string,
  { endpoint, goldenSet }: CompareRunsOptions = {},
): RunComparison {
  const before = judgeExchanges(older, goldenSet);
  const after = judgeExchanges(newer, goldenSet);
  const [was, is] = [before.frame.header, after.frame.header];
  refuseOtherGoldenSet(was.goldenDigest, is.goldenDigest, older);
  refuseSameRun(was.runId, is.runId, newer);
  const roles = endpoint === undefined ? ROLES : [endpoint];
  const comparison = compareJudgedRuns(before, after, roles);
  if (roles.every((role) => comparison.endpoints[role] === null)) {
    throw new TwintailError({
      cause: `no request of ${roles.map((role) => `the ${role}`).join(" or ")} is in both runs`,
      place: newer,
      remedy: "give runs that reached phase warm",
    });
  }
  return comparison;
}

/** What a run is about to send, as far as another run can be compared with it. */
export interface AboutToRun {
  /** Of a run that is looked at again. */
  readonly runId?: string | undefined;
  readonly goldenDigest: string;
  readonly endpoints: Readonly<Record<Role, Pick<EndpointSettings, "models">>>;
}

/**
 * Reads a pinned run before another one is sent, so that no request is paid for in vain.
 * @throws TwintailError when it cannot be read, is a probe or a sweep, replayed another golden set, asked other models, or is
 * the run itself.
 */
export function checkPinnedRun(path: string, { runId, goldenDigest, endpoints }: AboutToRun): void {
  const { header } = readRecording(path, () => {});
  if (header.kind === "probe") {
    throw new TwintailError({ cause: "this is the recording of a probe", place: path, remedy: "pin a run" });
  }
  if (header.kind === "sweep") {
    throw new TwintailError({ cause: "this is the recording of a sweep", place: path, remedy: "pin a run" });
  }
  if (header.runId === runId) {
    throw new TwintailError({ cause: "this is the run that it goes on with", place: path, remedy: "pin another run" });
  }
  refuseOtherGoldenSet(header.goldenDigest, goldenDigest, path);
  for (const role of ROLES) {
    if (canonicalJson(header.endpoints[role].models) === canonicalJson(endpoints[role].models)) continue;
    throw new TwintailError({
      cause: `the pinned run asked other models of the ${role}`,
      place: path,
      remedy: "pin a run of these models, or compare the two runs afterwards with twintail compare",
    });
  }
}

function refuseSameRun(one: string, other: string, place: string): void {
  if (one !== other) return;
  throw new TwintailError({ cause: `both are the run ${one}`, place, remedy: "give two runs" });
}

function refuseOtherGoldenSet(one: string, other: string, place: string): void {
  if (one === other) return;
  const short = (digest: string): string => digest.slice(0, 19);
  throw new TwintailError({
    cause: `it replayed another golden set (${short(one)}, not ${short(other)}), so its answers are answers to other questions`,
    place,
    remedy: "compare runs of one golden set",
  });
}
