/**
 * The measuring machine is measured too: a heartbeat in the capture thread that notices when it comes late, and so
 * when the stamps of reads around it cannot be trusted.
 */

import { performance } from "node:perf_hooks";
import { NS_PER_MS } from "../core/units.js";
import type { MachineLine } from "../recording/recording.js";
import type { Clock } from "./clock.js";
import { type Clocks, ClockWatch, systemClocks } from "./clock-watch.js";

type Window = Omit<MachineLine, "type" | "segment">;

const HEARTBEAT_MS = 10;
/** A timer of 10 ms is late by a millisecond on any machine; a stall is what would spoil a latency in milliseconds. */
const STALL_NS = 5 * NS_PER_MS;
const WINDOW_NS = 1_000 * NS_PER_MS;
const MAX_STALLS = 100;

export class Monitor {
  #windowFromNs: number;
  #lastBeatNs: number;
  #stalls: [number, number][] = [];
  #reads = 0;
  #stalledReads = 0;
  #readsSinceBeat = 0;
  /** The rest of this turn handles what waited during a stall. */
  #stallTurn = false;
  #readsThisTurn = 0;
  #maxReadsPerTurn = 0;
  #turnOpen = false;
  #busy = performance.eventLoopUtilization();
  readonly #clocks: ClockWatch;
  readonly #timer: NodeJS.Timeout;

  constructor(
    private readonly now: Clock,
    private readonly report: (window: Window) => void,
    clocks: Clocks = systemClocks(() => now() / NS_PER_MS),
  ) {
    this.#clocks = new ClockWatch(clocks);
    this.#windowFromNs = now();
    this.#lastBeatNs = this.#windowFromNs;
    this.#timer = setInterval(() => this.#beat(), HEARTBEAT_MS);
  }

  readonly #endTurn = (): void => {
    this.#turnOpen = false;
    this.#maxReadsPerTurn = Math.max(this.#maxReadsPerTurn, this.#readsThisTurn);
    this.#readsThisTurn = 0;
  };

  readonly countRead = (): void => {
    this.#reads++;
    this.#readsThisTurn++;
    // Counted once, though the next beat may come late too.
    if (this.#stallTurn) this.#stalledReads++;
    else this.#readsSinceBeat++;
    if (this.#turnOpen) return;
    this.#turnOpen = true;
    setImmediate(this.#endTurn);
  };

  /** Tells what happened since the last window, though the next goes on. */
  flush(): void {
    this.#closeWindow(this.now());
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#closeWindow(this.now());
  }

  #beat(): void {
    const nowNs = this.now();
    const dueNs = this.#lastBeatNs + HEARTBEAT_MS * NS_PER_MS;
    this.#lastBeatNs = nowNs;
    if (nowNs - dueNs > STALL_NS) this.#stalled(dueNs, nowNs);
    this.#readsSinceBeat = 0;
    if (nowNs - this.#windowFromNs >= WINDOW_NS) this.#closeWindow(nowNs);
  }

  #stalled(dueNs: number, nowNs: number): void {
    if (this.#stalls.length < MAX_STALLS) this.#stalls.push([dueNs, nowNs - dueNs]);
    this.#stalledReads += this.#readsSinceBeat;
    this.#stallTurn = true;
    setImmediate(() => {
      this.#stallTurn = false;
    });
  }

  #closeWindow(toNs: number): void {
    const busy = performance.eventLoopUtilization();
    const longestStallNs = this.#stalls.reduce((most, [, lateNs]) => Math.max(most, lateNs), 0);
    this.report({
      fromNs: this.#windowFromNs,
      toNs,
      stalls: this.#stalls,
      busyShare: round3(performance.eventLoopUtilization(busy, this.#busy).utilization),
      reads: this.#reads,
      stalledReads: this.#stalledReads,
      maxReadsPerTurn: this.#maxReadsPerTurn,
      ...this.#clocks.look(longestStallNs / NS_PER_MS),
    });
    this.#busy = busy;
    this.#windowFromNs = toNs;
    this.#stalls = [];
    this.#reads = 0;
    this.#stalledReads = 0;
    this.#maxReadsPerTurn = 0;
  }
}

function round3(value: number): number {
  return Number.isFinite(value) ? Math.round(value * 1_000) / 1_000 : 0;
}
