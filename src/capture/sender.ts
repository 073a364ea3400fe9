/** One planned request and all its attempts: sent, and sent again where that is due, allowed and not withheld. */
import type { EndpointRole } from "../config/settings.js";
import { INVALID_KEY } from "../core/invalid-key.js";
import { type Random, seededRandom } from "../core/random.js";
import { NS_PER_MS } from "../core/units.js";
import type { PlannedRequest } from "../plan/plan.js";
import { type EndpointAccess, keyHeader } from "./access.js";
import { type Deadlines, type RawAttempt, sendAttempt } from "./attempt.js";
import type { Clock } from "./clock.js";
import type { Ending } from "./ending.js";
import type { Lane } from "./lane.js";
import type { Limits } from "./limits.js";
import type { CaptureJob, RawExchange } from "./messages.js";
import type { PlanSoFar, RequestBytes } from "./plan-so-far.js";
import { firstReads } from "./read-log.js";
import type { RequestBudget } from "./request-budget.js";
import { type Backoff, backoffAfter, coldBackoffAfter } from "./retry.js";

/** What all requests of a capture share. */
export interface SenderParts {
  readonly job: Omit<CaptureJob, "plan" | "tokens">;
  readonly plan: PlanSoFar;
  readonly now: Clock;
  readonly stop: AbortSignal;
  readonly ending: Ending;
  readonly limits: Limits;
  readonly budget: RequestBudget;
  readonly onRead: () => void;
}

/** An attempt that is tried again keeps the start of its body as evidence: hundreds may belong to one cold exchange. */
const KEPT_OF_RETRIED_BYTES = 64 * 1024;
const KEPT_OF_MANY_BYTES = 1024;
const MANY_ATTEMPTS = 20;

function cutBody(attempt: RawAttempt, made: number): Pick<RawAttempt, "log" | "cutBytes"> {
  const log = firstReads(attempt.log, made < MANY_ATTEMPTS ? KEPT_OF_RETRIED_BYTES : KEPT_OF_MANY_BYTES);
  const cutBytes = attempt.log.bytes.length - log.bytes.length;
  return cutBytes === 0 ? { log } : { log, cutBytes };
}

/** Time beyond the wake cap that a cold attempt may take to send its answer. */
const COLD_ANSWER_MS = 60_000;

export class Sender {
  readonly #lastActiveNs: Record<EndpointRole, number>;

  constructor(private readonly parts: SenderParts) {
    const startNs = parts.now();
    this.#lastActiveNs = { baseline: startNs, candidate: startNs };
  }

  /** When this process last had something of the endpoint in flight, or began. */
  lastActiveNs(endpoint: EndpointRole): number {
    return this.#lastActiveNs[endpoint];
  }

  /** The first attempt is dispatched before this returns; its place in all limits has been taken. */
  async send(
    row: PlannedRequest,
    body: RequestBytes,
    lane: Lane,
    releasedAtNs: number,
  ): Promise<RawExchange["attempts"]> {
    const random = seededRandom(this.parts.plan.seed, `backoff ${row.id}`);
    const attempts: RawExchange["attempts"][number][] = [];
    let reached = 0;
    if (row.phase === "cold") lane.renew(row.endpoint);
    for (;;) {
      const attempt = await this.#attempt(row, body, lane, attempts.length, releasedAtNs);
      this.#lastActiveNs[row.endpoint] = attempt.endedAtNs;
      const stale = attempt.outcome.kind === "staleConnection";
      if (!stale) reached++;
      const backoff = this.parts.ending.stopped ? null : this.#backoff(row, attempt, reached, releasedAtNs, random);
      if (backoff !== null && (stale || row.phase === "cold")) lane.renew(row.endpoint);
      const next = backoff === null ? "stands" : await this.#wait(row, backoff, releasedAtNs);
      // A wait that nothing follows reads as interrupted: right for what a stop or a limit withheld, and for a dead socket,
      // which is nobody's failure; what an endpoint did before it was given up is its own.
      if (backoff === null || (next === "stands" && !stale)) return [...attempts, attempt];
      attempts.push({ ...attempt, backoff, ...cutBody(attempt, attempts.length) });
      if (next !== "again") return attempts;
    }
  }

