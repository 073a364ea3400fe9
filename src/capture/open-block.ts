/** What an open loop has in flight: who comes is sent if there is a place at its endpoint, and else waits there, or is let go of. */
import type { EndpointRole } from "../config/settings.js";
import { MAX_TIMER_MS, NS_PER_MS } from "../core/units.js";
import type { PlannedRequest } from "../plan/plan.js";
import type { Clock } from "./clock.js";
import type { Crew } from "./crew.js";
import type { Ending } from "./ending.js";
import type { Lane } from "./lane.js";
import type { OpenLanes } from "./open-lanes.js";
import type { RequestBytes } from "./plan-so-far.js";
import type { RequestBudget } from "./request-budget.js";

/** When a request was due, and when it went. */
export interface Departure {
  readonly releasedAtNs: number;
  readonly intendedAtNs?: number;
  readonly waitedNs?: number;
}

/** A request whose time has come. */
export interface Arrival {
  readonly row: PlannedRequest;
  readonly body: RequestBytes;
  readonly intendedAtNs: number;
  /** From when on it waits for its endpoint, where it does; before, it was late by this machine's doing. */
  readonly waitsSinceNs?: number;
}

interface Entered {
  readonly arrival: Arrival;
  /** At its endpoint, with it. */
  readonly inFlight: number;
}

export interface OpenBlockSettings {
  readonly whenFull: "drop" | "wait";
  /** In flight at one endpoint, of all threads together. */
  readonly most: number;
  /** Who still waits then is let go of. */
  readonly patientUntilNs: number;
}

export interface OpenBlockParts {
  readonly crew: Crew;
  readonly budget: RequestBudget;
  readonly ending: Ending;
  readonly lanes: OpenLanes;
  readonly now: Clock;
  /** Waits until the endpoint's limits let a request go that has a place at last; null without limits. */
  readonly admit: ((arrival: Arrival) => Promise<void>) | null;
  /** Nothing more of its phase is sent to its endpoint. */
  readonly isRefused: (arrival: Arrival) => boolean;
  readonly send: (arrival: Arrival, lane: Lane, departure: Departure, inFlight: number) => Promise<unknown>;
  readonly onReleased: (ids: readonly number[]) => void;
  readonly onDropped: (ids: readonly number[], atNs: number) => void;
}

const ROLES = ["baseline", "candidate"] as const;

