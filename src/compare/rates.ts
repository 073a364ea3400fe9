/**
 * Every rate: counts with their denominators, and the difference of two sides with its uncertainty. Repeats of one case
 * are never taken as independent: rounds are the unit.
 */
import { allLayersHold } from "../check/expect/tool-calls.js";
import type { FailureKind } from "../decode/failure.js";
import type { ScoredExchange } from "../measure/scored.js";

/** What is counted in an exchange: [hits, denominator]; null where the rate does not apply to it. */
export interface RateRule {
  readonly name: string;
  readonly better: "lower" | "higher";
  readonly of: string;
  /** Of a timing or of this machine: what a stalled machine spoils. All other rates are about the contract. */
  readonly timing?: true;
  count(exchange: ScoredExchange): readonly [number, number] | null;
}

export interface Share {
  readonly count: number;
  readonly of: number;
}

const attemptsThat = (name: string, ...kinds: FailureKind[]): RateRule => ({
  name,
  better: "lower",
  of: "attempts",
  count: ({ attemptFailures }) => [
    attemptFailures.filter((failure) => failure !== null && kinds.includes(failure.kind)).length,
    attemptFailures.length,
  ],
});

const exchangesThat = (name: string, test: (exchange: ScoredExchange) => boolean): RateRule => ({
  name,
  better: "lower",
  of: "exchanges",
  count: (exchange) => [test(exchange) ? 1 : 0, 1],
});

const checked = (
  name: string,
  of: string,
  pick: (exchange: ScoredExchange) => boolean | null | undefined,
): RateRule => ({
  name,
  better: "higher",
  of,
  count: (exchange) => {
    if (exchange.check === null || exchange.check.excluded !== undefined) return null;
    const met = pick(exchange);
    return met === null || met === undefined ? null : [met ? 1 : 0, 1];
  },
});

/** All three layers that apply. */
function toolCallsRight({ check }: ScoredExchange): boolean | null {
  return check?.toolCalls ? allLayersHold(check.toolCalls) : null;
}

/** In the order in which reports show them. */
export const RATES: readonly RateRule[] = [
  // Where every attempt met a dead socket none reached the endpoint, and the request failed all the same.
  exchangesThat("errors", ({ attemptFailures, failure }) =>
    attemptFailures.length === 0 ? failure !== null : attemptFailures[0] !== null,
  ),
  exchangesThat("errors_final", ({ failure }) => failure !== null),
  exchangesThat("timeouts", ({ failure }) => failure?.kind === "timeout"),
  {
    name: "broken_streams",
    better: "lower",
    of: "answers that began",
    // Where every request is refused nothing broke off, and nothing held either.
    count: ({ status, failure }) =>
      status === null || status >= 300 ? null : [failure?.kind === "broken_stream" ? 1 : 0, 1],
  },
  exchangesThat("parse_errors", ({ failure }) => failure?.kind === "parse_error"),
  attemptsThat("http_429", "http_429"),
  attemptsThat("http_402", "http_402"),
  attemptsThat("http_401", "http_401"),
  attemptsThat("http_4xx", "http_4xx"),
  attemptsThat("http_5xx", "http_5xx"),
  exchangesThat("unsupported_feature", ({ failure }) => failure?.kind === "unsupported_feature"),
  {
    name: "stale_connections",
    better: "lower",
    of: "exchanges",
    count: ({ staleConnections }) => [staleConnections, 1],
  },
  {
    name: "retries",
    better: "lower",
    of: "exchanges",
    count: ({ attemptFailures }) => [Math.max(0, attemptFailures.length - 1), 1],
  },
  {
    name: "coalesced",
    timing: true,
    better: "lower",
    of: "token-bearing events",
    count: ({ coalescedEvents, tokenEvents }) => (tokenEvents === 0 ? null : [coalescedEvents, tokenEvents]),
  },
  checked("expectations", "answers", ({ check }) => check?.met),
  checked("json_valid", "answers that should be JSON", ({ check }) => check?.jsonValid),
  checked("tool_calls", "answers that should call a tool, or none", toolCallsRight),
  checked("tool_trigger", "answers that should call a tool, or none", ({ check }) => check?.toolCalls?.trigger),
  checked("tool_schema", "answers that called a tool", ({ check }) => check?.toolCalls?.schema),
  checked("tool_value", "answers that called a tool", ({ check }) => check?.toolCalls?.value),
];

/** What a rate counts in an exchange; null where it does not apply, and where the user interrupted. */
export function countOf(exchange: ScoredExchange, rule: RateRule): ReturnType<RateRule["count"]> {
  return exchange.cancelled === "user" ? null : rule.count(exchange);
}

/** Count and denominator over exchanges that the user did not interrupt. */
export function shareOf(exchanges: readonly ScoredExchange[], rule: RateRule): Share {
  let count = 0;
  let of = 0;
  for (const exchange of exchanges) {
    const counted = countOf(exchange, rule);
    if (counted === null) continue;
    count += counted[0];
    of += counted[1];
  }
  return { count, of };
}
