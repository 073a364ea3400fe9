/** One row an exchange, as spreadsheets read it (RFC 4180): figures and outcomes, no texts. */
import { type CsvColumn, linesOfCsv } from "./csv-text.js";
import type { ExchangeRow, Report } from "./report.js";

/** Each column of `exchanges.csv`. An empty cell is a value that is not known. */
const COLUMNS: readonly CsvColumn<ExchangeRow>[] = [
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
export function csvLines({ details }: Report): Generator<string> {
  return linesOfCsv(COLUMNS, details.exchanges);
}
