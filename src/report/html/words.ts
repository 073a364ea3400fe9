/** Metrics and rates in a phrase, for readers who do not know their names. */

export const METRIC_WORDS: Readonly<Record<string, string>> = {
  connect: "fresh connection",
  ttfe: "first event",
  ttft: "first token",
  ttfa: "first answer",
  ttft_intended: "first token, from the intended time",
  e2e: "whole answer",
  e2e_intended: "whole answer, from the intended time",
  chunk_gap: "gap between reads",
  stall: "longest gap of an answer",
  tpot: "time per output token",
  decode_rate: "tokens a second",
  char_rate: "characters a second",
  tool_call_ms: "tool call, first to last piece",
  wake: "release to first token",
};

export const RATE_WORDS: Readonly<Record<string, string>> = {
  errors: "first attempts that failed",
  expectations: "answers as expected",
  tool_calls: "tool calls as expected",
  json_valid: "valid JSON",
  broken_streams: "streams that broke",
};
