/**
 * What a rule of conformance is. A rule sees the wire of one endpoint, exchange by exchange, and says what a client
 * would stumble over. It knows neither the other endpoint nor whether the answer was right.
 */
import type { Completion } from "../../decode/completion.js";
import type { GoldenCase } from "../../golden/golden-set.js";
import type { Attempt, Exchange } from "../../recording/recording.js";
import type { Severity } from "../finding.js";

/** One exchange, as a rule sees it. */
export interface WireView {
  readonly exchange: Exchange;
  /** The attempt that answered: the last one. */
  readonly attempt: Attempt;
  readonly completion: Completion;
  readonly golden: GoldenCase;
  /** The request body as it was sent. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** What was seen of another exchange than the one just shown. */
export interface EarlierSighting {
  readonly evidence: string;
  readonly exchangeId: number;
  readonly caseId: string;
}

/** The evidence of one sighting: what was sent, or null when the exchange gives no cause. */
export type Watch = (view: WireView) => string | EarlierSighting | null;

export interface Rule {
  /** Kebab-case, stable: reports of different nights are compared by it. */
  readonly id: string;
  readonly severity: Severity;
  /** What was found and what it does to a client, in one sentence without its full stop. */
  readonly message: string;
  /** Begins to watch one endpoint. Rules over many exchanges keep what they have seen in the closure. */
  watch(): Watch;
}

/** A rule that needs one exchange only. */
export function rule(id: string, severity: Severity, message: string, see: Watch): Rule {
  return { id, severity, message, watch: () => see };
}
