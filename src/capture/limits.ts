/**
 * Lets requests go when the limits of their endpoints do. Places are given in order, and taken when they are given: lanes
 * that wait together never pass a limit together.
 */
import type { EndpointRole, RateLimits } from "../config/settings.js";
import { NS_PER_MS } from "../core/units.js";
import type { PauseLine } from "../recording/recording.js";
import type { Clock } from "./clock.js";
import { RateWindow, type Refusal } from "./rate-window.js";

export type Pause = Omit<PauseLine, "type" | "segment">;

/** What one request needs: a place, and as many tokens as it may cost. */
export interface Need {
  readonly endpoint: EndpointRole;
  readonly tokens: number;
}

interface Waiting {
  needs: readonly Need[];
  readonly resolve: (admitted: boolean) => void;
}

const ROLES: readonly EndpointRole[] = ["baseline", "candidate"];
const SHORTEST_PAUSE_NS = NS_PER_MS;
/** A pause that is still going on is written down this often: a killed run must not lose it. */
const LONGEST_LINE_NS = 60_000 * NS_PER_MS;

export class Limits {
  readonly #windows = new Map<EndpointRole, RateWindow>();
  readonly #pauses = new Map<EndpointRole, { fromNs: number; why: Refusal["why"] }>();
  #queue: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(
    limits: Readonly<Record<EndpointRole, RateLimits | undefined>>,
    private readonly now: Clock,
    private readonly onPause: (pause: Pause) => void,
  ) {
    for (const role of ROLES) {
      const own = limits[role];
      if (own !== undefined) this.#windows.set(role, new RateWindow(own));
    }
  }

  /** Whether any endpoint has limits: where none has, nobody needs to ask. */
  get any(): boolean {
    return this.#windows.size > 0;
  }

  /**
   * Waits until every endpoint lets its requests go at once, and takes their places. False when nothing may be sent any
   * more. What is for an endpoint that was given up meanwhile is left out.
   */
  enter(needs: readonly Need[]): Promise<boolean> {
    if (this.#closed || needs.length === 0) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.#queue.push({ needs, resolve });
      this.#admit();
    });
  }

  heed(endpoint: EndpointRole, headers: readonly (readonly [string, string])[]): void {
    this.#windows.get(endpoint)?.heed(headers, this.now(), Date.now());
  }

  /** Whoever waits for this endpoint waits no more; who waits for nothing else is turned away. */
  drop(endpoint: EndpointRole): void {
    for (const waiting of this.#queue) waiting.needs = waiting.needs.filter((need) => need.endpoint !== endpoint);
    const turnedAway = this.#queue.filter(({ needs }) => needs.length === 0);
    this.#queue = this.#queue.filter(({ needs }) => needs.length > 0);
    for (const { resolve } of turnedAway) resolve(false);
    this.#admit();
  }

  /** Everyone who waits is turned away, and so is who comes later. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const { resolve } of this.#queue.splice(0)) resolve(false);
    for (const role of ROLES) this.#endPause(role, this.now());
  }

  /**
   * In order: who needs an endpoint that has refused somebody before waits behind that one. Who needs only the other goes,
   * so that a retry there does not wait for this endpoint's minute.
   */
  #admit(): void {
    if (this.#closed) return;
    const nowNs = this.now();
    const refusals = new Map<EndpointRole, Refusal>();
    const waiting: Waiting[] = [];
    for (const next of this.#queue) {
      const behind = next.needs.some(({ endpoint }) => refusals.has(endpoint));
      const own = this.#refusalsOf(next.needs, nowNs);
      for (const [role, refusal] of own) if (!refusals.has(role)) refusals.set(role, refusal);
      if (behind || own.size > 0) {
        waiting.push(next);
        continue;
      }
      for (const [role, { requests, tokens }] of totals(next.needs)) {
        this.#windows.get(role)?.take(nowNs, requests, tokens);
      }
      next.resolve(true);
    }
    this.#queue = waiting;
    for (const role of ROLES) this.#notePause(role, refusals.get(role), nowNs);
    clearTimeout(this.#timer);
    if (refusals.size === 0) return;
    const untilNs = Math.min(...[...refusals.values()].map((refusal) => refusal.untilNs));
    const ms = Math.max(1, Math.ceil((untilNs - nowNs) / NS_PER_MS));
    this.#timer = setTimeout(() => this.#admit(), Math.min(ms, LONGEST_LINE_NS / NS_PER_MS));
  }

  #refusalsOf(needs: readonly Need[], nowNs: number): Map<EndpointRole, Refusal> {
    const refusals = new Map<EndpointRole, Refusal>();
    for (const [role, { requests, tokens }] of totals(needs)) {
      const refusal = this.#windows.get(role)?.refusal(nowNs, requests, tokens) ?? null;
      if (refusal !== null) refusals.set(role, refusal);
    }
    return refusals;
  }

  #notePause(role: EndpointRole, refusal: Refusal | undefined, nowNs: number): void {
    const open = this.#pauses.get(role);
    if (open !== undefined && open.why === refusal?.why && nowNs - open.fromNs < LONGEST_LINE_NS) return;
    this.#endPause(role, nowNs);
    if (refusal !== undefined) this.#pauses.set(role, { fromNs: nowNs, why: refusal.why });
  }

  #endPause(role: EndpointRole, toNs: number): void {
    const open = this.#pauses.get(role);
    this.#pauses.delete(role);
    if (open === undefined || toNs - open.fromNs <= SHORTEST_PAUSE_NS) return;
    this.onPause({ endpoint: role, fromNs: open.fromNs, toNs, why: open.why });
  }
}

function totals(needs: readonly Need[]): Map<EndpointRole, { requests: number; tokens: number }> {
  const sums = new Map<EndpointRole, { requests: number; tokens: number }>();
  for (const { endpoint, tokens } of needs) {
    const sum = sums.get(endpoint) ?? { requests: 0, tokens: 0 };
    sums.set(endpoint, { requests: sum.requests + 1, tokens: sum.tokens + tokens });
  }
  return sums;
}
