/** Values of one gate as a person reads them, in as many digits as keep those apart that are not equal. */
import { formatDurationMs } from "../core/duration.js";

const MINUS = "−";
const MOST_DIGITS = 4;

export type Figures = (value: number | null) => string;

/**
 * @param unit of {@link unitOf}; `points` for differences of shares
 * @param values that will stand side by side
 */
export function figuresOf(unit: string, values: readonly (number | null)[]): Figures {
  const known = [...new Set(values.filter((value): value is number => value !== null && Number.isFinite(value)))];
  let digits = 0;
  while (digits < MOST_DIGITS && new Set(known.map((value) => format(value, unit, digits))).size < known.length)
    digits++;
  return (value) => (value === null ? "–" : format(value, unit, digits));
}

function format(value: number, unit: string, more: number): string {
  if (!Number.isFinite(value)) return value > 0 ? "∞" : `${MINUS}∞`;
  if (unit === "ms") return formatMs(value, more);
  if (unit === "share") return `${signless(100 * value, 1 + more)} %`;
  if (unit === "points") {
    const text = signless(Math.abs(100 * value), 1 + more);
    return `${value > 0 && Number(text) !== 0 ? "+" : value < 0 && Number(text) !== 0 ? MINUS : ""}${text} points`;
  }
  if (unit === "ratio") return signless(value, 2 + more);
  if (unit === "count") return signless(value, 0);
  if (unit === "USD") return `$${signless(value, 4 + more)}`;
  if (unit === "tokens") return `${signless(value, Number.isInteger(value) ? 0 : 1 + more)} tokens`;
  return `${signless(value, Math.max(0, 3 + more - digitsBefore(value)))} ${unit}`;
}

function formatMs(ms: number, more: number): string {
  if (ms < 0) return `${MINUS}${formatMs(-ms, more)}`;
  if (ms === 0) return "0 ms";
  if (ms < 0.995) return `${ms.toFixed(2 + more)} ms`;
  if (ms < 999.5) return `${ms.toFixed(Math.max(0, (ms < 9.95 ? 1 : 0) + more))} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed((ms < 9_995 ? 2 : 1) + more)} s`;
  return formatDurationMs(Math.max(60_000, ms));
}

/** Digits before the point, at least one. */
function digitsBefore(value: number): number {
  return Math.max(1, Math.floor(Math.log10(Math.max(1, Math.abs(value)))) + 1);
}

function signless(value: number, decimals: number): string {
  const text = Math.abs(value)
    .toFixed(decimals)
    .replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, ",");
  return value < 0 && Number(text.replaceAll(",", "")) !== 0 ? `${MINUS}${text}` : text;
}
