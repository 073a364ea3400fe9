/** What a gate saw, as plain lines for places that know neither colour nor tables: JUnit files and annotations. */
import type { GateSummary, JudgementSummary } from "./decision.js";
import { formatCount, formatShare, formatSignificant, formatWithUnit, plural } from "./numbers.js";

/** The lines of evidence, the reason first. Each format makes them printable and bounds them. */
export function gateEvidence(gate: GateSummary, judgement: Pick<JudgementSummary, "confidence">): string[] {
  const { value, lower, upper, n, rounds, reads, decides } = gate;
  const written = (number: number | null): string => gateValue(number, gate.unit);
  const bounds = [
    lower === null ? "" : `lower bound ${written(lower)}`,
    upper === null ? "" : `upper bound ${written(upper)}`,
  ].filter((bound) => bound !== "");
  const decided = [
    decides?.pass == null ? "" : `pass at ${written(decides.pass)}`,
    decides?.fail == null ? "" : `fail at ${written(decides.fail)}`,
  ].filter((limit) => limit !== "");
  return [
    `${gate.result}: ${gate.reason}`,
    `gate: ${gate.text}, ${gate.place === null ? "of the command line" : `line ${gate.place.line} of the configuration`}`,
    `seen: ${value === null ? "no sample" : written(value)}`,
    ...(bounds.length === 0
      ? []
      : [`bounds: ${bounds.join(", ")}, one-sided, each at ${formatShare(judgement.confidence)}`]),
    `margin: ${gate.op} ${written(gate.margin)}`,
    `sample: n = ${formatCount(n)} over ${plural(rounds, "round")}, method ${gate.method}`,
    ...(reads === null || reads === "unknown" ? [] : [`reads: ${reads === "~" ? "no difference" : reads}`]),
    ...(decided.length === 0 ? [] : [`would have decided: ${decided.join(", ")}`]),
    ...gate.notes.map((note) => `note: ${note}`),
  ];
}

/** Ratios and counts have no unit that a person would say. */
function gateValue(value: number | null, unit: string): string {
  if (value === null || !Number.isFinite(value)) return formatWithUnit(null, unit);
  if (unit === "ratio") return formatSignificant(value);
  if (unit === "count") return formatCount(value);
  return formatWithUnit(value, unit);
}
