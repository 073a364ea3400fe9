/** The checklist, timeouts and cost before they have a form. */
import type { EndpointRole } from "../config/settings.js";
import type { ChecklistItem, TimeoutSummary } from "./decision.js";
import { formatCount, formatPlainMs, formatUsd } from "./numbers.js";
import type { Summary } from "./summary.js";

export interface ChecklistGroup {
  readonly group: ChecklistItem["group"];
  readonly items: readonly ChecklistItem[];
}

/** In the order of the report. */
export function checklistGroups({ checklist }: Summary): ChecklistGroup[] {
  const groups = [...new Set(checklist.map(({ group }) => group))];
  return groups.map((group) => ({ group, items: checklist.filter((item) => item.group === group) }));
}

export const CHECKLIST_GROUP_WORDS: Readonly<Record<ChecklistItem["group"], string>> = {
  parity: "Answers",
  reliability: "Reliability",
  streaming: "Streaming",
  latency: "Latency",
  cost: "Cost",
  privacy: "Privacy",
};

/** `20 verified, 3 failed, 9 not tested`. */
export function checklistCount({ checklist }: Summary): string {
  const of = (status: ChecklistItem["status"]): number => checklist.filter((item) => item.status === status).length;
  return `${of("verified")} verified, ${of("failed")} failed, ${of("not tested")} not tested`;
}

export interface TimeoutRow {
  readonly name: string;
  /** `5 s`; empty where the samples support none. */
  readonly value: string;
  readonly basis: string;
}

export function timeoutRows({ timeouts }: Summary): TimeoutRow[] {
  return timeouts.suggested.map(({ timeout, ms, basis }) => ({
    name: timeout,
    value: formatPlainMs(ms, ""),
    basis,
  }));
}

export interface CutRow {
  /** `15 s`. */
  readonly limit: string;
  readonly total: Readonly<Record<EndpointRole, string>>;
  readonly silence: Readonly<Record<EndpointRole, string>>;
  /** Either side loses a request to it. */
  readonly cuts: boolean;
}

/** Nothing without a request of phase warm. */
export function cutRows({ timeouts }: Summary): CutRow[] {
  const said = ({ count, of }: TimeoutSummary["cuts"][number]["total"]["baseline"]): string =>
    `${formatCount(count)} / ${formatCount(of)}`;
  return timeouts.cuts
    .filter(({ total }) => total.baseline.of + total.candidate.of > 0)
    .map(({ limitMs, total, silence }) => ({
      limit: `${formatCount(limitMs / 1_000)} s`,
      total: { baseline: said(total.baseline), candidate: said(total.candidate) },
      silence: { baseline: said(silence.baseline), candidate: said(silence.candidate) },
      cuts: [total, silence].some(({ baseline, candidate }) => baseline.count + candidate.count > 0),
    }));
}

export interface CostRow {
  readonly name: string;
  readonly baseline: string;
  readonly candidate: string;
}

export interface CostTable {
  /** Empty where neither side's cost is known. */
  readonly rows: readonly CostRow[];
  readonly notes: readonly string[];
}

export function costTable({ cost: { baseline, candidate } }: Summary): CostTable {
  const row = (name: string, pick: (side: typeof baseline) => number | null): CostRow[] => {
    if (pick(baseline) === null && pick(candidate) === null) return [];
    return [{ name, baseline: formatUsd(pick(baseline)), candidate: formatUsd(pick(candidate)) }];
  };
  const shared = baseline.notes.filter((note) => candidate.notes.includes(note));
  const own = (side: EndpointRole, notes: readonly string[]): string[] =>
    notes.filter((note) => !shared.includes(note)).map((note) => `${side}: ${note}`);
  return {
    rows: [
      ...row("per 1,000 requests", ({ per1000Requests }) => per1000Requests),
      ...row("of that, thrown away", ({ retriesPer1000Requests }) => retriesPer1000Requests),
      ...row("per month", ({ perMonth }) => perMonth),
    ],
    notes: [...shared, ...own("baseline", baseline.notes), ...own("candidate", candidate.notes)],
  };
}
