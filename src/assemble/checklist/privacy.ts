import type { ChecklistItem } from "../../report/decision.js";
import { type Answer, type Evidence, failed, named, notTested, plural, verified } from "./evidence.js";

export function privacyItems(evidence: Evidence): ChecklistItem[] {
  const item = (id: string, text: string, answer: Answer): ChecklistItem => ({
    id,
    group: "privacy",
    item: text,
    ...answer,
  });
  return [
    item("https", "The address is HTTPS", https(evidence)),
    item("key-not-echoed", "The key does not come back in headers or errors", keyNotEchoed(evidence)),
    item("store-false", "Requests to the Responses API say `store: false`", storeFalse(evidence)),
  ];
}

function https({ header }: Evidence): Answer {
  const { baseUrl } = header.endpoints.candidate;
  if (baseUrl.startsWith("https:")) return verified(baseUrl);
  const host = URL.canParse(baseUrl) ? new URL(baseUrl).hostname : "";
  const local = host === "localhost" || host === "[::1]" || host.startsWith("127.");
  return local ? notTested("the candidate is on this machine") : failed(baseUrl);
}

function keyNotEchoed({ header, own }: Evidence): Answer {
  if (header.endpoints.candidate.apiKeyEnv === undefined) return notTested("no key was sent");
  const echoed = own.filter(({ echoedKey }) => echoedKey);
  if (echoed.length > 0) {
    return failed(
      `masked in ${plural(echoed.length, "answer")}: ${named([...new Set(echoed.map(({ caseId }) => caseId))])}`,
    );
  }
  const errors = own.filter(({ failure, status }) => failure !== null && status !== null && status >= 400).length;
  if (errors === 0)
    return notTested("no error was met, and errors are what quotes a key: `twintail probe` asks for some");
  return verified(`headers of ${plural(own.length, "answer")} and ${plural(errors, "error")} were looked at`);
}

function storeFalse(evidence: Evidence): Answer {
  const asked = evidence.bodies().filter(({ golden }) => golden.api === "responses");
  if (asked.length === 0) return notTested("no case asks the Responses API");
  const without = [...new Set(asked.filter(({ body }) => body.store !== false).map(({ golden }) => golden.id))];
  return without.length > 0
    ? failed(`not said in ${named(without)}`)
    : verified(`in all ${asked.length} bodies that were sent`);
}
