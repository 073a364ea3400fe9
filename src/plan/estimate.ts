/** What a plan will cost, before the first request is sent. Estimates, and labelled so wherever they are shown. */
import type { EndpointRole, EndpointSettings, Price, RateLimits } from "../config/settings.js";
import type { GoldenSet } from "../golden/golden-set.js";
import { type Block, type Plan, type PlannedRequest, rowsToSend } from "./plan.js";

export interface EndpointEstimate {
  readonly requests: number;
  /** Four characters a token. */
  readonly inputTokens: number;
  /** By the references' length where there is one, else half of the limit. */
  readonly outputTokens: number;
  /** If every answer ran to its limit. */
  readonly maxOutputTokens: number;
  /** USD for the expected output; null without prices per token. */
  readonly cost: number | null;
  /** USD if every answer ran to its limit, and every request were retried to the last attempt. */
  readonly maxCost: number | null;
}

export interface PlanEstimate {
  readonly endpoints: Readonly<Record<EndpointRole, EndpointEstimate>>;
  /**
   * At {@link ASSUMED_RATE} tokens/s a stream and {@link ASSUMED_TTFT_MS} ms to the first token; with `spread`, with waits
   * for an endpoint to fall asleep, and no shorter than `limits` allow.
   */
  readonly minutes: number;
  /** The limit that makes it longer than it would be, and what it would be without any; null when none does. */
  readonly limitedBy: {
    readonly endpoint: EndpointRole;
    readonly limit: "rpm" | "tpm";
    readonly minutesWithout: number;
  } | null;
}

export const ASSUMED_RATE = 60;
export const ASSUMED_TTFT_MS = 500;
const CHARACTERS_PER_TOKEN = 4;
const IMAGE_TOKENS = 300;
const UNLIMITED_OUTPUT = 1_024;

export function estimatePlan(
  plan: Plan,
  set: GoldenSet,
  endpoints: Readonly<Record<EndpointRole, EndpointSettings>>,
  attempts: number,
): PlanEstimate {
  const cases = new Map(set.cases.map((goldenCase) => [goldenCase.id, goldenCase]));
  const most = mostTokens(plan);
  const sizes = plan.rows.map((row, index) => {
    const body = plan.requests[row.requestId]?.body ?? {};
    const { input, limit } = most[index] as MostTokens;
    const reference = cases.get(row.caseId)?.reference;
    const expected =
      reference === undefined ? limit / 2 : Math.ceil(JSON.stringify(reference).length / CHARACTERS_PER_TOKEN);
    return { input, limit, expected: "input" in body ? 0 : Math.min(limit, expected) };
  });
  const sent = rowsToSend(plan);
  const estimateOf = (role: EndpointRole): EndpointEstimate => {
    const own = sent.filter((row) => row.endpoint === role).map((row) => sizes[row.id] as (typeof sizes)[number]);
    const sum = (pick: (size: (typeof sizes)[number]) => number): number =>
      own.reduce((total, size) => total + pick(size), 0);
    const [inputTokens, outputTokens, maxOutputTokens] = [
      Math.round(sum((size) => size.input)),
      Math.round(sum((size) => size.expected)),
      Math.round(sum((size) => size.limit)),
    ];
    const { price } = endpoints[role];
    const maxCost = costOf(price, inputTokens, maxOutputTokens);
    return {
      requests: own.length,
      inputTokens,
      outputTokens,
      maxOutputTokens,
      cost: costOf(price, inputTokens, outputTokens),
      maxCost: maxCost === null ? null : maxCost * attempts,
    };
  };
  const busyMs = new Map<string, { busy: number; last: number }>();
  for (const block of plan.blocks) {
    const each = block.releases.map(({ rows }) =>
      Math.max(...rows.map((id) => ASSUMED_TTFT_MS + ((sizes[id]?.expected ?? 0) / ASSUMED_RATE) * 1_000)),
    );
    const total = each.reduce((sum, part) => sum + part, 0);
    const phase = busyMs.get(block.phase) ?? { busy: 0, last: 0 };
    phase.busy += each.reduce((most, part) => Math.max(most, part), total / block.concurrency);
    phase.last = block.releases.reduce((most, { notBeforeMs }) => Math.max(most, notBeforeMs), phase.last);
    busyMs.set(block.phase, phase);
  }
  const idleMs = plan.blocks.reduce((sum, block) => sum + idleMsBefore(block, endpoints), 0);
  const ms = [...busyMs.values()].reduce((sum, { busy, last }) => sum + Math.max(busy, last), idleMs);
  const sides = { baseline: estimateOf("baseline"), candidate: estimateOf("candidate") };
  const slowest = (["baseline", "candidate"] as const)
    .flatMap((role) => limitMinutes(role, endpoints[role].limits, sides[role]))
    .reduce((longest, each) => (each.minutes > longest.minutes ? each : longest), NO_LIMIT);
  const minutesWithout = ms / 60_000;
  const { minutes, ...limit } = slowest;
  return {
    endpoints: sides,
    minutes: Math.max(minutesWithout, minutes),
    limitedBy: minutes > minutesWithout ? { ...limit, minutesWithout } : null,
  };
}

