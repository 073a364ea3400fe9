/** Walks a plan: blocks in order; within one, releases as lanes are free (closed loop) or at their times (open loop). */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { EndpointRole } from "../config/settings.js";
import { NS_PER_MS } from "../core/units.js";
import type { Block, PlannedRequest, Release } from "../plan/plan.js";
import { fallAsleep } from "./asleep.js";
import type { Clock } from "./clock.js";
import type { Crew } from "./crew.js";
import { Ending } from "./ending.js";
import { countsForGivingUp, FailureStreak, type GivenUp } from "./give-up.js";
import { Lane } from "./lane.js";
import { Limits, type Pause } from "./limits.js";
import type { CaptureEnd, CaptureJob, RawExchange } from "./messages.js";
import { type Departure, OpenBlock } from "./open-block.js";
import { OpenLanes } from "./open-lanes.js";
import { PlanSoFar, type RequestBytes } from "./plan-so-far.js";
import { RequestBudget } from "./request-budget.js";
import type { FailedAttempt } from "./retry.js";
import { Sender } from "./sender.js";

export interface PacerEvents {
  onReleased(ids: readonly number[]): void;
  onExchange(exchange: RawExchange): void;
  onRead(): void;
  onPause(pause: Pause): void;
  onStopped(line: GivenUp & { readonly endpoint: EndpointRole; readonly atNs: number }): void;
  /** A block whose releases have times. */
  onBegun(phase: Block["phase"], atNs: number): void;
  onDropped(ids: readonly number[], atNs: number): void;
}

const ROLES = ["baseline", "candidate"] as const;
/** An open loop that is behind its schedule still reads what comes, after so many requests. */
const REQUESTS_A_TURN = 8;
/**
 * A lane whose request failed waits until an answer would have come, by its last one, and so long at most: what fails at once
 * would otherwise be asked thousands of times a second, and what fails seldom loses no load.
 */
const AFTER_FAILURE_MS = 1_000;
const SHORTEST_WAIT_NS = 0.1 * NS_PER_MS;
/** Arrivals that wait for a place are let go of when a block lasted so many times as long as it was to. */
const LONGEST_WAIT = 2;
const LEAST_PATIENCE_MS = 1_000;

export class Pacer {
  readonly #phaseStartNs = new Map<string, number>();
  readonly #plan: PlanSoFar;
  readonly #ending: Ending;
  readonly #limits: Limits;
  readonly #budget: RequestBudget;
  readonly #sender: Sender;
  readonly #streaks: Readonly<Record<EndpointRole, FailureStreak>>;
  readonly #routes;
  /** Phases in which an endpoint answered 429. */
  readonly #refused = new Set<string>();

