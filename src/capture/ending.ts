/**
 * Why a capture sends less than was planned: the user or the deadline stopped it, it reached a limit, or an endpoint was
 * given up. Waits listen here, so that none of them outlasts its reason.
 */
import { setMaxListeners } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import type { EndpointRole } from "../config/settings.js";
import { MAX_TIMER_MS, NS_PER_MS } from "../core/units.js";
import { DEADLINE } from "./attempt.js";
import type { Clock } from "./clock.js";
import type { CaptureEnd } from "./messages.js";

const GIVEN_UP = "given up";

/** The first of these that one of several threads ended for is why the capture ended. */
const GRAVEST_FIRST: readonly CaptureEnd["reason"][] = ["interrupted", "deadline", "limit", "stopped", "complete"];

/** How a capture ended whose threads ended so. */
export function wholeEnd(ends: readonly CaptureEnd[]): CaptureEnd {
  const [first] = [...ends].sort((a, b) => GRAVEST_FIRST.indexOf(a.reason) - GRAVEST_FIRST.indexOf(b.reason));
  if (first === undefined) throw new Error("no thread ended");
  return { ...first, atNs: ends.reduce((most, { atNs }) => Math.max(most, atNs), 0) };
}

export class Ending {
  readonly #over = new AbortController();
  readonly #gone = { baseline: new AbortController(), candidate: new AbortController() };
  #limit: string | null = null;
  #withheld = false;

  constructor(private readonly stop: AbortSignal) {
    for (const { signal } of [this.#over, this.#gone.baseline, this.#gone.candidate]) setMaxListeners(0, signal);
    if (stop.aborted) this.#end();
    stop.addEventListener("abort", () => this.#end(), { once: true });
  }

  /** Nothing more is sent, to nobody. */
  get over(): boolean {
    return this.#over.signal.aborted;
  }

  /** What is in flight is cancelled too. */
  get stopped(): boolean {
    return this.stop.aborted;
  }

  /** Nothing more is sent to this endpoint, for whatever reason. */
  isClosed(endpoint: EndpointRole): boolean {
    return this.#gone[endpoint].signal.aborted;
  }

  /** It was given up, and the capture goes on or has ended for that alone. */
  isGivenUp(endpoint: EndpointRole): boolean {
    return this.#gone[endpoint].signal.reason === GIVEN_UP;
  }

  /** Aborted when nothing more is sent to any of these endpoints. */
  signalOf(endpoints: readonly EndpointRole[]): AbortSignal {
    const [first] = endpoints;
    const same = first !== undefined && endpoints.every((endpoint) => endpoint === first);
    return same ? this.#gone[first].signal : this.#over.signal;
  }

  onOver(listener: () => void): void {
    if (this.over) listener();
    else this.#over.signal.addEventListener("abort", listener, { once: true });
  }

  giveUp(endpoint: EndpointRole): void {
    this.#gone[endpoint].abort(GIVEN_UP);
    if (this.isClosed("baseline") && this.isClosed("candidate")) this.#over.abort();
  }

  /** Lets what is in flight end. The first limit that was reached is the one to name. */
  drain(message: string): void {
    this.#limit ??= message;
    this.#end();
  }

  /** Something was not sent because of a limit: without it the plan was done anyway. */
  withhold(): void {
    this.#withheld = true;
  }

  /** Waits, unless nothing more is sent to any of these endpoints. */
  async sleep(ms: number, endpoints: readonly EndpointRole[]): Promise<void> {
    const signal = this.signalOf(endpoints);
    if (ms > 0 && !signal.aborted) {
      await delay(Math.min(MAX_TIMER_MS, Math.ceil(ms)), undefined, { signal }).catch(() => {});
    }
  }

  /** As {@link sleep}, until a moment of the clock. */
  async sleepUntil(dueNs: number, now: Clock, endpoints: readonly EndpointRole[]): Promise<void> {
    const signal = this.signalOf(endpoints);
    for (let leftNs = dueNs - now(); leftNs > 0 && !signal.aborted; leftNs = dueNs - now()) {
      await this.sleep(leftNs / NS_PER_MS, endpoints);
    }
  }

  /** @param atNs when the last exchange had ended */
  end(atNs: number): CaptureEnd {
    if (this.stopped) return { atNs, reason: this.stop.reason === DEADLINE ? "deadline" : "interrupted" };
    if (this.#limit !== null && this.#withheld) return { atNs, reason: "limit", message: this.#limit };
    return { atNs, reason: this.isGivenUp("baseline") || this.isGivenUp("candidate") ? "stopped" : "complete" };
  }

  #end(): void {
    this.#gone.baseline.abort();
    this.#gone.candidate.abort();
    this.#over.abort();
  }
}
