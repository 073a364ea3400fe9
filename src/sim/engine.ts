/** Runs the batching model against a schedule: sequences in, token times out. It does not know HTTP. */
import { type Random, seededRandom } from "../core/random.js";
import { stepMs } from "./batching.js";
import type { EngineParameters } from "./tiers.js";
import type { Schedule } from "./wheel.js";

/** One request as the engine sees it. Times are absolute ms of the schedule. */
export interface Sequence {
  readonly promptTokens: number;
  /** 0 ends with the prefill, as an embedding does; Infinity never ends. */
  readonly outputTokens: number;
  prefilled(atMs: number): void;
  /** Token `index`, from 0, was due at `dueMs`. */
  token(index: number, dueMs: number): void;
}

interface Running {
  readonly sequence: Sequence;
  readonly arrivedMs: number;
  readonly random: Random;
  promptLeft: number;
  emitted: number;
  aborted: boolean;
}

export class BatchingEngine {
  readonly #parameters: EngineParameters;
  readonly #schedule: Schedule;
  readonly #seed: number | string;
  readonly #jitterMs: number;
  #queue: Running[] = [];
  #prefilling: Running[] = [];
  #decoding: Running[] = [];
  #stepping = false;
  #submitted = 0;

  constructor(parameters: EngineParameters, schedule: Schedule, seed: number | string) {
    this.#parameters = parameters;
    this.#schedule = schedule;
    this.#seed = seed;
    // Past a quarter of a step the tokens of one stream could change places.
    this.#jitterMs = Math.min(parameters.tokenJitterMs, stepMs(parameters, 1) / 4);
  }

  /** Sequences queued or in the engine. */
  get load(): number {
    return this.#queue.length + this.#prefilling.length + this.#decoding.length;
  }

  /** Queues a sequence as of now; the returned function takes it out again, at the end of the running step. */
  submit(sequence: Sequence): () => void {
    const random = seededRandom(this.#seed, `engine/${this.#submitted++}`);
    const work = sequence.promptTokens * (1 + this.#parameters.prefillJitter * (2 * random.next() - 1));
    const running: Running = {
      sequence,
      arrivedMs: this.#schedule.now(),
      random,
      promptLeft: work,
      emitted: 0,
      aborted: false,
    };
    this.#queue.push(running);
    if (!this.#stepping) {
      this.#stepping = true;
      this.#step(running.arrivedMs);
    }
    return () => {
      running.aborted = true;
    };
  }

  /** Ends one step at `atMs`, a time of the model that may already be past, and starts the next. */
  #step(atMs: number): void {
    this.#dropAborted();
    this.#joinPrefilled(atMs);
    this.#admit(atMs);
    const promptTokens = this.#prefillChunk();
    if (this.#decoding.length === 0 && promptTokens === 0) {
      // What arrived after this boundary but before the timer ran it starts a step of its own.
      const next = this.#queue[0];
      if (next === undefined) this.#stepping = false;
      else this.#step(next.arrivedMs);
      return;
    }
    const endMs = atMs + stepMs(this.#parameters, this.#decoding.length, promptTokens);
    for (const running of this.#decoding) this.#scheduleToken(running, endMs);
    this.#decoding = this.#decoding.filter((running) => running.emitted < running.sequence.outputTokens);
    this.#schedule.at(endMs, () => this.#step(endMs));
  }

  #dropAborted(): void {
    const alive = (running: Running): boolean => !running.aborted;
    this.#queue = this.#queue.filter(alive);
    this.#prefilling = this.#prefilling.filter(alive);
    this.#decoding = this.#decoding.filter(alive);
  }

  #joinPrefilled(atMs: number): void {
    for (const running of this.#prefilling) {
      if (running.promptLeft > 0) continue;
      running.sequence.prefilled(atMs);
      if (running.sequence.outputTokens > 0) this.#decoding.push(running);
    }
    this.#prefilling = this.#prefilling.filter((running) => running.promptLeft > 0);
  }

  #admit(atMs: number): void {
    for (let next = this.#queue[0]; next !== undefined && next.arrivedMs <= atMs; next = this.#queue[0]) {
      if (this.#prefilling.length + this.#decoding.length >= this.#parameters.maxBatch) return;
      this.#queue.shift();
      this.#prefilling.push(next);
    }
  }

  /** Least prompt left goes first: in order of arrival, one long prompt would hold up every short one behind it. */
  #prefillChunk(): number {
    let left = this.#parameters.prefillChunkTokens;
    for (const running of this.#prefilling.toSorted((a, b) => a.promptLeft - b.promptLeft)) {
      const taken = Math.min(left, running.promptLeft);
      running.promptLeft -= taken;
      left -= taken;
    }
    return this.#parameters.prefillChunkTokens - left;
  }

  #scheduleToken(running: Running, endMs: number): void {
    const index = running.emitted++;
    const dueMs = endMs + this.#jitterMs * (2 * running.random.next() - 1);
    this.#schedule.at(dueMs, () => {
      if (!running.aborted) running.sequence.token(index, dueMs);
    });
  }
}
