/**
 * The hinge between capture and judgement: what one line of `recording.jsonl` may be. This room does not know
 * who reads it. Field names and stamps are the file format: changing one is a new `schemaVersion`.
 */
import type {
  CaptureSettings,
  EndpointFacts,
  EndpointRole,
  JudgeSettings,
  LoadSettings,
  Store,
} from "../config/settings.js";
import type { GoldenSet, Variant } from "../golden/golden-set.js";
import type { LoadPoint } from "../plan/load/point.js";
import type { Arm, NotTested, Phase, PlannedRequest, RequestTemplate } from "../plan/plan.js";

export const RECORDING_SCHEMA_VERSION = 1;

/**
 * One socket read: the moment it was handed to us (ns from the segment's origin) and the body bytes it carried,
 * after HTTP chunked framing was removed. Text where UTF-8 round-trips byte for byte, base64 otherwise.
 */
export type RecordedRead = readonly [atNs: number, bytes: string | { readonly b64: string }];

/** How an attempt ended on the transport. HTTP status and broken streams are judged later, from the bytes. */
export type Outcome =
  | { readonly kind: "complete" }
  | { readonly kind: "cancelled"; readonly by: "plan" | "user" | "deadline" }
  | { readonly kind: "timeout"; readonly phase: "connect" | "firstByte" | "idle" | "total"; readonly afterMs: number }
  | {
      readonly kind: "network";
      readonly phase: "dns" | "connect" | "tls" | "send" | "headers" | "body";
      readonly code: string;
      readonly message: string;
    }
  /** A kept-alive socket failed before any byte: apart from the endpoint's own errors. */
  | { readonly kind: "staleConnection"; readonly code: string; readonly message: string }
  /** Reading was stopped on purpose because the answer outgrew the limit. */
  | { readonly kind: "truncated"; readonly limitBytes: number };

/** One try at sending a request. All stamps are integer ns from the segment's origin. */
export interface Attempt {
  readonly dispatchedAtNs: number;
  /** Connection phases, on a fresh connection only. `dnsEndAtNs` is absent for a literal address. */
  readonly dnsEndAtNs?: number;
  readonly tcpEndAtNs?: number;
  readonly tlsEndAtNs?: number;
  readonly reused: boolean;
  readonly remoteAddress?: string;
  /** The request was written on an established connection. Absent when it never was. */
  readonly sentAtNs?: number;
  readonly headersAtNs?: number;
  readonly status?: number;
  /** Response headers in wire order, names in lower case. */
  readonly headers?: readonly (readonly [string, string])[];
  readonly reads: readonly RecordedRead[];
  readonly endedAtNs: number;
  readonly outcome: Outcome;
  /** How the body came compressed, where it was written down opened so that it could be masked. */
  readonly openedFrom?: string;
  /** Body bytes that came and were not kept, of an attempt that was tried again. */
  readonly cutBytes?: number;
  /** Why the next attempt waited, in ms, and from where the wait came. Absent on the last attempt. */
  readonly backoff?: { readonly ms: number; readonly from: "retry-after" | "exponential" | "immediate" };
}

/** One planned request and all its attempts. */
export interface Exchange {
  readonly type: "exchange";
  readonly id: number;
  readonly pairId: number;
  readonly segment: number;
  readonly endpoint: EndpointRole;
  readonly arm: Arm;
  readonly caseId: string;
  readonly repeat: number;
  readonly round: number;
  readonly phase: Phase;
  readonly variant: Variant;
  readonly requestId: string;
  /** Exchanges of this endpoint in flight when this one was released, itself included. */
  readonly inFlight: number;
  /** Its mate was recorded by another process: no pair of one moment. */
  readonly pairBroken?: true;
  /** Pieces of personal data that were masked in its answer. Absent for none, and where everything is masked. */
  readonly masked?: number;
  /** Open loop only. */
  readonly intendedAtNs?: number;
  /** Open loop with `whenFull: wait`: how long it waited for a place, ns. Absent where it did not. */
  readonly waitedNs?: number;
  /** A lane was free and the pair was due. Closed loop: `dispatchedAtNs − releasedAtNs` is the send lag. */
  readonly releasedAtNs: number;
  readonly attempts: readonly Attempt[];
}

/** What an endpoint said before the run was planned for good. */
export interface Preflight {
  /** `stream_options.include_usage`; unknown when the request failed for another reason. */
  readonly streamUsage: "accepted" | "refused" | "unknown";
  readonly status?: number;
  /** The endpoint's words when it did not accept. */
  readonly message?: string;
}

