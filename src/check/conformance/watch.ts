/**
 * Runs the rules over the exchanges of a recording, and makes one finding of each rule and endpoint.
 */
import type { EndpointRole } from "../../config/settings.js";
import type { Completion } from "../../decode/completion.js";
import type { GoldenCase } from "../../golden/golden-set.js";
import type { Exchange } from "../../recording/recording.js";
import { cut } from "../evidence.js";
import { type Finding, SEVERITY_RANK } from "../finding.js";
import type { Rule, Watch } from "./rule.js";
import { RULES } from "./rules.js";

/** One exchange to look at. */
export interface WatchedExchange {
  readonly exchange: Exchange;
  readonly completion: Completion;
  readonly golden: GoldenCase;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface ConformanceWatch {
  /** Show exchanges in the order of their ids: the first sighting becomes the evidence. */
  see(exchange: WatchedExchange): void;
  /** One finding a rule and endpoint, gravest first, with how many exchanges showed it. */
  findings(): Finding[];
}

interface Sighting {
  readonly evidence: string;
  readonly caseId: string;
  count: number;
}

/** Begins to watch the wire. Holds no exchange, so a recording of any length can be streamed through it. */
export function watchConformance(rules: readonly Rule[] = RULES): ConformanceWatch {
  const seen: Record<EndpointRole, number> = { baseline: 0, candidate: 0 };
  const watches: { rule: Rule; endpoint: EndpointRole; watch: Watch; first: Sighting | null }[] = rules.flatMap(
    (rule) =>
      (["baseline", "candidate"] as const).map((endpoint) => ({ rule, endpoint, watch: rule.watch(), first: null })),
  );
  return {
    see({ exchange, completion, golden, body }) {
      const attempt = exchange.attempts.at(-1);
      if (!attempt) return;
      seen[exchange.endpoint]++;
      for (const entry of watches) {
        if (entry.endpoint !== exchange.endpoint) continue;
        const evidence = entry.watch({ exchange, attempt, completion, golden, body });
        if (evidence === null) continue;
        if (entry.first) entry.first.count++;
        else entry.first = { evidence: cut(evidence), caseId: exchange.caseId, count: 1 };
      }
    },
    findings() {
      const findings = watches.flatMap(({ rule, endpoint, first }): Finding[] => {
        if (!first) return [];
        const message = `${rule.message} (${first.count} of ${seen[endpoint]} exchanges)`;
        const { evidence, caseId } = first;
        return [{ rule: rule.id, severity: rule.severity, message, evidence, endpoint, caseId }];
      });
      return findings.sort((a, b) => SEVERITY_RANK[a.severity] - SEVERITY_RANK[b.severity]);
    },
  };
}
