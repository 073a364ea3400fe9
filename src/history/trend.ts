/** A history → what `trend` says of it. A pure function of the nights: no clock. */
import type { MeasuredTrend, TrendNight, TrendState, TrendSummary } from "../report/trend-summary.js";
import { changesOf } from "./changes.js";
import { type Group, groupsOf, type Runs } from "./groups.js";
import type { Night } from "./night.js";
import type { History } from "./nights-file.js";
import { NEEDED_NIGHTS } from "./prediction.js";
import { seriesOf } from "./series.js";

const ROLES = ["baseline", "candidate"] as const;

/** @param history with at least one night */
export function trendOf({ nights, unreadable }: History): TrendSummary {
  const groups = groupsOf(nights);
  const current = groups.filter(({ ended }) => ended === null).map(measuredOf);
  const { verdict, reason } = verdictOf(current);
  return {
    schemaVersion: 1,
    verdict,
    reason,
    runs: nights.length,
    needed: NEEDED_NIGHTS,
    current,
    ended: groups.flatMap((group) => (group.ended === null ? [] : [endedOf(group, group.ended)])),
    unreadable: unreadable.map((line) => ({ ...line })),
  };
}

function measuredOf({ vantage, nights }: Group): MeasuredTrend {
  const last = nights.at(-1)?.at(-1) as Night;
  const changes = changesOf(nights);
  const endpoint = (role: (typeof ROLES)[number]) => {
    const { baseUrl, models, simulated } = last.endpoints[role];
    return { baseUrl, models: { ...models }, simulated };
  };
  const wakes = (role: (typeof ROLES)[number]) =>
    nights.flatMap((runs, night) =>
      runs.flatMap((run) => run.cold[role].map(({ wakeMs, verdict }) => ({ night, wakeMs, verdict }))),
    );
  return {
    vantage,
    goldenSet: { name: last.goldenSet.name, digest: last.goldenSet.digest },
    settingsDigest: last.settingsDigest,
    endpoints: { baseline: endpoint("baseline"), candidate: endpoint("candidate") },
    nights: nights.map((runs, index) => nightSummary(runs, changes[index] ?? [])),
    series: seriesOf(nights),
    wakes: { baseline: wakes("baseline"), candidate: wakes("candidate") },
  };
}

function nightSummary(runs: Runs, changes: string[]): TrendNight {
  const last = runs.at(-1) as Night;
  const cost = (role: (typeof ROLES)[number]): number | null => {
    const known = runs.flatMap((run) => run.cost[role] ?? []);
    return known.length === 0 ? null : Number(known.reduce((sum, each) => sum + each, 0).toPrecision(6));
  };
  return {
    at: runs[0].createdAt,
    runIds: runs.map(({ runId }) => runId),
    verdict: last.verdict,
    verdictReason: last.verdictReason,
    measured: runs.some(({ whole, valid }) => whole && valid),
    cost: { baseline: cost("baseline"), candidate: cost("candidate") },
    regressions: last.regressions.map(({ caseId }) => caseId),
    changes,
  };
}

function endedOf({ vantage, nights }: Group, why: string): TrendSummary["ended"][number] {
  const [first, last] = [nights[0]?.[0] as Night, nights.at(-1)?.at(-1) as Night];
  return { vantage, from: first.createdAt, to: last.createdAt, nights: nights.length, why };
}

function verdictOf(current: readonly MeasuredTrend[]): Pick<TrendSummary, "verdict" | "reason"> {
  const of = (state: TrendState): string[] =>
    current.flatMap(({ vantage, series }) =>
      series
        .filter((each) => each.state === state)
        .map(({ name }) => (current.length > 1 ? `${name} (${vantage})` : name)),
    );
  const failed = of("fail");
  if (failed.length > 0) {
    return {
      verdict: "fail",
      reason: `worse than the nights before it allow, on the second night in a row or longer: ${failed.join(", ")}`,
    };
  }
  const watched = of("watch");
  if (watched.length > 0) {
    return {
      verdict: "watch",
      reason: `beyond the bound for the first night, which chance alone does too: ${watched.join(", ")}`,
    };
  }
  if (of("ok").length > 0) return { verdict: "ok", reason: "every series that can be judged lies within its bound" };
  const most = Math.max(0, ...current.map(({ nights }) => nights.length));
  if (most > NEEDED_NIGHTS && of("short").length === 0) {
    return { verdict: "short", reason: "the last night has no value that could be judged" };
  }
  const before = Math.max(0, most - 1);
  return {
    verdict: "short",
    reason: `${before} earlier ${before === 1 ? "night" : "nights"}, ${NEEDED_NIGHTS} needed to judge one`,
  };
}
