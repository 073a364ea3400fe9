/** Answers checked requests: wake, then a replica's batching engine, then the wire. It knows no routes. */
import type { ServerResponse } from "node:http";
import { digestOf } from "../core/digest.js";
import { seededRandom } from "../core/random.js";
import type { Api, GoldenSet } from "../golden/golden-set.js";
import { AnswerBook } from "./answers.js";
import { chatFormat, checkChat } from "./chat.js";
import { checkCompletion, completionFormat } from "./completions.js";
import type { Dialect } from "./dialect.js";
import { hasBrokenCall, inDialect } from "./dialect-pieces.js";
import { simulatedCost } from "./dialects/gateways.js";
import type { Draw } from "./draws.js";
import { embeddings } from "./embeddings.js";
import type { Sequence } from "./engine.js";
import { sendError } from "./error-envelope.js";
import type { Fault } from "./faults.js";
import type { Injected } from "./inject.js";
import type { SimOptions } from "./options.js";
import { type CutAnswer, cutAnswer, endlessAnswer, numberedAnswer } from "./pieces.js";
import { Replicas } from "./replicas.js";
import { loadingModel, simulatedError, toolUseFailed } from "./request-error.js";
import { countLimit, stopSequences } from "./request-fields.js";
import { admittedBody, checkContext } from "./request-rules.js";
import { type Delivery, ResponseWriter } from "./response-writer.js";
import { checkResponses, responsesFormat } from "./responses.js";
import type { RequestLog } from "./send-log.js";
import { StallingSchedule } from "./stall.js";
import type { System } from "./system.js";
import { engineParameters } from "./tiers.js";
import { WakeState } from "./wake.js";
import { PacingWheel } from "./wheel.js";
import type { AnswerStamp, WireFormat } from "./wire-format.js";

type Body = Readonly<Record<string, unknown>>;

/** One request that is being answered. */
export interface Answering {
  readonly response: ServerResponse;
  readonly fault: Fault;
  readonly injected: Injected;
  readonly draw: Draw;
  readonly log: RequestLog;
  /** Ordinal of the request in this process. */
  readonly ordinal: number;
  /** When its body had been read, ms of the schedule. */
  readonly arrivedMs: number;
}

const CONTEXT_TOKENS = 128_000;

export class Answerer {
  readonly schedule: StallingSchedule;
  readonly #seed: number;
  readonly #options: SimOptions;
  readonly #dialect: Dialect;
  readonly #fingerprint: string;
  readonly #replicas: Replicas;
  readonly #answers: AnswerBook;
  readonly #wake: WakeState;

