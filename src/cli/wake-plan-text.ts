/** Cold trials as `wake --dry-run` prints them: how each endpoint comes to sleep, what is sent, and what it takes at most. */
import type { EndpointRole, EndpointSettings } from "../config/settings.js";
import { formatDurationMs } from "../core/duration.js";
import { printableLine } from "../core/printable.js";
import { gridLines } from "../report/terminal/grid.js";
import type { PreparedWake } from "../wake.js";

const ROLES = ["baseline", "candidate"] as const;
/** Time beyond the cap that a trial may take to send its answer. */
const ANSWER_MS = 60_000;

export function wakePlanText({ settings, golden, plan, estimate, trials, references }: PreparedWake): string {
  const { endpoints } = settings;
  const money = (value: number | null): string =>
    value === null ? "no price" : `$${value.toFixed(value < 1 ? 4 : 2)}`;
  const of = (pick: (role: EndpointRole) => string): string[] => ROLES.map(pick);
  const cold = (role: EndpointRole): number =>
    plan.rows.filter(({ endpoint, phase }) => endpoint === role && phase === "cold").length;
  const limit = (role: EndpointRole, pick: "budgetMs" | "capMs"): string => {
    const { wake } = endpoints[role];
    return wake === undefined ? "never sleeps" : formatDurationMs(wake[pick]);
  };
  const counted = (count: number, noun: string): string => `${count} ${count === 1 ? noun : `${noun}s`}`;
  const caseId = plan.rows[0]?.caseId ?? "";
  const lines = [
    `${counted(trials, "cold trial")}, ${counted(references, "warm reference")} each, with case ${printableLine(caseId, 60)} of ${printableLine(golden.set.name, 60)}, seed ${plan.seed}`,
    ...ROLES.map((role) => `${role.padEnd(9)} ${endpoints[role].baseUrl}`),
    "",
    ...gridLines(
      [
        ["", ...ROLES],
        ["requests", ...of((role) => String(estimate.endpoints[role].requests))],
        ["  cold, each asked until it answers", ...of((role) => String(cold(role)))],
        ["budget", ...of((role) => limit(role, "budgetMs"))],
        ["cap", ...of((role) => limit(role, "capMs"))],
        ["output tokens at most", ...of((role) => String(estimate.endpoints[role].maxOutputTokens))],
        ["cost at most", ...of((role) => money(estimate.endpoints[role].maxCost))],
      ],
      ["left", "right", "right"],
    ),
    "",
    ...ROLES.flatMap((role) => sleepLine(endpoints[role], trials)),
    `at most ${formatDurationMs(longestMs([endpoints.baseline, endpoints.candidate], trials))} until all are awake, sooner where they answer; then the references`,
  ];
  return `${lines.join("\n")}\n`;
}

/** How it is known to sleep before each trial. */
function sleepLine({ role, wake, scaleDown }: EndpointSettings, trials: number): string[] {
  if (wake === undefined) return [];
  const idle = wake.idleAfterMs === undefined ? "" : `nothing is sent for ${formatDurationMs(wake.idleAfterMs)}`;
  const means = scaleDown === undefined ? idle : "it is scaled down";
  const always = wake.assumeIdle === false || scaleDown !== undefined;
  if (always) return [`${role}: before ${trials === 1 ? "the trial" : "each trial"} ${means}`];
  const later = trials === 1 ? "" : `; before each other ${means}`;
  return [`${role}: before the ${trials === 1 ? "trial" : "first trial"} it is taken to sleep${later}`];
}

/** Both wake at one moment; the slower one is waited for. */
function longestMs(endpoints: readonly EndpointSettings[], trials: number): number {
  const longest = (pick: (endpoint: EndpointSettings) => number): number => Math.max(...endpoints.map(pick));
  const sleep = ({ wake, scaleDown }: EndpointSettings): number => scaleDown?.timeoutMs ?? wake?.idleAfterMs ?? 0;
  const first = longest((endpoint) =>
    endpoint.wake?.assumeIdle === false || endpoint.scaleDown !== undefined ? sleep(endpoint) : 0,
  );
  const wakeMs = longest(({ wake }) => (wake === undefined ? 0 : wake.capMs + ANSWER_MS));
  return first + (trials - 1) * longest(sleep) + trials * wakeMs;
}