export class OpenBlock {
  /** Of this thread, where arrivals wait for the places that it frees; null where a count that all threads see is enough. */
  readonly #own: number | null;
  readonly #taken = { baseline: 0, candidate: 0 };
  readonly #waiting: Readonly<Record<EndpointRole, Arrival[]>> = { baseline: [], candidate: [] };
  readonly #running = new Set<Promise<void>>();
  readonly #ended = new AbortController();
  #patientUntilNs: number;
  #heldSinceNs: number | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly settings: OpenBlockSettings,
    private readonly parts: OpenBlockParts,
  ) {
    this.#own = settings.whenFull === "wait" ? parts.crew.share(settings.most) : null;
    this.#patientUntilNs = settings.patientUntilNs;
    if (this.#own === null) return;
    this.#loseThePatience();
    const { signal: once } = this.#ended;
    for (const role of ROLES) {
      const closed = parts.ending.signalOf([role]);
      closed.addEventListener("abort", () => this.#turnAway(role), { once: true, signal: once });
    }
  }

  /** Those that come at one moment. */
  arrive(arrivals: readonly Arrival[]): void {
    const entered: Entered[] = [];
    const full: Arrival[] = [];
    for (const arrival of arrivals) {
      const inFlight = this.#enter(arrival.row.endpoint);
      if (inFlight === null) full.push(arrival);
      else entered.push({ arrival, inFlight });
    }
    if (this.#own === null || this.parts.now() >= this.#patientUntilNs) this.#drop(full);
    else for (const arrival of full) this.#waiting[arrival.row.endpoint].push(this.#waiter(arrival));
    this.#depart(entered);
  }

  /** Whether who comes now would be sent. */
  isFree(endpoint: EndpointRole): boolean {
    return this.#own === null
      ? this.parts.crew.inFlight(endpoint) < this.settings.most
      : this.#taken[endpoint] < this.#own;
  }

  /** The schedule stands still, as limits want it: nobody loses patience by that. */
  hold(): void {
    this.#heldSinceNs ??= this.parts.now();
    clearTimeout(this.#timer);
  }

  goOn(): void {
    if (this.#heldSinceNs === null) return;
    this.#patientUntilNs += this.parts.now() - this.#heldSinceNs;
    this.#heldSinceNs = null;
    if (this.#own !== null) this.#loseThePatience();
  }

  /** When all that was sent has ended, and nobody waits. */
  async end(): Promise<void> {
    // Whoever ends may let in another.
    while (this.#running.size > 0) await Promise.all(this.#running);
    clearTimeout(this.#timer);
    this.#ended.abort();
    this.parts.lanes.close();
  }

  /** How many are in flight with it; null, and nothing is taken, where there is no place. */
  #enter(endpoint: EndpointRole): number | null {
    const { crew } = this.parts;
    if (this.#own !== null && this.#taken[endpoint] >= this.#own) return null;
    const inFlight = this.#own === null ? crew.enterBelow(endpoint, this.settings.most) : crew.enter(endpoint);
    if (inFlight !== null) this.#taken[endpoint]++;
    return inFlight;
  }

  #depart(entered: readonly Entered[]): void {
    if (entered.length === 0) return;
    const { budget, lanes, now, send, onReleased } = this.parts;
    if (!budget.take(entered.length)) {
      for (const { arrival } of entered) this.#giveBack(arrival.row.endpoint);
      return;
    }
    const releasedAtNs = now();
    for (const { arrival, inFlight } of entered) {
      const { row, intendedAtNs, waitsSinceNs } = arrival;
      const waited = waitsSinceNs === undefined ? {} : { waitedNs: releasedAtNs - waitsSinceNs };
      const departure = { releasedAtNs, intendedAtNs, ...waited };
      const lane = lanes.take(row.endpoint);
      this.#run(
        send(arrival, lane, departure, inFlight).then(() => {
          lanes.giveBack(row.endpoint, lane);
          this.#taken[row.endpoint]--;
          this.#admit(row.endpoint);
        }),
      );
    }
    onReleased(entered.map(({ arrival }) => arrival.row.id));
  }

  /** A place is free: whoever waits longest gets it. */
  #admit(endpoint: EndpointRole): void {
    const waiting = this.#waiting[endpoint];
    while (waiting[0] !== undefined && this.parts.isRefused(waiting[0])) waiting.shift();
    const [arrival] = waiting;
    if (arrival === undefined) return;
    const inFlight = this.#enter(endpoint);
    if (inFlight === null) return;
    waiting.shift();
    const { admit } = this.parts;
    if (admit === null) this.#depart([{ arrival, inFlight }]);
    else this.#run(admit(arrival).then(() => this.#departLate({ arrival, inFlight })));
  }

  /** What kept it may have ended the endpoint's part meanwhile. */
  #departLate(entered: Entered): void {
    const { ending } = this.parts;
    const { endpoint } = entered.arrival.row;
    if (!ending.isClosed(endpoint) && !this.parts.isRefused(entered.arrival)) {
      this.#depart([entered]);
      return;
    }
    if (!ending.isGivenUp(endpoint) && ending.isClosed(endpoint)) ending.withhold();
    this.#giveBack(endpoint);
    this.#admit(endpoint);
  }

  #giveBack(endpoint: EndpointRole): void {
    this.parts.crew.leave(endpoint);
    this.#taken[endpoint]--;
  }

  #run(going: Promise<void>): void {
    this.#running.add(going);
    void going.finally(() => this.#running.delete(going));
  }

  #waiter(arrival: Arrival): Arrival {
    return { waitsSinceNs: this.parts.now(), ...arrival };
  }

  #drop(arrivals: readonly Arrival[]): void {
    if (arrivals.length > 0)
      this.parts.onDropped(
        arrivals.map(({ row }) => row.id),
        this.parts.now(),
      );
  }

  #loseThePatience(): void {
    const leftMs = Math.ceil((this.#patientUntilNs - this.parts.now()) / NS_PER_MS);
    if (leftMs > 0) this.#timer = setTimeout(() => this.#loseThePatience(), Math.min(MAX_TIMER_MS, leftMs));
    else this.#drop(ROLES.flatMap((role) => this.#waiting[role].splice(0)));
  }

  /** Nothing more is sent there: those who wait were not let go of by a schedule. */
  #turnAway(endpoint: EndpointRole): void {
    const turnedAway = this.#waiting[endpoint].splice(0);
    if (turnedAway.length > 0 && !this.parts.ending.isGivenUp(endpoint)) this.parts.ending.withhold();
  }
}
