/** Facts about the run and its endpoints as short texts, the same in every format. */
import type { EndpointRole } from "../config/settings.js";
import { formatDurationMs } from "../core/duration.js";
import { formatCount, formatInstant, formatMs, plural } from "./numbers.js";
import type { ColdTrial, EndpointSummary, Summary } from "./summary.js";

export const SIDES: readonly EndpointRole[] = ["baseline", "candidate"];

/** What sorts lists: what breaks a client comes first. */
export const SEVERITY_RANK: Readonly<Record<"breaks" | "differs" | "note", number>> = {
  breaks: 0,
  differs: 1,
  note: 2,
};

/** `migration: 38 cases × 3 rounds, 228 requests in 4 min 12 s`. */
export function runLine(run: Summary["run"]): string {
  const rounds = `${plural(run.goldenSet.cases, "case")} × ${plural(run.rounds, "round")}`;
  return `${run.goldenSet.name}: ${rounds}, ${plural(run.recorded, "request")} in ${formatDurationMs(run.durationMs)}`;
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
    failed: "ended by an error",
    killed: "killed before its end was written",
  }[run.ended];
  return `Partial run, ${how}: ${formatCount(run.recorded)} of ${formatCount(run.planned)} planned requests ran to their end`;
}

/** The models in use: `gpt-4o`, or `gpt-4o, embeddings: text-embedding-3-small`. */
export function modelsLine(endpoint: EndpointSummary): string {
  const asked = Object.entries(endpoint.models).filter(([, model]) => model !== null);
  if (asked.length === 0) return "no model named";
  return asked.map(([use, model]) => (use === "default" ? model : `${use}: ${model}`)).join(", ");
}

/** Flips, what breaks a client first, regressions before improvements. */
export function sortedFlips(summary: Summary): Summary["parity"]["flips"] {
  return [...summary.parity.flips].sort(
    (a, b) =>
      Number(a.direction === "improved") - Number(b.direction === "improved") ||
      SEVERITY_RANK[a.severity] - SEVERITY_RANK[b.severity] ||
      b.count / b.of - a.count / a.of,
  );
}

export interface GroupedFinding {
  readonly rule: string;
  readonly severity: "breaks" | "differs" | "note";
  readonly message: string;
  readonly evidence: string;
  /** Who showed it; `both` is what a client lives with already. */
  readonly on: EndpointRole | "both" | "run";
  readonly caseIds: readonly string[];
}

/** Findings of one rule as one, what is new on the candidate first, then by severity. */
export function groupedFindings(summary: Summary): GroupedFinding[] {
  const byRule = new Map<string, Summary["findings"]>();
  for (const finding of summary.findings) byRule.set(finding.rule, [...(byRule.get(finding.rule) ?? []), finding]);
  const groups = [...byRule.values()].flatMap((findings): GroupedFinding[] => {
    // The candidate's evidence is what a client would newly meet.
    const shown = findings.find((finding) => finding.endpoint === "candidate") ?? findings[0];
    if (shown === undefined) return [];
    const sides = new Set(findings.map((finding) => finding.endpoint).filter((side) => side !== undefined));
    const caseIds = [...new Set(findings.map((finding) => finding.caseId).filter((id) => id !== undefined))];
    const severity = findings.reduce(
      (worst, finding) => (SEVERITY_RANK[finding.severity] < SEVERITY_RANK[worst] ? finding.severity : worst),
      shown.severity,
    );
    const { rule, evidence } = shown;
    const on = sides.size === 2 ? "both" : ([...sides][0] ?? "run");
    // A rule has one finding an endpoint, whose message ends in how often: both counts tell which side is worse.
    const other = findings.find((finding) => finding !== shown && finding.endpoint === "baseline");
    const often = other === undefined ? null : / \(([^()]*)\)$/.exec(other.message)?.[1];
    const message = often == null ? shown.message : `${shown.message.replace(/\)$/, "")}; baseline ${often})`;
    return [{ rule, severity, message, evidence, on, caseIds }];
  });
  const news = (group: GroupedFinding): number => ({ candidate: 0, run: 1, both: 2, baseline: 3 })[group.on];
  return groups.sort((a, b) => news(a) - news(b) || SEVERITY_RANK[a.severity] - SEVERITY_RANK[b.severity]);
}

/** Where a group of findings was seen, in words. */
export function findingPlace(group: GroupedFinding): string {
  return { candidate: "candidate only", baseline: "baseline only", both: "both endpoints", run: "this run" }[group.on];
}

/** What a wake was spent on: `refused 22.0 s, 503s 98.0 s, connect 12 ms, headers 27.2 s, first token 6.80 s`. */
export function coldParts({ parts }: ColdTrial): string {
  const named: [name: string, ms: number | null][] = [
    ["refused", parts.refusedMs === 0 ? null : parts.refusedMs],
    ["503s", parts.unavailableMs === 0 ? null : parts.unavailableMs],
    ["connect", parts.connectMs],
    ["headers", parts.headersMs],
    ["first token", parts.firstTokenMs],
  ];
  return named
    .filter(([, ms]) => ms !== null)
    .map(([name, ms]) => `${name} ${formatMs(ms)}`)
    .join(", ");
}
