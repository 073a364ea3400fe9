/**
 * Numbers as a person reads them. A missing value is never printed as 0: every formatter of a nullable takes the
 * text to show instead. Minus is U+2212; thousands are grouped with a comma; no locale is asked, so that a report
 * is the same on every machine.
 */
import { formatDurationMs } from "../core/duration.js";

const MINUS = "−";
const NO_VALUE = "–";

/** An integer with thousands grouped: `12,480`. */
export function formatCount(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, ",")
    .replace("-", MINUS);
}

/** Three significant digits without an exponent: `0.412`, `8.40`, `14.2`, `371`, `2,310`. */
export function formatSignificant(value: number): string {
  const size = Math.abs(value);
  if (size >= 999.5) return formatCount(value);
  if (size >= 99.95) return value.toFixed(0).replace("-", MINUS);
  if (size >= 9.995) return value.toFixed(1).replace("-", MINUS);
  if (size >= 0.9995 || size === 0) return value.toFixed(2).replace("-", MINUS);
  return value.toFixed(3).replace("-", MINUS);
}

/** Tokens a second with one decimal, since tiers are told apart by it: 118.9 is not 119. */
function formatRate(rate: number): string {
  return Math.abs(rate) >= 999.95 ? formatCount(rate) : rate.toFixed(1).replace("-", MINUS);
}

/** Milliseconds with the unit that suits them: `0.84 ms`, `8.4 ms`, `412 ms`, `2.31 s`, `14.2 s`, `3 min 5 s`. */
export function formatMs(ms: number | null, none = NO_VALUE): string {
  if (ms === null || !Number.isFinite(ms)) return none;
  if (ms < 0) return `${MINUS}${formatMs(-ms, none)}`;
  if (ms === 0) return "0 ms";
  if (ms < 0.995) return `${ms.toFixed(2)} ms`;
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${ms.toFixed(0)} ms`;
  if (ms < 9_995) return `${(ms / 1_000).toFixed(2)} s`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`;
  return formatDurationMs(Math.max(60_000, ms));
}

/** A share from 0 to 1 as a percentage with one decimal; a share that is not quite 0 or 1 never reads as either. */
export function formatShare(share: number | null, none = NO_VALUE): string {
  if (share === null || !Number.isFinite(share)) return none;
  const percent = share * 100;
  if (percent > 0 && percent < 0.05) return "<0.1 %";
  if (percent < 100 && percent >= 99.95) return ">99.9 %";
  return `${percent.toFixed(1)} %`;
}

/** A ratio as a change: `−9.9 %`, `+18.0 %`, and `×12.4` from tenfold on. */
export function formatChange(ratio: number | null, none = NO_VALUE): string {
  if (ratio === null || !Number.isFinite(ratio) || ratio < 0) return none;
  if (ratio >= 10) return `×${formatSignificant(ratio)}`;
  const bare = signed((ratio - 1) * 100);
  return `${bare} %`;
}

/** The interval of a ratio, in the unit of {@link formatChange}: `[−12.1, −7.6]`. */
export function formatChangeInterval(lo: number | null, hi: number | null, none = ""): string {
  if (lo === null || hi === null || !Number.isFinite(lo) || !Number.isFinite(hi)) return none;
  const bound = (ratio: number): string => (ratio >= 10 ? `×${formatSignificant(ratio)}` : signed((ratio - 1) * 100));
  return `[${bound(lo)}, ${bound(hi)}]`;
}

/** A difference of shares in points of a percent: `+11.1 points`. */
export function formatPoints(difference: number | null, none = NO_VALUE): string {
  if (difference === null || !Number.isFinite(difference)) return none;
  return `${signed(difference * 100)} points`;
}

/** The interval of a difference of shares, in points: `[−1.2, +9.4]`. */
export function formatPointsInterval(lo: number | null, hi: number | null, none = ""): string {
  if (lo === null || hi === null || !Number.isFinite(lo) || !Number.isFinite(hi)) return none;
  return `[${signed(lo * 100)}, ${signed(hi * 100)}]`;
}

