/**
 * What one endpoint did under one load. Latencies and errors are of the exchanges that were sent within the window (in an open
 * loop: meant to be sent), throughput and tokens of what came within it: an answer may be in one and not in the other.
 */
import type { EndpointRole } from "../config/settings.js";
import { NS_PER_MS } from "../core/units.js";
import type { Usage } from "../decode/completion.js";
import type { Measurement, Metric } from "../measure/metric.js";
import { charRate } from "../measure/metrics/char-rate.js";
import { chunkGap } from "../measure/metrics/chunk-gap.js";
import { decodeRate } from "../measure/metrics/decode-rate.js";
import { e2e } from "../measure/metrics/e2e.js";
import { e2eIntended, ttftIntended } from "../measure/metrics/intended.js";
import { sendLag } from "../measure/metrics/send-lag.js";
import { ttft } from "../measure/metrics/ttft.js";
import type { DecodedSample } from "../measure/sample.js";
import type { LoadPoint } from "../plan/load/point.js";
import { PointTail } from "./point-tail.js";
import type { Slo } from "./slo.js";
import { isGood } from "./slo-state.js";
import { CELLS, MeasuredWindow } from "./window.js";

const SHOWN: readonly Metric[] = [ttft, ttftIntended, chunkGap, e2e, e2eIntended, decodeRate, charRate, sendLag];

/** Tokens are added in millionths: sums of integers do not depend on their order. */
export const TOKEN_SCALE = 1_000_000;

const cells = () => new Float64Array(CELLS);

/** Tokens of the answers to one case. */
export interface CaseUsage {
  answers: number;
  output: number;
  outputSquares: number;
  /** Of the prompts, those that no cache answered. */
  work: number;
  workSquares: number;
}

export class PointBook {
  readonly window: MeasuredWindow;
  readonly begunAtNs: number;
  readonly tails: ReadonlyMap<string, PointTail>;
  /** Sent within the window. */
  requests = 0;
  errors = 0;
  /** Those of them whose first attempt was refused with 429. */
  http429 = 0;
  /** Attempts that were refused with 429 under this load at all, while it settled and afterwards included. */
  refused = 0;
  waited = 0;
  /** Exchanges under this load, those of its settling included, and when the last of them was released. */
  seen = 0;
  lastReleasedNs = Number.NEGATIVE_INFINITY;
  /** In flight when the window closed. */
  atItsEnd = 0;
  /** Exchanges of an open loop that this machine handed to the network within the window, a wait for a place taken off. */
  inTime = 0;
  /** Answers within the window, and those of them whose usage was sent. */
  answers = 0;
  withUsage = 0;
  inputTokensAnswered = 0;
  /** Of the answers to what was sent within the window. */
  readonly usage = {
    answers: 0,
    input: 0,
    output: 0,
    work: 0,
    cachedOf: 0,
    cached: 0,
    byCase: new Map<string, CaseUsage>(),
  };
  readonly sent = cells();
  readonly answered = cells();
  /** Whatever became of them. */
  readonly ended = cells();
  readonly good = cells();
  readonly tokens = cells();
  /** Prompt tokens that no cache answered: when they were sent, and when they were worked off, which the first token shows. */
  readonly work = { sent: cells(), done: cells() };
  /** Exchanges × ns. */
  readonly inFlight = cells();
  /** Waits for the first token, µs, by when they began; of whole answers where none is streamed. */
  readonly waits = { ttft: { count: cells(), sum: cells() }, e2e: { count: cells(), sum: cells() } };
  readonly #slo: Slo | null;

  constructor(
    readonly role: EndpointRole,
    readonly point: LoadPoint,
    begunAtNs: number,
    slo: Slo | null,
  ) {
    this.#slo = slo;
    this.begunAtNs = begunAtNs;
    this.window = new MeasuredWindow(begunAtNs + Math.round(point.settleMs * NS_PER_MS), point.windowMs);
    const asked = (slo?.terms ?? []).flatMap((term) => (term.kind === "rate" ? [] : [term.metric]));
    this.tails = new Map([...SHOWN, ...asked].map((metric) => [metric.name, new PointTail(metric)]));
  }

