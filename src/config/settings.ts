/**
 * Settings after a `twintail.yaml` was read: durations in milliseconds, every default applied, no keys.
 * This room does not know the network.
 */
import type { Api } from "../golden/golden-set.js";

export type EndpointRole = "baseline" | "candidate";

export interface Price {
  /** USD per million tokens. */
  readonly inputPerMTok?: number;
  readonly cachedInputPerMTok?: number;
  readonly outputPerMTok?: number;
  /** USD per hour of the whole endpoint. */
  readonly perHour?: number;
}

export interface WakeSettings {
  /** Idle time after which the endpoint is known to have scaled to zero. */
  readonly idleAfterMs?: number;
  readonly budgetMs: number;
  readonly capMs: number;
  /** The first trial waits `idleAfterMs` too, or scales down first: nobody knows that the endpoint sleeps. Absent: it is taken to. */
  readonly assumeIdle?: false;
}

/** How the user's own means put an endpoint to sleep. Never recorded: a command or an address may hold a secret. */
export type ScaleDown =
  | { readonly kind: "command"; readonly command: readonly [string, ...string[]]; readonly timeoutMs: number }
  | {
      readonly kind: "url";
      readonly url: string;
      readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
      /** Sent with the endpoint's own key. */
      readonly withKey: boolean;
      readonly timeoutMs: number;
    };

/** What an endpoint is asked at most, so that a run does not use up what production needs. */
export interface RateLimits {
  /** Requests in any 60 s, attempts counted. */
  readonly rpm?: number;
  /** Tokens in any 60 s: estimated input and the most that may come out. */
  readonly tpm?: number;
  /** Share of `x-ratelimit-limit-*` (0 to 1) below which `x-ratelimit-remaining-*` pauses the run until its reset. */
  readonly minRemaining?: number;
}

/** What a recording holds of prompts and answers: all, all but personal data, or nothing but their shape. */
export type Store = "full" | "redacted" | "metadata";

/** What a recording says about an endpoint: everything about it but its key. */
export interface EndpointFacts {
  readonly role: EndpointRole;
  /** Without user info and query. */
  readonly baseUrl: string;
  readonly models: Readonly<Record<string, string | null>>;
  readonly apiKeyEnv?: string;
  readonly tier?: string;
  readonly price?: Price;
  readonly wake?: WakeSettings;
  /** Set when the endpoint is a simulation: printed in every report. */
  readonly simulated?: string;
  /** The proxy that requests went through, without its credentials. Set by the run, from the environment. */
  readonly proxy?: string;
  readonly http2?: true;
}

/** An endpoint as `plan` and `capture` need it. */
export interface EndpointSettings extends EndpointFacts {
  readonly streamUsage: boolean;
  readonly rename: Readonly<Record<string, string>>;
  readonly omit: readonly string[];
  readonly extra: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  /** Query parameters of the base URL, `?` included, or empty: sent, never stored with the address. */
  readonly query: string;
  /** Paths below the base address that differ from OpenAI's; `{model}` stands for the model of the request. */
  readonly paths: Readonly<Partial<Record<Api, string>>>;
  /** The header that carries the key. In `authorization` it stands after `Bearer`, in any other alone. */
  readonly apiKeyHeader: string;
  /** `environment`: HTTPS_PROXY, HTTP_PROXY and NO_PROXY as every client reads them; never for loopback. */
  readonly proxyFrom: "environment" | "none";
  /** Certificates (PEM) that are trusted beside the usual ones. */
  readonly ca?: string;
  /** A header that carries `<runId>-<exchange>-<attempt>`, so that a server's own log can be joined. */
  readonly requestIdHeader?: string;
  readonly limits?: RateLimits;
  /** Only beside `wake`. */
  readonly scaleDown?: ScaleDown;
  /** Its user may load it until it gives way: a sweep asks no other. */
  readonly owned?: true;
}

export interface Timeouts {
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly idleMs: number;
  readonly totalMs: number;
}

export interface RetrySettings {
  /** Attempts in all; 1 means no retry. */
  readonly attempts: number;
  readonly on: readonly (number | "5xx" | "network")[];
}

