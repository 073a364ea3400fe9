/** Is everything there that was planned? And where it is not: what can be concluded all the same. */
import type { Pair } from "../compare/pairs.js";
import { isControl } from "../compare/pairs.js";
import type { GateResult } from "../gate/judgement.js";
import type { ScoredExchange } from "../measure/scored.js";
import type { PlannedRequest } from "../plan/plan.js";
import { awaitedRows, droppedRows, rowsOfShards } from "../recording/own-rows.js";
import type { EndLine, RecordingFrame } from "../recording/recording.js";
import { shardsOfSegments } from "../recording/shard-segments.js";
import type { Summary } from "../report/summary.js";
import { shardLines } from "./shards.js";

type Role = "baseline" | "candidate";
const ROLES = ["baseline", "candidate"] as const;
type Stopped = Summary["run"]["stopped"][number];

const ENDED: Readonly<Record<EndLine["reason"], string>> = {
  complete: "came to its end",
  interrupted: "was interrupted",
  deadline: "ended at its deadline",
  stopped: "gave an endpoint up",
  limit: "ended at a limit",
  failed: "ended with an error",
};

/**
 * Endpoints that were given up, with the planned requests that were therefore not sent to them. What several shards gave up for
 * one reason is told once, as the first of them told it.
 */
export function stoppedSummary(
  frame: Pick<RecordingFrame, "header" | "segments" | "stopped" | "dropped">,
  exchanges: readonly Pick<ScoredExchange, "endpoint" | "segment">[],
): Stopped[] {
  const { header, segments, stopped } = frame;
  const merged = header.shards !== undefined;
  const shardOf = merged ? shardsOfSegments(segments) : () => null;
  const groups = new Map<string, { readonly line: (typeof stopped)[number]; readonly shards: (number | null)[] }>();
  for (const line of stopped) {
    const key = merged ? `${line.endpoint} ${line.kind}` : String(groups.size);
    const group = groups.get(key) ?? { line, shards: [] };
    group.shards.push(shardOf(line.segment));
    groups.set(key, group);
  }
  return [...groups.values()].map(({ line: { endpoint, kind, after, last }, shards }) => {
    const planned = merged ? plannedOf(frame, shards) : awaitedRows(frame);
    const of = planned.filter((row) => row.endpoint === endpoint).length;
    const sent = exchanges.filter(
      (exchange) => exchange.endpoint === endpoint && shards.includes(shardOf(exchange.segment)),
    ).length;
    const notSent = Math.max(0, of - sent);
    const named = merged ? { shards: shards.filter((shard) => shard !== null) } : {};
    return { endpoint, kind, after, last: last.slice(0, 300), notSent, ...named };
  });
}

function plannedOf(
  { header: { plan, shards }, dropped }: Pick<RecordingFrame, "header" | "dropped">,
  among: readonly (number | null)[],
): readonly PlannedRequest[] {
  const unsent = droppedRows(dropped);
  return rowsOfShards(plan, shards?.count ?? 1).flatMap((rows, place) =>
    among.includes(place + 1) ? rows.filter(({ id }) => !unsent.has(id)) : [],
  );
}

/** Why a recording is not whole, in a few words; null when it is. */
export function partialReason(frame: RecordingFrame, exchanges: readonly ScoredExchange[]): string | null {
  const { end } = frame;
  const recorded = exchanges.filter(ranToEnd).length;
  const planned = awaitedRows(frame).length;
  if (recorded >= planned && end?.reason === "complete") return null;
  const ran = `${recorded} of ${planned} planned requests ran to their end`;
  const unsent = stoppedSummary(frame, exchanges)
    .filter(({ notSent }) => notSent > 0)
    .map(({ endpoint, last, notSent }) => `${notSent} were not sent since the ${endpoint} was given up (${last})`);
  const shards = shardLines(frame, exchanges);
  if (recorded < planned || shards.length > 0) return [...shards, ran, ...unsent].join("; ");
  return `${ran}, and the run itself ${end === null ? "was killed" : ENDED[end.reason]}`;
}

/**
 * What can still be concluded from a recording that is not whole: each endpoint on its own, the two side by side, and the
 * gates. One sentence each; empty when it is whole.
 */
export function stillHolds(
  frame: RecordingFrame,
  exchanges: readonly ScoredExchange[],
  pairs: readonly Pair[],
  gates: readonly Pick<GateResult, "result">[],
): string[] {
  if (partialReason(frame, exchanges) === null) return [];
  return [
    ...ROLES.map((role) => ofEndpoint(role, frame, exchanges)),
    ofPairs(frame, pairs),
    ...(gates.length === 0 ? [] : [ofGates(gates)]),
  ];
}

