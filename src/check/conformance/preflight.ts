/** What was learned before the run, as findings: the plan was changed by it, so that the exchanges cannot show it. */
import type { HeaderLine } from "../../recording/recording.js";
import { cut } from "../evidence.js";
import type { Finding } from "../finding.js";

export function preflightFindings({ preflight }: Pick<HeaderLine, "preflight">): Finding[] {
  return (["candidate", "baseline"] as const).flatMap((endpoint): Finding[] => {
    const said = preflight?.[endpoint];
    if (said?.streamUsage !== "refused") return [];
    return [
      {
        rule: "stream-options-rejected",
        severity: "breaks",
        message:
          "`stream_options` is refused: a client that asks for usage in its streams fails; this run asked without it",
        evidence: cut(said.message ?? ""),
        endpoint,
      },
    ];
  });
}