export interface HeaderLine {
  readonly type: "header";
  readonly schemaVersion: typeof RECORDING_SCHEMA_VERSION;
  readonly runId: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /**
   * `demo` when the endpoints are simulated by twintail itself; `wake` when cold trials alone were made; `probe` when
   * features were tried, not golden cases; `sweep` when endpoints were loaded until they gave way.
   */
  readonly kind: "run" | "demo" | "wake" | "probe" | "sweep";
  /** Absent when everything is stored. Otherwise texts of `goldenSet` and `requests` are digests. */
  readonly store?: Exclude<Store, "full">;
  /** Of a probe alone. `goldenSet` then holds its requests as cases. */
  readonly probe?: ProbeFacts;
  /** Of a sweep alone. Its rows stand in `point` lines. */
  readonly sweep?: SweepFacts;
  /** Which part of the plan this recording holds; absent: all of it. `requests` are those of its own rows. */
  readonly shard?: ShardFacts;
  /** Of a merged recording: the shards that it was made from. */
  readonly shards?: MergedShards;
  readonly goldenSet: GoldenSet;
  readonly goldenDigest: string;
  /** By id of a case: digests of what `goldenSet` then lacks. Only beside `store`. */
  readonly caseDigests?: Readonly<Record<string, string>>;
  readonly endpoints: Readonly<Record<EndpointRole, EndpointFacts>>;
  readonly requests: Readonly<Record<string, RequestTemplate>>;
  readonly plan: readonly PlannedRequest[];
  readonly planDigest: string;
  readonly notTested: readonly NotTested[];
  readonly preflight?: Readonly<Partial<Record<EndpointRole, Preflight>>>;
  readonly capture: CaptureSettings;
  readonly judge: JudgeSettings;
  readonly seed: number;
  /** Runs of the same golden set against the same endpoints in the 24 hours before, as found beside this one. */
  readonly recent?: readonly { readonly runId: string; readonly createdAt: string }[];
  readonly versions: { readonly twintail: string; readonly node: string; readonly undici: string };
}

/** What a probe was made for, and how. */
export interface ProbeFacts {
  readonly goldenSet: { readonly name: string; readonly digest: string; readonly cases: number };
  /** Feature → the golden cases that ask for it; features that none asks for are left out. */
  readonly inUse: Readonly<Record<string, number>>;
  /** Streams that were cancelled together. */
  readonly cancelStreams: number;
  /** Age at which the long stream was cancelled. */
  readonly longStreamMs?: number;
}

/** How a sweep loaded what it swept. */
export interface SweepFacts {
  /** Those that were swept. */
  readonly roles: readonly EndpointRole[];
  /** `apart`: one endpoint at a time, since they share hardware. */
  readonly together: boolean;
  /** Arrivals of a trace stand in the rows alone: here its shape has none. */
  readonly load: LoadSettings;
}

/** One of several recordings of one plan. */
export interface ShardFacts {
  /** From 1. */
  readonly index: number;
  readonly count: number;
  /** When all of them begin, ms since the epoch. */
  readonly startAtMs: number;
}

export interface MergedShards {
  readonly count: number;
  readonly startAtMs: number;
  /** In the order of their index; a shard that is not among them is missing. */
  readonly merged: readonly {
    readonly index: number;
    readonly runId: string;
    readonly createdAt: string;
    readonly host: string;
    /** How its last process ended; null for one that was killed. */
    readonly end: EndLine["reason"] | null;
  }[];
}

/** One load of a sweep, with what is sent for it: the plan of the header goes on. */
export interface PointLine {
  readonly type: "point";
  readonly segment: number;
  readonly point: LoadPoint;
  /** The new rows alone; their ids go on from the last one. */
  readonly plan: readonly PlannedRequest[];
  /** What no row before sent. */
  readonly requests: Readonly<Record<string, RequestTemplate>>;
}

/** A block began whose releases have times: its phase's clock counts from here. */
export interface BegunLine {
  readonly type: "begun";
  readonly segment: number;
  readonly phase: Phase;
  readonly atNs: number;
}

/** Arrivals that were not sent, since their endpoint had as much in flight as may be. */
export interface DroppedLine {
  readonly type: "dropped";
  readonly segment: number;
  /** Of the last of them. */
  readonly atNs: number;
  /** Rows of the plan. */
  readonly ids: readonly number[];
}

/** One per process that appended. `atNs` of its exchanges count from `hrtimeOriginNs`. */
export interface SegmentLine {
  readonly type: "segment";
  readonly id: number;
  /** `process.hrtime` at the segment's origin, as decimal text: it exceeds 2^53 on long-running hosts. */
  readonly hrtimeOriginNs: string;
  /** Wall clock at the same moment, ms since the epoch. */
  readonly wallClockMs: number;
  readonly bootId: string;
  readonly host: string;
  readonly shard: string | null;
}

