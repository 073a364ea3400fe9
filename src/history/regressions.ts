/**
 * Which of the differences between two runs of one endpoint is a regression, and what they say together. A fail needs
 * evidence that chance would give less often than once in twenty; what may be chance is inconclusive.
 */
import { RATES } from "../compare/rates.js";
import type { EndpointChange, RunChange, RunComparison } from "../report/run-comparison.js";

const LEVEL = 0.05;
/** A dead kept-alive socket is nobody's error. */
const NOBODYS = new Set(["stale_connections"]);
const CONTRACT = new Set(RATES.filter(({ name, timing }) => !timing && !NOBODYS.has(name)).map(({ name }) => name));

/** Failures first, the baseline's before the candidate's. */
export function changesFor(endpoints: RunComparison["endpoints"]): RunChange[] {
  const all = (["baseline", "candidate"] as const).flatMap((role) => {
    const change = endpoints[role];
    if (change === null) return [];
    return [...rates(change), ...cases(change), ...findings(change), ...latency(change), ...answers(change)].map(
      (each): RunChange => ({ endpoint: role, ...each }),
    );
  });
  return [...all.filter(({ result }) => result === "fail"), ...all.filter(({ result }) => result !== "fail")];
}

type Change = Omit<RunChange, "endpoint">;

function rates(change: EndpointChange): Change[] {
  return Object.entries(change.rates).flatMap(([about, { older, newer, better, difference }]): Change[] => {
    if (!CONTRACT.has(about) || difference === null) return [];
    const reason = `${about} ${counted(older)} → ${counted(newer)}`;
    const { p, reads } = difference;
    if (about === "errors_final" && isAll(newer) && !isAll(older)) {
      // Asked by itself, whatever else was looked at: with few requests the correction would take back even this.
      const result = p !== null && p <= LEVEL ? "fail" : "inconclusive";
      return [{ kind: "rate", about, result, reason: `${reason}, so no request succeeded any more` }];
    }
    // Counts above one an exchange have no exact test.
    if (reads === "worse") return [{ kind: "rate", about, result: p === null ? "inconclusive" : "fail", reason }];
    if (!isWorse(better, difference) || p === null || p > LEVEL) return [];
    return [{ kind: "rate", about, result: "inconclusive", reason: `${reason}, which may be chance` }];
  });
}

function isAll({ count, of }: { readonly count: number; readonly of: number }): boolean {
  return of > 0 && count === of;
}

function isWorse(better: "lower" | "higher", { value }: { readonly value: number | null }): boolean {
  return value !== null && (better === "lower" ? value > 0 : value < 0);
}

function cases(change: EndpointChange): Change[] {
  return change.cases
    .filter(({ direction, consistent }) => direction === "regressed" && consistent)
    .map(({ caseId, met, p, detail }): Change => {
      const sure = p !== null && p <= LEVEL;
      const doubt = sure ? "" : ", too few rounds to tell it from chance";
      const reason = `case ${caseId} met ${counted(met.older)} → ${counted(met.newer)}${detail === "" ? "" : ` (${detail})`}${doubt}`;
      return { kind: "case", about: caseId, result: sure ? "fail" : "inconclusive", reason };
    });
}

/** What only differs is listed and decides nothing. */
function findings(change: EndpointChange): Change[] {
  return change.findings.new
    .filter(({ severity }) => severity === "breaks")
    .map(({ rule, exchanges, p }): Change => {
      const sure = p !== null && p <= LEVEL;
      const doubt = sure ? "" : ", so seldom that chance may have kept it from the older run";
      const reason = `${rule} is new, in ${counted(exchanges)} exchanges, and breaks clients${doubt}`;
      return { kind: "finding", about: rule, result: sure ? "fail" : "inconclusive", reason };
    });
}

function latency(change: EndpointChange): Change[] {
  return Object.entries(change.metrics).flatMap(([about, { shift, slowShare }]): Change[] => {
    const out: Change[] = [];
    // Every metric with a direction reads as slower when it is worse; cost has one, and is no time.
    if (about !== "cost" && shift.reads === "slower") {
      out.push({ kind: "latency", about, result: "inconclusive", reason: `${about} ${percent(shift.ratio)}` });
    }
    if (slowShare?.difference?.reads === "worse") {
      const { older, newer } = slowShare;
      const reason = `${about} slow_share ${counted(older)} → ${counted(newer)}`;
      out.push({ kind: "latency", about: `${about} slow_share`, result: "inconclusive", reason });
    }
    return out;
  });
}

function answers({ answers: seen }: EndpointChange): Change[] {
  if (seen?.reads !== "differ") return [];
  const where = seen.mostDiffering.slice(0, 3).join(", ");
  const reason = `answers differ more than between rounds of one run${where === "" ? "" : ` (most in ${where})`}`;
  return [{ kind: "answers", about: "answers", result: "inconclusive", reason }];
}

const MOST_NAMED = 4;

/** @param missing what was not compared, or not whole: without it nothing passes */
export function verdictOn(
  changes: readonly RunChange[],
  missing: readonly string[],
): Pick<RunComparison, "verdict" | "verdictReason"> {
  const failed = changes.filter(({ result }) => result === "fail");
  if (failed.length > 0) return { verdict: "fail", verdictReason: listed(failed) };
  if (changes.length > 0) {
    const times = changes.some(({ kind }) => kind === "latency");
    const why = times ? "; on latency one night against one night decides nothing" : "";
    return { verdict: "inconclusive", verdictReason: `${listed(changes)}${why}` };
  }
  if (missing.length > 0) {
    return { verdict: "inconclusive", verdictReason: `${missing.join("; ")}; nothing broke in what is there` };
  }
  return {
    verdict: "pass",
    verdictReason:
      "nothing that held in the older run broke in the newer; on latency no change is seen, and one night against one night could not decide one",
  };
}

function listed(changes: readonly RunChange[]): string {
  const shown = changes.slice(0, MOST_NAMED);
  const more = changes.length - shown.length;
  const by = (["baseline", "candidate"] as const).flatMap((role) => {
    const own = shown.filter(({ endpoint }) => endpoint === role).map(({ reason }) => reason);
    return own.length === 0 ? [] : [`${role}: ${own.join(", ")}`];
  });
  return `${by.join("; ")}${more > 0 ? `, and ${more} more` : ""}`;
}

function counted({ count, of }: { readonly count: number; readonly of: number }): string {
  return `${count} of ${of}`;
}

function percent(ratio: number | null): string {
  if (ratio === null) return "";
  const change = 100 * (ratio - 1);
  return `${change < 0 ? "−" : "+"}${Math.abs(change).toFixed(1)} %`;
}
