/** Failures and retries before they have a form. */
import { formatDurationMs } from "../core/duration.js";
import { SIDES } from "./facts.js";
import { formatCount, plural } from "./numbers.js";
import type { FailureGroup, Summary } from "./summary.js";

export interface FailureRow extends FailureGroup {
  readonly endpoint: (typeof SIDES)[number];
  /** The other endpoint has no failure of this class. */
  readonly onlyHere: boolean;
}

/** What only the candidate has first, then by how many exchanges it ended. */
export function failureRows({ failures }: Summary): FailureRow[] {
  const rows = SIDES.flatMap((endpoint) => {
    const other = failures[endpoint === "baseline" ? "candidate" : "baseline"];
    return failures[endpoint].map((group) => ({
      ...group,
      endpoint,
      onlyHere: !other.some((each) => each.class === group.class),
    }));
  });
  const rank = ({ endpoint, onlyHere }: FailureRow): number => (onlyHere && endpoint === "candidate" ? 0 : 1);
  return rows.sort((a, b) => rank(a) - rank(b) || b.exchanges - a.exchanges || b.attempts - a.attempts);
}

/** `12 attempts, 4 requests ended so: json-schema, logprobs and 2 more`. */
export function failureExtent({ attempts, exchanges, cases }: FailureGroup): string {
  const ended = exchanges === 0 ? "each answered when asked again" : `${plural(exchanges, "request")} ended so`;
  const shown = cases.slice(0, 3).join(", ");
  const more = cases.length > 3 ? ` and ${formatCount(cases.length - 3)} more` : "";
  return `${plural(attempts, "attempt")}, ${ended}: ${shown}${more}`;
}

/** One line a side on which anything was asked again. */
export function retryLines({
  retries,
}: Summary): { readonly endpoint: (typeof SIDES)[number]; readonly text: string }[] {
  return SIDES.flatMap((endpoint) => {
    const facts = retries[endpoint];
    if (facts.retried === 0) return [];
    const parts = [
      `${formatCount(facts.attempts)} attempts for ${plural(facts.exchanges, "request")} (× ${(facts.amplification ?? 1).toFixed(2)})`,
      `${formatCount(facts.retried)} asked again, ${formatCount(facts.recovered)} of them answered in the end`,
      facts.backoffMs > 0 ? `${formatDurationMs(facts.backoffMs)} waited in between` : "",
      facts.discardedAnswers === 0
        ? ""
        : `${plural(facts.discardedAnswers, "begun answer")} thrown away, about ${plural(facts.discardedOutputTokens, "output token")}${
            facts.discardedCostUsd === null ? "" : `, $${Number(facts.discardedCostUsd.toPrecision(2))}`
          }`,
    ];
    return [{ endpoint, text: parts.filter((part) => part !== "").join("; ") }];
  });
}