/** Dollars as a bill says them: `$0.412`, `$3.13`, `$2,418`. */
export function formatUsd(usd: number | null, none = NO_VALUE): string {
  if (usd === null || !Number.isFinite(usd)) return none;
  if (usd === 0) return "$0";
  if (Math.abs(usd) < 0.001) return "<$0.001";
  return `$${formatSignificant(usd)}`;
}

/** Dollars of one request, however few: `$0.000412`, in three significant digits. */
export function formatSmallUsd(usd: number): string {
  const size = Math.abs(usd);
  if (size === 0 || size >= 0.001) return formatUsd(usd);
  return `$${usd.toFixed(Math.min(12, 2 - Math.floor(Math.log10(size)))).replace("-", MINUS)}`;
}

/** Milliseconds without noughts behind the point, as a setting or a tick says them: `5 s`, `1.5 s`, `250 ms`. */
export function formatPlainMs(ms: number | null, none = NO_VALUE): string {
  return formatMs(ms, none)
    .replace(/(\.\d*?)0+(?= )/, "$1")
    .replace(/\.(?= )/, "");
}

/** A p-value as benchstat prints it: `p=0.001`, `p<0.001`. */
export function formatP(p: number | null, none = ""): string {
  if (p === null || !Number.isFinite(p)) return none;
  return p < 0.0005 ? "p<0.001" : `p=${p.toFixed(3)}`;
}

/** A value with its unit: `412 ms`, `41.2 tokens/s`, `$0.0123`. */
export function formatWithUnit(value: number | null, unit: string, none = NO_VALUE): string {
  if (value === null || !Number.isFinite(value)) return none;
  if (unit === "ms") return formatMs(value, none);
  if (unit === "share") return formatShare(value, none);
  if (unit === "tokens/s") return `${formatRate(value)} ${unit}`;
  if (unit === "USD") return value !== 0 && Math.abs(value) < 0.0001 ? "<$0.0001" : `$${value.toFixed(4)}`;
  if (unit === "tokens") return `${formatCount(value)} tokens`;
  return unit === "" ? formatSignificant(value) : `${formatSignificant(value)} ${unit}`;
}

/** How the cells of one metric are written: all in one unit, so that a column can be compared by eye. */
export interface CellScale {
  readonly unit: string;
  format(value: number): string;
}

/** The scale that suits all of a metric's values; milliseconds become seconds when every value is a second or more. */
export function cellScale(unit: string, values: readonly number[]): CellScale {
  const sizes = values.filter(Number.isFinite).map(Math.abs);
  if (unit === "ms") {
    const least = Math.min(...sizes);
    if (sizes.length > 0 && least >= 1_000) {
      return { unit: "s", format: (ms) => (ms >= 99_950 ? formatCount(ms / 1_000) : (ms / 1_000).toFixed(2)) };
    }
    const decimals = least < 9.95 ? 1 : 0;
    return { unit: "ms", format: (ms) => (ms >= 999.5 ? formatCount(ms) : ms.toFixed(decimals)) };
  }
  if (unit === "tokens") return { unit, format: formatCount };
  if (unit === "tokens/s") return { unit, format: formatRate };
  if (unit === "USD") return { unit, format: (value) => formatSmallUsd(value).slice(1) };
  return { unit: unit === "characters/s" ? "char/s" : unit, format: formatSignificant };
}

/** `2026-07-31T14:12:05.120Z` as `31 Jul 2026, 14:12 UTC`; text that is no date stays as it is. */
export function formatInstant(iso: string): string {
  const ms = Date.parse(iso);
  if (!Number.isFinite(ms)) return iso;
  const date = new Date(ms);
  const month = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ")[date.getUTCMonth()];
  const two = (value: number): string => value.toString().padStart(2, "0");
  return `${date.getUTCDate()} ${month} ${date.getUTCFullYear()}, ${two(date.getUTCHours())}:${two(date.getUTCMinutes())} UTC`;
}

/** `1 case`, `2 cases`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

function signed(percent: number): string {
  const text = Math.abs(percent) >= 99.95 ? formatCount(Math.abs(percent)) : Math.abs(percent).toFixed(1);
  if (Number(text.replace(/,/g, "")) === 0) return "0.0";
  return `${percent < 0 ? MINUS : "+"}${text}`;
}