export interface CaptureSettings {
  readonly rounds: number;
  readonly spreadMs: number;
  readonly concurrency: number;
  readonly order: "random" | "serial";
  readonly prefix: "unique" | "shared";
  readonly control: boolean;
  readonly warmup: number;
  readonly solo: { readonly requests: number; readonly maxTokens: number };
  /** Case ids planned in the first round only, released before all others. */
  readonly once: readonly string[];
  readonly timeouts: Timeouts;
  readonly retry: RetrySettings;
  /** An answer longer than this is cut and marked `truncated`. */
  readonly maxBytesPerExchange: number;
  readonly maxCost?: number;
  /** USD of all nights of a history in 30 days. */
  readonly maxCostPerMonth?: number;
  readonly seed?: number;
  /** The run ends after so long, with what it has; 0 means never. No retry waits past it. */
  readonly deadlineMs?: number;
  /** Attempts that the run sends at most, to both endpoints together. */
  readonly maxRequests?: number;
  /**
   * An endpoint is given up after so many exchanges in a row that failed; 0 means never. A refused key and spent credit are
   * given up sooner, since asking again mends neither. Absent in recordings of earlier versions.
   */
  readonly giveUpAfter?: number;
  /** Capture threads; absent is one. A pair is always on one of them. */
  readonly workers?: number;
  /** Open loop: pairs of the rounds go at times of their own. Absent: as lanes are free. */
  readonly arrivals?: ArrivalSettings;
}

/**
 * When requests come, apart from how fast they are answered. `gamma`: gaps with shape `burstiness`, 1 is Poisson and less is
 * burstier. `trace`: as it was recorded, times `speed`.
 */
export type ArrivalShape =
  | { readonly kind: "constant" }
  | { readonly kind: "poisson" }
  | { readonly kind: "gamma"; readonly burstiness: number }
  /** A recording holds no arrivals here, since they are in its plan, but their digest. */
  | { readonly kind: "trace"; readonly arrivals: readonly TraceArrival[]; readonly digest?: string };

/** One arrival of a trace. */
export interface TraceArrival {
  /** ms after the first. */
  readonly atMs: number;
  /** Tokens, where the trace has them. */
  readonly inputTokens?: number;
  readonly outputTokens?: number;
}

/** Arrivals of a run's rounds. */
export interface ArrivalSettings {
  readonly shape: ArrivalShape;
  /** Pairs a second. With `toRate` the rate rises, or falls, evenly from one to the other over the run. Of a trace: its own, absent. */
  readonly rate?: number;
  readonly toRate?: number;
  /** The most that one endpoint may have in flight. */
  readonly maxInFlight: number;
  readonly whenFull: "drop" | "wait";
}

/** How a sweep loads what it sweeps. */
export interface LoadSettings {
  /** `closed`: so many in flight, each lane sends again when it was answered. `open`: so many requests a second. */
  readonly loop: { readonly kind: "closed" } | { readonly kind: "open"; readonly shape: ArrivalShape };
  /** Loads to measure, in their order; `auto` rises from `from` until it saturates or reaches `to`, and then refines the knee. */
  readonly points: "auto" | readonly number[];
  /** In flight (closed), or requests a second (open), to each endpoint. */
  readonly from: number;
  readonly to: number;
  /** Of each point: how long it settles, and how long it is then measured. */
  readonly settleMs: number;
  readonly windowMs: number;
  /** Open loop: the most that one endpoint may have in flight. */
  readonly maxInFlight: number;
  readonly whenFull: "drop" | "wait";
  /** Weights by category of the golden set; absent: each case alike. */
  readonly mix?: Readonly<Record<string, number>>;
  /** What an answer has to keep for its load to count as good. */
  readonly slo?: GateText;
}

/** A gate as it was written, with the place of its first character; parsed by the gate room. */
export interface GateText {
  readonly text: string;
  /** From 1; 0 for a gate of the command line. */
  readonly line: number;
  readonly column: number;
}

export interface JudgeSettings {
  readonly gates: readonly GateText[];
  readonly requestsPerDay?: number;
  /** What intervals speak about; "these prompts" where it is absent. */
  readonly estimand?: "these prompts" | "traffic like these";
  /** Three rounds, contract gates only. */
  readonly quick?: true;
}

/** A whole configuration. */
export interface Settings {
  /** The file that it was read from, for places of mistakes; never recorded. */
  readonly file?: string;
  readonly goldens: string;
  readonly endpoints: Readonly<Record<EndpointRole, EndpointSettings>>;
  readonly capture: CaptureSettings;
  readonly judge: JudgeSettings;
  /** For `twintail sweep`; a configuration that was read has it always. */
  readonly load?: LoadSettings;
  /** Absent: `redacted` where CI=true, `full` elsewhere. */
  readonly store?: Store;
}
