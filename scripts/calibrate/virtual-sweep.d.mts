/** What the test suite takes of the script. */
import type { EndpointRole, LoadSettings } from "../../src/config/settings.js";
import type { Random } from "../../src/core/random.js";
import type { RecordingLine } from "../../src/recording/recording.js";
import type { SweepSummary } from "../../src/report/sweep-summary.js";
import type { EngineParameters } from "../../src/sim/tiers.js";

export interface MixedShape {
  readonly id: string;
  readonly category: string;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly weight: number;
}

export const MIGRATION_MIX: readonly MixedShape[];
export const RETRIEVAL_MIX: readonly MixedShape[];
export const CHAT_MIX: readonly MixedShape[];
export const LOOPS: Readonly<Record<"closed" | "poisson", LoadSettings["loop"]>>;

/** What an endpoint does with one request, in place of the engine. All in ms after it was sent. */
export interface Reply {
  readonly tokensMs: readonly number[];
  readonly endMs: number;
  readonly status?: number;
  readonly usage?: false;
}

export interface VirtualSweep {
  readonly engine?: EngineParameters;
  /** Of each endpoint, in place of `engine`. */
  readonly engines?: Readonly<Partial<Record<EndpointRole, EngineParameters>>>;
  /** Engines behind one address; each request goes to the one with the least in flight. */
  readonly replicas?: number;
  readonly mix?: readonly MixedShape[];
  readonly seed?: number;
  readonly tier?: string;
  readonly roles?: readonly EndpointRole[];
  readonly together?: boolean;
  readonly load?: Partial<LoadSettings>;
  readonly reply?: (request: {
    readonly role: EndpointRole;
    readonly shape: MixedShape;
    readonly load: number;
    /** This one included. */
    readonly inFlight: number;
    readonly atMs: number;
    readonly random: Random;
  }) => Reply;
  /** Of the capture thread, under the load that stands at this place in the sweep. */
  readonly busyShare?: (load: number, index: number) => number;
  /** Each line of the recording, its end included. */
  readonly onLine?: (line: RecordingLine) => void;
}

export function virtualSweep(parts: VirtualSweep): SweepSummary;
