/**
 * Sends what was planned and hands back what came, exchange by exchange. The only room with a client socket; it does
 * not know events, JSON, tokens or models.
 */
import { Worker } from "node:worker_threads";
import { NS_PER_MS } from "../core/units.js";
import type { PlannedRequest } from "../plan/plan.js";
import { encodeBytes } from "../recording/reads.js";
import type {
  Attempt,
  BegunLine,
  DroppedLine,
  Exchange,
  MachineLine,
  PauseLine,
  RecordedRead,
  StoppedLine,
} from "../recording/recording.js";
import type { RawAttempt } from "./attempt.js";
import { resetReleases, sharedCounts } from "./crew.js";
import { wholeEnd } from "./ending.js";
import type { CaptureEnd, CaptureJob, FromCapture, MorePlan, RawExchange, ThreadJob, ToCapture } from "./messages.js";

export interface CaptureEvents {
  /** Rows were handed to a lane. */
  onReleased?(ids: readonly number[]): void;
  onExchange(exchange: Exchange): void;
  onMachine(line: MachineLine): void;
  onPause?(line: PauseLine): void;
  onStopped?(line: StoppedLine): void;
  /** A block began whose releases have times. */
  onBegun?(line: BegunLine): void;
  /** Arrivals of an open loop were not sent. */
  onDropped?(line: DroppedLine): void;
  /** All that was planned was sent, and has ended: what follows, or null for nothing. Only where the job goes on. */
  onIdle?(): Promise<MorePlan | null>;
}

export interface CaptureSignals {
  /** Cancels what is in flight and ends cleanly. */
  readonly stop?: AbortSignal | undefined;
  /** Sends nothing more, lets what is in flight end, and ends with the signal's reason (a string) as the limit reached. */
  readonly drain?: AbortSignal | undefined;
}

/**
 * Runs the plan in a thread of its own, or in `settings.workers` of them.
 * @throws whatever a callback threw (a full disk), after the threads were stopped; or an internal error of a thread.
 */
export function capture(
  job: CaptureJob,
  segment: number,
  events: CaptureEvents,
  signals: CaptureSignals = {},
): Promise<CaptureEnd> {
  return new LiveCapture(job, segment, events, signals).run();
}

/** Blocks begin so long after the last thread was ready for them: longer than a message takes. */
const LEAD_NS = 5 * NS_PER_MS;

class LiveCapture {
  readonly #threads: Worker[];
  readonly #counts = sharedCounts();
  readonly #ends: CaptureEnd[] = [];
  readonly #rows: PlannedRequest[];
  readonly #givenUp = new Set<string>();
  #running: number;
  /** Threads that wait for the others, before a block or for more to send. */
  #ready = 0;
  #idle = 0;
  #failure: { readonly error: unknown } | null = null;