/** What the measuring machine did during one window of the capture thread. */
export interface MachineLine {
  readonly type: "machine";
  readonly segment: number;
  readonly fromNs: number;
  readonly toNs: number;
  /** Heartbeats that came late: when the late one was due (ns) and by how much (ns). */
  readonly stalls: readonly (readonly [dueAtNs: number, lateNs: number])[];
  /** Busy share of the capture thread, 0 to 1 (`eventLoopUtilization`). */
  readonly busyShare: number;
  readonly reads: number;
  /** Reads handled in or right after a stall: their stamps may be late by as much. An upper bound. */
  readonly stalledReads: number;
  /** The most reads handled in one turn of the event loop. */
  readonly maxReadsPerTurn: number;
  /** Which capture thread, where there are several. */
  readonly thread?: number;
  /** The machine was suspended for so long: no clock of this process ran. Absent when it was not. */
  readonly sleptMs?: number;
  /** The wall clock was set by so much, forward or back. Absent when it was not. */
  readonly wallStepMs?: number;
}

/** Nothing was sent to an endpoint on purpose. */
export interface PauseLine {
  readonly type: "pause";
  readonly segment: number;
  readonly endpoint: EndpointRole;
  readonly fromNs: number;
  readonly toNs: number;
  /** `idle` and `scale-down` come before a cold trial; the others keep within `limits`. */
  readonly why: "idle" | "scale-down" | "rpm" | "tpm" | "remaining";
  /** Why it did not do what it was for, such as a command that failed; one line. Absent when it did. */
  readonly failed?: string;
}

/** An endpoint was given up: what the plan still had for it was not sent. */
export interface StoppedLine {
  readonly type: "stopped";
  readonly segment: number;
  readonly endpoint: EndpointRole;
  readonly atNs: number;
  readonly kind: "key refused" | "credit spent" | "failures";
  /** Exchanges in a row that failed before. */
  readonly after: number;
  /** How the last of them failed, such as `HTTP 401` or `ECONNREFUSED`. */
  readonly last: string;
}

/** A run that had not come to its end was taken up again. */
export interface ResumeLine {
  readonly type: "resume";
  /** The segment that goes on. */
  readonly segment: number;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** Planned requests that were missing. */
  readonly missing: number;
  /** Bytes of a last line that was cut off and has been removed. */
  readonly repairedBytes: number;
  /** What was sent before, so that no first answer after a pause counts as warm; its answers are not kept. */
  readonly prelude: readonly {
    readonly endpoint: EndpointRole;
    readonly attempts: number;
    readonly ms: number;
    readonly outcome: string;
  }[];
  readonly versions: HeaderLine["versions"];
}

export interface EndLine {
  readonly type: "end";
  readonly segment: number;
  readonly atNs: number;
  /** `stopped`: an endpoint was given up. `limit`: a limit of the user's own was reached. */
  readonly reason: "complete" | "interrupted" | "deadline" | "stopped" | "limit" | "failed";
  /** One line, for `failed` and `limit`. */
  readonly message?: string;
}

/** More rounds, planned after a look at the ones before: the plan of the header goes on where it ended. */
export interface ExtensionLine {
  readonly type: "extension";
  /** The segment that sent it. */
  readonly segment: number;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** Rounds in all, the ones before included. */
  readonly rounds: number;
  /** The new rows alone; their ids go on from the last one. */
  readonly plan: readonly PlannedRequest[];
  /** Of the plan as it now is, with the blocks that were sent anew. */
  readonly planDigest: string;
  /** What no row before sent. */
  readonly requests: Readonly<Record<string, RequestTemplate>>;
  readonly versions: HeaderLine["versions"];
}

export type RecordingLine =
  | HeaderLine
  | SegmentLine
  | ExtensionLine
  | ResumeLine
  | Exchange
  | MachineLine
  | PauseLine
  | StoppedLine
  | PointLine
  | BegunLine
  | DroppedLine
  | EndLine;

/** What stands before the exchanges, and what was found at the end. */
export interface RecordingFrame {
  /** With every extension in it: all rows, all requests, and the rounds and the spread of the whole. */
  readonly header: HeaderLine;
  /** By segment, as are the next two. */
  readonly extensions: readonly ExtensionLine[];
  readonly segments: readonly SegmentLine[];
  readonly machine: readonly MachineLine[];
  readonly pauses: readonly PauseLine[];
  /** Those of the last segment alone, of a merged recording of each shard's: a resume asks an endpoint again that was given up before. */
  readonly stopped: readonly StoppedLine[];
  readonly resumes: readonly ResumeLine[];
  /** In their order; of a sweep alone. */
  readonly points: readonly PointLine[];
  readonly begun: readonly BegunLine[];
  readonly dropped: readonly DroppedLine[];
  /**
   * Of the last segment; null when that one was killed, however the ones before it ended. Of a merged recording the worst of
   * its shards' ends; null when one of them was killed. A shard that is missing has none: the header names those that are there.
   */
  readonly end: EndLine | null;
  /** Bytes of a last line that was cut in half by a kill; 0 normally. */
  readonly tornBytes: number;
}
