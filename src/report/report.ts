/**
 * A report in memory. `summary` is `report.json`; `details` is what the page needs beyond it. Formats in this room
 * know neither how anything was computed nor where it came from.
 */
import type { CheckOutcome, ParityOutcome, ParityRung } from "../check/finding.js";
import type { EndpointRole } from "../config/settings.js";
import type { Variant } from "../golden/golden-set.js";
import type { Arm, Phase } from "../plan/plan.js";
import type { Summary } from "./summary.js";

/** One exchange as the page shows it. Texts are capped; a cap is marked with `…` and in `textCut`. */
export interface ExchangeView {
  readonly id: number;
  readonly arm: Arm;
  readonly phase: Phase;
  readonly round: number;
  readonly variant: Variant;
  /** `ok`, or what went wrong in a few words: `HTTP 503`, `timeout: first byte after 2 min`, `stream broken`. */
  readonly outcome: string;
  readonly ok: boolean;
  readonly attempts: number;
  readonly status: number | null;
  readonly ttftMs: number | null;
  readonly ttfaMs: number | null;
  readonly e2eMs: number | null;
  readonly stallMs: number | null;
  readonly decodeRate: number | null;
  readonly charRate: number | null;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly reasoningTokens: number | null;
  readonly cachedTokens: number | null;
  readonly finishReason: string | null;
  readonly content: string | null;
  readonly reasoning: string;
  readonly refusal: string | null;
  readonly toolCalls: readonly { readonly name: string; readonly argumentsText: string | null }[];
  readonly textCut: boolean;
  readonly check: CheckOutcome;
}

/** One exchange of any phase in figures, without texts. */
export interface ExchangeRow
  extends Omit<ExchangeView, "ok" | "content" | "reasoning" | "refusal" | "toolCalls" | "textCut" | "check"> {
  readonly pairId: number;
  readonly caseId: string;
  readonly endpoint: EndpointRole;
}

/** One pair of one case: the two answers to compare. Either side may be missing in a partial recording. */
export interface PairView {
  readonly pairId: number;
  readonly round: number;
  readonly variant: Variant;
  readonly control: boolean;
  readonly baseline: ExchangeView | null;
  readonly candidate: ExchangeView | null;
  readonly parity: ParityOutcome | null;
}

export interface CaseView {
  readonly id: string;
  readonly category: string;
  readonly detects: string;
  /** The baseline's request body, pretty-printed and capped: can be pasted into curl. */
  readonly requestText: string;
  /** Pairs of phase warm, by round: of more than anybody reads the gravest. */
  readonly pairs: readonly PairView[];
  /** Those that are not among them; absent where there are none. */
  readonly left?: PairsLeft;
  /** Reasons, where an endpoint was not asked. */
  readonly notTested: readonly string[];
}

/** Pairs of a case that are not shown one by one: none failed or differs where one that is shown does not. */
export interface PairsLeft {
  readonly pairs: number;
  /** How many of them stand on each rung; those that were not compared on none. */
  readonly rungs: Readonly<Partial<Record<ParityRung, number>>>;
}

/** A bar of the timeline. Times are ms from the run's first release, aligned over segments by wall clock. */
export interface TimelineBar {
  readonly exchangeId: number;
  readonly caseId: string;
  readonly endpoint: EndpointRole;
  readonly phase: Phase;
  readonly releasedMs: number;
  readonly firstTokenMs: number | null;
  readonly endedMs: number;
  readonly ok: boolean;
}

/** A quantile curve: `q` from 0 to below 1, towards the slow end; `value` in the metric's unit, null for +∞. */
export interface QuantileCurve {
  readonly metric: string;
  readonly phase: Phase;
  readonly endpoint: EndpointRole;
  readonly points: readonly (readonly [q: number, value: number | null])[];
  /** The largest q that n supports at 95 %; beyond it the curve is drawn faint. */
  readonly supportedQ: number;
}

/** One dot a case: the ratio candidate / baseline of its median over rounds, and each round's. */
export interface CaseDots {
  readonly metric: string;
  readonly caseId: string;
  readonly category: string;
  readonly ratio: number;
  readonly rounds: readonly number[];
}

/** A histogram for `tails/*.hgrm`, as HdrHistogram's own percentile text. */
export interface TailFile {
  /** File name without folder, such as `ttft.warm.candidate.hgrm`. */
  readonly name: string;
  readonly text: string;
}

export interface Details {
  readonly cases: readonly CaseView[];
  /** By id. Each row is made when it is read: a list of them would be as large as the judgement itself. */
  readonly exchanges: Iterable<ExchangeRow>;
  readonly timeline: readonly TimelineBar[];
  readonly curves: readonly QuantileCurve[];
  readonly dots: readonly CaseDots[];
  readonly tailFiles: readonly TailFile[];
}

/** A judged recording. */
export interface Report {
  readonly summary: Summary;
  readonly details: Details;
}
