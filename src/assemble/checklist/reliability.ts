import type { ChecklistItem } from "../../report/decision.js";
import { type Answer, type Evidence, failed, notTested, plural, verified } from "./evidence.js";

const STATUS_FAILURES = new Set(["http_429", "http_402", "http_401", "http_4xx", "http_5xx", "unsupported_feature"]);

export function reliabilityItems(evidence: Evidence): ChecklistItem[] {
  const item = (id: string, text: string, answer: Answer): ChecklistItem => ({
    id,
    group: "reliability",
    item: text,
    ...answer,
  });
  return [
    item(
      "errors",
      "Requests fail no more often than on the baseline",
      evidence.noWorse("errors", "first attempts failed"),
    ),
    item("timeouts-and-5xx", "No timeout and no 5xx was left after retries", finalFailures(evidence)),
    item("retry-after", "A 429 says when to come back, in a form that clients read", retryAfter(evidence)),
    item("error-envelope", "Errors have the shape that OpenAI's have", errorShape(evidence)),
    item("no-redirects", "No redirect stands on the way", redirects(evidence)),
  ];
}

function finalFailures(evidence: Evidence): Answer {
  const { own } = evidence;
  if (own.length === 0) return notTested("nothing was asked");
  const lost = own.filter(({ failure }) => failure?.kind === "timeout" || failure?.kind === "http_5xx");
  const baseline = evidence.count("timeouts", "baseline").count + evidence.count("http_5xx", "baseline").count;
  if (lost.length === 0) {
    const answered = own.filter(({ failure }) => failure === null).length;
    if (answered === 0) return notTested(`none of ${plural(own.length, "request")} was answered`);
    return verified(`none in ${plural(own.length, "request")}`);
  }
  const also = baseline > 0 ? "; the baseline had some too" : "";
  return failed(`${lost.length} of ${own.length} requests: ${lost[0]?.failure?.message.slice(0, 120) ?? ""}${also}`);
}

function retryAfter(evidence: Evidence): Answer {
  const refused = evidence.count("http_429").count;
  if (refused === 0) return notTested("no 429 was met: only load near the limits of the endpoint brings one");
  return (
    evidence.failedBy("retry-after-missing", "retry-after-form", "retry-after-contradicts", "retry-after-long") ??
    verified(`with ${plural(refused, "refusal")}; this run waited as long`)
  );
}

function errorShape(evidence: Evidence): Answer {
  const bad = evidence.failedBy(
    "error-envelope",
    "html-answer",
    "error-message-missing",
    "error-code-number",
    "error-type-missing",
  );
  if (bad !== null) return bad;
  const errors = evidence.own.reduce(
    (total, { attemptFailures }) =>
      total + attemptFailures.filter((failure) => failure !== null && STATUS_FAILURES.has(failure.kind)).length,
    0,
  );
  if (errors === 0) return notTested("no error was met: `twintail probe` asks for some on purpose");
  return verified(`of ${plural(errors, "error")} that came`);
}

function redirects(evidence: Evidence): Answer {
  const bad = evidence.failedBy(
    "redirect-other-origin",
    "redirect-other-scheme",
    "redirect-unreadable",
    "redirect-same-origin",
  );
  if (bad !== null) return bad;
  const answered = evidence.own.filter(({ status }) => status !== null).length;
  return answered === 0 ? notTested("nothing was answered") : verified(`none in ${plural(answered, "answer")}`);
}
