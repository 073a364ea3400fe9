/** Failures that begin and end at a time: the drills that a client has to pass before it moves. */
import { formatDurationMs } from "../core/duration.js";
import { TwintailError } from "../core/errors.js";
import type { AnswerChange } from "./answer-change.js";
import { aText, checkFields, type FieldChecks, numberIn } from "./fields.js";
import { type RequestError, simulatedError } from "./request-error.js";

/** One failure. Without times it lasts from the start to the end; without a share it meets every request. */
export interface Injection {
  /** A name of {@link INJECTIONS}; `finish=…` takes any finish reason. */
  readonly kind: string;
  /** Begins so long after the endpoint began to listen. */
  readonly afterMs?: number;
  readonly forMs?: number;
  /** 0 to 1 of the requests. */
  readonly share?: number;
}

/** What can be injected, with what a client meets. */
export const INJECTIONS: Readonly<Record<string, string>> = {
  "401": "every request is refused as if its key had been revoked",
  "402": "out of credit: insufficient_funds",
  "429": "rate limited, Retry-After 1",
  "5xx": "500, 502, 503 and 529 in turn",
  "500": "server error",
  "502": "upstream_error",
  "503": "overloaded, Retry-After 1",
  "529": "overloaded",
  "drop-usage": "usage is left out",
  "null-content": "content is null",
  "finish=eos": "the finish reason is eos",
  cut: "the connection closes in the middle of the answer",
  stall: "no token leaves and no request is read; what was due comes at once when it ends",
};

const DAY_MS = 86_400_000;
const CHECKS: FieldChecks<Injection> = {
  kind: aText,
  afterMs: numberIn(0, DAY_MS),
  forMs: numberIn(0, DAY_MS),
  share: numberIn(0, 1),
};

/** @throws TwintailError when one is malformed or unknown. */
export function checkInjections(given: readonly unknown[], place: string): readonly Injection[] {
  return given.map((one, index) => {
    const injection = checkFields<Injection>(one, CHECKS, `${place}[${index}]`);
    if (injection.kind === "stall" && injection.share !== undefined) {
      throw new TwintailError({
        cause: "a stall is of the whole endpoint: it has no share of the requests",
        place: `${place}[${index}]`,
        remedy: "leave share out",
      });
    }
    if (Object.hasOwn(INJECTIONS, injection.kind ?? "") || /^finish=[a-z_]{1,40}$/.test(injection.kind))
      return injection;
    throw new TwintailError({
      cause: `"${injection.kind}" cannot be injected`,
      place,
      remedy: `known: ${Object.keys(INJECTIONS).join(", ")}`,
    });
  });
}

/** `401 for 1 min from 10 s, 30 % of requests`, for the label. */
export function injectionLabel({ kind, afterMs, forMs, share }: Injection): string {
  const span = forMs === undefined ? "" : ` for ${formatDurationMs(forMs).replace(".0 s", " s")}`;
  const start = afterMs === undefined ? "" : ` after ${formatDurationMs(afterMs).replace(".0 s", " s")}`;
  return `${kind}${span}${start}${share === undefined ? "" : `, ${Math.round(100 * share)} % of requests`}`;
}

/** What goes wrong with one request. */
export interface Injected {
  readonly error: RequestError | null;
  readonly change: AnswerChange | null;
  readonly cut: boolean;
}

const SERVER_ERRORS = [500, 502, 503, 529] as const;

export class Injector {
  #serverErrors = 0;

  constructor(
    private readonly injections: readonly Injection[],
    private readonly startedMs: number,
  ) {}

  /** `draw` gives a number in [0, 1) for a label. */
  of(nowMs: number, draw: (label: string) => number): Injected {
    let error: RequestError | null = null;
    let change: AnswerChange | null = null;
    let cut = false;
    this.injections.forEach((injection, index) => {
      const { kind, share = 1 } = injection;
      // A stall meets the endpoint and no request: see StallingSchedule.
      if (kind === "stall" || !this.#isOn(injection, nowMs)) return;
      if (share < 1 && draw(`inject/${index}`) >= share) return;
      if (kind === "cut") cut = true;
      else if (kind === "drop-usage") change = { ...change, dropUsage: true };
      else if (kind === "null-content") change = { ...change, nullContent: true };
      else if (kind.startsWith("finish=")) change = { ...change, finish: kind.slice("finish=".length) };
      else error ??= simulatedError(this.#status(kind));
    });
    return { error, change, cut };
  }

  /** The error of a request that makes no work, such as `GET /models`: a revoked key or an empty account. */
  ofRead(nowMs: number): RequestError | null {
    const found = this.injections.find(
      (one) => (one.kind === "401" || one.kind === "402") && one.share === undefined && this.#isOn(one, nowMs),
    );
    return found === undefined ? null : simulatedError(Number(found.kind));
  }

  #isOn({ afterMs = 0, forMs = Number.POSITIVE_INFINITY }: Injection, nowMs: number): boolean {
    const atMs = nowMs - this.startedMs - afterMs;
    return atMs >= 0 && atMs < forMs;
  }

  #status(kind: string): number {
    if (kind !== "5xx") return Number(kind);
    return SERVER_ERRORS[this.#serverErrors++ % SERVER_ERRORS.length] as number;
  }
}
