/** Rates and token counts before they have a form; what is zero on both sides is said in one quiet line. */
import { type DifferenceLine, differenceLine } from "./difference-line.js";
import { cellScale, formatCount, formatShare, plural } from "./numbers.js";
import type { ShareSummary, Summary, TailSummary } from "./summary.js";

export interface RateSide {
  /** `3 / 120`. */
  readonly counts: string;
  readonly share: string;
  /** Ordinal of a footnote from 1, or null. */
  readonly note: number | null;
}

export interface RateRow {
  readonly name: string;
  /** What the denominators count. */
  readonly of: string;
  readonly baseline: RateSide;
  readonly candidate: RateSide;
  readonly difference: DifferenceLine;
}

export interface RateTable {
  readonly rows: readonly RateRow[];
  /** Rates without a case on either side, and rates without samples; null when there is none. */
  readonly quiet: string | null;
  readonly footnotes: readonly string[];
}

/** Rates in the report's order. */
export function rateRows(summary: Summary): RateTable {
  const footnotes: string[] = [];
  const zero: string[] = [];
  const unsampled: string[] = [];
  const rows: RateRow[] = [];
  const side = (share: ShareSummary): RateSide => {
    const text = share.notes.join("; ");
    if (text !== "" && !footnotes.includes(text)) footnotes.push(text);
    return {
      counts: `${formatCount(share.count)} / ${formatCount(share.of)}`,
      share: formatShare(share.share),
      note: text === "" ? null : footnotes.indexOf(text) + 1,
    };
  };
  for (const [name, rate] of Object.entries(summary.rates)) {
    const { baseline, candidate } = rate;
    if (baseline.of + candidate.of === 0) {
      unsampled.push(name);
    } else if (rate.better === "lower" && baseline.count + candidate.count === 0) {
      zero.push(name);
    } else {
      rows.push({
        name,
        of: rate.of,
        baseline: side(baseline),
        candidate: side(candidate),
        difference: differenceLine(rate),
      });
    }
  }
  const said = [
    zero.length === 0 ? "" : `None seen on either side: ${zero.join(", ")}.`,
    unsampled.length === 0 ? "" : `No samples: ${unsampled.join(", ")}.`,
  ].filter((line) => line !== "");
  return { rows, quiet: said.length === 0 ? null : said.join(" "), footnotes };
}

export interface TokenRow {
  readonly name: string;
  readonly baseline: { readonly p50: string; readonly sum: string };
  readonly candidate: { readonly p50: string; readonly sum: string };
}

const COUNTED = new Set(["tokens", "tokens/event", "USD"]);

/** Token counts and cost of phase warm, and what puts them into proportion. */
export function tokenRows(summary: Summary): { rows: readonly TokenRow[]; asides: readonly string[] } {
  const rows: TokenRow[] = [];
  const absent: string[] = [];
  for (const [name, metric] of Object.entries(summary.metrics)) {
    const warm = metric.warm;
    if (!COUNTED.has(metric.unit) || warm === undefined) continue;
    const values = (tail: TailSummary | null): number => tail?.values ?? 0;
    if (values(warm.baseline) + values(warm.candidate) === 0) absent.push(name);
    else {
      const label = metric.unit === "USD" ? `${name}, USD` : name;
      rows.push({
        name: label,
        baseline: tokenSide(warm.baseline, metric.unit),
        candidate: tokenSide(warm.candidate, metric.unit),
      });
    }
  }
  const asides: string[] = [];
  const { outputTokenRatio, matchedLength, pairs } = summary.parity;
  if (outputTokenRatio !== null) {
    asides.push(`Output tokens candidate / baseline, over pairs that have both: × ${outputTokenRatio.toFixed(3)}.`);
  }
  if (pairs > 0) {
    asides.push(`${formatCount(matchedLength)} of ${plural(pairs, "pair")} have answers within 10 % in length.`);
  }
  if (absent.length > 0) asides.push(`Not reported by either side: ${absent.join(", ")}.`);
  return { rows, asides };
}

function tokenSide(tail: TailSummary | null, unit: string): { p50: string; sum: string } {
  const { format } = cellScale(unit, []);
  const shown = (value: number | null | undefined): string => (value == null ? "–" : format(value));
  // A sum over nothing is not a sum of 0 tokens; a sum of quotients is none at all.
  const summed = tail !== null && tail.values > 0 && unit !== "tokens/event";
  return { p50: shown(tail?.p50), sum: summed ? shown(tail.sum) : "–" };
}
