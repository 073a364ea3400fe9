/** One row an exchange, as spreadsheets read it (RFC 4180): figures and outcomes, no texts. */
import type { ExchangeRow, Report } from "./report.js";

/** Each column of `exchanges.csv`. An empty cell is a value that is not known. */
const COLUMNS: readonly (readonly [name: string, cell: (row: ExchangeRow) => string | number | null])[] = [
  ["id", ({ id }) => id],
  ["pair", ({ pairId }) => pairId],
  ["round", ({ round }) => round + 1],
  ["case", ({ caseId }) => caseId],
  ["phase", ({ phase }) => phase],
  ["endpoint", ({ endpoint }) => endpoint],
  ["arm", ({ arm }) => arm],
  ["variant", ({ variant }) => variant],
  ["outcome", ({ outcome }) => outcome],
  ["status", ({ status }) => status],
  ["attempts", ({ attempts }) => attempts],
  ["ttft_ms", ({ ttftMs }) => ttftMs],
  ["ttfa_ms", ({ ttfaMs }) => ttfaMs],
  ["e2e_ms", ({ e2eMs }) => e2eMs],
  ["stall_ms", ({ stallMs }) => stallMs],
  ["decode_rate", ({ decodeRate }) => decodeRate],
  ["char_rate", ({ charRate }) => charRate],
  ["input_tokens", ({ inputTokens }) => inputTokens],
  ["output_tokens", ({ outputTokens }) => outputTokens],
  ["reasoning_tokens", ({ reasoningTokens }) => reasoningTokens],
  ["cached_tokens", ({ cachedTokens }) => cachedTokens],
  ["finish_reason", ({ finishReason }) => finishReason],
];

/** The lines one by one, each with its end: the whole text need not be held. */
export function* csvLines({ details }: Report): Generator<string> {
  yield lineOf(COLUMNS.map(([name]) => name));
  for (const row of details.exchanges) yield lineOf(COLUMNS.map(([, cell]) => cellOf(cell(row))));
}

function lineOf(cells: readonly string[]): string {
  return `${cells.join(",")}\r\n`;
}

/** What a spreadsheet takes for a formula begins so, the full-width signs too. */
const FORMULA = /^[=+\-@\t\r＝＋－＠]/u;
const NUMBER = /^[+-]?\d+(?:\.\d+)?$/;
const CONTROL = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;
const MAX_CELL = 300;

function cellOf(value: string | number | null): string {
  if (value === null) return "";
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
  // Judged before and after: a control character may hide the sign that follows it.
  const stripped = value.replace(CONTROL, " ").slice(0, MAX_CELL);
  const formula = (FORMULA.test(value) || FORMULA.test(stripped.trimStart())) && !NUMBER.test(value);
  const text = formula ? `'${stripped}` : stripped;
  return /[",\s]/.test(text) || formula ? `"${text.replaceAll('"', '""')}"` : text;
}
