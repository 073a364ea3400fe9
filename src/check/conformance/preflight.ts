/** What was learned before the run, as findings: the plan was changed by it, so that the exchanges cannot show it. */
import type { HeaderLine } from "../../recording/recording.js";
import { cut } from "../evidence.js";
import type { Finding } from "../finding.js";
import type { RuleText } from "./rule.js";

export const streamOptionsRejected: RuleText = {
  id: "stream-options-rejected",
  subject: "usage",
  severity: "breaks",
  message:
    "`stream_options` is refused, so a client that asks for usage in its streams fails; this run asked without it",
  clients: "everything that sets `stream_options.include_usage`: accounting middleware, LangChain with `stream_usage`",
  setting: "`streamUsage: false`, which a run sets by itself where its preflight was refused",
};

export function preflightFindings({ preflight }: Pick<HeaderLine, "preflight">): Finding[] {
  const refused = (["candidate", "baseline"] as const).filter(
    (endpoint) => preflight?.[endpoint]?.streamUsage === "refused",
  );
  const { id, severity, message, clients } = streamOptionsRejected;
  return refused.map((endpoint) => ({
    rule: id,
    severity,
    message,
    clients,
    evidence: cut(preflight?.[endpoint]?.message ?? ""),
    endpoint,
    exchanges: { count: 1, of: 1 },
    sides: refused.length === 2 ? "both" : endpoint,
  }));
}
