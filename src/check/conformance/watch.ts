/**
 * Runs the rules over the exchanges of a recording, and makes one finding of each rule and endpoint.
 */
import type { EndpointRole } from "../../config/settings.js";
import type { AnomalyKind } from "../../decode/anomaly.js";
import type { Completion } from "../../decode/completion.js";
import type { GoldenCase } from "../../golden/golden-set.js";
import type { Attempt, Exchange } from "../../recording/recording.js";
import { cut } from "../evidence.js";
import { type Finding, type FindingSides, SEVERITY_RANK } from "../finding.js";
import type { AnomalyRule, Rule, Tally, Watch, WireView } from "./rule.js";
import { RULES } from "./rules.js";

/** One exchange to look at. */
export interface WatchedExchange {
  readonly exchange: Exchange;
  readonly completion: Completion;
  /** The attempts before the last one, where there were any; not kept. */
  readonly earlier?: readonly { readonly attempt: Attempt; readonly completion: Completion }[];
  readonly golden: GoldenCase;
  readonly body: Readonly<Record<string, unknown>>;
  /** The path that was asked, from the request template. */
  readonly path?: string | undefined;
  /** The endpoint's base address, from the recording's header. */
  readonly baseUrl?: string | undefined;
}

export interface ConformanceWatch {
  /** Exchanges may come in any order: the evidence is the sighting with the lowest exchange id. */
  see(exchange: WatchedExchange): void;
  /** One finding a rule and endpoint, gravest first, with how many exchanges showed it. */
  findings(): Finding[];
}

interface Sighting {
  evidence: string;
  caseId: string;
  exchangeId: number;
  count: number;
}

const ENDPOINTS = ["baseline", "candidate"] as const;
type PerEndpoint<T> = Record<EndpointRole, T>;

/** Begins to watch the wire. Holds no exchange, so a recording of any length can be streamed through it. */
export function watchConformance(rules: readonly Rule[] = RULES): ConformanceWatch {
  const seen: PerEndpoint<number> = { baseline: 0, candidate: 0 };
  const sightings = new Map<Rule, PerEndpoint<Sighting | null>>();
  const byKind = new Map<AnomalyKind, AnomalyRule[]>();
  const watches: { rule: Rule; watch: PerEndpoint<Watch> }[] = [];
  const tallies = new Map<Rule, Tally>();
  for (const rule of rules) {
    if ("kind" in rule) byKind.set(rule.kind, [...(byKind.get(rule.kind) ?? []), rule]);
    else if ("watch" in rule) watches.push({ rule, watch: { baseline: rule.watch(), candidate: rule.watch() } });
    else tallies.set(rule, rule.tally());
  }

  function note(rule: Rule, endpoint: EndpointRole, seen: Omit<Sighting, "count">): void {
    const both = sightings.get(rule) ?? { baseline: null, candidate: null };
    sightings.set(rule, both);
    const first = both[endpoint];
    if (first === null || seen.exchangeId < first.exchangeId) {
      both[endpoint] = { ...seen, evidence: cut(seen.evidence), count: (first?.count ?? 0) + 1 };
    } else first.count++;
  }

  function seeAnomalies(view: WireView): void {
    const { id: exchangeId, endpoint, caseId } = view.exchange;
    const done = new Set<Rule>();
    for (const shown of [view, ...view.earlier]) {
      for (const { kind, evidence } of shown.completion.anomalies) {
        for (const rule of byKind.get(kind) ?? []) {
          if (shown !== view && !rule.everyAttempt) continue;
          if (done.has(rule) || rule.when?.(shown) === false) continue;
          done.add(rule);
          note(rule, endpoint, { evidence, exchangeId, caseId });
        }
      }
    }
  }

  function findingsOf(rule: Rule): Omit<Finding, "sides">[] {
    const { id, severity, message, clients } = rule;
    const text = { rule: id, severity, message, clients };
    const tally = tallies.get(rule);
    if (tally !== undefined) {
      return tally.verdicts().map(({ evidence, endpoint, caseId, count, of }) => ({
        ...text,
        evidence: cut(evidence),
        exchanges: { count, of },
        ...(endpoint === undefined ? {} : { endpoint }),
        ...(caseId === undefined ? {} : { caseId }),
      }));
    }
    return ENDPOINTS.flatMap((endpoint) => {
      const first = sightings.get(rule)?.[endpoint];
      if (!first) return [];
      const { evidence, caseId, count } = first;
      return [{ ...text, evidence, endpoint, caseId, exchanges: { count, of: seen[endpoint] } }];
    });
  }

  return {
    see({ exchange, completion, earlier, golden, body, path, baseUrl }) {
      const attempt = exchange.attempts.at(-1);
      if (!attempt) return;
      const { id: exchangeId, endpoint, caseId } = exchange;
      const asked = { exchange, golden, body, path: path ?? null, baseUrl: baseUrl ?? null, earlier: [] };
      const before = (earlier ?? []).map((each): WireView => ({ ...asked, ...each }));
      const view: WireView = { ...asked, attempt, completion, earlier: before };
      seen[endpoint]++;
      seeAnomalies(view);
      for (const { rule, watch } of watches) {
        const saw = firstSeen(watch[endpoint], rule.everyAttempt ? [view, ...before] : [view]);
        if (saw === null) continue;
        note(rule, endpoint, typeof saw === "string" ? { evidence: saw, exchangeId, caseId } : saw);
      }
      for (const tally of tallies.values()) tally.see(view);
    },
    findings() {
      const findings = rules.flatMap((rule) => {
        const own = findingsOf(rule);
        const sides = sidesOf(own.map(({ endpoint }) => endpoint));
        return own.map((finding): Finding => ({ ...finding, sides }));
      });
      return findings.sort((a, b) => SEVERITY_RANK[a.severity] - SEVERITY_RANK[b.severity]);
    },
  };
}

function firstSeen(watch: Watch, views: readonly WireView[]): ReturnType<Watch> {
  for (const view of views) {
    const saw = watch(view);
    if (saw !== null) return saw;
  }
  return null;
}

function sidesOf(endpoints: readonly (EndpointRole | undefined)[]): FindingSides {
  const [first, second] = endpoints;
  if (first === undefined) return "pair";
  return second === undefined ? first : "both";
}