  constructor({ options, dialect }: System, goldenSet: GoldenSet | undefined) {
    this.#seed = options.seed ?? 1;
    this.#options = options;
    this.#dialect = dialect;
    this.schedule = new StallingSchedule(new PacingWheel(), options.inject ?? []);
    this.#fingerprint = `sim-${options.tier}-${digestOf(options.engine).slice(7, 13)}`;
    this.#replicas = new Replicas(engineParameters(options.tier, options.engine), this.schedule, this.#seed, options);
    this.#answers = new AnswerBook(goldenSet);
    this.#wake = new WakeState(
      {
        wakeMs: options.wakeMs ?? 0,
        idleAfterMs: options.idleAfterMs ?? Number.POSITIVE_INFINITY,
        startCold: options.startCold ?? false,
        wakeMode: options.wakeMode ?? "hold",
        capMs: options.capMs ?? Number.POSITIVE_INFINITY,
      },
      this.schedule.now(),
    );
  }

  /** Whether a connection made now is kept: an engine that wakes may refuse it. */
  accepts(): boolean {
    return this.#wake.accepts(this.schedule.now());
  }

  /** @throws RequestError when the request is wrong; so do the other three. */
  chat(answering: Answering, given: Body): void {
    const body = admittedBody("chat", given, this.#dialect.requests);
    checkChat(body);
    const whole = this.#cut("chat", answering.fault, body);
    if (this.#dialect.calls.failsBroken && hasBrokenCall(whole)) throw toolUseFailed();
    const cut = inDialect(whole, this.#dialect);
    this.#generate(answering, chatFormat(body, cut, this.#stamp(answering, body), this.#dialect), body);
  }

  completion(answering: Answering, given: Body): void {
    const body = admittedBody("completions", given, this.#dialect.requests);
    checkCompletion(body);
    const cut = this.#cut("completions", answering.fault, body);
    this.#generate(answering, completionFormat(body, cut, this.#stamp(answering, body), this.#dialect), body);
  }

  responses(answering: Answering, given: Body): void {
    const body = admittedBody("responses", given, this.#dialect.requests);
    checkResponses(body, this.#dialect);
    const cut = this.#cut("responses", answering.fault, body);
    this.#generate(answering, responsesFormat(body, cut, this.#stamp(answering, body), this.#dialect), body);
  }

  embeddings(answering: Answering, given: Body): void {
    const body = admittedBody("embeddings", given, this.#dialect.requests);
    const { promptTokens, body: answer } = embeddings(body, answering.fault.noUsage !== true);
    const writer = this.writer(answering);
    this.#whenAwake(answering, () =>
      this.#submit(answering, {
        promptTokens,
        outputTokens: 0,
        prefilled: (atMs) => writer.body(JSON.stringify(answer), "application/json", 200, atMs),
        token: () => {},
      }),
    );
  }

  writer({ response, log, fault, injected }: Answering, format?: WireFormat): ResponseWriter {
    const { streamCapMs = Number.POSITIVE_INFINITY, streamIdleMs = Number.POSITIVE_INFINITY } = this.#options;
    const delivery: Delivery = { dialect: this.#dialect, change: injected.change, streamCapMs, streamIdleMs };
    return new ResponseWriter(response, this.schedule, log, fault, delivery, format);
  }

  #cut(api: Api, fault: Fault, body: Body): CutAnswer {
    if (fault.endless === true) return endlessAnswer();
    if (fault.script !== undefined) return numberedAnswer(fault.script.events);
    const maxTokens = countLimit(body, ["max_completion_tokens", "max_tokens", "max_output_tokens"]);
    const limits = { ...(maxTokens === undefined ? {} : { maxTokens }), stop: stopSequences(body) };
    const answer = this.#answers.answer(api, body, this.#dialect.requests.json);
    const toolCalls = body.parallel_tool_calls === false ? answer.toolCalls.slice(0, 1) : answer.toolCalls;
    return cutAnswer({ ...answer, toolCalls }, limits);
  }

  #stamp(answering: Answering, body: Body): AnswerStamp {
    const { ordinal, fault } = answering;
    return {
      id: `sim${digestOf([this.#seed, this.#fingerprint, ordinal]).slice(7, 27)}`,
      model: String(body.model),
      createdS: Math.floor(Date.now() / 1_000),
      fingerprint: this.#fingerprint,
      usage: fault.noUsage !== true,
      seed: this.#seed,
      attempts: this.#attempts(answering),
    };
  }

  /** How often the upstream is asked for one answer. */
  #attempts({ draw }: Answering): number {
    const { upstreamRetryShare = 0 } = this.#options;
    return upstreamRetryShare > 0 && draw("upstream-retry") < upstreamRetryShare ? 2 : 1;
  }

  #generate(given: Answering, format: WireFormat, body: Body): void {
    checkContext(format.promptTokens, this.#options.contextTokens ?? CONTEXT_TOKENS);
    const stream = body.stream === true && this.#dialect.transport.streams;
    const cutBody = given.injected.cut && !stream;
    const answering = cutBody ? { ...given, fault: { ...given.fault, dropAfterEvents: 0 } } : given;
    const writer = this.writer(answering, format);
    const cutAt = given.injected.cut ? Math.floor(Math.min(format.tokenCount, 1_000) / 2) : Number.POSITIVE_INFINITY;
    const sequence = stream ? streamed(format, writer, cutAt) : whole(format, writer);
    const { script } = answering.fault;
    if (script !== undefined) this.#playScript(answering, sequence, script.intervalMs);
    else
      this.#whenAwake(answering, () => {
        if (stream) this.#keepAlive(answering, writer);
        else this.#keepBodyAlive(answering, writer);
        this.#attempt(answering, sequence);
      });
  }

  /** A gateway says how often it asked, where it may ask twice; the first try is made in vain. */
  #attempt(answering: Answering, sequence: Sequence): void {
    if (this.#options.upstreamRetryShare === undefined) {
      this.#submit(answering, sequence);
      return;
    }
    const { promptTokens, outputTokens } = sequence;
    const attempts = this.#attempts(answering);
    const completionTokens = Number.isFinite(outputTokens) ? outputTokens : 0;
    const cost = simulatedCost({ promptTokens, completionTokens, reasoningTokens: 0, attempts });
    answering.response.setHeader("x-gateway-attempts", String(attempts));
    answering.response.setHeader("x-gateway-cost", String(cost));
    if (attempts === 1) this.#submit(answering, sequence);
    else
      this.#submit(
        answering,
        inVain(sequence, () => this.#submit(answering, sequence)),
      );
  }

  /** Comments from the moment the request is taken until the first event. */
  #keepAlive({ response, arrivedMs }: Answering, writer: ResponseWriter): void {
    const { comment, lineEnd } = this.#dialect.framing;
    if (comment === null) return;
    const startMs = Math.max(arrivedMs, this.schedule.now());
    writer.startEvents(startMs);
    const again = (atMs: number): void => {
      if (response.destroyed || writer.hasSpoken) return;
      writer.comment(comment.text, lineEnd);
      this.schedule.at(atMs + comment.everyMs, () => again(atMs + comment.everyMs));
    };
    again(startMs);
  }

  #keepBodyAlive({ ordinal }: Answering, writer: ResponseWriter): void {
    const { bodyPadding } = this.#dialect.transport;
    if (bodyPadding === null) return;
    const [from, to] = bodyPadding;
    const length = from + seededRandom(this.#seed, `padding/${ordinal}`).int(to - from + 1);
    writer.startBody(`\n${" ".repeat(length - 1)}`, this.schedule.now());
  }

  #submit({ response }: Answering, sequence: Sequence): void {
    const abort = this.#replicas.submit(sequence);
    const ends = Number.isFinite(sequence.outputTokens);
    if (this.#options.keepsCancelled !== true || !ends) response.on("close", abort);
  }

  #playScript({ response, arrivedMs }: Answering, sequence: Sequence, intervalMs: number): void {
    sequence.prefilled(arrivedMs);
    const play = (index: number): void => {
      const dueMs = arrivedMs + (index + 1) * intervalMs;
      this.schedule.at(dueMs, () => {
        if (response.destroyed) return;
        sequence.token(index, dueMs);
        if (index + 1 < sequence.outputTokens) play(index + 1);
      });
    };
    play(0);
  }

  #whenAwake({ response, arrivedMs }: Answering, start: () => void): void {
    if (response.destroyed) return; // its close event is past: nothing would leave again
    const admission = this.#wake.admit(arrivedMs);
    if (admission.kind === "refused") {
      const { status, retryAfterS } = admission;
      if (status === 503) sendError(response, loadingModel(retryAfterS), this.#dialect);
      else response.writeHead(202, { "retry-after": String(retryAfterS), "content-length": "0" }).end();
      return;
    }
    response.on("close", () => this.#wake.leave(this.schedule.now()));
    const unlessGone = (run: () => void) => (): void => {
      if (!response.destroyed) run();
    };
    const timeout = unlessGone(() => sendError(response, simulatedError(504), this.#dialect));
    // What is streamed has its status line by then, and is cut off by the writer.
    if (this.#options.streamCapMs !== undefined) this.schedule.at(arrivedMs + this.#options.streamCapMs, timeout);
    if (admission.kind === "awake") start();
    else if (admission.kind === "held") this.schedule.at(admission.untilMs, unlessGone(start));
    else this.schedule.at(admission.atMs, timeout);
  }
}

/** The answer as events, each sent when the engine says so; the connection is cut before token `cutAt`. */
function streamed(format: WireFormat, writer: ResponseWriter, cutAt: number): Sequence {
  const finish = (dueMs: number): void => {
    if (format.tokenCount <= cutAt && cutAt < Number.POSITIVE_INFINITY) writer.cut(dueMs);
    for (const event of format.tail()) writer.event(event, dueMs);
    writer.endEvents(dueMs);
  };
  return {
    promptTokens: format.promptTokens,
    outputTokens: format.tokenCount,
    prefilled: (atMs) => {
      writer.startEvents(atMs);
      for (const event of format.head()) writer.event(event, atMs);
      if (format.tokenCount === 0) finish(atMs);
    },
    token: (index, dueMs) => {
      if (index === cutAt) writer.cut(dueMs);
      for (const event of format.token(index)) writer.event(event, dueMs);
      if (index + 1 === format.tokenCount) finish(dueMs);
    },
  };
}

/** The answer as one body, sent when its last token is made. */
function whole(format: WireFormat, writer: ResponseWriter): Sequence {
  const finish = (dueMs: number): void => writer.body(JSON.stringify(format.body()), "application/json", 200, dueMs);
  return {
    promptTokens: format.promptTokens,
    outputTokens: format.tokenCount,
    prefilled: (atMs) => {
      if (format.tokenCount === 0) finish(atMs);
    },
    token: (index, dueMs) => {
      if (index + 1 === format.tokenCount) finish(dueMs);
    },
  };
}

/** The same work for the engine, of which nothing is sent. */
function inVain({ promptTokens, outputTokens }: Sequence, done: () => void): Sequence {
  return {
    promptTokens,
    outputTokens,
    prefilled: () => {
      if (outputTokens === 0) done();
    },
    token: (index) => {
      if (index + 1 === outputTokens) done();
    },
  };
}
