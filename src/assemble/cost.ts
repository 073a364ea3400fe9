/** What a thousand requests and a month cost on each side: usage × price, with what was thrown away and asked again. */
import { HOURS_PER_MONTH } from "../core/units.js";
import { microUsdOf } from "../measure/metrics/cost.js";
import type { ScoredExchange } from "../measure/scored.js";
import type { HeaderLine } from "../recording/recording.js";
import type { CostSummary } from "../report/decision.js";
import { formatUsd } from "../report/numbers.js";
import { retrySummary } from "./failures.js";
import { rounded } from "./tails.js";

type Role = "baseline" | "candidate";

const DAYS_PER_MONTH = HOURS_PER_MONTH / 24;

export function costSummary(role: Role, header: HeaderLine, exchanges: readonly ScoredExchange[]): CostSummary {
  const price = header.endpoints[role].price;
  const { requestsPerDay } = header.judge;
  const warm = exchanges.filter(
    ({ endpoint, arm, phase, cancelled }) =>
      endpoint === role && arm === role && phase === "warm" && cancelled === null,
  );
  const requests = warm.length;
  const notes: string[] = [];
  const none = (reason: string): CostSummary => ({
    per1000Requests: null,
    retriesPer1000Requests: null,
    perMonth: null,
    requests,
    notes: [reason],
  });
  if (price === undefined) return none("no price: set `price` of the endpoint");
  const byHour = price.perHour;
  const metered = price.inputPerMTok !== undefined && price.outputPerMTok !== undefined;
  if (!metered && byHour === undefined) return none("a price for input and one for output are needed, or one per hour");
  if (requests === 0) return none("no request of phase warm");

  const tokens = metered ? byTokens(role, header, warm, notes) : null;
  // Hours alone would leave out what every token costs beside them.
  if (metered && tokens === null) return { ...none(""), notes };
  const perHourMonth = byHour === undefined ? 0 : byHour * HOURS_PER_MONTH;
  const monthly = requestsPerDay === undefined ? null : requestsPerDay * DAYS_PER_MONTH;
  if (monthly === null) notes.push("per month by requests is not known: set traffic.requestsPerDay");
  if (byHour !== undefined) {
    notes.push(
      `billed by the hour: $${byHour} an hour is ${formatUsd(perHourMonth)} a month of one endpoint that never sleeps, whatever the traffic`,
    );
    if (monthly !== null) notes.push("per 1,000 requests it is that month over the traffic of traffic.requestsPerDay");
  }
  const shareOfHours = byHour === undefined ? 0 : monthly === null ? null : (1_000 * perHourMonth) / monthly;
  const perThousand = tokens === null ? shareOfHours : shareOfHours === null ? null : tokens.per1000 + shareOfHours;
  const perMonth =
    tokens === null ? perHourMonth : monthly === null ? null : perHourMonth + (tokens.per1000 * monthly) / 1_000;
  return {
    per1000Requests: rounded(perThousand),
    retriesPer1000Requests: tokens === null ? null : rounded(tokens.retriesPer1000),
    perMonth: rounded(perMonth),
    requests,
    notes,
  };
}

/** Null, with its reason in `notes`, where no answer reported usage. */
function byTokens(
  role: Role,
  header: HeaderLine,
  warm: readonly ScoredExchange[],
  notes: string[],
): { per1000: number; retriesPer1000: number } | null {
  const price = header.endpoints[role].price ?? {};
  // A request that failed for good is billed for what it had said, which only its usage tells.
  const answered = warm.filter(({ failure, usage }) => failure === null || usage !== null);
  const known = answered.flatMap(({ usage }) => usage ?? []);
  if (known.length === 0) {
    notes.push("no answer reported its usage");
    return null;
  }
  if (known.length < answered.length) {
    notes.push(`usage came with ${known.length} of ${answered.length} answers: the others are taken as their average`);
  }
  const failed = warm.length - answered.length;
  if (failed > 0) {
    notes.push(`${failed} of ${warm.length} requests failed for good and count as nothing spent`);
  }
  if (price.cachedInputPerMTok !== undefined && header.capture.prefix === "unique") {
    notes.push("prompts began with a line of their own (prefix: unique), so the price of cached input hardly enters");
  }
  const average = known.reduce((total, usage) => total + microUsdOf(usage, price), 0) / known.length;
  const discarded = retrySummary(role, header, warm).discardedCostUsd ?? 0;
  const retriesPer1000 = (1_000 * discarded) / warm.length;
  return { per1000: (1_000 * average * answered.length) / 1e6 / warm.length + retriesPer1000, retriesPer1000 };
}