  constructor(
    private readonly job: CaptureJob,
    private readonly crew: Crew,
    private readonly now: Clock,
    stop: AbortSignal,
    private readonly events: PacerEvents,
  ) {
    const { endpoints, settings } = job;
    this.#plan = new PlanSoFar(job.plan, job.tokens);
    this.#ending = new Ending(stop);
    this.#limits = new Limits(
      { baseline: endpoints.baseline.limits, candidate: endpoints.candidate.limits },
      now,
      (pause) => events.onPause(pause),
    );
    this.#ending.onOver(() => this.#limits.close());
    this.#budget = new RequestBudget(settings.maxRequests, this.#ending, crew);
    this.#streaks = {
      baseline: new FailureStreak(settings.giveUpAfter),
      candidate: new FailureStreak(settings.giveUpAfter),
    };
    this.#routes = { baseline: endpoints.baseline.route, candidate: endpoints.candidate.route };
    this.#sender = new Sender({
      job,
      plan: this.#plan,
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

  /** Another thread gave it up. */
  giveUp(endpoint: EndpointRole): void {
    if (this.#ending.isClosed(endpoint)) return;
    this.#ending.giveUp(endpoint);
    this.#limits.drop(endpoint);
  }

  /** Nothing more is sent, to nobody: whoever waits for other threads waits no more. */
  onOver(listener: () => void): void {
    this.#ending.onOver(listener);
  }

  async run(): Promise<CaptureEnd> {
    let blocks = this.job.plan.blocks;
    for (;;) {
      for (const block of blocks) {
        if (this.#ending.over) {
          if (block.releases.length > 0) this.#ending.withhold();
          break;
        }
        await this.#runBlock(block);
      }
      const part = this.#ending.over ? null : await this.crew.more();
      if (part === null) break;
      this.#plan.grow(part);
      blocks = part.blocks;
    }
    this.#limits.close();
    return this.#ending.end(this.now());
  }

  async #runBlock(block: Block): Promise<void> {
    await Promise.all((block.asleep ?? []).map((endpoint) => this.#fallAsleep(endpoint)));
    const begunNs = await this.crew.begin();
    // A phase may have many blocks (serial order); its releases are timed from where the phase began.
    const startNs = this.#phaseStartNs.get(block.phase) ?? startOf(block) ?? begunNs;
    this.#phaseStartNs.set(block.phase, startNs);
    if (block.open !== undefined || block.untilMs !== undefined) this.events.onBegun(block.phase, startNs);
    if (block.open === undefined) await this.#runClosed(block, startNs);
    else await Promise.all(queuesOf(block, this.#plan).map((releases) => this.#runOpen(block, releases, startNs)));
  }

  async #fallAsleep(endpoint: EndpointRole): Promise<void> {
    // One thread puts it to sleep; the others meet it before the block begins.
    if (this.#ending.isClosed(endpoint) || this.crew.index > 0) return;
    const lastActiveNs = this.#sender.lastActiveNs(endpoint);
    const pause = await fallAsleep(endpoint, this.job.endpoints[endpoint], lastActiveNs, this.now, this.#ending);
    if (pause !== null) this.events.onPause(pause);
  }

  async #runClosed(block: Block, startNs: number): Promise<void> {
    const lanes = queuesOf(block, this.#plan).flatMap((releases, at) => {
      const queue = at === 0 ? 0 : 1;
      const own = Math.min(this.crew.share(block.concurrency), releases.length);
      const stepNs = ((block.rampMs ?? 0) * NS_PER_MS) / Math.max(1, block.concurrency);
      return Array.from({ length: own }, (_, lane) =>
        this.#runLane(block, releases, queue, startNs, (lane * this.crew.count + this.crew.index) * stepNs),
      );
    });
    await Promise.all(lanes);
  }

  async #runLane(
    block: Block,
    releases: readonly Release[],
    queue: 0 | 1,
    startNs: number,
    laterNs: number,
  ): Promise<void> {
    const untilNs = startNs + (block.untilMs ?? Number.POSITIVE_INFINITY) * NS_PER_MS;
    const lane = new Lane(this.#routes, this.now);
    let answerMs = AFTER_FAILURE_MS;
    try {
      if (laterNs > 0) await this.#ending.sleepUntil(startNs + laterNs, this.now, ROLES);
      while (!this.#ending.over && this.now() < untilNs) {
        const release = releases[this.crew.take(queue)];
        if (release === undefined) return;
        if (release.rows.some((id) => this.#isRefused(block, id))) continue;
        const beganNs = this.now();
        const answered = await this.#runRelease(release, startNs + release.notBeforeMs * NS_PER_MS, lane);
        const tookMs = (this.now() - beganNs) / NS_PER_MS;
        if (answered) answerMs = Math.min(AFTER_FAILURE_MS, tookMs);
        else if (block.perEndpoint) await this.#ending.sleep(answerMs - tookMs, ROLES);
      }
      if (this.#ending.over && this.crew.taken(queue) < releases.length) this.#ending.withhold();
    } finally {
      lane.close();
    }
  }

  /**
   * Both halves of a pair are dispatched in one turn of the event loop, so they wait together until both may go; the lane is
   * free when both have ended. Gives whether all that was sent was answered.
   */
  async #runRelease(release: Release, dueNs: number, lane: Lane): Promise<boolean> {
    const planned = release.rows.map((id) => this.#plan.row(id));
    // Serialised before the pair is due: the second half must not wait for its body.
    const bodies = new Map(planned.map((row) => [row.id, this.#plan.body(row)]));
    const left = (): PlannedRequest[] => planned.filter(({ endpoint }) => !this.#ending.isGivenUp(endpoint));
    if (left().length > 0) await this.#wait(left(), dueNs);
    const rows = left();
    if (rows.length === 0) return true;
    if (this.#ending.over || !this.#budget.take(rows.length)) {
      this.#ending.withhold();
      return true;
    }
    const releasedAtNs = this.now();
    const counts = rows.map((row) => this.crew.enter(row.endpoint));
    const running = rows.map((row, index) =>
      this.#runExchange(row, bodies.get(row.id) ?? null, lane, { releasedAtNs }, counts[index] as number),
    );
    this.events.onReleased(rows.map(({ id }) => id));
    return (await Promise.all(running)).every((answered) => answered);
  }

  async #wait(rows: readonly PlannedRequest[], dueNs: number): Promise<void> {
    const endpoints = rows.map(({ endpoint }) => endpoint);
    await this.#ending.sleepUntil(dueNs, this.now, endpoints);
    if (!this.#limits.any) return;
    const needs = rows.map((row) => ({ endpoint: row.endpoint, tokens: this.#plan.tokens(row) }));
    await this.#limits.enter(needs.filter(({ endpoint }) => !this.#ending.isClosed(endpoint)));
  }

  /** The schedule alone says when: this loop waits for no answer, and for no place either. */
  async #runOpen(block: Block, releases: readonly Release[], startNs: number): Promise<void> {
    const { whenFull } = block.open as NonNullable<Block["open"]>;
    const lastMs = block.untilMs ?? releases.at(-1)?.notBeforeMs ?? 0;
    // Counted from its begin, which may be yet to come.
    const patientUntilNs = startNs + Math.max(LEAST_PATIENCE_MS, LONGEST_WAIT * lastMs) * NS_PER_MS;
    const open = new OpenBlock(
      { whenFull, most: block.concurrency, patientUntilNs },
      {
        crew: this.crew,
        budget: this.#budget,
        ending: this.#ending,
        lanes: new OpenLanes(this.#routes, this.now),
        now: this.now,
        admit: this.#limits.any ? ({ row, intendedAtNs }) => this.#wait([row], intendedAtNs) : null,
        isRefused: ({ row }) => this.#isRefused(block, row.id),
        send: ({ row, body }, lane, departure, inFlight) => this.#runExchange(row, body, lane, departure, inFlight),
        onReleased: (ids) => this.events.onReleased(ids),
        onDropped: (ids, atNs) => this.events.onDropped(ids, atNs),
      },
    );
    let turn = 0;
    let heldUntilNs = 0;
    for (let index = this.crew.index; index < releases.length; index += this.crew.count) {
      const release = releases[index] as Release;
      const planned = release.rows.filter((id) => !this.#isRefused(block, id)).map((id) => this.#plan.row(id));
      if (planned.length === 0) continue;
      const bodies = new Map(planned.map((row) => [row, this.#plan.body(row)]));
      const intendedAtNs = startNs + Math.round(release.notBeforeMs * NS_PER_MS);
      const early = intendedAtNs > this.now();
      if (early) await this.#ending.sleepUntil(intendedAtNs, this.now, ROLES);
      turn = early ? 0 : turn + 1;
      if (turn >= REQUESTS_A_TURN) {
        turn = 0;
        await nextTurn();
      }
      // Who comes while another is held by limits has waited since it was due; any other lateness is this machine's.
      let heldSinceNs = intendedAtNs < heldUntilNs ? intendedAtNs : undefined;
      if (this.#limits.any && !this.#ending.over) {
        // Who will wait for a place is let go by the limits when there is one.
        const next = planned.filter(({ endpoint }) => !this.#ending.isGivenUp(endpoint) && open.isFree(endpoint));
        const fromNs = this.now();
        open.hold();
        if (next.length > 0) await this.#wait(next, intendedAtNs);
        open.goOn();
        if (this.now() - fromNs > SHORTEST_WAIT_NS) {
          heldSinceNs ??= fromNs;
          heldUntilNs = this.now();
        }
      }
      if (this.#ending.over) {
        this.#ending.withhold();
        break;
      }
      const rows = planned.filter(({ endpoint }) => !this.#ending.isGivenUp(endpoint));
      const held = heldSinceNs === undefined ? {} : { waitsSinceNs: heldSinceNs };
      open.arrive(rows.map((row) => ({ row, body: bodies.get(row) ?? null, intendedAtNs, ...held })));
    }
    await open.end();
  }

  async #runExchange(
    row: PlannedRequest,
    body: RequestBytes,
    lane: Lane,
    departure: Departure,
    inFlight: number,
  ): Promise<boolean> {
    const attempts = await this.#sender.send(row, body, lane, departure.releasedAtNs);
    this.crew.leave(row.endpoint);
    this.events.onExchange({ id: row.id, ...departure, inFlight, attempts });
    const last = attempts.at(-1);
    if (last === undefined) return false;
    this.#heedFailure(row, last);
    if (last.status === 429) this.#refused.add(`${row.phase} ${row.endpoint}`);
    return last.outcome.kind === "complete" && last.status !== undefined && last.status < 400;
  }

  #isRefused({ until429 }: Block, id: number): boolean {
    const { phase, endpoint } = this.#plan.row(id);
    return until429 === true && this.#refused.has(`${phase} ${endpoint}`);
  }

  #heedFailure(row: PlannedRequest, last: FailedAttempt): void {
    const { endpoint } = row;
    const request = this.#plan.request(row);
    if (!countsForGivingUp(row, request)) return;
    const { model } = request.body;
    const asked = { caseId: `${row.caseId} ${row.variant}`, model: typeof model === "string" ? model : "" };
    const why = this.#streaks[endpoint].count(last, asked);
    if (why === null || this.#ending.isClosed(endpoint)) return;
    this.events.onStopped({ endpoint, atNs: this.now(), ...why });
    this.giveUp(endpoint);
  }
}

/** Where the plan says when its phase begins. */
function startOf({ fromMs }: Block): number | undefined {
  return fromMs === undefined ? undefined : fromMs * NS_PER_MS;
}

/** Releases that are taken in turn: all of them, or each endpoint's own. */
function queuesOf({ perEndpoint, releases }: Block, plan: PlanSoFar): (readonly Release[])[] {
  if (perEndpoint !== true) return [releases];
  return ROLES.map((role) =>
    releases.flatMap(({ rows, notBeforeMs }) => {
      const own = rows.filter((id) => plan.row(id).endpoint === role);
      return own.length === 0 ? [] : [{ rows: own, notBeforeMs }];
    }),
  );
}