interface LimitMinutes {
  readonly endpoint: EndpointRole;
  readonly limit: "rpm" | "tpm";
  readonly minutes: number;
}

const NO_LIMIT: LimitMinutes = { endpoint: "baseline", limit: "rpm", minutes: 0 };

/** A minute's worth goes at once, and each minute later as much again. */
function limitMinutes(
  endpoint: EndpointRole,
  limits: RateLimits | undefined,
  { requests, inputTokens, maxOutputTokens }: EndpointEstimate,
): LimitMinutes[] {
  const beyondTheFirst = (all: number, perMinute: number): number => Math.max(0, Math.ceil(all / perMinute) - 1);
  return [
    ...(limits?.rpm === undefined
      ? []
      : [{ endpoint, limit: "rpm" as const, minutes: beyondTheFirst(requests, limits.rpm) }]),
    ...(limits?.tpm === undefined
      ? []
      : [{ endpoint, limit: "tpm" as const, minutes: beyondTheFirst(inputTokens + maxOutputTokens, limits.tpm) }]),
  ];
}

/** Before a cold trial of an endpoint that has no other way to fall asleep. */
function idleMsBefore({ asleep = [] }: Block, endpoints: Readonly<Record<EndpointRole, EndpointSettings>>): number {
  return asleep.reduce((longest, role) => {
    const { wake, scaleDown } = endpoints[role];
    return Math.max(longest, scaleDown === undefined ? (wake?.idleAfterMs ?? 0) : 0);
  }, 0);
}

export interface MostTokens {
  /** Estimated. */
  readonly input: number;
  /** The most that may come out. */
  readonly limit: number;
}

/** What each row may cost at most, by its id. */
export function mostTokens({ rows, requests }: Pick<Plan, "rows" | "requests">): MostTokens[] {
  const inputs = new Map<string, number>();
  return rows.map((row) => {
    const body = requests[row.requestId]?.body ?? {};
    const input = inputs.get(row.requestId) ?? inputTokensOf(body);
    inputs.set(row.requestId, input);
    return { input, limit: limitOf(body, row) };
  });
}

/** USD for token counts at a price; null when the price has no rate per token. */
function costOf(price: Price | undefined, inputTokens: number, outputTokens: number): number | null {
  if (price?.inputPerMTok === undefined || price.outputPerMTok === undefined) return null;
  return (inputTokens * price.inputPerMTok + outputTokens * price.outputPerMTok) / 1e6;
}

function limitOf(body: Readonly<Record<string, unknown>>, row: PlannedRequest): number {
  if (row.maxTokens !== undefined) return row.maxTokens;
  if ("input" in body && !("max_output_tokens" in body)) return 0;
  for (const key of ["max_tokens", "max_completion_tokens", "max_output_tokens"]) {
    if (typeof body[key] === "number") return body[key];
  }
  return row.cancel === undefined ? UNLIMITED_OUTPUT : UNLIMITED_OUTPUT / 4;
}

function inputTokensOf(body: Readonly<Record<string, unknown>>): number {
  const { messages, prompt, input, tools, response_format } = body;
  let images = 0;
  const text = JSON.stringify({ messages, prompt, input, tools, response_format }, (_key, value: unknown) => {
    if (typeof value === "string" && value.startsWith("data:")) {
      images++;
      return "";
    }
    return value;
  });
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN) + images * IMAGE_TOKENS;
}