  /** @param sample not one that a stop had cut */
  add(sample: DecodedSample, measurements: ReadonlyMap<Metric, Measurement>): void {
    const { exchange, attempt, failure } = sample;
    const first = exchange.attempts[0] ?? attempt;
    const endedAtNs = endOf(sample);
    this.refused += sample.attemptFailures.filter((each) => each?.kind === "http_429").length;
    this.window.cover(this.inFlight, first.dispatchedAtNs, attempt.endedAtNs);
    this.seen++;
    this.lastReleasedNs = Math.max(this.lastReleasedNs, exchange.releasedAtNs);
    if (first.dispatchedAtNs < this.window.toNs && attempt.endedAtNs >= this.window.toNs) this.atItsEnd++;
    const { intendedAtNs, waitedNs = 0 } = exchange;
    if (intendedAtNs !== undefined && this.window.cellOf(first.dispatchedAtNs - waitedNs) !== null) this.inTime++;
    const endCell = this.window.cellOf(endedAtNs);
    if (endCell !== null) add(this.ended, endCell, 1);
    if (endCell !== null && failure === null) {
      add(this.answered, endCell, 1);
      if (this.#slo !== null && isGood(this.#slo, measurements)) add(this.good, endCell, 1);
    }
    this.#addTokens(sample, endCell);
    const workedCell = this.window.cellOf(sample.completion.tokenEvents[0]?.atNs ?? endedAtNs);
    if (workedCell !== null && failure === null) add(this.work.done, workedCell, workOf(sample.completion.usage));
    const sentCell = this.window.cellOf(intendedAtNs ?? first.dispatchedAtNs);
    if (sentCell !== null) this.#addSent(sample, measurements, sentCell);
  }

  #addSent(sample: DecodedSample, measurements: ReadonlyMap<Metric, Measurement>, cell: number): void {
    const { exchange, failure, completion } = sample;
    add(this.sent, cell, 1);
    this.requests++;
    if ((exchange.waitedNs ?? 0) > 0) this.waited++;
    // A kept-alive socket that was dead is no attempt of the endpoint's.
    const reached = sample.attemptFailures.filter((each) => each?.kind !== "stale_connection");
    const firstFailure = reached.length === 0 ? failure : reached[0];
    if (firstFailure) this.errors++;
    if (firstFailure?.kind === "http_429") this.http429++;
    const of = `${exchange.caseId} ${exchange.variant}`;
    for (const tail of this.tails.values()) {
      const measurement = measurements.get(tail.metric);
      if (measurement !== undefined) tail.record(of, measurement);
    }
    const open = exchange.intendedAtNs !== undefined;
    this.#addWait(this.waits.ttft, cell, measurements.get(open ? ttftIntended : ttft));
    this.#addWait(this.waits.e2e, cell, measurements.get(open ? e2eIntended : e2e));
    if (failure !== null) return;
    add(this.work.sent, cell, workOf(completion.usage));
    this.#addUsage(exchange.caseId, completion.usage, completion.dimensions !== null);
  }

  #addWait(
    waits: { count: Float64Array; sum: Float64Array },
    cell: number,
    measurement: Measurement | undefined,
  ): void {
    const ms = measurement !== undefined && "values" in measurement ? measurement.values[0] : undefined;
    if (ms === undefined) return;
    add(waits.count, cell, 1);
    add(waits.sum, cell, Math.round(1_000 * ms));
  }

  #addUsage(caseId: string, usage: Usage | null, embedding: boolean): void {
    const output = usage?.outputTokens ?? (embedding ? 0 : null);
    if (usage?.inputTokens == null || output === null) return;
    this.usage.answers++;
    this.usage.input += usage.inputTokens;
    this.usage.output += output;
    const work = workOf(usage);
    this.usage.work += work;
    const own = this.usage.byCase.get(caseId) ?? { answers: 0, output: 0, outputSquares: 0, work: 0, workSquares: 0 };
    own.answers++;
    own.output += output;
    own.outputSquares += output ** 2;
    own.work += work;
    own.workSquares += work ** 2;
    this.usage.byCase.set(caseId, own);
    if (usage.cachedTokens === null) return;
    this.usage.cached += usage.cachedTokens;
    this.usage.cachedOf += usage.inputTokens;
  }

  /** Spreads what usage counted over the events that brought it. */
  #addTokens({ exchange, completion, failure }: DecodedSample, endCell: number | null): void {
    const { tokenEvents, usage, dimensions } = completion;
    const output = usage?.outputTokens ?? (dimensions === null ? null : 0);
    const overlaps = endCell !== null || tokenEvents.some(({ atNs }) => this.window.cellOf(atNs) !== null);
    if (!overlaps) return;
    if (failure === null) {
      this.answers++;
      if (output !== null) this.withUsage++;
      if (endCell !== null) this.inputTokensAnswered += usage?.inputTokens ?? 0;
    }
    if (output === null || output === 0) return;
    if (exchange.variant === "body" || tokenEvents.length === 0) {
      if (endCell !== null) add(this.tokens, endCell, output * TOKEN_SCALE);
      return;
    }
    const each = Math.round((output * TOKEN_SCALE) / tokenEvents.length);
    for (const { atNs } of tokenEvents) {
      const cell = this.window.cellOf(atNs);
      if (cell !== null) add(this.tokens, cell, each);
    }
  }
}

/** A server that leaves the connection open has ended with its last byte, not with our deadline. */
function endOf({ attempt, failure }: DecodedSample): number {
  if (failure !== null || attempt.outcome.kind === "complete") return attempt.endedAtNs;
  return attempt.reads.at(-1)?.[0] ?? attempt.endedAtNs;
}

function workOf(usage: Usage | null): number {
  return Math.max(0, (usage?.inputTokens ?? 0) - (usage?.cachedTokens ?? 0));
}

function add(to: Float64Array, cell: number, count: number): void {
  to[cell] = (to[cell] as number) + count;
}
