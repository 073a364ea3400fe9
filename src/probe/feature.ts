/**
 * A feature of an endpoint: what is sent to see it, and what its answers show. This room is pure: it knows neither the
 * network nor which endpoint is which.
 */
import type { EndpointSettings } from "../config/settings.js";
import type { Api, CancelRule, Expectations, GoldenCase, Variant } from "../golden/golden-set.js";
import type { RequestTemplate } from "../plan/plan.js";
import type { Verdict } from "../report/probe-summary.js";
import type { Answer } from "./answer.js";

/** What a plan is told beyond the settings. */
export interface ProbeOptions {
  /** Tries what costs more or has side effects, also where no model is mapped for it. Default false. */
  readonly all?: boolean;
  /** Streams that are cancelled together, see `cancel_frees`. Default 4. */
  readonly cancelStreams?: number;
  /** Age at which one long stream is cancelled, ms. Without it none is sent. */
  readonly longStreamMs?: number;
  /** Limit on the output tokens of that stream; by default the endpoint's own. */
  readonly longStreamTokens?: number;
}

/** What requests are made from. */
export interface RequestContext {
  readonly cancelStreams: number;
  readonly longStreamMs: number | null;
  readonly longStreamTokens: number | null;
  /**
   * A limit on output tokens, in the name that the golden set uses, and the sampling that all its chat cases share: what
   * the endpoint will meet, and as repeatable as the golden set is.
   */
  settings(tokens: number | null): Readonly<Record<string, unknown>>;
}

/** One request of a feature; sent alike to both endpoints. */
export interface ProbeRequest {
  /** Names it within its feature. */
  readonly part: string;
  readonly api: Api;
  readonly variant: Variant;
  /** Without `model` and `stream`. */
  readonly request: Readonly<Record<string, unknown>>;
  /** What a right answer has, kept in the recording so that it is judged by what was asked then. */
  readonly expect?: Expectations;
  readonly cancel?: CancelRule;
  /** Sent in place of the mapped model. */
  readonly model?: string;
  /** How often it is sent in its step. Default 1. */
  readonly copies?: number;
  /** Steps of a feature run one after another, all requests of a step together, with nothing else in flight. */
  readonly step?: number;
  /** Its own failure says nothing about the feature. */
  readonly control?: true;
  /** Its answer is none that `decode` knows: a list, a picture, a sound. */
  readonly foreign?: true;
  /** For requests of another path, method or shape. */
  change?(template: RequestTemplate, endpoint: EndpointSettings, model: string): RequestTemplate;
}

export interface Judgement {
  readonly verdict: Verdict;
  /** One sentence without its full stop: what was seen. May hold text of the endpoint. */
  readonly seen: string;
}

/** The answers of one feature at one endpoint, by part. */
export interface Answers {
  /** The only answer of a part, or the first. @throws TwintailError when there is none: the file is damaged. */
  one(part: string): Answer;
  /** All answers of a part, in the order that they were sent. */
  all(part: string): readonly Answer[];
  /** What an earlier feature of the catalogue got at the same endpoint. */
  verdictOf(feature: string): Verdict | undefined;
}

/** Whether a golden case asks for a feature. */
export type Uses = (golden: GoldenCase, request: Readonly<Record<string, unknown>>) => boolean;

export interface Feature {
  /** Kebab-case or the name of the field; stable, since gates and scripts name it. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  /** Request fields under test: an endpoint that omits one cannot be asked. */
  readonly keys: readonly string[];
  /** The key under `models` that names its model. Default `default`. */
  readonly model?: string;
  /** Why it is tried only where its own model is mapped, or with `all`. */
  readonly costly?: string;
  readonly uses?: Uses;
  requests(context: RequestContext): readonly ProbeRequest[];
  /** Called with answers that succeeded, controls aside, unless `judgesFailures`. */
  judge(answers: Answers): Judgement;
  /** Failures are what it looks for. */
  readonly judgesFailures?: true;
}

/**
 * Output tokens that an answer of a few words may take. A model that reasons spends hundreds before its first word; one
 * that does not stops by itself, so that the limit costs nothing there.
 */
export const ANSWER_TOKENS = 512;

/** Chat messages of one user's words. */
export function user(text: string): Readonly<Record<string, unknown>> {
  return { messages: [{ role: "user", content: text }] };
}

export const verdict = (kind: Verdict, seen: string): Judgement => ({ verdict: kind, seen });
