/**
 * Asked before a run: does an endpoint take `stream_options.include_usage`? Some refuse it with a 400 or 422, and then
 * every streamed request of the run would fail. One small streamed request an endpoint, and one more without the option
 * where the first was refused. Endpoints that scale to zero are left asleep.
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
const REFUSALS = new Set([400, 422]);

/** Some models refuse fewer. */
const MAX_TOKENS = 16;

const ASKED: GoldenCase = {
  id: "preflight",
  category: "preflight",
  tags: [],
  detects: "a stream that is refused because usage was asked for",
  api: "chat",
  variants: ["stream"],
  repeat: 1,
  prefix: "shared",
  request: { messages: [{ role: "user", content: "Say ok." }], max_tokens: MAX_TOKENS },
  expect: {},
};

export interface PreflightInput {
  readonly settings: Settings;
  readonly access: Access;
  readonly userAgent: string;
  readonly stop?: AbortSignal | undefined;
}

/** What the endpoints that were asked said; empty when none was. */
export async function preflight(input: PreflightInput): Promise<Partial<Record<EndpointRole, Preflight>>> {
  const asked = ROLES.filter((role) => {
    const { wake, streamUsage, models } = input.settings.endpoints[role];
    return wake === undefined && streamUsage && typeof models.default === "string";
  });
  if (asked.length === 0) return {};
  const first = await send(input, asked, true);
  const refused = asked.filter((role) => REFUSALS.has(first[role]?.status ?? 0));
  const second = refused.length === 0 ? {} : await send(input, refused, false);
  return Object.fromEntries(
    asked.map((role) => {
      const attempt = first[role];
      // Refused for another reason, it is refused without the option too: the run itself will say why.
      const blamed = second[role] !== undefined && succeeded(second[role]);
      const streamUsage = attempt !== undefined && succeeded(attempt) ? "accepted" : blamed ? "refused" : "unknown";
      const answer: Preflight = {
        streamUsage,
        ...(attempt?.status === undefined ? {} : { status: attempt.status }),
        ...(streamUsage === "accepted" || attempt === undefined ? {} : { message: messageOf(attempt) }),
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

/** Answered with a stream; an error in its first read is a refusal all the same. */
function succeeded(attempt: Attempt): boolean {
  return attempt.status === 200 && decodeAttempt(attempt, "chat", "stream").error === null;
}

function messageOf(attempt: Attempt): string {
  const completion = decodeAttempt(attempt, "chat", "stream");
  if (attempt.status === undefined) return failureOf(attempt, completion, "chat")?.message ?? "";
  return `HTTP ${attempt.status}: ${completion.error?.message ?? "no message"}`;
}

async function send(
  { settings, access, userAgent, stop }: PreflightInput,
  roles: readonly EndpointRole[],
  streamUsage: boolean,
): Promise<Partial<Record<EndpointRole, Attempt>>> {
  const requests: Record<string, RequestTemplate> = {};
  const rows = roles.map((role, id): PlannedRequest => {
    const endpoint = { ...settings.endpoints[role], streamUsage };
    const model = endpoint.models.default ?? "";
    const request = buildRequest(endpoint, ASKED, { variant: "stream", model, nonce: null, userAgent });
    requests[request.id] = request.template;
    return {
      id,
      pairId: 0,
      endpoint: role,
      arm: role,
      caseId: ASKED.id,
      repeat: 0,
      round: 0,
      phase: "probe",
      variant: "stream",
      requestId: request.id,
      // Its status is the answer: a stream without end must not hold the run up.
      cancel: { afterReads: 1 },
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
  await capture(
    {
      plan,
      runId: "preflight",
      endpoints: access.endpoints,
      settings: settings.capture,
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
    stop,
  );
  return attempts;
}
