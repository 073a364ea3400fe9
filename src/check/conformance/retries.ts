/** Rules about what an endpoint tells clients of waiting and of asking again. They look at every attempt. */
import { header } from "../../recording/headers.js";
import type { Attempt } from "../../recording/recording.js";
import { type Rule, rule, type WireView } from "./rule.js";
import { isSuccess } from "./wire.js";

/** What a `retry-after` may be; clients read the first two and the last. */
export type RetryAfterForm = "integer" | "decimal" | "date" | "other";

export function retryAfterForm(value: string): RetryAfterForm {
  const text = value.trim();
  if (/^\d+$/.test(text)) return "integer";
  if (/^\d*\.\d+$/.test(text)) return "decimal";
  return /^[A-Z][a-z]{2},? /.test(text) && !Number.isNaN(Date.parse(text)) ? "date" : "other";
}

const isRefusal = ({ status = 0 }: Attempt): boolean => status === 429 || status >= 500;

/** The first attempt that `test` has evidence of. */
function firstOf({ exchange }: WireView, test: (attempt: Attempt) => string | null): string | null {
  for (const attempt of exchange.attempts) {
    const evidence = test(attempt);
    if (evidence !== null) return evidence;
  }
  return null;
}

const form = rule(
  {
    id: "retry-after-form",
    subject: "retries",
    severity: "differs",
    message: "`retry-after` is no whole number of seconds: clients that read only those ask again at once or fail",
    clients: "`parseInt`-based retries; openai-node and openai-python read decimals and dates too, and nothing else",
  },
  (view) =>
    firstOf(view, (attempt) => {
      const value = header(attempt, "retry-after");
      if (value === null || !isRefusal(attempt) || retryAfterForm(value) === "integer") return null;
      return `status ${attempt.status}, retry-after: ${value}`;
    }),
);

/** The longest wait that openai-python takes from the header, s. */
const LONGEST_WAIT_S = 120;

const long = rule(
  {
    id: "retry-after-long",
    subject: "retries",
    severity: "differs",
    message:
      "`retry-after` asks for more than two minutes: some clients wait as long without a word, others give up at once",
    clients: "openai-node sleeps as long as it is told; openai-python does not retry above 120 s",
  },
  (view) =>
    firstOf(view, (attempt) => {
      const seconds = Number(header(attempt, "retry-after") ?? "0");
      return isRefusal(attempt) && seconds > LONGEST_WAIT_S
        ? `status ${attempt.status}, retry-after: ${header(attempt, "retry-after")}`
        : null;
    }),
);

const missing = rule(
  {
    id: "retry-after-missing",
    subject: "retries",
    severity: "note",
    message: "a 429 does not say how long to wait: clients guess, and many guess at the same time",
    clients: "openai-node and openai-python fall back to 0.5 to 8 seconds",
  },
  (view) =>
    firstOf(view, (attempt) => {
      if (attempt.status !== 429) return null;
      const said = header(attempt, "retry-after") ?? header(attempt, "retry-after-ms");
      return said === null ? "status 429, no retry-after" : null;
    }),
);

const onSuccess = rule(
  {
    id: "retry-after-on-success",
    subject: "retries",
    severity: "note",
    message: "`retry-after` came with a success: clients that look at it before the status wait for nothing",
    clients: "middleware that honours `retry-after` on any status",
  },
  ({ attempt }) => {
    const value = header(attempt, "retry-after");
    return value !== null && isSuccess(attempt) ? `status ${attempt.status}, retry-after: ${value}` : null;
  },
);

const contradictory = rule(
  {
    id: "should-retry-contradicts",
    subject: "retries",
    severity: "differs",
    message: "`x-should-retry` says the opposite of the status: the OpenAI SDKs obey the header",
    clients: "openai-node and openai-python obey `x-should-retry` before they look at the status",
  },
  (view) =>
    firstOf(view, (attempt) => {
      const value = header(attempt, "x-should-retry");
      const contradicts =
        (value === "false" && isRefusal(attempt)) ||
        (value === "true" && [400, 401, 403, 404, 422].includes(attempt.status ?? 0));
      return contradicts ? `status ${attempt.status}, x-should-retry: ${value}` : null;
    }),
);

/** `retry-after` counts whole seconds: what rounding explains is less than one. */
const ROUNDING_MS = 1_000;

const unlike = rule(
  {
    id: "retry-after-contradicts",
    subject: "retries",
    severity: "differs",
    message: "`retry-after-ms` and `retry-after` ask for different waits: clients come back too early or too late",
    clients: "openai-node and openai-python prefer `retry-after-ms`; most others know `retry-after` alone",
  },
  (view) =>
    firstOf(view, (attempt) => {
      const [seconds, ms] = [header(attempt, "retry-after"), header(attempt, "retry-after-ms")];
      if (seconds === null || ms === null || !isRefusal(attempt)) return null;
      if (![seconds, ms].every((value) => /^\s*\d+(?:\.\d+)?\s*$/.test(value))) return null;
      return Math.abs(Number(seconds) * 1_000 - Number(ms)) >= ROUNDING_MS
        ? `status ${attempt.status}, retry-after: ${seconds}, retry-after-ms: ${ms}`
        : null;
    }),
);

export const retryRules: readonly Rule[] = [form, long, missing, onSuccess, contradictory, unlike];
