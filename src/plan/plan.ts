/**
 * A plan is data: every request that a run will send, in which order, at whose side, with its exact body.
 * It knows no time passing: `notBeforeMs` is an offset, and release order is an ordinal.
 */
import type { EndpointRole } from "../config/settings.js";
import type { CancelRule, Variant } from "../golden/golden-set.js";

/** With the control on, each endpoint plays two arms: `control` is the baseline again, `candidate2` the candidate. */
export type Arm = "baseline" | "candidate" | "control" | "candidate2";

export const ARM_ENDPOINT: Readonly<Record<Arm, EndpointRole>> = {
  baseline: "baseline",
  control: "baseline",
  candidate: "candidate",
  candidate2: "candidate",
};

/** What a request is planned for. Only `warm` enters warm tails. */
export type Phase = "cold" | "warmup" | "solo" | "warm" | "probe" | `sweep:${string}`;

/** What goes over the wire, once for all rows that send the same; keys are never part of it. */
export interface RequestTemplate {
  readonly method: "GET" | "POST";
  /** Absolute path; a query of the base address is added by capture and never stored. */
  readonly path: string;
  /** Header names in lower case; the authorization header is added by capture and never stored. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
  /** Bytes sent in place of `body`, as base64: multipart forms. */
  readonly raw?: string;
  /** `wrong` sends a key that cannot be valid in place of the endpoint's own. */
  readonly key?: "wrong";
}

/** One request that the plan will send. */
export interface PlannedRequest {
  /** Ordinal in the unsharded plan. */
  readonly id: number;
  /** Shared by the two rows that are sent at the same moment; unique to a row without a mate. */
  readonly pairId: number;
  readonly endpoint: EndpointRole;
  readonly arm: Arm;
  readonly caseId: string;
  /** Which of a case's `repeat` this is, from 0. */
  readonly repeat: number;
  /** Round from 0; 0 in phases without rounds. */
  readonly round: number;
  readonly phase: Phase;
  readonly variant: Variant;
  readonly requestId: string;
  readonly cancel?: CancelRule;
  /** 8 hexadecimal digits that stand before the prompt when it is sent; the template is stored without them. */
  readonly nonce?: string;
  /** Replaces the template's limit on output tokens when it is sent. Arrivals of a trace alone. */
  readonly maxTokens?: number;
}

/** Rows handed to one lane together: both arms of a pair, first-to-fire first, or a single row. */
export interface Release {
  readonly rows: readonly number[];
  /** Closed loop: the earliest moment; open loop: the intended one. ms after its phase began. */
  readonly notBeforeMs: number;
}

/** Releases that run with up to `concurrency` in flight; the next block starts when the last has ended. */
export interface Block {
  readonly phase: Phase;
  /** Closed loop: releases in flight. Open loop: the most that one endpoint may have in flight. */
  readonly concurrency: number;
  readonly releases: readonly Release[];
  /** Open loop: each release goes at its time, whatever is still in flight. Absent in a closed loop. */
  readonly open?: OpenLoop;
  /**
   * No endpoint waits for the other: each has `concurrency` lanes of its own, which take its releases in their order (closed loop),
   * or arrivals that wait for places of its own alone (open loop).
   */
  readonly perEndpoint?: true;
  /** Closed loop: lanes begin one after another over so long, so that they do not march in step. */
  readonly rampMs?: number;
  /** Nothing more is released to an endpoint that answered 429: it is limited, and asking on would only be refused. */
  readonly until429?: true;
  /**
   * Its phase begins so long after the capture did, and its releases are timed from there, also where what came before took
   * longer. Absent: as soon as what came before has ended.
   */
  readonly fromMs?: number;
  /** Nothing is released later than so long after its phase began: what is left was not needed. */
  readonly untilMs?: number;
  /** Endpoints that scale to zero, to be put to sleep, or waited for until they are, before the first release. */
  readonly asleep?: readonly EndpointRole[];
}

export interface OpenLoop {
  /**
   * What becomes of an arrival that finds as many in flight as may be. `drop`: it is counted and not sent. `wait`: it goes when
   * there is a place, and its intended time stands, as with a client that has so many connections and no more.
   */
  readonly whenFull: "drop" | "wait";
}

/** A row that was not planned, with its reason: reported as `not tested`, never as failed. */
export interface NotTested {
  readonly caseId: string;
  readonly endpoint: EndpointRole;
  readonly reason: string;
}

export interface Plan {
  readonly seed: number;
  readonly rounds: number;
  /** Their ids are their places. */
  readonly rows: readonly PlannedRequest[];
  /** What is sent. A plan that goes on an earlier one has rows that no block holds: they were sent before. */
  readonly blocks: readonly Block[];
  readonly requests: Readonly<Record<string, RequestTemplate>>;
  readonly notTested: readonly NotTested[];
  readonly digest: string;
}

/** The rows that the blocks hold, in the order of their release: all of them, but in a plan that goes on an earlier one. */
export function rowsToSend({ blocks, rows }: Pick<Plan, "blocks" | "rows">): PlannedRequest[] {
  return blocks.flatMap(({ releases }) =>
    releases.flatMap((release) => release.rows.map((id) => rows[id] as PlannedRequest)),
  );
}
