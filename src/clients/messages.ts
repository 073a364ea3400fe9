/** What the parent and the process of one client library say to each other. */
import type { Api, Variant } from "../golden/golden-set.js";
import type { CallName } from "./calls.js";
import type { Observation } from "./observation.js";
import type { SdkName } from "./sdk-choice.js";

/** A recorded answer, as the client is to receive it. */
export interface ServedAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  /** Each becomes one chunk of the body. */
  readonly reads: readonly Uint8Array[];
  /** How the connection failed after the last read; null when the body ended as HTTP says. */
  readonly broken: {
    readonly message: string;
    readonly cause: { readonly message: string; readonly code: string };
  } | null;
}

export interface ReplayJob {
  readonly type: "replay";
  readonly call: CallName;
  readonly api: Api;
  readonly variant: Variant;
  /** The request body as it was sent. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly answer: ServedAnswer;
}

export type ToClient = { readonly type: "load"; readonly sdk: SdkName; readonly importedFrom: string } | ReplayJob;

export type FromClient =
  | { readonly type: "loaded" }
  | { readonly type: "failed"; readonly message: string }
  | { readonly type: "observed"; readonly observation: Observation };
