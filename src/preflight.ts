/**
 * Asked before a run: does an endpoint take `stream_options.include_usage`? Some refuse it, and then every streamed
 * request of the run would fail. One small streamed request an endpoint; where it is refused one without the option, and
 * where that is answered the first once more, so that a passing error is not taken for a refusal. Endpoints that scale
 * to zero are left asleep.
 */
import { capture } from "./capture/capture.js";
import type { EndpointRole, EndpointSettings, Settings } from "./config/settings.js";
import { decodeAttempt } from "./decode/decode.js";
import { failureOf } from "./decode/failure.js";
import type { GoldenCase } from "./golden/golden-set.js";
import type { Plan, PlannedRequest, RequestTemplate } from "./plan/plan.js";
import { buildRequest } from "./plan/request.js";
import type { Access } from "./record.js";
import type { Attempt, Preflight } from "./recording/recording.js";
import { withoutKeys } from "./redact/keys.js";

const ROLES = ["baseline", "candidate"] as const;
/** What these say has nothing to do with a field of the body. */
const ABOUT_ELSE = new Set([401, 402, 403, 429, 503, 504, 529]);

/** Some models refuse fewer. */
const MAX_TOKENS = 16;
const LIMITS = ["max_completion_tokens", "max_tokens"] as const;

/** Limited as the cases of the set are: an endpoint may refuse the other name. */
const asked = (cases: readonly GoldenCase[]): GoldenCase => ({
  id: "preflight",
  category: "preflight",
  tags: [],
  detects: "a stream that is refused because usage was asked for",
  api: "chat",
  variants: ["stream"],
  repeat: 1,
  prefix: "shared",
  request: { messages: [{ role: "user", content: "Say ok." }], ...limitOf(cases) },
  expect: {},
});

function limitOf(cases: readonly GoldenCase[]): Readonly<Record<string, number>> {
  const key = LIMITS.find((each) => cases.some(({ api, request }) => api === "chat" && each in request));
  return key === undefined ? {} : { [key]: MAX_TOKENS };
}

export interface PreflightInput {
  readonly settings: Settings;
  readonly access: Access;
  readonly cases: readonly GoldenCase[];
  readonly userAgent: string;
  readonly stop?: AbortSignal | undefined;
  /** Those that may be asked. */
  readonly roles?: readonly EndpointRole[];
}

/** What the endpoints that were asked said; empty when none was. */
export async function preflight(input: PreflightInput): Promise<Partial<Record<EndpointRole, Preflight>>> {
  const roles = (input.roles ?? ROLES).filter((role) => {
    const { wake, streamUsage, models } = input.settings.endpoints[role];
    return wake === undefined && streamUsage && typeof models.default === "string";
  });
  if (roles.length === 0) return {};
  const first = await send(input, roles, true);
  const refused = roles.filter((role) => isRefusal(first[role]));
  const without = refused.length === 0 ? {} : await send(input, refused, false);
  // Refused for another reason, it is refused without the option too: the run itself will say why.
  const suspected = refused.filter((role) => isAnswer(without[role]));
  const again = suspected.length === 0 ? {} : await send(input, suspected, true);
  return Object.fromEntries(
    roles.map((role) => {
      const last = again[role] ?? first[role];
      const streamUsage = isAnswer(last) ? "accepted" : isRefusal(again[role]) ? "refused" : "unknown";
      const answer: Preflight = {
        streamUsage,
        ...(last?.status === undefined ? {} : { status: last.status }),
        ...(streamUsage === "accepted" || last === undefined ? {} : { message: messageOf(last) }),
      };
      return [role, answer];
    }),
  );
}

/** The settings with `streamUsage` off where it was refused. */
export function heedPreflight(settings: Settings, said: Partial<Record<EndpointRole, Preflight>>): Settings {
  if (ROLES.every((role) => said[role]?.streamUsage !== "refused")) return settings;
  const endpoint = (role: EndpointRole): EndpointSettings =>
    said[role]?.streamUsage === "refused"
      ? { ...settings.endpoints[role], streamUsage: false }
      : settings.endpoints[role];
  return { ...settings, endpoints: { baseline: endpoint("baseline"), candidate: endpoint("candidate") } };
}

/** Answered with a stream; an error in its first reads is a refusal all the same. */
function isAnswer(attempt: Attempt | undefined): boolean {
  return attempt?.status === 200 && decodeAttempt(attempt, "chat", "stream").error === null;
}

function isRefusal(attempt: Attempt | undefined): boolean {
  return attempt?.status !== undefined && !isAnswer(attempt) && !ABOUT_ELSE.has(attempt.status);
}

function messageOf(attempt: Attempt): string {
  const completion = decodeAttempt(attempt, "chat", "stream");
  if (attempt.status === undefined) return failureOf(attempt, completion, "chat")?.message ?? "";
  return `HTTP ${attempt.status}: ${completion.error?.message ?? "no message"}`;
}

async function send(
  { settings, access, cases, userAgent, stop }: PreflightInput,
  roles: readonly EndpointRole[],
  streamUsage: boolean,
): Promise<Partial<Record<EndpointRole, Attempt>>> {
  const golden = asked(cases);
  const requests: Record<string, RequestTemplate> = {};
  const rows = roles.map((role, id): PlannedRequest => {
    const endpoint = { ...settings.endpoints[role], streamUsage };
    const model = endpoint.models.default ?? "";
    const request = buildRequest(endpoint, golden, { variant: "stream", model, userAgent });
    requests[request.id] = request.template;
    return {
      id,
      pairId: 0,
      endpoint: role,
      arm: role,
      caseId: golden.id,
      repeat: 0,
      round: 0,
      phase: "probe",
      variant: "stream",
      requestId: request.id,
      // Its beginning is the answer: a stream without end must not hold the run up.
      cancel: { afterReads: 4 },
    };
  });
  const plan: Plan = {
    seed: 0,
    rounds: 1,
    rows,
    blocks: [{ phase: "probe", concurrency: 1, releases: [{ rows: rows.map(({ id }) => id), notBeforeMs: 0 }] }],
    requests,
    notTested: [],
    digest: "",
  };
  const attempts: Partial<Record<EndpointRole, Attempt>> = {};
  const { maxRequests: _, ...withoutLimit } = settings.capture;
  await capture(
    {
      plan,
      runId: "preflight",
      endpoints: access.endpoints,
      settings: withoutLimit,
      originNs: process.hrtime.bigint(),
    },
    0,
    {
      onExchange: (exchange) => {
        const last = withoutKeys(exchange, access.secrets).attempts.at(-1);
        if (last !== undefined) attempts[exchange.endpoint] = last;
      },
      onMachine: () => {},
    },
    { stop },
  );
  return attempts;
}
