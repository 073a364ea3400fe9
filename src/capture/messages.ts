/** What passes between the main thread, which writes, and the capture thread, which measures. */
import type { CaptureSettings, EndpointRole } from "../config/settings.js";
import type { Plan } from "../plan/plan.js";
import type { MachineLine, PauseLine, StoppedLine } from "../recording/recording.js";
import type { EndpointAccess } from "./access.js";
import type { RawAttempt } from "./attempt.js";
import type { Backoff } from "./retry.js";

export interface CaptureJob {
  readonly plan: Plan;
  readonly runId: string;
  readonly endpoints: Readonly<Record<EndpointRole, EndpointAccess>>;
  readonly settings: CaptureSettings;
  readonly originNs: bigint;
  /** Estimated input and the most that may come out, by id of a row; needed where an endpoint has a `tpm` limit. */
  readonly tokens?: readonly number[];
}

export interface RawExchange {
  readonly id: number;
  readonly releasedAtNs: number;
  readonly inFlight: number;
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
  | { readonly type: "done"; readonly end: CaptureEnd };

/** `stop` cancels what is in flight; `drain` lets it end, and sends nothing more. */
export type ToCapture = { readonly type: "stop" } | { readonly type: "drain"; readonly message: string };
