/**
 * One attempt at one request: sent, stamped, cut off by its own deadlines, and handed over as bytes. Nothing is
 * parsed here: neither events, nor JSON, nor tokens.
 */

import type { Dispatcher } from "undici";
import { errorCode, errorMessage } from "../core/errors.js";
import { MAX_TIMER_MS, NS_PER_MS } from "../core/units.js";
import type { CancelRule } from "../golden/golden-set.js";
import type { RequestTemplate } from "../plan/plan.js";
import type { Attempt, Outcome } from "../recording/recording.js";
import type { Clock } from "./clock.js";
import { type ConnectionStamps, dispatchWatched, type TimedClient } from "./connection.js";
import { ReadLog, type ReadLogData } from "./read-log.js";

/** An attempt whose reads are still buffers, ready to be transferred to another thread. */
export type RawAttempt = Omit<Attempt, "reads" | "backoff"> & { readonly log: ReadLogData };

/** Milliseconds; 0 means no limit. */
export interface Deadlines {
  readonly connectMs: number;
  /** From the request being written to the first byte of the body. */
  readonly firstByteMs: number;
  /** Between reads. */
  readonly idleMs: number;
  /** From dispatch to the end. */
  readonly totalMs: number;
}

export interface AttemptOptions {
  readonly request: RequestTemplate;
  /** Added to the stored path; never recorded. */
  readonly query: string;
  /** Null sends none. */
  readonly body: string | Uint8Array | null;
  /** Added to the stored ones; never recorded. */
  readonly secretHeaders: Readonly<Record<string, string>>;
  readonly deadlines: Deadlines;
  readonly cancel?: CancelRule | undefined;
  readonly maxBytes: number;
  readonly now: Clock;
  readonly onRead: () => void;
  /** Of the answer itself, not of what was said before it. */
  readonly onHeaders?: (headers: readonly (readonly [string, string])[]) => void;
  /** Aborted when the user stops the run, or its deadline does. */
  readonly stop: AbortSignal;
}

/** The reason of a stop that is the run's own deadline; every other stop is the user's. */
export const DEADLINE = "deadline";

/** Never rejects: whatever happens is an outcome. */
export function sendAttempt(timed: TimedClient, options: AttemptOptions): Promise<RawAttempt> {
  return new Promise((resolve) => new LiveAttempt(timed, options, resolve).start());
}

class LiveAttempt {
  readonly #log: ReadLog;
  readonly #timers = new Set<NodeJS.Timeout>();
  #idleTimer: NodeJS.Timeout | null = null;
  #idleLastNs = 0;
  #dispatchedAtNs = 0;
  #sentAtNs: number | undefined;
  #headersAtNs: number | undefined;
  #status: number | undefined;
  #headers: [string, string][] | undefined;
  #connection: ConnectionStamps | null = null;
  /** The connection that stood before: stamps of another one are this attempt's. */
  #before: ConnectionStamps | null = null;
  #reused = false;
  #controller: Dispatcher.DispatchController | null = null;
  /** Set before an abort of our own, so that the error it causes is not taken for the endpoint's. */
  #ownOutcome: Outcome | null = null;
  #settled = false;
  #connectTimer: NodeJS.Timeout | null = null;
  #firstByteTimer: NodeJS.Timeout | null = null;
  readonly #onStop = (): void =>
    this.#abort({ kind: "cancelled", by: this.options.stop.reason === DEADLINE ? "deadline" : "user" });

  constructor(
    private readonly timed: TimedClient,
    private readonly options: AttemptOptions,
    private readonly resolve: (attempt: RawAttempt) => void,
  ) {
    this.#log = new ReadLog(options.now, options.maxBytes);
  }

