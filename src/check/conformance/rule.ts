/**
 * What a rule of conformance is. A rule sees the wire, exchange by exchange, and says what a client would stumble over.
 * It does not know whether the answer was right, and never decodes: what the bytes said is in the completion.
 *
 * Three kinds, from small to large: an anomaly that decoding has seen already, one exchange (or what one endpoint sent
 * so far), and a tally over the exchanges of both endpoints. Findings never depend on the order of exchanges, and only
 * rules of the subject `delivery` depend on how bytes were cut into reads.
 */
import type { EndpointRole } from "../../config/settings.js";
import type { AnomalyKind } from "../../decode/anomaly.js";
import type { Completion } from "../../decode/completion.js";
import type { GoldenCase } from "../../golden/golden-set.js";
import type { Attempt, Exchange } from "../../recording/recording.js";
import type { Severity } from "../finding.js";

/** What a rule is about; the order is that of docs/wire.md. */
export const SUBJECTS = [
  "framing",
  "events",
  "finish",
  "usage",
  "bodies",
  "content",
  "tool calls",
  "errors",
  "retries",
  "addresses",
  "delivery",
  "connections",
  "headers",
  "embeddings",
  "responses",
] as const;

export type Subject = (typeof SUBJECTS)[number];

/** One exchange, as a rule sees it. */
export interface WireView {
  readonly exchange: Exchange;
  /** The attempt that answered: the last one, but for rules of every attempt. */
  readonly attempt: Attempt;
  readonly completion: Completion;
  readonly golden: GoldenCase;
  /** The request body as it was sent. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The path that was asked; null where the recording does not say. */
  readonly path: string | null;
  /** The endpoint's base address; null where the recording does not say. */
  readonly baseUrl: string | null;
  /** The same exchange, as each attempt before the last one showed it. */
  readonly earlier: readonly WireView[];
}

/** What was seen of another exchange than the one just shown. */
export interface EarlierSighting {
  readonly evidence: string;
  readonly exchangeId: number;
  readonly caseId: string;
}

/** The evidence of one sighting: what was sent, or null when the exchange gives no cause. */
export type Watch = (view: WireView) => string | EarlierSighting | null;

/** What a tally says at the end. */
export interface Verdict {
  /** Absent when it is about the two endpoints together. */
  readonly endpoint?: EndpointRole;
  /** The figures, and what was sent. */
  readonly evidence: string;
  readonly count: number;
  readonly of: number;
  readonly caseId?: string;
}

/** Sees the exchanges of both endpoints in any order, and keeps no more than a bounded account of them. */
export interface Tally {
  see(view: WireView): void;
  verdicts(): readonly Verdict[];
}

export interface RuleText {
  /** Kebab-case, stable: reports of different nights are compared by it. */
  readonly id: string;
  readonly subject: Subject;
  /** What OpenAI itself sends is a `note` at most. */
  readonly severity: Severity;
  /** What was found and what it does to a client, in one sentence without its full stop. */
  readonly message: string;
  /** The clients or habits that it breaks. */
  readonly clients: string;
  /** The setting of `twintail.yaml` that deals with it, where there is one. */
  readonly setting?: string;
  /** Looks at each attempt, the last one first: a retry repairs what it is about for twintail, not for its clients. */
  readonly everyAttempt?: true;
  /** Facts of decoding that this rule answers for, beside those it names itself. */
  readonly covers?: readonly AnomalyKind[];
}

export interface AnomalyRule extends RuleText {
  readonly kind: AnomalyKind;
  /** Narrows the cause, where the fact alone is none. */
  when?(view: WireView): boolean;
}

export interface ExchangeRule extends RuleText {
  /** Begins to watch one endpoint. Rules over many exchanges keep what they have seen in the closure. */
  watch(): Watch;
}

export interface TallyRule extends RuleText {
  /** Begins to count over both endpoints. */
  tally(): Tally;
}

export type Rule = AnomalyRule | ExchangeRule | TallyRule;

/** A row of a table of anomaly rules: the id is the fact's own name unless the row has another. */
export type AnomalyRow = Omit<AnomalyRule, "id" | "subject"> & { readonly id?: string };

export function anomalyRules(subject: Subject, rows: readonly AnomalyRow[]): readonly AnomalyRule[] {
  return rows.map((row) => ({ id: row.kind, ...row, subject }));
}

/** A rule that needs one exchange only. */
export function rule(text: RuleText, see: Watch): ExchangeRule {
  return { ...text, watch: () => see };
}

/** What a tally of one endpoint says at the end; null when it has no cause. */
export interface Account {
  see(view: WireView): void;
  verdict(): Omit<Verdict, "endpoint"> | null;
}

/** A rule that keeps one account an endpoint. */
export function endpointRule(text: RuleText, account: () => Account): TallyRule {
  return {
    ...text,
    tally() {
      const accounts = { baseline: account(), candidate: account() };
      return {
        see: (view) => accounts[view.exchange.endpoint].see(view),
        verdicts: () =>
          (["baseline", "candidate"] as const).flatMap((endpoint) => {
            const verdict = accounts[endpoint].verdict();
            return verdict === null ? [] : [{ ...verdict, endpoint }];
          }),
      };
    },
  };
}

/** What a rule over two accounts says of them; null when they are alike or one endpoint was not asked. */
export type Difference = Pick<Verdict, "evidence" | "endpoint">;

/** A rule that holds the accounts of both endpoints against each other. */
export function pairRule<T>(
  text: RuleText,
  begin: () => T,
  see: (account: T, view: WireView) => boolean,
  compare: (baseline: T, candidate: T) => Difference | null,
): TallyRule {
  return {
    ...text,
    tally() {
      const accounts = { baseline: begin(), candidate: begin() };
      const counts = { baseline: 0, candidate: 0 };
      return {
        see(view) {
          const { endpoint } = view.exchange;
          if (see(accounts[endpoint], view)) counts[endpoint]++;
        },
        verdicts() {
          if (counts.baseline === 0 || counts.candidate === 0) return [];
          const difference = compare(accounts.baseline, accounts.candidate);
          if (difference === null) return [];
          const of =
            difference.endpoint === undefined ? counts.baseline + counts.candidate : counts[difference.endpoint];
          return [{ ...difference, count: of, of }];
        },
      };
    },
  };
}