  /** Whether another attempt goes now. If none does, the last one `stands`, or what would have followed was `withheld`. */
  async #wait(row: PlannedRequest, backoff: Backoff, releasedAtNs: number): Promise<"again" | "stands" | "withheld"> {
    const { ending, limits, budget } = this.parts;
    const { endpoint } = row;
    await ending.sleep(backoff.ms, [endpoint]);
    if (limits.any && !ending.isClosed(endpoint))
      await limits.enter([{ endpoint, tokens: this.parts.plan.tokens(row) }]);
    if (ending.isGivenUp(endpoint)) return "stands";
    if (ending.over) {
      ending.withhold();
      return "withheld";
    }
    if (row.phase === "cold" && this.#isPastCap(row, releasedAtNs)) return "stands";
    return budget.take(1) ? "again" : "withheld";
  }

  #attempt(
    row: PlannedRequest,
    body: RequestBytes,
    lane: Lane,
    made: number,
    releasedAtNs: number,
  ): Promise<RawAttempt> {
    const { job, now, stop, limits, onRead } = this.parts;
    const access = this.#access(row);
    const id = `${job.runId}-${row.id}-${made}`;
    const request = this.parts.plan.request(row);
    return sendAttempt(lane.client(row.endpoint, `${row.phase} ${row.round}`), {
      request,
      query: access.query,
      body,
      secretHeaders: {
        ...keyHeader(access, request.key === "wrong" ? INVALID_KEY : access.apiKey),
        ...(access.requestIdHeader === undefined ? {} : { [access.requestIdHeader]: id }),
      },
      deadlines: this.#deadlines(row, access, releasedAtNs),
      cancel: row.cancel,
      maxBytes: job.settings.maxBytesPerExchange,
      now,
      onRead,
      ...(access.limits?.minRemaining === undefined
        ? {}
        : { onHeaders: (headers) => limits.heed(row.endpoint, headers) }),
      stop,
    });
  }

  #access({ endpoint }: PlannedRequest): EndpointAccess {
    return this.parts.job.endpoints[endpoint];
  }

  #deadlines(row: PlannedRequest, access: EndpointAccess, releasedAtNs: number): Deadlines {
    const { timeouts } = this.parts.job.settings;
    if (row.phase !== "cold") return timeouts;
    const leftMs = (access.wakeCapMs ?? 0) + COLD_ANSWER_MS - this.#elapsedMs(releasedAtNs);
    return { connectMs: timeouts.connectMs, firstByteMs: 0, idleMs: 0, totalMs: Math.max(1, Math.round(leftMs)) };
  }

  #backoff(
    row: PlannedRequest,
    attempt: RawAttempt,
    made: number,
    releasedAtNs: number,
    random: Random,
  ): Backoff | null {
    const { wakeCapMs } = this.#access(row);
    if (row.phase === "cold" && wakeCapMs !== undefined) {
      return coldBackoffAfter(attempt, this.#elapsedMs(releasedAtNs), wakeCapMs, random, Date.now());
    }
    const backoff = backoffAfter(attempt, made, this.parts.job.settings.retry, random, Date.now());
    return backoff !== null && this.#isPastDeadline(backoff.ms) ? null : backoff;
  }

  #isPastCap(row: PlannedRequest, releasedAtNs: number): boolean {
    const { wakeCapMs } = this.#access(row);
    return wakeCapMs !== undefined && this.#elapsedMs(releasedAtNs) >= wakeCapMs;
  }

  #elapsedMs(sinceNs: number): number {
    return (this.parts.now() - sinceNs) / NS_PER_MS;
  }

  #isPastDeadline(waitMs: number): boolean {
    const { deadlineMs } = this.parts.job.settings;
    return deadlineMs !== undefined && this.parts.now() / NS_PER_MS + waitMs >= deadlineMs;
  }
}
