import type { ChecklistItem } from "../../report/decision.js";
import { type Answer, type Evidence, failed, named, notTested, verified } from "./evidence.js";

const LIMITS = ["max_tokens", "max_completion_tokens", "max_output_tokens"];

export function costItems(evidence: Evidence): ChecklistItem[] {
  const item = (id: string, text: string, answer: Answer): ChecklistItem => ({
    id,
    group: "cost",
    item: text,
    ...answer,
  });
  return [
    item(
      "cost-compared",
      "The same requests cost no more than on the baseline, retries included",
      costCompared(evidence),
    ),
    item("credit", "No request was refused for lack of credit", credit(evidence)),
    item("max-tokens", "Every request limits its output tokens", maxTokens(evidence)),
  ];
}

function costCompared({ summary: { cost }, own }: Evidence): Answer {
  const [before, after] = [cost.baseline.per1000Requests, cost.candidate.per1000Requests];
  if (before === null || after === null) {
    const side = after === null ? "candidate" : "baseline";
    return notTested(`${side}: ${cost[side].notes[0] ?? "not known"}`);
  }
  const seen = `${usd(before)} → ${usd(after)} per 1,000 requests`;
  if (after > before) return failed(seen);
  // What failed for good counts as nothing spent: who answers half of the requests is not cheap.
  const lost = own.filter(({ failure, usage }) => failure !== null && usage === null).length;
  return lost > 0 ? notTested(`${seen}, but ${lost} of ${own.length} requests were never answered`) : verified(seen);
}

function usd(value: number): string {
  return `$${value.toPrecision(3)}`;
}

function credit(evidence: Evidence): Answer {
  const { count, of } = evidence.count("http_402");
  if (!evidence.own.some(({ status }) => status !== null)) return notTested("nothing was answered");
  return count > 0 ? failed(`${count} of ${of} attempts: HTTP 402`) : verified(`no 402 in ${of} attempts`);
}

function maxTokens(evidence: Evidence): Answer {
  const asked = evidence.bodies().filter(({ golden }) => golden.api !== "embeddings");
  if (asked.length === 0) return notTested("no request generates text");
  const without = [
    ...new Set(
      asked.filter(({ body }) => !LIMITS.some((key) => typeof body[key] === "number")).map(({ golden }) => golden.id),
    ),
  ];
  return without.length > 0
    ? failed(`none in ${named(without)}`)
    : verified(`in all ${asked.length} bodies that were sent`);
}