  constructor(
    private readonly job: CaptureJob,
    private readonly segment: number,
    private readonly events: CaptureEvents,
    private readonly signals: CaptureSignals,
  ) {
    const count = job.settings.workers ?? 1;
    this.#rows = [...job.plan.rows];
    this.#running = count;
    this.#threads = Array.from({ length: count }, (_, index) => {
      const workerData: ThreadJob = {
        ...job,
        ...(count === 1 ? {} : { crew: { index, count, counts: this.#counts } }),
        ...(signals.stop?.aborted ? { stopped: true } : {}),
      };
      return new Worker(new URL("./worker.js", import.meta.url), { workerData });
    });
  }

  run(): Promise<CaptureEnd> {
    const { stop, drain } = this.signals;
    const onStop = (): void => this.#tell({ type: "stop" });
    const onDrain = (): void => this.#tell({ type: "drain", message: String(drain?.reason ?? "") });
    if (stop?.aborted) onStop();
    stop?.addEventListener("abort", onStop, { once: true });
    if (drain?.aborted) onDrain();
    drain?.addEventListener("abort", onDrain, { once: true });
    return new Promise<CaptureEnd>((resolve, reject) => {
      for (const thread of this.#threads) {
        thread.on("message", (message: FromCapture) => this.#heed(message, thread));
        thread.on("error", (error) => this.#fail(error));
        thread.on("exit", (code) => {
          if (--this.#running > 0) {
            // Whoever waits for this one waits no more.
            this.#meet();
            return;
          }
          if (this.#failure !== null) reject(this.#failure.error);
          else if (this.#ends.length === this.#threads.length) resolve(wholeEnd(this.#ends));
          else reject(new Error(`the capture thread ended early with code ${code}`));
        });
      }
    }).finally(() => {
      stop?.removeEventListener("abort", onStop);
      drain?.removeEventListener("abort", onDrain);
    });
  }

  #tell(message: ToCapture, except?: Worker): void {
    for (const thread of this.#threads) if (thread !== except) thread.postMessage(message);
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    for (const thread of this.#threads) void thread.terminate();
  }

  #heed(message: FromCapture, from: Worker): void {
    // The first refusal stands: what comes while the threads end would only be refused again.
    if (this.#failure !== null) return;
    try {
      this.#handle(message, from);
    } catch (error) {
      this.#fail(error);
    }
  }

  #handle(message: FromCapture, from: Worker): void {
    const { events, segment } = this;
    switch (message.type) {
      case "released":
        events.onReleased?.(message.ids);
        break;
      case "exchange":
        events.onExchange(toExchange(message.exchange, this.#rows, segment));
        break;
      case "machine":
        events.onMachine({ type: "machine", segment, ...message.line });
        break;
      case "pause":
        events.onPause?.({ type: "pause", segment, ...message.line });
        break;
      case "stopped": {
        const { endpoint } = message.line;
        this.#tell({ type: "giveUp", endpoint }, from);
        if (this.#givenUp.has(endpoint)) break;
        this.#givenUp.add(endpoint);
        events.onStopped?.({ type: "stopped", segment, ...message.line });
        break;
      }
      case "begun":
        events.onBegun?.({ type: "begun", segment, ...message.line });
        break;
      case "dropped":
        events.onDropped?.({ type: "dropped", segment, ...message.line });
        break;
      case "ready":
        this.#ready++;
        this.#meet();
        break;
      case "idle":
        this.#idle++;
        this.#meet();
        break;
      case "done":
        this.#ends.push(message.end);
    }
  }

  /** All that still run wait: for the block, or for more to send. */
  #meet(): void {
    if (this.#failure !== null || this.#running === 0) return;
    if (this.#ready >= this.#running) {
      this.#ready = 0;
      resetReleases(this.#counts);
      this.#tell({ type: "go", startNs: Number(process.hrtime.bigint() - this.job.originNs) + LEAD_NS });
    }
    if (this.#idle >= this.#running) {
      this.#idle = 0;
      this.#goOn().catch((error: unknown) => this.#fail(error));
    }
  }

  async #goOn(): Promise<void> {
    // Where a thread has ended already the capture is over: what would follow would only be withheld.
    const over = this.#running < this.#threads.length;
    const part = over ? null : ((await this.events.onIdle?.()) ?? null);
    for (const row of part?.rows ?? []) this.#rows.push(row);
    this.#tell({ type: "more", part });
  }
}

function toExchange(raw: RawExchange, rows: readonly PlannedRequest[], segment: number): Exchange {
  const row = rows[raw.id] as PlannedRequest;
  return {
    type: "exchange",
    id: row.id,
    pairId: row.pairId,
    segment,
    endpoint: row.endpoint,
    arm: row.arm,
    caseId: row.caseId,
    repeat: row.repeat,
    round: row.round,
    phase: row.phase,
    variant: row.variant,
    requestId: row.requestId,
    inFlight: raw.inFlight,
    ...(raw.intendedAtNs === undefined ? {} : { intendedAtNs: raw.intendedAtNs }),
    ...(raw.waitedNs === undefined ? {} : { waitedNs: raw.waitedNs }),
    releasedAtNs: raw.releasedAtNs,
    attempts: raw.attempts.map(toAttempt),
  };
}

function toAttempt(raw: RawAttempt & Pick<Attempt, "backoff">): Attempt {
  const { log, endedAtNs, outcome, backoff, ...stamps } = raw;
  const reads: RecordedRead[] = [];
  let start = 0;
  for (let index = 0; index < log.ends.length; index++) {
    const end = log.ends[index] as number;
    reads.push([log.atNs[index] as number, encodeBytes(log.bytes.subarray(start, end))]);
    start = end;
  }
  return { ...stamps, reads, endedAtNs, outcome, ...(backoff === undefined ? {} : { backoff }) };
}
