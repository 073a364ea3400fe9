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
        const saw = entry.watch({ exchange, attempt, completion, golden, body });
        if (saw === null) continue;
        const { evidence, exchangeId, caseId } =
          typeof saw === "string" ? { evidence: saw, exchangeId: exchange.id, caseId: exchange.caseId } : saw;
        const count = (entry.first?.count ?? 0) + 1;
        const earliest = entry.first === null || exchangeId < entry.first.exchangeId;
        entry.first = earliest
          ? { evidence: cut(evidence), caseId, exchangeId, count }
          : { ...(entry.first as Sighting), count };
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
