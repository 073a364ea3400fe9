/** Walks a plan: blocks in order, releases in order within a block, as many in flight as the block allows. */
import type { EndpointRole } from "../config/settings.js";
import { NS_PER_MS } from "../core/units.js";
import { type Block, type PlannedRequest, type Release, rowsToSend } from "../plan/plan.js";
import { fallAsleep } from "./asleep.js";
import type { Clock } from "./clock.js";
import { Ending } from "./ending.js";
import { countsForGivingUp, FailureStreak, type GivenUp } from "./give-up.js";
import { Lane } from "./lane.js";
import { Limits, type Pause } from "./limits.js";
import type { CaptureEnd, CaptureJob, RawExchange } from "./messages.js";
import { RequestBudget } from "./request-budget.js";
import type { FailedAttempt } from "./retry.js";
import { type RequestBytes, Sender } from "./sender.js";

export interface PacerEvents {
  onReleased(ids: readonly number[]): void;
  onExchange(exchange: RawExchange): void;
  onRead(): void;
  onPause(pause: Pause): void;
  onStopped(line: GivenUp & { readonly endpoint: EndpointRole; readonly atNs: number }): void;
}

export class Pacer {
  readonly #inFlight = { baseline: 0, candidate: 0 };
  readonly #phaseStartNs = new Map<string, number>();
  readonly #ending: Ending;
  readonly #limits: Limits;
  readonly #budget: RequestBudget;
  readonly #sender: Sender;
  readonly #streaks: Readonly<Record<EndpointRole, FailureStreak>>;
  /** Rows that were released, or left out because their endpoint was given up. */
  #done = 0;

  constructor(
    private readonly job: CaptureJob,
    private readonly now: Clock,
    stop: AbortSignal,
    private readonly events: PacerEvents,
  ) {
    const { endpoints, settings } = job;
    this.#ending = new Ending(stop);
    this.#limits = new Limits(
      { baseline: endpoints.baseline.limits, candidate: endpoints.candidate.limits },
      now,
      (pause) => events.onPause(pause),
    );
    this.#ending.onOver(() => this.#limits.close());
    this.#budget = new RequestBudget(settings.maxRequests, this.#ending);
    this.#streaks = {
      baseline: new FailureStreak(settings.giveUpAfter),
      candidate: new FailureStreak(settings.giveUpAfter),
    };
    this.#sender = new Sender({
      job,
      now,
      stop,
      ending: this.#ending,
      limits: this.#limits,
      budget: this.#budget,
      onRead: () => events.onRead(),
    });
  }

  /** Sends nothing more and lets what is in flight end; the message says which limit was reached. */
  drain(message: string): void {
    this.#ending.drain(message);
  }

  async run(): Promise<CaptureEnd> {
    for (const block of this.job.plan.blocks) {
      if (this.#ending.over) break;
      await this.#runBlock(block);
    }
    if (this.#done < rowsToSend(this.job.plan).length) this.#ending.withhold();
    this.#limits.close();
    return this.#ending.end(this.now());
  }

  async #runBlock(block: Block): Promise<void> {
    // A phase may have many blocks (serial order); its releases are timed from where the phase began.
    const startNs = this.#phaseStartNs.get(block.phase) ?? this.#startNs(block);
    this.#phaseStartNs.set(block.phase, startNs);
    await Promise.all((block.asleep ?? []).map((endpoint) => this.#fallAsleep(endpoint)));
    const routes = { baseline: this.job.endpoints.baseline.route, candidate: this.job.endpoints.candidate.route };
    let next = 0;
    const runLane = async (): Promise<void> => {
      const lane = new Lane(routes, this.now);
      try {
        while (next < block.releases.length && !this.#ending.over) {
          const release = block.releases[next++] as Release;
          await this.#runRelease(release, startNs + release.notBeforeMs * NS_PER_MS, lane);
        }
      } finally {
        lane.close();
      }
    };
    const lanes = Math.min(block.concurrency, block.releases.length);
    await Promise.all(Array.from({ length: lanes }, runLane));
  }

  #startNs({ fromMs }: Block): number {
    return fromMs === undefined ? this.now() : fromMs * NS_PER_MS;
  }

  async #fallAsleep(endpoint: EndpointRole): Promise<void> {
    if (this.#ending.isClosed(endpoint)) return;
    const lastActiveNs = this.#sender.lastActiveNs(endpoint);
    const pause = await fallAsleep(endpoint, this.job.endpoints[endpoint], lastActiveNs, this.now, this.#ending);
    if (pause !== null) this.events.onPause(pause);
  }

  /**
   * Both halves of a pair are dispatched in one turn of the event loop, so they wait together until both may go; the lane is
   * free when both have ended.
   */
  async #runRelease(release: Release, dueNs: number, lane: Lane): Promise<void> {
    const planned = release.rows.map((id) => this.job.plan.rows[id] as PlannedRequest);
    // Serialised before the pair is due: the second half must not wait for its body.
    const bodies = new Map(planned.map((row) => [row.id, this.#sender.body(row)]));
    const left = (): PlannedRequest[] => planned.filter(({ endpoint }) => !this.#ending.isGivenUp(endpoint));
    if (left().length > 0) await this.#wait(left(), dueNs);
    const rows = left();
    if (rows.length > 0 && (this.#ending.over || !this.#budget.take(rows.length))) return;
    this.#done += planned.length;
    if (rows.length === 0) return;
    const releasedAtNs = this.now();
    for (const row of rows) this.#inFlight[row.endpoint]++;
    const counts = rows.map((row) => this.#inFlight[row.endpoint]);
    const running = rows.map((row, index) =>
      this.#runExchange(row, bodies.get(row.id) ?? null, lane, releasedAtNs, counts[index] as number),
    );
    this.events.onReleased(rows.map(({ id }) => id));
    await Promise.all(running);
  }

  async #wait(rows: readonly PlannedRequest[], dueNs: number): Promise<void> {
    const endpoints = rows.map(({ endpoint }) => endpoint);
    await this.#ending.sleepUntil(dueNs, this.now, endpoints);
    if (!this.#limits.any) return;
    const needs = rows.map((row) => ({ endpoint: row.endpoint, tokens: this.#sender.tokens(row) }));
    await this.#limits.enter(needs.filter(({ endpoint }) => !this.#ending.isClosed(endpoint)));
  }

  async #runExchange(
    row: PlannedRequest,
    body: RequestBytes,
    lane: Lane,
    releasedAtNs: number,
    inFlight: number,
  ): Promise<void> {
    const attempts = await this.#sender.send(row, body, lane, releasedAtNs);
    this.#inFlight[row.endpoint]--;
    this.events.onExchange({ id: row.id, releasedAtNs, inFlight, attempts });
    const last = attempts.at(-1);
    if (last !== undefined) this.#heedFailure(row, last);
  }

  #heedFailure(row: PlannedRequest, last: FailedAttempt): void {
    const { endpoint } = row;
    const request = this.#sender.request(row);
    if (!countsForGivingUp(row, request)) return;
    const { model } = request.body;
    const asked = { caseId: `${row.caseId} ${row.variant}`, model: typeof model === "string" ? model : "" };
    const why = this.#streaks[endpoint].count(last, asked);
    if (why === null || this.#ending.isClosed(endpoint)) return;
    this.events.onStopped({ endpoint, atNs: this.now(), ...why });
    this.#ending.giveUp(endpoint);
    this.#limits.drop(endpoint);
  }
}
