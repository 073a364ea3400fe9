/**
 * The settings that change what is measured. Two nights with other ones are two things, not one that got worse; more
 * rounds, another seed, other gates or prices only change how well it is seen.
 */
import { canonicalJson, digestOf } from "../core/digest.js";
import type { HeaderLine } from "../recording/recording.js";

export interface SettingsFacts {
  /** By name, so that a difference can be named. */
  readonly facts: Readonly<Record<string, unknown>> & Record<string, unknown>;
  readonly digest: string;
}

const ROLES = ["baseline", "candidate"] as const;

export function measuredSettings(header: HeaderLine): SettingsFacts {
  const { concurrency, order, prefix, control, warmup, solo, once, spreadMs, timeouts, retry, arrivals } =
    header.capture;
  const facts: Record<string, unknown> = {
    concurrency,
    order,
    prefix,
    control,
    warmup,
    solo,
    once,
    spread: spreadMs,
    timeouts,
    retry,
    // Nights of closed loops keep the digest that they had before there were others.
    ...(arrivals === undefined ? {} : { arrivals }),
  };
  for (const role of ROLES) {
    const { proxy, http2 } = header.endpoints[role];
    facts[`endpoints.${role} requests`] = requestShape(header, role);
    facts[`endpoints.${role}.proxy`] = proxy ?? null;
    facts[`endpoints.${role}.http2`] = http2 === true;
  }
  return { facts, digest: digestOf(facts) };
}

/** The names of the settings that differ. */
export function differingSettings(
  one: Readonly<Record<string, unknown>>,
  other: Readonly<Record<string, unknown>>,
): string[] {
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])].sort();
  return names.filter((name) => canonicalJson(one[name] ?? null) !== canonicalJson(other[name] ?? null));
}

/** Prompts belong to the golden set; `model` and `stream_options` (asked about each night) are told apart from settings. */
const OTHERS = new Set(["messages", "prompt", "input", "model", "stream_options"]);
const NONCE = /\[ref [0-9a-f]{8}\]\\n/g;

/** A digest of what the endpoint is sent beside the prompts: what `rename`, `omit`, `extra`, `headers` and `paths` do. */
function requestShape({ plan, requests }: HeaderLine, role: (typeof ROLES)[number]): string {
  const shapes = new Set<string>();
  for (const { endpoint, phase, requestId } of plan) {
    const request = requests[requestId];
    if (endpoint !== role || phase !== "warm" || request === undefined) continue;
    const body = Object.fromEntries(Object.entries(request.body).filter(([name]) => !OTHERS.has(name)));
    // It carries this version's own name.
    const { "user-agent": _, ...headers } = request.headers;
    shapes.add(canonicalJson({ path: request.path, headers, body }).replace(NONCE, ""));
  }
  return digestOf([...shapes].sort());
}
