/** What passes between the main thread, which writes, and the capture thread, which measures. */
import type { CaptureSettings, EndpointRole } from "../config/settings.js";
import type { Plan } from "../plan/plan.js";
import type { MachineLine } from "../recording/recording.js";
import type { EndpointAccess } from "./access.js";
import type { RawAttempt } from "./attempt.js";
import type { Backoff } from "./retry.js";

export interface CaptureJob {
  readonly plan: Plan;
  readonly runId: string;
  readonly endpoints: Readonly<Record<EndpointRole, EndpointAccess>>;
  readonly settings: CaptureSettings;
  readonly originNs: bigint;
}

export interface RawExchange {
  readonly id: number;
  readonly releasedAtNs: number;
  readonly inFlight: number;
  readonly attempts: readonly (RawAttempt & { readonly backoff?: Backoff })[];
}

export type FromCapture =
  | { readonly type: "released"; readonly ids: readonly number[] }
  | { readonly type: "exchange"; readonly exchange: RawExchange }
  | { readonly type: "machine"; readonly line: Omit<MachineLine, "type" | "segment"> }
  | { readonly type: "done"; readonly atNs: number; readonly reason: "complete" | "interrupted" | "deadline" };

export interface ToCapture {
  readonly type: "stop";
}
