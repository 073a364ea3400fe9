/** What a hop says about its own upstream: an answer that was asked for twice takes the time and the money of two. */
import { type Rule, rule } from "./rule.js";

/** `x-envoy-attempt-count: 1` is one try, `x-litellm-attempted-retries: 1` is a second one. */
function triedAgain(name: string, value: string): boolean {
  if (!/^\d{1,3}$/.test(value)) return false;
  // A limit and a wait say what may be done, not what was; so does LiteLLM's setting `x-litellm-num-retries`.
  if (/max|limit|after|num-retries|delay|interval|retry-in\b/.test(name)) return false;
  if (/retr(?:y|ies)/.test(name)) return Number(value) > 0;
  return /attempt/.test(name) && Number(value) > 1;
}

const retriedUpstream = rule(
  {
    id: "retried-upstream",
    subject: "retries",
    everyAttempt: true,
    severity: "differs",
    message:
      "a hop asked its upstream more than once for one answer: latency holds every try, and each may have been billed",
    clients: "budgets and deadlines: the client's own retries multiply with those of the hop",
  },
  ({ attempt }) => {
    for (const [name, value] of attempt.headers ?? []) {
      if (name.length <= 100 && triedAgain(name, value.trim())) return `${name}: ${value}`;
    }
    return null;
  },
);

export const upstreamRules: readonly Rule[] = [retriedUpstream];
