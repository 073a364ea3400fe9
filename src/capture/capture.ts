/**
 * Sends what was planned and hands back what came, exchange by exchange. The only room with a client socket; it does
 * not know events, JSON, tokens or models.
 */
import { Worker } from "node:worker_threads";
import type { Plan, PlannedRequest } from "../plan/plan.js";
import { encodeBytes } from "../recording/reads.js";
import type { Attempt, Exchange, MachineLine, PauseLine, RecordedRead, StoppedLine } from "../recording/recording.js";
import type { RawAttempt } from "./attempt.js";
import type { CaptureEnd, CaptureJob, FromCapture, RawExchange, ToCapture } from "./messages.js";

export interface CaptureEvents {
  /** Rows were handed to a lane. */
  onReleased?(ids: readonly number[]): void;
  onExchange(exchange: Exchange): void;
  onMachine(line: MachineLine): void;
  onPause?(line: PauseLine): void;
  onStopped?(line: StoppedLine): void;
}

export interface CaptureSignals {
  /** Cancels what is in flight and ends cleanly. */
  readonly stop?: AbortSignal | undefined;
  /** Sends nothing more, lets what is in flight end, and ends with the signal's reason (a string) as the limit reached. */
  readonly drain?: AbortSignal | undefined;
}

/**
 * Runs the plan in a thread of its own.
 * @throws whatever a callback threw (a full disk), after the thread was stopped; or an internal error of the thread.
 */
export function capture(
  job: CaptureJob,
  segment: number,
  events: CaptureEvents,
  { stop, drain }: CaptureSignals = {},
): Promise<CaptureEnd> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./worker.js", import.meta.url), { workerData: job });
    let end: CaptureEnd | null = null;
    let failure: { readonly error: unknown } | null = null;
    const fail = (error: unknown): void => {
      failure ??= { error };
      void worker.terminate();
    };
    const onStop = (): void => worker.postMessage({ type: "stop" } satisfies ToCapture);
    if (stop?.aborted) onStop();
    stop?.addEventListener("abort", onStop, { once: true });
    const onDrain = (): void =>
      worker.postMessage({ type: "drain", message: String(drain?.reason ?? "") } satisfies ToCapture);
    if (drain?.aborted) onDrain();
    drain?.addEventListener("abort", onDrain, { once: true });
    worker.on("message", (message: FromCapture) => {
      // The first refusal stands: what comes while the thread ends would only be refused again.
      if (failure !== null) return;
      try {
        switch (message.type) {
          case "released":
            events.onReleased?.(message.ids);
            break;
          case "exchange":
            events.onExchange(toExchange(message.exchange, job.plan, segment));
            break;
          case "machine":
            events.onMachine({ type: "machine", segment, ...message.line });
            break;
          case "pause":
            events.onPause?.({ type: "pause", segment, ...message.line });
            break;
          case "stopped":
            events.onStopped?.({ type: "stopped", segment, ...message.line });
            break;
          case "done":
            end = message.end;
        }
      } catch (error) {
        fail(error);
      }
    });
    worker.on("error", fail);
    worker.on("exit", (code) => {
      stop?.removeEventListener("abort", onStop);
      drain?.removeEventListener("abort", onDrain);
      if (failure !== null) reject(failure.error);
      else if (end !== null) resolve(end);
      else reject(new Error(`the capture thread ended early with code ${code}`));
    });
  });
}

function toExchange(raw: RawExchange, plan: Plan, segment: number): Exchange {
  const row = plan.rows[raw.id] as PlannedRequest;
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
