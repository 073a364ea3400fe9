/**
 * When an endpoint is given up: it fails request after request, and asking on would cost time, or lock an account, and
 * tell nothing new. Decided from status and transport alone: capture parses no body.
 */
import type { PlannedRequest, RequestTemplate } from "../plan/plan.js";
import type { StoppedLine } from "../recording/recording.js";
import type { FailedAttempt } from "./retry.js";

export type GivenUp = Pick<StoppedLine, "kind" | "after" | "last">;

/** Asking again mends neither a key nor an account; three of them are no slip of a load balancer. */
const REFUSALS_IN_A_ROW = 3;
const REFUSALS: ReadonlyMap<number, GivenUp["kind"]> = new Map([
  [401, "key refused"],
  [402, "credit spent"],
]);

/** What was asked for, as far as an endpoint may refuse that alone. */
export interface Asked {
  readonly caseId: string;
  readonly model: string;
}

const ANYTHING: Asked = { caseId: "", model: "" };
/** Of the 4xx that are no refusal of a request itself, beside those of a key and an account: "not now". */
const NOT_NOW: ReadonlySet<number> = new Set([408, 425, 429]);

/** Exchanges of one endpoint, in the order in which they ended. */
export class FailureStreak {
  readonly #answered = { cases: new Set<string>(), models: new Set<string>() };
  #failures = 0;
  #refusals = 0;
  #refusedWith: number | undefined;

  /** @param giveUpAfter failures of any kind in a row; 0 or undefined never gives up for them */
  constructor(private readonly giveUpAfter: number | undefined) {}

  /** Counts an exchange by its last attempt. Gives why the endpoint is to be given up, from the exchange on that decides it. */
  count(last: FailedAttempt, asked: Asked = ANYTHING): GivenUp | null {
    const failed = failureWords(last);
    if (failed === null || this.#alwaysRefused(last.status, asked)) return null;
    if (failed === "") {
      this.#answered.cases.add(asked.caseId);
      this.#answered.models.add(asked.model);
      this.#failures = 0;
      this.#refusals = 0;
      return null;
    }
    this.#failures++;
    const refusal = REFUSALS.get(last.status ?? 0);
    this.#refusals = refusal === undefined ? 0 : this.#refusedWith === last.status ? this.#refusals + 1 : 1;
    this.#refusedWith = last.status;
    if (refusal !== undefined && this.#refusals >= REFUSALS_IN_A_ROW) {
      return { kind: refusal, after: this.#refusals, last: failed };
    }
    if (!this.giveUpAfter || this.#failures < this.giveUpAfter) return null;
    return { kind: "failures", after: this.#failures, last: failed };
  }

  /** Something else was answered, and this never was: a feature or a model that it does not have says nothing of its health. */
  #alwaysRefused(status: number | undefined, { caseId, model }: Asked): boolean {
    const { cases, models } = this.#answered;
    if (status === undefined || status < 400 || status >= 500 || NOT_NOW.has(status) || cases.size === 0) return false;
    return REFUSALS.has(status) ? !models.has(model) : !cases.has(caseId);
  }
}

/** A wrong key on purpose is refused on purpose, and a probe asks for what may not be there. */
export function countsForGivingUp({ phase }: PlannedRequest, { key }: RequestTemplate): boolean {
  return phase !== "probe" && key === undefined;
}

const WAITED_FOR = { connect: "connect", firstByte: "first byte", idle: "idle", total: "total" } as const;

/** How it failed, empty when it did not; null for what says nothing of the endpoint. */
function failureWords({ outcome, status }: FailedAttempt): string | null {
  if (outcome.kind === "cancelled" || outcome.kind === "staleConnection") return null;
  if (status !== undefined && status >= 400) return `HTTP ${status}`;
  switch (outcome.kind) {
    case "network":
      return outcome.code;
    case "timeout":
      return `timeout: ${WAITED_FOR[outcome.phase]}`;
    default:
      return "";
  }
}
