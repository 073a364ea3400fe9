/**
 * Times in which an endpoint does nothing at all, as under a long garbage collection or in a hung process: no token
 * leaves and no request is read. What was due meanwhile happens at once when it ends, in its order.
 *
 * The schedule and the door are held, not the thread: a blocked process would neither stop when it is asked to nor
 * end with its parent. Connections are still made, as the kernel makes them for a process that hangs.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Injection } from "./inject.js";
import type { Schedule } from "./wheel.js";

/** ms of the schedule, `toMs` excluded; Infinity for what never goes on. */
interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A schedule that stands still while its endpoint stalls. Its clock goes on, as a wall clock does. */
export class StallingSchedule implements Schedule {
  readonly #schedule: Schedule;
  readonly #spans: readonly Span[];
  /** What came during a stall. Until all of it has run, what comes later waits behind it. */
  #held: (() => void)[] = [];

  /** Of the injections, those that are stalls; their times count from now. */
  constructor(schedule: Schedule, injections: readonly Injection[]) {
    this.#schedule = schedule;
    this.#spans = spansOf(injections, schedule.now());
  }

  now(): number {
    return this.#schedule.now();
  }

  at(dueMs: number, run: () => void): void {
    if (this.#spans.length === 0) this.#schedule.at(dueMs, run);
    else this.#schedule.at(dueMs, () => this.whenAnswering(run));
  }

  /** Runs at once, or when the stall that goes on now has ended. */
  whenAnswering(run: () => void): void {
    const endMs = this.#endMs();
    if (endMs === Number.POSITIVE_INFINITY) return;
    if (endMs === null && this.#held.length === 0) run();
    else if (this.#held.push(run) === 1) this.#schedule.at(endMs ?? this.now(), () => this.#release());
  }

  /** Resolves at once, or when the stall that goes on now has ended. */
  answering(): Promise<void> {
    return new Promise((resolve) => this.whenAnswering(resolve));
  }

  #release(): void {
    const held = this.#held;
    this.#held = [];
    for (const run of held) this.whenAnswering(run);
  }

  /** When the stall ends that goes on now; null without one. */
  #endMs(): number | null {
    const nowMs = this.now();
    const endMs = this.#spans.reduce((atMs, { fromMs, toMs }) => (atMs >= fromMs && atMs < toMs ? toMs : atMs), nowMs);
    return endMs > nowMs ? endMs : null;
  }
}

function spansOf(injections: readonly Injection[], startedMs: number): readonly Span[] {
  return injections
    .filter(({ kind }) => kind === "stall")
    .map(({ afterMs = 0, forMs = Number.POSITIVE_INFINITY }) => ({
      fromMs: startedMs + afterMs,
      toMs: startedMs + afterMs + forMs,
    }))
    .sort((a, b) => a.fromMs - b.fromMs);
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** The handler of an endpoint that reads no request while it stalls. */
export function unlessStalled(schedule: StallingSchedule, handle: Handler): Handler {
  return (request, response) => schedule.whenAnswering(() => handle(request, response));
}
