/** Answers checked requests: wake, then the batching engine, then the wire. It knows no routes. */
import type { ServerResponse } from "node:http";
import { digestOf } from "../core/digest.js";
import type { Api, GoldenSet } from "../golden/golden-set.js";
import { AnswerBook } from "./answers.js";
import { chatFormat, checkChat } from "./chat.js";
import { checkCompletion, completionFormat } from "./completions.js";
import { embeddings } from "./embeddings.js";
import { BatchingEngine, type Sequence } from "./engine.js";
import type { Fault } from "./faults.js";
import type { SimOptions } from "./options.js";
import { type CutAnswer, cutAnswer, endlessAnswer, numberedAnswer } from "./pieces.js";
import { loadingModel, sendError, simulatedError } from "./request-error.js";
import { countLimit, stopSequences } from "./request-fields.js";
import { ResponseWriter } from "./response-writer.js";
import type { RequestLog } from "./send-log.js";
import { engineParameters } from "./tiers.js";
import { WakeState } from "./wake.js";
import { PacingWheel } from "./wheel.js";
import type { AnswerStamp, WireFormat } from "./wire-format.js";

type Body = Readonly<Record<string, unknown>>;

/** One request that is being answered. */
export interface Answering {
  readonly response: ServerResponse;
  readonly fault: Fault;
  readonly log: RequestLog;
  /** Ordinal of the request in this process. */
  readonly ordinal: number;
  /** When its body had been read, ms of the schedule. */
  readonly arrivedMs: number;
}

export class Answerer {
  readonly schedule = new PacingWheel();
  readonly #seed: number;
  readonly #fingerprint: string;
  readonly #engine: BatchingEngine;
  readonly #answers: AnswerBook;
  readonly #wake: WakeState;

  constructor(options: SimOptions, goldenSet: GoldenSet | undefined) {
    this.#seed = options.seed ?? 1;
    this.#fingerprint = `sim-${options.tier}-${digestOf(options.engine).slice(7, 13)}`;
    this.#engine = new BatchingEngine(engineParameters(options.tier, options.engine), this.schedule, this.#seed);
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

  /** @throws RequestError when the request is wrong; so do the other two. */
  chat(answering: Answering, body: Body): void {
    checkChat(body);
    const cut = this.#cut("chat", answering.fault, body);
    this.#generate(answering, chatFormat(body, cut, this.#stamp(answering, body)), body.stream === true);
  }

  completion(answering: Answering, body: Body): void {
    checkCompletion(body);
    const cut = this.#cut("completions", answering.fault, body);
    this.#generate(answering, completionFormat(body, cut, this.#stamp(answering, body)), body.stream === true);
  }

  embeddings(answering: Answering, body: Body): void {
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

  writer(answering: Answering): ResponseWriter {
    return new ResponseWriter(answering.response, this.schedule, answering.log, answering.fault);
  }

  #cut(api: Api, fault: Fault, body: Body): CutAnswer {
    if (fault.endless === true) return endlessAnswer();
    if (fault.script !== undefined) return numberedAnswer(fault.script.events);
    const maxTokens = countLimit(body, ["max_completion_tokens", "max_tokens"]);
    const limits = { ...(maxTokens === undefined ? {} : { maxTokens }), stop: stopSequences(body) };
    return cutAnswer(this.#answers.answer(api, body), limits);
  }

  #stamp({ ordinal, fault }: Answering, body: Body): AnswerStamp {
    return {
      id: `sim${digestOf([this.#seed, this.#fingerprint, ordinal]).slice(7, 27)}`,
      model: String(body.model),
      createdS: Math.floor(Date.now() / 1_000),
      fingerprint: this.#fingerprint,
      usage: fault.noUsage !== true,
      seed: this.#seed,
    };
  }

  #generate(answering: Answering, format: WireFormat, stream: boolean): void {
    const writer = this.writer(answering);
    const sequence = stream ? streamed(format, writer) : whole(format, writer);
    const { script } = answering.fault;
    if (script !== undefined) this.#playScript(answering, sequence, script.intervalMs);
    else this.#whenAwake(answering, () => this.#submit(answering, sequence));
  }

  #submit({ response }: Answering, sequence: Sequence): void {
    const abort = this.#engine.submit(sequence);
    response.on("close", abort);
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
      sendError(response, loadingModel(admission.retryAfterS));
      return;
    }
    response.on("close", () => this.#wake.leave(this.schedule.now()));
    const unlessGone = (run: () => void) => (): void => {
      if (!response.destroyed) run();
    };
    if (admission.kind === "awake") start();
    else if (admission.kind === "held") this.schedule.at(admission.untilMs, unlessGone(start));
    else
      this.schedule.at(
        admission.atMs,
        unlessGone(() => sendError(response, simulatedError(504))),
      );
  }
}

/** The answer as events, each sent when the engine says so. */
function streamed(format: WireFormat, writer: ResponseWriter): Sequence {
  const finish = (dueMs: number): void => {
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
      writer.event(format.token(index), dueMs);
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
