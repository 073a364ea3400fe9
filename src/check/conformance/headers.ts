/** Rules about response headers that one endpoint sends and the other does not. */
import { pairRule, type Rule, type RuleText } from "./rule.js";
import { isSuccess } from "./wire.js";

/** Names and the form of their first value, of one endpoint. Bounded: headers beyond it are those of no client. */
const MAX_NAMES = 64;
const MAX_NAME_LENGTH = 60;

/** Lowest exchange first, so that the order of exchanges does not decide which value is shown. */
interface HeaderAccount {
  readonly values: Map<string, { id: number; value: string }>;
}

/** A rule over the headers whose names `wanted` picks, on successes alone: errors come from other hops. */
function headerRule(
  text: RuleText,
  wanted: (name: string) => boolean,
  compare: (baseline: ReadonlyMap<string, string>, candidate: ReadonlyMap<string, string>) => string | null,
): Rule {
  const valuesOf = ({ values }: HeaderAccount): Map<string, string> =>
    new Map([...values].map(([name, { value }]) => [name, value] as const).sort(([a], [b]) => (a < b ? -1 : 1)));
  return pairRule<HeaderAccount>(
    text,
    () => ({ values: new Map() }),
    ({ values }, view) => {
      if (!isSuccess(view.attempt) || view.attempt.headers === undefined) return false;
      for (const [name, value] of view.attempt.headers) {
        if (name.length > MAX_NAME_LENGTH || !wanted(name)) continue;
        const known = values.get(name);
        if (known !== undefined && known.id <= view.exchange.id) continue;
        values.set(name, { id: view.exchange.id, value: value.slice(0, 80) });
        // The first by name are kept, whichever came first.
        if (values.size > MAX_NAMES) values.delete([...values.keys()].sort().at(-1) ?? name);
      }
      return true;
    },
    (baseline, candidate) => {
      const evidence = compare(valuesOf(baseline), valuesOf(candidate));
      return evidence === null ? null : { evidence };
    },
  );
}

const shown = (headers: ReadonlyMap<string, string>): string =>
  headers.size === 0 ? "none" : [...headers].map(([name, value]) => `${name}: ${value}`).join(", ");

const REQUEST_ID = /^(?:x-request-id|request-id|x-amzn-requestid|apim-request-id|x-ms-request-id|cf-ray|x-trace-id)$/;

const requestId = headerRule(
  {
    id: "request-id-header-differs",
    subject: "headers",
    severity: "note",
    message: "the two endpoints do not both send `x-request-id`: what clients log for support is empty on one side",
    clients: "openai-node's and openai-python's `_request_id` and `error.requestID` read `x-request-id`",
  },
  (name) => REQUEST_ID.test(name) && name !== "cf-ray",
  (baseline, candidate) => {
    if (baseline.has("x-request-id") === candidate.has("x-request-id")) return null;
    return `baseline: ${shown(baseline)}; candidate: ${shown(candidate)}`;
  },
);

/** The forms that rate-limit headers come in. */
function rateForm(value: string): string {
  const text = value.trim();
  if (/^\d+$/.test(text)) return text.length >= 9 ? "timestamp" : "integer";
  if (/^\d+\.\d+$/.test(text)) return "decimal";
  if (/^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/.test(text)) return "duration";
  return /^\d{4}-\d{2}-\d{2}|^[A-Z][a-z]{2},/.test(text) ? "date" : "other";
}

const rateLimit = headerRule(
  {
    id: "rate-limit-headers-differ",
    subject: "headers",
    severity: "differs",
    message:
      "rate-limit headers have other names or forms: clients that pace themselves by them go blind or misread them",
    clients:
      "pacing by `x-ratelimit-remaining-…` and `x-ratelimit-reset-…`, which OpenAI sends as durations such as `6m0s`",
  },
  (name) => /^(?:x-)?ratelimit/.test(name) || /-ratelimit-/.test(name) || /^x-rate-limit/.test(name),
  (baseline, candidate) => {
    const forms = (headers: ReadonlyMap<string, string>) =>
      [...headers].map(([name, value]) => `${name} ${rateForm(value)}`).join(", ");
    if (forms(baseline) === forms(candidate)) return null;
    return `baseline: ${forms(baseline) || "none"}; candidate: ${forms(candidate) || "none"}`;
  },
);

const HOPS =
  /^(?:server|via|cf-ray|x-served-by|x-envoy-upstream-service-time|x-kong-[a-z-]+|x-litellm-[a-z-]+|x-portkey-[a-z-]+|x-amz-cf-id|x-vercel-id|x-azure-ref|x-cache)$/;

const hops = headerRule(
  {
    id: "hops-differ",
    subject: "headers",
    severity: "note",
    message: "headers name other servers and hops on the way: their deadlines and buffers are part of the move",
    clients: "none by itself: look here first when streams are cut or held back on one side",
  },
  (name) => HOPS.test(name),
  (baseline, candidate) => {
    // Values of counters and ids change with each request; `server` and `via` name the hop itself.
    const named = (headers: ReadonlyMap<string, string>) =>
      [...headers]
        .map(([name, value]) => (name === "server" || name === "via" ? `${name}: ${value}` : name))
        .join(", ");
    if (named(baseline) === named(candidate)) return null;
    return `baseline: ${named(baseline) || "none"}; candidate: ${named(candidate) || "none"}`;
  },
);

const processingTime = headerRule(
  {
    id: "processing-time-header-differs",
    subject: "headers",
    severity: "note",
    message: "only one endpoint says how long it worked: dashboards of server time are empty on the other side",
    clients: "dashboards that read `openai-processing-ms`",
  },
  (name) => name === "openai-processing-ms" || name === "openai-version" || name === "openai-organization",
  (baseline, candidate) => {
    if (baseline.has("openai-processing-ms") === candidate.has("openai-processing-ms")) return null;
    return `baseline: ${shown(baseline)}; candidate: ${shown(candidate)}`;
  },
);

const MAX_VALUE = 80;

/** What one endpoint says of itself is compared with what was asked: OpenAI answers with a dated name of the same model. */
const modelEcho: Rule = {
  id: "model-echo-differs",
  subject: "headers",
  severity: "note",
  message: "the model in the answer is not the one that was asked for: logs and accounts by model split",
  clients: "accounting and routing that read `model` from the answer; OpenAI adds a date to the name",
  watch: () => (view) => {
    const { completion, body } = view;
    const asked = body.model;
    if (typeof asked !== "string" || completion.model === null) return null;
    const [said, wanted] = [completion.model.toLowerCase(), asked.toLowerCase()];
    // `gpt-4o` → `gpt-4o-2024-08-06`, `openai/gpt-4o` → `gpt-4o`.
    if (said.startsWith(wanted) || wanted.endsWith(`/${said}`) || said.endsWith(`/${wanted}`)) return null;
    return `asked for ${asked.slice(0, MAX_VALUE)}, model: ${completion.model.slice(0, MAX_VALUE)}`;
  },
};

export const headerRules: readonly Rule[] = [requestId, rateLimit, hops, processingTime, modelEcho];
