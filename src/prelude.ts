/**
 * Sent before a run goes on after a pause: endpoints that scale to zero are woken, and all are warmed up. What came is told in
 * a line each, and its bytes are let go.
 */
import { capture } from "./capture/capture.js";
import type { CaptureSettings, EndpointRole } from "./config/settings.js";
import { NS_PER_MS } from "./core/units.js";
import type { Plan } from "./plan/plan.js";
import type { Access } from "./record.js";
import type { Attempt, Exchange, ResumeLine } from "./recording/recording.js";

const ROLES = ["baseline", "candidate"] as const;

export interface PreludeJob {
  readonly plan: Plan;
  readonly capture: CaptureSettings;
  readonly access: Access;
  readonly stop?: AbortSignal | undefined;
}

/** How each endpoint that was asked took it. A failure is told and ends nothing: the requests that follow show it too. */
export async function sendPrelude({ plan, access, stop, ...job }: PreludeJob): Promise<ResumeLine["prelude"]> {
  const exchanges: Exchange[] = [];
  await capture(
    {
      plan,
      runId: "prelude",
      endpoints: access.endpoints,
      settings: job.capture,
      originNs: process.hrtime.bigint(),
    },
    0,
    { onExchange: (exchange) => exchanges.push(exchange), onMachine: () => {} },
    { stop },
  );
  return ROLES.flatMap((role) => summaryOf(role, exchanges));
}

function summaryOf(endpoint: EndpointRole, exchanges: readonly Exchange[]): ResumeLine["prelude"] {
  const attempts = exchanges.filter((exchange) => exchange.endpoint === endpoint).flatMap((each) => each.attempts);
  const last = attempts.at(-1);
  if (last === undefined) return [];
  const fromNs = attempts.reduce((least, { dispatchedAtNs }) => Math.min(least, dispatchedAtNs), last.dispatchedAtNs);
  const toNs = attempts.reduce((most, { endedAtNs }) => Math.max(most, endedAtNs), last.endedAtNs);
  return [
    { endpoint, attempts: attempts.length, ms: Math.round((toNs - fromNs) / NS_PER_MS), outcome: outcomeOf(last) },
  ];
}

/** Without a word of the endpoint's own: nothing here is masked. */
function outcomeOf({ outcome, status }: Attempt): string {
  switch (outcome.kind) {
    case "complete":
    case "truncated":
      return `HTTP ${status ?? "without a status"}`;
    case "timeout":
      return `timeout: ${outcome.phase}`;
    case "network":
    case "staleConnection":
      return outcome.code;
    case "cancelled":
      return "cancelled";
  }
}
