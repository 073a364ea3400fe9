/** What can go wrong on purpose: for a share of the requests, or for one request by its `x-twintail-sim` header. */
import { errorMessage } from "../core/errors.js";
import { type Draw, Draws } from "./draws.js";
import { aFlag, checkFields, countIn, type FieldChecks, numberIn, objectOf, oneOf } from "./fields.js";
import { invalidRequest } from "./request-error.js";

/** The header that asks for a fault; `{}` asks for none, whatever the shares say. */
export const FAULT_HEADER = "x-twintail-sim";

/** Faults of one request. Events are counted from 0 with the role event; `[DONE]` is an event. */
export interface Fault {
  /** Answers with this status and OpenAI's error envelope. */
  readonly status?: number;
  /** `Retry-After` of `status`, in seconds. 429 and 503 send 1 without it. */
  readonly retryAfterS?: number;
  /** Answers with a page of HTML and this status. */
  readonly html?: 200 | 502;
  /** Takes the request and never answers. */
  readonly hang?: boolean;
  /** Delays the status line, and everything after it, by so many ms. */
  readonly slowHeadersMs?: number;
  /** Destroys the socket once so many events were sent; a body is cut in half. */
  readonly dropAfterEvents?: number;
  /** Ends with an error in the stream, as the dialect says one, once so many events were sent. */
  readonly errorAfterEvents?: number;
  /** Pauses before one event; the stream then goes on at its own pace. A body is late by as much. */
  readonly stall?: { readonly atEvent: number; readonly ms: number };
  /** Holds events back and writes so many at once. */
  readonly mergeEvents?: number;
  /** Writes every byte on its own, in a turn of the event loop of its own; the log stamps an event's first. */
  readonly oneByteWrites?: boolean;
  /** Leaves usage out, whatever was asked for. */
  readonly noUsage?: boolean;
  /** Streams words until the client hangs up. */
  readonly endless?: boolean;
  /**
   * Answers `events` tokens, token k (from 1) due exactly `k × intervalMs` after the request was read, past the batching
   * model and past any wake: a truth to hold a client's stamps against. `mergeEvery` events share a write.
   */
  readonly script?: { readonly events: number; readonly intervalMs: number; readonly mergeEvery?: number };
}

/** A fault and the share of requests (0 to 1) that it meets. Shares of several rules add up. */
export interface FaultRule extends Fault {
  readonly share: number;
}

const HOUR_MS = 3_600_000;

const FAULT_CHECKS: FieldChecks<Fault> = {
  status: countIn(400, 599),
  retryAfterS: numberIn(0, 3_600),
  html: oneOf(200, 502),
  hang: aFlag,
  slowHeadersMs: numberIn(0, HOUR_MS),
  dropAfterEvents: countIn(0, 1_000_000),
  errorAfterEvents: countIn(0, 1_000_000),
  stall: objectOf({ atEvent: countIn(0, 1_000_000), ms: numberIn(0, HOUR_MS) }),
  mergeEvents: countIn(1, 10_000),
  oneByteWrites: aFlag,
  noUsage: aFlag,
  endless: aFlag,
  script: objectOf({
    events: countIn(1, 1_000_000),
    intervalMs: numberIn(0.1, 60_000),
    mergeEvery: countIn(1, 10_000),
  }),
};

const RULE_CHECKS: FieldChecks<FaultRule> = { ...FAULT_CHECKS, share: numberIn(0, 1) };

/** @throws TwintailError when a rule is malformed or the shares exceed 1. */
export function checkFaultRules(rules: readonly unknown[], place: string): readonly FaultRule[] {
  const checked = rules.map((rule, index) => checkFields<FaultRule>(rule, RULE_CHECKS, `${place}[${index}]`));
  const total = checked.reduce((sum, rule) => sum + (rule.share ?? 0), 0);
  checkFields({ share: total }, { share: RULE_CHECKS.share }, `${place}, shares together`);
  return checked;
}

/** Chooses the fault of each request. */
export class FaultChooser {
  readonly #rules: readonly FaultRule[];
  readonly #draws: Draws;

  constructor(rules: readonly FaultRule[], seed: string) {
    this.#rules = rules;
    this.#draws = new Draws(seed);
  }

  /** @throws RequestError when the header is malformed. */
  choose(header: string | undefined, body: Buffer, draw: Draw = this.#draws.of(body)): Fault {
    if (header !== undefined) return faultOfHeader(header);
    if (this.#rules.length === 0) return {};
    let left = draw("fault");
    for (const { share, ...fault } of this.#rules) {
      left -= share;
      if (left < 0) return fault;
    }
    return {};
  }
}

function faultOfHeader(header: string): Fault {
  try {
    return checkFields<Fault>(JSON.parse(header), FAULT_CHECKS, FAULT_HEADER);
  } catch (error) {
    throw invalidRequest(errorMessage(error), FAULT_HEADER);
  }
}
