/** What passes between the main thread, which writes, and the capture thread, which measures. */
import type { CaptureSettings, EndpointRole } from "../config/settings.js";
import type { Block, Plan, PlannedRequest, RequestTemplate } from "../plan/plan.js";
import type { BegunLine, DroppedLine, MachineLine, PauseLine, StoppedLine } from "../recording/recording.js";
import type { EndpointAccess } from "./access.js";
import type { RawAttempt } from "./attempt.js";
import type { SharedCounts } from "./crew.js";
import type { Backoff } from "./retry.js";

export interface CaptureJob {
  readonly plan: Plan;
  readonly runId: string;
  readonly endpoints: Readonly<Record<EndpointRole, EndpointAccess>>;
  readonly settings: CaptureSettings;
  readonly originNs: bigint;
  /** Estimated input and the most that may come out, by id of a row; needed where an endpoint has a `tpm` limit. */
  readonly tokens?: readonly number[];
  /** When the blocks are done there may be more. */
  readonly goesOn?: boolean;
}

/** What a thread of a capture is started with. */
export interface ThreadJob extends CaptureJob {
  /** Which of how many threads it is; absent: the only one. */
  readonly crew?: { readonly index: number; readonly count: number; readonly counts: SharedCounts };
  /** It was stopped before it began: a message would come after its first requests. */
  readonly stopped?: true;
}

/** A plan that goes on: ids go on from the last row. */
export interface MorePlan {
  readonly rows: readonly PlannedRequest[];
  readonly requests: Readonly<Record<string, RequestTemplate>>;
  readonly blocks: readonly Block[];
  readonly tokens?: readonly number[];
}

export interface RawExchange {
  readonly id: number;
  readonly releasedAtNs: number;
  readonly inFlight: number;
  readonly intendedAtNs?: number;
  readonly waitedNs?: number;
  readonly attempts: readonly (RawAttempt & { readonly backoff?: Backoff })[];
}

/** How a capture ended. `limit` has the reason that the drain was given. */
export interface CaptureEnd {
  readonly atNs: number;
  readonly reason: "complete" | "interrupted" | "deadline" | "stopped" | "limit";
  readonly message?: string;
}

export type FromCapture =
  | { readonly type: "released"; readonly ids: readonly number[] }
  | { readonly type: "exchange"; readonly exchange: RawExchange }
  | { readonly type: "machine"; readonly line: Omit<MachineLine, "type" | "segment"> }
  | { readonly type: "pause"; readonly line: Omit<PauseLine, "type" | "segment"> }
  | { readonly type: "stopped"; readonly line: Omit<StoppedLine, "type" | "segment"> }
  | { readonly type: "begun"; readonly line: Omit<BegunLine, "type" | "segment"> }
  | { readonly type: "dropped"; readonly line: Omit<DroppedLine, "type" | "segment"> }
  /** Before a block that all threads begin together. */
  | { readonly type: "ready" }
  /** All that was planned was sent, and has ended. */
  | { readonly type: "idle" }
  | { readonly type: "done"; readonly end: CaptureEnd };

export type ToCapture =
  /** Cancels what is in flight. */
  | { readonly type: "stop" }
  /** Lets it end, and sends nothing more. */
  | { readonly type: "drain"; readonly message: string }
  /** The answer to `ready`. */
  | { readonly type: "go"; readonly startNs: number }
  /** The answer to `idle`; null ends the capture. */
  | { readonly type: "more"; readonly part: MorePlan | null }
  /** Another thread gave this endpoint up. */
  | { readonly type: "giveUp"; readonly endpoint: EndpointRole };
