/** Gates before they have a form: what decided first, values in the unit of the expression. */
import type { GateSummary } from "./decision.js";
import {
  formatCount,
  formatMs,
  formatPoints,
  formatPointsInterval,
  formatShare,
  formatSignificant,
  formatSmallUsd,
  formatWithUnit,
  plural,
} from "./numbers.js";
import type { Summary } from "./summary.js";

export interface GateRow {
  readonly result: GateSummary["result"];
  readonly kind: GateSummary["kind"];
  readonly text: string;
  /** `0.912 [0.861, 0.966]`, `≥ 1.98 s` where only one bound exists; empty without a sample. */
  readonly seen: string;
  /** `slower`, apart from the gate; empty where nothing is to be said. */
  readonly reads: string;
  readonly reason: string;
  /** What the run could have told: `pass at 1.13 or less, fail at 1.27 or more`; empty where that is not known. */
  readonly decides: string;
  /** `n = 120, 3 rounds`. */
  readonly from: string;
  readonly notes: readonly string[];
}

const RANK: Readonly<Record<GateSummary["result"], number>> = {
  fail: 0,
  invalid: 1,
  inconclusive: 2,
  pass: 3,
  skipped: 4,
};

export function gateRows({ gates }: Summary): GateRow[] {
  return [...gates].sort((a, b) => RANK[a.result] - RANK[b.result]).map(gateRow);
}

function gateRow(gate: GateSummary): GateRow {
  const { result, kind, text, reason, notes, n, rounds, method } = gate;
  const over = { "within-this-moment": ", within this moment", cases: ", over cases" }[method as string] ?? "";
  return {
    result,
    kind,
    text,
    seen: seenText(gate),
    reads: gate.reads === null || gate.reads === "unknown" || gate.reads === "~" ? "" : gate.reads,
    reason,
    decides: decidesText(gate),
    from:
      n === 0
        ? ""
        : `n = ${formatCount(n)}${rounds > 0 && method !== "none" ? `, ${plural(rounds, "round")}${over}` : ""}`,
    notes,
  };
}

function seenText({ text, value, lower, upper, unit: stored }: GateSummary): string {
  const unit = shownUnit(text, stored);
  const shown = value === null ? "" : gateValue(value, unit);
  if (lower !== null && upper !== null) {
    const interval =
      unit === "points" ? formatPointsInterval(lower, upper) : `[${gateValue(lower, unit)}, ${gateValue(upper, unit)}]`;
    return `${shown} ${interval}`.trim();
  }
  const bound = (of: number): string => gateValue(of, unit).replace(/ points$/, "");
  if (lower !== null) return `${shown} [≥ ${bound(lower)}]`.trim();
  if (upper !== null) return `${shown} [≤ ${bound(upper)}]`.trim();
  return shown;
}

/** For a gate that passed there is no need to know what else it could have told, nor for one whose reason says it. */
function decidesText({ text, decides, op, unit: stored, result, reason }: GateSummary): string {
  if (decides === null || result === "pass" || result === "fail" || reason.includes("would have")) return "";
  const unit = shownUnit(text, stored);
  // The values themselves decide: of a share they are counts, and "below 0 %" would be nothing.
  const [within, beyond] = op.startsWith(">") ? ["more", "less"] : ["less", "more"];
  const parts = [
    decides.pass === null ? "" : `pass at ${gateValue(decides.pass, unit)} or ${within}`,
    decides.fail === null ? "" : `fail at ${gateValue(decides.fail, unit)} or ${beyond}`,
  ].filter((part) => part !== "");
  return parts.length === 0 ? "" : `this run could have told: ${parts.join(", ")}`;
}

/** A difference of shares is in points, as the gate's reason has it: 5 points are not 5 % of something. */
function shownUnit(text: string, unit: string): string {
  return unit === "share" && /(?:diff|drop)\s*[<>=!][^<>!]*$/.test(text) ? "points" : unit;
}

/** In the unit of the expression, so that it can be held against what was written. */
function gateValue(value: number, unit: string): string {
  if (unit === "ms") return formatMs(value);
  if (unit === "points") return formatPoints(value);
  if (unit === "share") return value < 0 ? `−${formatShare(-value)}` : formatShare(value);
  if (unit === "ratio") return formatSignificant(value);
  if (unit === "count") return formatCount(value);
  if (unit === "USD") return formatSmallUsd(value);
  return formatWithUnit(value, unit);
}
