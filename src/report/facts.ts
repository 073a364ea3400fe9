/** Facts about the run and its endpoints as short texts, the same in every format. */
import type { EndpointRole } from "../config/settings.js";
import { formatDurationMs } from "../core/duration.js";
import { formatCount, formatInstant, plural } from "./numbers.js";
import { shardNames } from "./shard-lines.js";
import type { ColdTrial, EndpointSummary, Summary } from "./summary.js";

export const SIDES: readonly EndpointRole[] = ["baseline", "candidate"];

/** What sorts findings: what breaks a client comes first. */
const SEVERITY_RANK: Readonly<Record<"breaks" | "differs" | "note", number>> = {
  breaks: 0,
  differs: 1,
  note: 2,
};

/** `migration: 38 cases × 3 rounds, 228 requests in 4 min 12 s`. */
export function runLine(run: Summary["run"]): string {
  if (run.kind === "wake") {
    return `${run.goldenSet.name}: ${plural(run.rounds, "cold trial")}, ${plural(run.recorded, "request")} in ${formatDurationMs(run.durationMs)}`;
  }
  const rounds = `${plural(run.goldenSet.cases, "case")} × ${plural(run.rounds, "round")}`;
  const come = run.arrivals === undefined ? "" : `, ${run.arrivals}`;
  const dropped = run.dropped === undefined ? "" : `, ${formatCount(run.dropped)} dropped`;
  return `${run.goldenSet.name}: ${rounds}, ${plural(run.recorded, "request")}${dropped} in ${formatDurationMs(run.durationMs)}${come}`;
}

/** `31 Jul 2026, 14:12 UTC, from bench-02`. */
export function whenLine(run: Summary["run"]): string {
  return run.host === "" ? formatInstant(run.createdAt) : `${formatInstant(run.createdAt)}, from ${run.host}`;
}

/** Why a run is not whole, or null. */
export function partialLine(run: Summary["run"]): string | null {
  if (!run.partial && run.ended === "complete") return null;
  const how = {
    complete: "complete",
    interrupted: "interrupted",
    deadline: "ended by its deadline",
    stopped: "an endpoint was given up",
    limit: "ended at a limit",
    failed: "ended by an error",
    killed: "killed before its end was written",
  }[run.ended];
  return `Partial run, ${shardsAtFault(run) ?? how}: ${formatCount(run.recorded)} of ${formatCount(run.planned - (run.dropped ?? 0))} planned requests ran to their end`;
}

/** Which shards of a merged run are not whole, in few words; null where none is to blame. */
function shardsAtFault({ shards }: Summary["run"]): string | null {
  if (shards === undefined) return null;
  const missing = shards.parts.filter(({ ended }) => ended === "missing").map(({ index }) => index);
  const broken = shards.parts.filter(({ ended }) => ended !== "missing" && ended !== "complete");
  const said = [
    missing.length === 0
      ? ""
      : `${shardNames(missing)} of ${shards.count} ${missing.length === 1 ? "is" : "are"} missing`,
    broken.length === 0
      ? ""
      : `${shardNames(broken.map(({ index }) => index))} of ${shards.count} did not come to ${broken.length === 1 ? "its" : "their"} end`,
  ].filter((each) => each !== "");
  return said.length === 0 ? null : said.join(", ");
}

/** That this was not the only try, or null: who runs until it passes has passed nothing. */
export function recentLine({ recent }: Summary["run"]): string | null {
  if (recent.length === 0) return null;
  const times = recent.length === 1 ? "once" : `${formatCount(recent.length)} times`;
  const named = recent
    .slice(0, 5)
    .map(({ runId, createdAt }) => `${runId} (${formatInstant(createdAt)})`)
    .join(", ");
  const more = recent.length > 5 ? " and more" : "";
  return `This golden set ran against these endpoints ${times} in the 24 hours before: ${named}${more}. A run that is repeated until it passes decides nothing`;
}

/** How sure a gate is, and of what; or null without gates. */
export function judgementLine({ judgement, gates }: Summary): string | null {
  if (gates.length === 0) return null;
  const { look, looks, confidence, estimand, quick, notes } = judgement;
  const speaks = estimand === "these prompts" ? "these prompts, not of other traffic" : "traffic like these prompts";
  const parts = [
    `look ${look} of ${looks}, each bound one-sided at ${(100 * confidence).toFixed(1)} % so that all looks together keep 95 %`,
    `speaks of ${speaks}`,
    ...(quick && !notes.some((note) => note.startsWith("a quick run")) ? ["a quick run: contract gates alone"] : []),
    ...notes,
  ];
  return parts.join("; ");
}

/** The models in use: `gpt-4o`, or `gpt-4o, embeddings: text-embedding-3-small`. */
export function modelsLine(endpoint: EndpointSummary): string {
  const asked = Object.entries(endpoint.models).filter(([, model]) => model !== null);
  if (asked.length === 0) return "no model named";
  return asked.map(([use, model]) => (use === "default" ? model : `${use}: ${model}`)).join(", ");
}

type Finding = Summary["findings"][number];

export interface GroupedFinding {
  readonly rule: string;
  readonly severity: "breaks" | "differs" | "note";
  readonly message: string;
  readonly clients: string;
  readonly evidence: string;
  /** Who showed it; `both` is what a client lives with already, `pair` a difference between the two. */
  readonly on: Finding["sides"];
  /** On both sides, and on the candidate by far more often: not what a client lives with already. */
  readonly moreOnCandidate: boolean;
  readonly counts: Readonly<Partial<Record<EndpointRole, Finding["exchanges"]>>>;
  readonly caseIds: readonly string[];
}

