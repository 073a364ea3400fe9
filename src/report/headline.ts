/**
 * The verdict and what decided it, then what was seen: two to four plain sentences. Without gates nothing was decided,
 * and the first sentence says so.
 */
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
  return [verdictSentence(summary), contractSentence(summary), ...latencySentences(summary)].filter(
    (sentence) => sentence !== null,
  );
}

function verdictSentence(summary: Summary): string {
  const reason = summary.verdictReason.replace(/\.$/, "");
  if (summary.verdict === null) return sentence(reason === "" ? "no gates, so no verdict" : reason);
  return `${VERDICT_WORDS[summary.verdict]}${reason === "" ? "" : `: ${reason}`}.`;
}

function contractSentence(summary: Summary): string | null {
  const regressed = summary.parity.flips.filter((flip) => flip.direction === "regressed");
  const breaking = regressed.filter((flip) => flip.severity === "breaks").length;
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
  const cases = `${plural(regressed.length, "case")} that the baseline answers as expected ${regressed.length === 1 ? "regresses" : "regress"} on the candidate${breaking === 0 ? "" : `, ${formatCount(breaking)} of them in a way that breaks a client`}`;
  return failures === "" ? `${cases}.` : `${cases}; ${failures}.`;
}

function latencySentences(summary: Summary): (string | null)[] {
  const start = ["ttfa", "ttft"].find((name) => summary.metrics[name]?.warm?.shift?.ratio != null);
  return [
    start === undefined ? null : shiftSentence(summary, start, "Answers start", ["sooner", "later"]),
    rateSentence(summary) ?? shiftSentence(summary, "e2e", "Whole answers take", ["less time", "more time"]),
  ];
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