function ranToEnd({ cancelled }: Pick<ScoredExchange, "cancelled">): boolean {
  return cancelled !== "user";
}

function ofEndpoint(role: Role, frame: RecordingFrame, exchanges: readonly ScoredExchange[]): string {
  const planned = awaitedRows(frame).filter(({ endpoint }) => endpoint === role).length;
  const own = exchanges.filter((exchange) => exchange.endpoint === role && ranToEnd(exchange));
  const failed = own.filter(({ bucket }) => bucket === "failed").length;
  const which = failed === 0 ? "" : `, ${failed} of which failed`;
  if (own.length === 0)
    return `Nothing is known of the ${role}: none of its ${planned} planned requests ran to its end.`;
  if (own.length < planned) {
    return `The ${role}'s figures are of ${own.length} of its ${planned} planned requests${which}.`;
  }
  return `The ${role}'s own figures are whole: all its ${planned} planned requests ran to their end${which}.`;
}

/** Pairs of phase warm; those of the control compare an endpoint with itself. */
function ofPairs(frame: RecordingFrame, pairs: readonly Pair[]): string {
  const planned = new Map<number, { readonly round: number; readonly endpoints: Set<Role> }>();
  for (const row of awaitedRows(frame)) {
    if (row.phase !== "warm" || isControl(row)) continue;
    const pair = planned.get(row.pairId) ?? { round: row.round, endpoints: new Set<Role>() };
    pair.endpoints.add(row.endpoint);
    planned.set(row.pairId, pair);
  }
  const there = new Set(pairs.filter(isWhole).map(({ pairId }) => pairId));
  const rounds = new Map<number, { of: number; there: number }>();
  for (const [pairId, { round, endpoints }] of planned) {
    if (endpoints.size < ROLES.length) continue;
    const counted = rounds.get(round) ?? { of: 0, there: 0 };
    counted.of++;
    if (there.has(pairId)) counted.there++;
    rounds.set(round, counted);
  }
  const counts = [...rounds.values()];
  const of = counts.reduce((sum, count) => sum + count.of, 0);
  const have = counts.reduce((sum, count) => sum + count.there, 0);
  if (of === 0) return "No pair was planned, so nothing is said of the two side by side.";
  if (have === 0) {
    return `None of ${of} planned pairs has both its answers, so nothing can be said of the two side by side.`;
  }
  const whole = [...rounds].filter(([, count]) => count.there === count.of).map(([round]) => round + 1);
  const share = `${have} of ${of} planned pairs have both their answers`;
  return `Side by side, ${share}; ${whole.length === 0 ? "no round is whole" : wholeRounds(whole, rounds.size)}.`;
}

/** Both sent at one moment and answered. */
function isWhole({ baseline, candidate }: Pair): boolean {
  return [baseline, candidate].every(
    (half) => half !== null && ranToEnd(half) && half.bucket !== "failed" && half.pairBroken !== true,
  );
}

/** `rounds 1 to 4 and 6 of 12 are whole`. */
function wholeRounds(rounds: readonly number[], of: number): string {
  const spans: [from: number, to: number][] = [];
  for (const round of [...rounds].sort((a, b) => a - b)) {
    const last = spans.at(-1);
    if (last !== undefined && last[1] === round - 1) last[1] = round;
    else spans.push([round, round]);
  }
  const said = spans.flatMap(([from, to]) =>
    to - from < 2 ? [...new Set([from, to])].map(String) : [`${from} to ${to}`],
  );
  const list = said.length === 1 ? said[0] : `${said.slice(0, -1).join(", ")} and ${said.at(-1)}`;
  return rounds.length === 1 ? `round ${list} of ${of} is whole` : `rounds ${list} of ${of} are whole`;
}

const GATE_WORDS: readonly (readonly [result: GateResult["result"], one: string, more: string])[] = [
  ["fail", "failed", "failed"],
  ["pass", "holds for what was recorded", "hold for what was recorded"],
  ["inconclusive", "is undecided", "are undecided"],
  ["invalid", "cannot be judged on this machine", "cannot be judged on this machine"],
  ["skipped", "was not asked", "were not asked"],
];

function ofGates(gates: readonly Pick<GateResult, "result">[]): string {
  const said = GATE_WORDS.flatMap(([result, one, more]) => {
    const count = gates.filter((gate) => gate.result === result).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? one : more}`];
  });
  return `Of ${gates.length} ${gates.length === 1 ? "gate" : "gates"} ${said.join(", ")}: a run that is not whole can fail, but not pass.`;
}