/** Findings of one rule as one, what is new on the candidate first, then by severity; alike on both sides last. */
export function groupedFindings(summary: Summary): GroupedFinding[] {
  const byRule = new Map<string, Finding[]>();
  for (const finding of summary.findings) byRule.set(finding.rule, [...(byRule.get(finding.rule) ?? []), finding]);
  const groups = [...byRule.values()].flatMap((findings): GroupedFinding[] => {
    const of = (side: EndpointRole) => findings.find(({ endpoint }) => endpoint === side);
    // The candidate's evidence is what a client would newly meet.
    const shown = of("candidate") ?? findings[0];
    if (shown === undefined) return [];
    const { rule, severity, message, clients, evidence, sides } = shown;
    const [baseline, candidate] = [of("baseline")?.exchanges, of("candidate")?.exchanges];
    const counts = { ...(baseline ? { baseline } : {}), ...(candidate ? { candidate } : {}) };
    const caseIds = [...new Set(findings.map(({ caseId }) => caseId).filter((id) => id !== undefined))];
    const moreOnCandidate = sides === "both" && isMore(candidate, baseline);
    return [{ rule, severity, message, clients, evidence, on: sides, moreOnCandidate, counts, caseIds }];
  });
  const news = ({ on, moreOnCandidate }: GroupedFinding): number =>
    moreOnCandidate ? 0 : { candidate: 0, pair: 1, baseline: 2, both: 3 }[on];
  return groups.sort((a, b) => news(a) - news(b) || SEVERITY_RANK[a.severity] - SEVERITY_RANK[b.severity]);
}

/** At least this many exchanges more, and this many times the share: one bad answer is not alike forty. */
const MORE_COUNT = 3;
const MORE_SHARE = 2;

function isMore(one: Finding["exchanges"] | undefined, other: Finding["exchanges"] | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  return one.count - other.count >= MORE_COUNT && one.count * other.of > MORE_SHARE * other.count * one.of;
}

/** Both sides do the same: no reason against a cutover. */
export function isAlike(group: GroupedFinding): boolean {
  return group.on === "both" && !group.moreOnCandidate;
}

/** Where a group of findings was seen, in words. */
export function findingPlace(group: GroupedFinding): string {
  if (group.moreOnCandidate) return "candidate far more often";
  return { candidate: "candidate only", baseline: "baseline only", both: "both endpoints", pair: "between the two" }[
    group.on
  ];
}

/** How often a group was seen: `3 of 44 exchanges`, or `candidate 3 of 44, baseline 1 of 44`; empty for a difference. */
export function findingCounts({ counts: { baseline, candidate } }: GroupedFinding): string {
  const share = ({ count, of }: Finding["exchanges"]): string => `${formatCount(count)} of ${formatCount(of)}`;
  if (baseline !== undefined && candidate !== undefined) {
    return `candidate ${share(candidate)}, baseline ${share(baseline)}`;
  }
  const own = candidate ?? baseline;
  return own === undefined ? "" : `${share(own)} exchanges`;
}

/** Attempts beyond the first, without those that a waking endpoint put off. */
export function retryCount({ endpoints, cold }: Summary, side: EndpointRole): number {
  const polls = cold[side].reduce((sum, { attempts }) => sum + Math.max(0, attempts - 1), 0);
  return Math.max(0, endpoints[side].attempts - endpoints[side].exchanges - polls);
}

export interface ColdPart {
  readonly name: string;
  readonly ms: number;
}

/** Below this a part on this side of the wire says nothing. */
const LEAST_REQUEST_MS = 10;

/** What a wake was spent on, first to last, without what took no time. */
export function coldPartList({ parts, putOff }: ColdTrial): ColdPart[] {
  const only503 = Object.keys(putOff).every((by) => !by.startsWith("HTTP ") || by === "HTTP 503");
  const named: [name: string, ms: number | null][] = [
    ["refused", parts.refusedMs === 0 ? null : parts.refusedMs],
    [only503 ? "503s" : "put off", parts.unavailableMs === 0 ? null : parts.unavailableMs],
    ["connect", parts.connectMs === 0 ? null : parts.connectMs],
    ["request", parts.requestMs < LEAST_REQUEST_MS ? null : parts.requestMs],
    ["headers", parts.headersMs],
    ["first token", parts.firstTokenMs],
  ];
  return named.flatMap(([name, ms]) => (ms === null ? [] : [{ name, ms }]));
}

/** `HTTP 503 × 9, connection refused × 2`; empty where the first attempt was answered. */
export function putOffWords({ putOff }: ColdTrial): string {
  return Object.entries(putOff)
    .sort(([a, many], [b, others]) => others - many || (a < b ? -1 : 1))
    .map(([by, count]) => (count === 1 ? by : `${by} × ${formatCount(count)}`))
    .join(", ");
}

/** `3 unplanned cold starts of the candidate are kept apart`, or null. */
export function unplannedLine({ cold }: Summary): string | null {
  const said = SIDES.flatMap((side) => {
    const count = cold.unplanned[side].length;
    return count === 0 ? [] : [`${plural(count, "unplanned cold start")} of the ${side}`];
  });
  if (said.length === 0) return null;
  const total = SIDES.reduce((sum, side) => sum + cold.unplanned[side].length, 0);
  return `${said.join(" and ")} ${total === 1 ? "is" : "are"} kept apart`;
}
