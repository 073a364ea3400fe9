/** What failed, in groups that a person can act on, and what asking again added. */
import { failureClass } from "../decode/failure.js";
import { microUsdOf } from "../measure/metrics/cost.js";
import type { ScoredExchange } from "../measure/scored.js";
import type { HeaderLine } from "../recording/recording.js";
import type { FailureGroup, RetrySummary, Summary } from "../report/summary.js";
import { rounded } from "./tails.js";

type Role = "baseline" | "candidate";

const MAX_GROUPS = 30;
const MAX_CASES = 50;
/** Codes are the provider's own words. */
const MAX_CODE = 100;
/** Where no usage came: the rule of thumb for English text. */
const CHARACTERS_PER_TOKEN = 4;

/** Groups by class, code and message without its digits, so that request ids and waits do not part what is alike. */
export function failureSummary(exchanges: readonly ScoredExchange[]): Summary["failures"] {
  const of = (role: Role): FailureGroup[] => {
    const groups = new Map<string, { group: FailureGroup; cases: Set<string> }>();
    for (const exchange of counted(exchanges, role)) {
      for (const failure of exchange.attemptFailures) {
        if (failure === null) continue;
        const kind = failureClass(failure);
        // Some codes only repeat the status.
        const code = failure.code === String(failure.status) ? null : (failure.code?.slice(0, MAX_CODE) ?? null);
        const key = JSON.stringify([
          kind,
          code,
          failure.message.replace(/[0-9a-f-]*\d[0-9a-f-]*/gi, "#").slice(0, 120),
        ]);
        const message = failure.message.slice(0, 300);
        const known = groups.get(key) ?? {
          group: { class: kind, code, message, attempts: 0, exchanges: 0, cases: [] },
          cases: new Set<string>(),
        };
        known.group.attempts++;
        if (failure === exchange.attemptFailures.at(-1)) known.group.exchanges++;
        known.cases.add(exchange.caseId);
        groups.set(key, known);
      }
    }
    return [...groups.values()]
      .map(({ group, cases }) => ({ ...group, cases: [...cases].sort().slice(0, MAX_CASES) }))
      .sort((a, b) => b.exchanges - a.exchanges || b.attempts - a.attempts || (a.class < b.class ? -1 : 1))
      .slice(0, MAX_GROUPS);
  };
  return { baseline: of("baseline"), candidate: of("candidate") };
}

export function retrySummary(role: Role, header: HeaderLine, exchanges: readonly ScoredExchange[]): RetrySummary {
  const own = counted(exchanges, role);
  const attempts = own.reduce((total, { attemptFailures }) => total + attemptFailures.length, 0);
  const retried = own.filter(({ attemptFailures }) => attemptFailures.length > 1);
  const inputTokens = inputTokensByCase(own);
  const price = header.endpoints[role].price;
  let discardedAnswers = 0;
  let discardedOutputTokens = 0;
  let backoffMs = 0;
  let microUsd = 0;
  for (const { caseId, discarded } of own) {
    for (const attempt of discarded) {
      backoffMs += attempt.backoffMs;
      if (!attempt.answered) continue;
      discardedAnswers++;
      const output = attempt.outputTokens ?? Math.ceil(attempt.characters / CHARACTERS_PER_TOKEN);
      discardedOutputTokens += output;
      const input = attempt.inputTokens ?? inputTokens.get(caseId) ?? 0;
      microUsd += microUsdOf({ inputTokens: input, outputTokens: output, cachedTokens: null }, price ?? {});
    }
  }
  const priced = price?.inputPerMTok !== undefined && price.outputPerMTok !== undefined;
  return {
    exchanges: own.length,
    attempts,
    amplification: own.length === 0 ? null : rounded(attempts / own.length),
    retried: retried.length,
    recovered: retried.filter(({ failure }) => failure === null).length,
    backoffMs,
    discardedAnswers,
    discardedOutputTokens,
    discardedCostUsd: priced ? rounded(microUsd / 1e6) : null,
  };
}

/** A waking endpoint refuses until it is up, and the user's own stop is nobody's failure. */
function counted(exchanges: readonly ScoredExchange[], role: Role): ScoredExchange[] {
  return exchanges.filter(
    ({ endpoint, phase, cancelled }) => endpoint === role && phase !== "cold" && cancelled !== "user",
  );
}

/** The most that any answer of the case reported: nonces and variants change it by a token or two. */
function inputTokensByCase(exchanges: readonly ScoredExchange[]): ReadonlyMap<string, number> {
  const known = new Map<string, number>();
  for (const { caseId, usage } of exchanges) {
    if (usage?.inputTokens != null) known.set(caseId, Math.max(known.get(caseId) ?? 0, usage.inputTokens));
  }
  return known;
}
