/**
 * The verdict and what decided it, then what was seen: two to six plain sentences. Without gates nothing was decided,
 * and the first sentence says so. What is doubtful about the latencies is said right after them.
 */
import type { ShiftSummary } from "./decision.js";
import { unplannedLine } from "./facts.js";
import { invalidityWords } from "./invalidity.js";
import { formatChange, formatChangeInterval, formatCount, formatMs, plural } from "./numbers.js";
import type { Summary } from "./summary.js";

/** How a verdict is said aloud. */
export const VERDICT_WORDS: Readonly<Record<NonNullable<Summary["verdict"]>, string>> = {
  pass: "Pass",
  fail: "Fail",
  inconclusive: "Inconclusive",
  invalid: "Invalid run",
};

/** The sentences, the most deciding first. Plain text: each format escapes it. */
export function headline(summary: Summary): string[] {
  const apart = unplannedLine(summary);
  return [
    verdictSentence(summary),
    contractSentence(summary),
    ...latencySentences(summary),
    apart === null ? null : sentence(apart),
  ].filter((each) => each !== null);
}

function verdictSentence(summary: Summary): string {
  const reason = summary.verdictReason.replace(/\.$/, "");
  if (summary.verdict === null) return sentence(reason === "" ? "no gates, so no verdict" : reason);
  return `${VERDICT_WORDS[summary.verdict]}${reason === "" ? "" : `: ${reason}`}.`;
}

function contractSentence(summary: Summary): string | null {
  const { flips } = summary.parity;
  const regressed = flips.filter((flip) => flip.direction === "regressed");
  const errors = summary.rates.errors;
  const failures =
    errors === undefined || errors.candidate.of === 0
      ? ""
      : errors.candidate.count + errors.baseline.count === 0
        ? "no request failed on either side"
        : `${formatCount(errors.candidate.count)} of ${formatCount(errors.candidate.of)} candidate requests failed at first (baseline ${formatCount(errors.baseline.count)} of ${formatCount(errors.baseline.of)})`;
  if (regressed.length === 0) {
    if (summary.parity.pairs === 0) return failures === "" ? null : sentence(failures);
    const none = "Wherever the baseline met all expectations of a case, the candidate did too";
    return failures === "" ? `${none}.` : `${none}; ${failures}.`;
  }
  const cases = regressionWords(regressed, flips.length - regressed.length);
  return failures === "" ? `${cases}.` : `${cases}; ${failures}.`;
}

/** Only what regresses consistently is said of a case: a single answer that went wrong may as well be chance. */
function regressionWords(regressed: Summary["parity"]["flips"], improved: number): string {
  const consistent = regressed.filter((flip) => flip.consistent);
  const single = regressed.length - consistent.length;
  const cases = (count: number): string => plural(count, "case");
  if (consistent.length === 0) {
    const other = improved === 0 ? "" : `, in ${cases(improved)} the other way round`;
    return `In ${cases(single)} single answers miss on the candidate what they meet on the baseline${other}; none regresses consistently`;
  }
  const breaking = consistent.filter((flip) => flip.severity === "breaks").length;
  const how = breaking === 0 ? "" : `, ${formatCount(breaking)} of them in a way that breaks a client`;
  const more =
    single === 0 ? "" : `; so do single answers of ${formatCount(single)} more ${single === 1 ? "case" : "cases"}`;
  return `${cases(consistent.length)} that the baseline always answers as expected ${consistent.length === 1 ? "regresses" : "regress"} on the candidate${how}${more}`;
}

/** Nothing in a quick run: three rounds are enough for contracts alone. */
function latencySentences(summary: Summary): string[] {
  if (summary.judgement.quick) return [];
  const start = ["ttfa", "ttft"].find((name) => summary.metrics[name]?.warm?.shift?.ratio != null);
  const first = start === undefined ? null : shiftSentence(summary, start, "Answers start", ["sooner", "later"]);
  const rate = rateSentence(summary);
  const then = rate ?? shiftSentence(summary, "e2e", "Whole answers take", ["less time", "more time"]);
  const said = [first, then].filter((each) => each !== null);
  const metrics = [...(first === null ? [] : [start]), ...(then === null ? [] : [rate === null ? "e2e" : "char_rate"])];
  const shifts = metrics.flatMap((name) => summary.metrics[name ?? ""]?.warm?.shift ?? []);
  return said.length === 0 ? [] : [...said, ...latencyDoubts(summary, shifts)];
}

/** What a reader of the first lines alone must know about the shifts that they speak of. */
function latencyDoubts({ validity }: Summary, shifts: readonly ShiftSummary[]): string[] {
  const narrow = shifts.filter(({ method }) => method === "within-this-moment" || method === "cases");
  const rounds = Math.min(...narrow.map((shift) => shift.rounds));
  const moment = `Within this moment only: ${plural(rounds, "round")} ${rounds === 1 ? "says" : "say"} nothing of another hour.`;
  return [...(narrow.length === 0 ? [] : [moment]), ...(validity.ok ? [] : [invalidityWords(validity).warning])];
}

function shiftSentence(
  summary: Summary,
  name: string,
  subject: string,
  [less, more]: readonly [string, string],
): string | null {
  const warm = summary.metrics[name]?.warm;
  const shift = warm?.shift;
  if (!warm || !shift || shift.ratio === null || shift.reads === "unknown") return null;
  const seen = [
    movement("p50", warm.baseline?.p50, warm.candidate?.p50),
    movement("p95", warm.baseline?.p95, warm.candidate?.p95),
  ]
    .filter((part) => part !== "")
    .join(", ");
  const evidence = seen === "" ? "" : `: ${name} ${seen}`;
  if (shift.reads === "~") {
    return `${subject} no differently as far as ${plural(shift.rounds, "round")} can tell${evidence}.`;
  }
  return `${subject} ${amount(shift.ratio)} ${shift.ratio < 1 ? less : more} on the candidate ${formatChangeInterval(shift.lo, shift.hi)}${evidence}.`;
}

function movement(label: string, from: number | null | undefined, to: number | null | undefined): string {
  return from == null || to == null ? "" : `${label} ${formatMs(from)} → ${formatMs(to)}`;
}

function amount(ratio: number): string {
  return formatChange(ratio).replace(/^[−+]/, "");
}

function rateSentence(summary: Summary): string | null {
  const shift = summary.metrics.char_rate?.warm?.shift;
  if (!shift || shift.ratio === null) return null;
  if (shift.reads === "~" || shift.reads === "unknown") return null;
  const interval = formatChangeInterval(shift.lo, shift.hi);
  return `Text then streams ${amount(shift.ratio)} ${shift.ratio > 1 ? "faster" : "slower"} ${interval}.`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
