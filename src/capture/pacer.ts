/** Walks a plan: blocks in order, releases in order within a block, as many in flight as the block allows. */

import { setTimeout as delay } from "node:timers/promises";
import { INVALID_KEY } from "../core/invalid-key.js";
import { type Random, seededRandom } from "../core/random.js";
import { NS_PER_MS } from "../core/units.js";
import type { Block, PlannedRequest, Release, RequestTemplate } from "../plan/plan.js";
import { type EndpointAccess, keyHeader } from "./access.js";
import { type Deadlines, type RawAttempt, sendAttempt } from "./attempt.js";
import type { Clock } from "./clock.js";
import { Lane } from "./lane.js";
import type { CaptureJob, RawExchange } from "./messages.js";
import { firstReads } from "./read-log.js";
import { type Backoff, backoffAfter, coldBackoffAfter } from "./retry.js";

export interface PacerEvents {
  onReleased(ids: readonly number[]): void;
  onExchange(exchange: RawExchange): void;
  onRead(): void;
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

/** Serialised before the request is due. */
type RequestBytes = string | Uint8Array | null;

export class Pacer {
  readonly #inFlight = { baseline: 0, candidate: 0 };

  readonly #phaseStartNs = new Map<string, number>();

  constructor(
    private readonly job: CaptureJob,
    private readonly now: Clock,
    private readonly stop: AbortSignal,
    private readonly events: PacerEvents,
  ) {}

  async run(): Promise<void> {
    for (const block of this.job.plan.blocks) {
      if (this.stop.aborted) return;
      await this.#runBlock(block);
    }
  }

  async #runBlock(block: Block): Promise<void> {
    // A phase may have many blocks (serial order); its releases are timed from where the phase began.
    const startNs = this.#phaseStartNs.get(block.phase) ?? this.now();
    this.#phaseStartNs.set(block.phase, startNs);
    const routes = { baseline: this.job.endpoints.baseline.route, candidate: this.job.endpoints.candidate.route };
    let next = 0;
    const runLane = async (): Promise<void> => {
      const lane = new Lane(routes, this.now);
      try {
        while (next < block.releases.length && !this.stop.aborted) {
          const release = block.releases[next++] as Release;
          await this.#waitUntil(startNs + release.notBeforeMs * NS_PER_MS);
          if (this.stop.aborted) return;
          await this.#runRelease(release, lane);
        }
      } finally {
        lane.close();
      }
    };
    const lanes = Math.min(block.concurrency, block.releases.length);
    await Promise.all(Array.from({ length: lanes }, runLane));
  }

  async #waitUntil(dueNs: number): Promise<void> {
    const waitMs = (dueNs - this.now()) / NS_PER_MS;
    if (waitMs > 0) await this.#sleep(waitMs);
  }

  async #sleep(ms: number): Promise<void> {
    await delay(Math.ceil(ms), undefined, { signal: this.stop }).catch(() => {});
  }

  /** Both halves of a pair are dispatched in one turn of the event loop; the lane is free when both have ended. */
  async #runRelease(release: Release, lane: Lane): Promise<void> {
    const rows = release.rows.map((id) => this.job.plan.rows[id] as PlannedRequest);
    // Serialised before the pair is due: the second half must not wait for its body.
    const bodies = rows.map((row) => this.#body(row));
    const releasedAtNs = this.now();
    for (const row of rows) this.#inFlight[row.endpoint]++;
    const counts = rows.map((row) => this.#inFlight[row.endpoint]);
    const running = rows.map((row, index) =>
      this.#runExchange(row, bodies[index] as RequestBytes, lane, releasedAtNs, counts[index] as number),
    );
    this.events.onReleased(release.rows);
    await Promise.all(running);
  }

  async #runExchange(
    row: PlannedRequest,
    body: RequestBytes,
    lane: Lane,
    releasedAtNs: number,
    inFlight: number,
  ): Promise<void> {
    const access = this.job.endpoints[row.endpoint];
    const random = seededRandom(this.job.plan.seed, `backoff ${row.id}`);
    const attempts: RawExchange["attempts"][number][] = [];
    let reached = 0;
    if (row.phase === "cold") lane.renew(row.endpoint);
    for (;;) {
      const attempt = await this.#attempt(row, body, lane, access, attempts.length, releasedAtNs);
      const stale = attempt.outcome.kind === "staleConnection";
      if (!stale) reached++;
      const backoff = this.stop.aborted ? null : this.#backoff(row, access, attempt, reached, releasedAtNs, random);
      attempts.push(backoff === null ? attempt : { ...attempt, backoff, ...cutBody(attempt, attempts.length) });
      if (backoff === null) break;
      if (stale || row.phase === "cold") lane.renew(row.endpoint);
      if (backoff.ms > 0) await this.#sleep(backoff.ms);
      if (this.stop.aborted) break;
    }
    this.#inFlight[row.endpoint]--;
    this.events.onExchange({ id: row.id, releasedAtNs, inFlight, attempts });
  }

  #attempt(
    row: PlannedRequest,
    body: RequestBytes,
    lane: Lane,
    access: EndpointAccess,
    made: number,
    releasedAtNs: number,
  ): Promise<RawAttempt> {
    const id = `${this.job.runId}-${row.id}-${made}`;
    const request = this.#request(row);
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
      maxBytes: this.job.settings.maxBytesPerExchange,
      now: this.now,
      onRead: () => this.events.onRead(),
      stop: this.stop,
    });
  }

  #deadlines(row: PlannedRequest, access: EndpointAccess, releasedAtNs: number): Deadlines {
    const { timeouts } = this.job.settings;
    if (row.phase !== "cold") return timeouts;
    const leftMs = (access.wakeCapMs ?? 0) + COLD_ANSWER_MS - (this.now() - releasedAtNs) / NS_PER_MS;
    return { connectMs: timeouts.connectMs, firstByteMs: 0, idleMs: 0, totalMs: Math.max(1, Math.round(leftMs)) };
  }

  #backoff(
    row: PlannedRequest,
    access: EndpointAccess,
    attempt: RawAttempt,
    made: number,
    releasedAtNs: number,
    random: Random,
  ): Backoff | null {
    if (row.phase === "cold" && access.wakeCapMs !== undefined) {
      const elapsedMs = (this.now() - releasedAtNs) / NS_PER_MS;
      return coldBackoffAfter(attempt, elapsedMs, access.wakeCapMs, random, Date.now());
    }
    const backoff = backoffAfter(attempt, made, this.job.settings.retry, random, Date.now());
    return backoff !== null && this.#isPastDeadline(backoff.ms) ? null : backoff;
  }

  #isPastDeadline(waitMs: number): boolean {
    const { deadlineMs } = this.job.settings;
    return deadlineMs !== undefined && this.now() / NS_PER_MS + waitMs >= deadlineMs;
  }

  #body(row: PlannedRequest): RequestBytes {
    const { method, body, raw } = this.#request(row);
    if (method === "GET") return null;
    return raw === undefined ? JSON.stringify(body) : Buffer.from(raw, "base64");
  }

  #request(row: PlannedRequest): RequestTemplate {
    const request = this.job.plan.requests[row.requestId];
    if (request === undefined) throw new Error(`request ${row.requestId} is not in the plan`);
    return request;
  }
}