  start(): void {
    const { request, query, body, secretHeaders, deadlines, stop, now } = this.options;
    this.#before = this.timed.latest();
    stop.addEventListener("abort", this.#onStop, { once: true });
    this.#connectTimer = this.#after(deadlines.connectMs, "connect");
    this.#after(deadlines.totalMs, "total");
    this.#dispatchedAtNs = now();
    dispatchWatched(
      () =>
        this.timed.client.dispatch(
          {
            method: request.method,
            path: this.timed.path(`${request.path}${query}`),
            headers: { ...request.headers, ...secretHeaders, ...this.timed.headers },
            body,
          },
          {
            onRequestStart: (controller) => {
              this.#controller = controller;
              if (this.#ownOutcome !== null) controller.abort(new Error("stopped"));
            },
            onResponseStart: (controller, status) => this.#onHeaders(controller, status),
            onResponseData: (_controller, chunk) => this.#onData(chunk),
            onResponseEnd: () => this.#settle(this.#ended(), this.#log.stamp()),
            onResponseError: (_controller, error) => this.#settle(this.#ownOutcome ?? this.#failure(error), now()),
          },
        ),
      ({ connection }) => this.#onSent(connection),
    );
  }

  #onSent(connection: ConnectionStamps | undefined): void {
    const { deadlines, cancel, now } = this.options;
    this.#sentAtNs = now();
    if (connection !== undefined) {
      this.#reused = connection.used;
      connection.used = true;
      this.#connection = connection;
    }
    if (this.#connectTimer !== null) this.#clear(this.#connectTimer);
    this.#firstByteTimer = this.#after(deadlines.firstByteMs, "firstByte");
    if (cancel !== undefined && "afterMs" in cancel) {
      this.#timers.add(setTimeout(() => this.#cancel(), cancel.afterMs));
    }
  }

  #onHeaders(controller: Dispatcher.DispatchController, status: number): void {
    // Informational responses come through here too; the last call is the real one.
    this.#headersAtNs = this.#log.stamp();
    this.#status = status;
    this.#headers = headerPairs(controller.rawHeaders);
    if (status >= 200) this.options.onHeaders?.(this.#headers);
  }

  #onData(chunk: Uint8Array): void {
    if (this.#settled || this.#ownOutcome !== null) return;
    const { cancel, deadlines, maxBytes } = this.options;
    const readsBefore = this.#log.reads;
    const fits = this.#log.add(chunk);
    if (this.#log.reads > readsBefore) {
      this.options.onRead();
      if (readsBefore === 0) {
        if (this.#firstByteTimer !== null) this.#clear(this.#firstByteTimer);
        this.#idleLastNs = this.#log.lastReadAtNs ?? 0;
        this.#armIdle(deadlines.idleMs);
      }
    }
    this.#idleLastNs = this.#log.lastReadAtNs ?? 0;
    if (!fits) this.#abort({ kind: "truncated", limitBytes: maxBytes });
    else if (cancel !== undefined && "afterReads" in cancel && this.#log.reads >= cancel.afterReads) {
      this.#cancel();
    }
  }

  /** An error is read to its end: it was not what the plan wanted to hang up on, and may be asked again. */
  #cancel(): void {
    if (this.#status === undefined || (this.#status >= 200 && this.#status < 300)) {
      this.#abort({ kind: "cancelled", by: "plan" });
    }
  }

  /** One timer for all gaps: re-armed for what is left when it finds that reads came, so a read costs no timer. */
  #armIdle(idleMs: number): void {
    if (idleMs <= 0) return;
    const check = (): void => {
      const quietMs = (this.options.now() - this.#idleLastNs) / NS_PER_MS;
      if (quietMs >= idleMs) this.#abort({ kind: "timeout", phase: "idle", afterMs: idleMs });
      else this.#idleTimer = setTimeout(check, Math.min(MAX_TIMER_MS, Math.ceil(idleMs - quietMs)));
    };
    this.#idleTimer = setTimeout(check, Math.min(MAX_TIMER_MS, idleMs));
  }

  #after(ms: number, phase: "connect" | "firstByte" | "total"): NodeJS.Timeout | null {
    if (ms <= 0) return null;
    const timer = setTimeout(() => this.#abort({ kind: "timeout", phase, afterMs: ms }), Math.min(MAX_TIMER_MS, ms));
    this.#timers.add(timer);
    return timer;
  }

  #clear(timer: NodeJS.Timeout): void {
    clearTimeout(timer);
    this.#timers.delete(timer);
  }

  #abort(outcome: Outcome): void {
    if (this.#settled || this.#ownOutcome !== null) return;
    this.#ownOutcome = outcome;
    if (this.#controller !== null) {
      this.#controller.abort(new Error(outcome.kind));
      return;
    }
    // Still connecting: undici takes no request back then, and its error may never come.
    const latest = this.timed.latest();
    if (latest !== this.#before) this.#connection = latest;
    this.timed.abandon();
    this.#settle(outcome, this.options.now());
  }

  #ended(): Outcome {
    const code = this.#connection?.resetCode;
    if (code === undefined) return { kind: "complete" };
    delete this.#connection?.resetCode;
    return { kind: "network", phase: "body", code: "HTTP2_RESET", message: `the stream was reset with code ${code}` };
  }

  #failure(error: unknown): Outcome {
    const code = errorCode(error) ?? "UNKNOWN";
    const message = errorMessage(error).slice(0, 500);
    if (this.#sentAtNs !== undefined) {
      if (this.#headersAtNs !== undefined) return { kind: "network", phase: "body", code, message };
      const waitedMs = (this.options.now() - this.#sentAtNs) / NS_PER_MS;
      if (this.#reused && waitedMs <= STALE_WITHIN_MS && CLOSED_BY_PEER.has(code))
        return { kind: "staleConnection", code, message };
      return { kind: "network", phase: "headers", code, message };
    }
    const latest = this.timed.latest();
    if (latest !== this.#before) this.#connection = latest;
    if (code === "ENOTFOUND" || code === "EAI_AGAIN" || code === "ENODATA") {
      return { kind: "network", phase: "dns", code, message };
    }
    const phase = this.#connection?.tcpEndAtNs === undefined ? "connect" : "tls";
    return { kind: "network", phase, code, message };
  }

  #settle(outcome: Outcome, endedAtNs: number): void {
    if (this.#settled) return;
    this.#settled = true;
    this.options.stop.removeEventListener("abort", this.#onStop);
    for (const timer of this.#timers) clearTimeout(timer);
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    const { dnsEndAtNs, tcpEndAtNs, tlsEndAtNs, remoteAddress } = this.#connection ?? {};
    const fresh = !this.#reused;
    this.resolve({
      dispatchedAtNs: this.#dispatchedAtNs,
      ...(fresh && dnsEndAtNs !== undefined ? { dnsEndAtNs } : {}),
      ...(fresh && tcpEndAtNs !== undefined ? { tcpEndAtNs } : {}),
      ...(fresh && tlsEndAtNs !== undefined ? { tlsEndAtNs } : {}),
      reused: this.#reused,
      ...(remoteAddress === undefined ? {} : { remoteAddress }),
      ...(this.#sentAtNs === undefined ? {} : { sentAtNs: this.#sentAtNs }),
      ...(this.#headersAtNs === undefined ? {} : { headersAtNs: this.#headersAtNs }),
      ...(this.#status === undefined ? {} : { status: this.#status }),
      ...(this.#headers === undefined ? {} : { headers: this.#headers }),
      endedAtNs,
      outcome,
      log: this.#log.finish(),
    });
  }
}

/** A socket that was dead when it was used says so within a round trip; later, the endpoint had the request. */
const STALE_WITHIN_MS = 1_000;

const CLOSED_BY_PEER = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET", "ECONNABORTED"]);

/** undici gives raw headers as a flat list of buffers or strings, and as an object only from HTTP/2. */
function headerPairs(raw: unknown): [string, string][] {
  const text = (part: unknown): string => (Buffer.isBuffer(part) ? part.toString("latin1") : String(part));
  if (Array.isArray(raw)) {
    const pairs: [string, string][] = [];
    for (let i = 0; i + 1 < raw.length; i += 2) pairs.push([text(raw[i]).toLowerCase(), text(raw[i + 1])]);
    return pairs;
  }
  return Object.entries((raw ?? {}) as Record<string, unknown>).map(([name, value]) => [
    name.toLowerCase(),
    String(value),
  ]);
}
