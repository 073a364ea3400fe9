/** What capture has to know to reach an endpoint. Keys pass through here and are never recorded. */
import type { HttpProxy } from "../config/proxies.js";
import type { EndpointSettings, RateLimits, ScaleDown } from "../config/settings.js";
import type { Route } from "./connection.js";

export interface EndpointAccess {
  readonly route: Route;
  readonly apiKey?: string;
  readonly apiKeyHeader: string;
  /** `?…` of the base address, or empty. It may carry a key. */
  readonly query: string;
  readonly requestIdHeader?: string;
  /** Cap of a cold wake, where the endpoint scales to zero. */
  readonly wakeCapMs?: number;
  /** Idle time after which it is known to sleep. */
  readonly idleAfterMs?: number;
  /** How it is put to sleep. Never recorded: it may hold a secret. */
  readonly scaleDown?: ScaleDown;
  readonly limits?: RateLimits;
}

export function accessOf(
  endpoint: EndpointSettings,
  apiKey: string | undefined,
  proxy: HttpProxy | null = null,
): EndpointAccess {
  const { wake, scaleDown, limits } = endpoint;
  return {
    route: {
      origin: new URL(endpoint.baseUrl).origin,
      ...(proxy === null ? {} : { proxy }),
      ...(endpoint.ca === undefined ? {} : { ca: endpoint.ca }),
      ...(endpoint.http2 === undefined ? {} : { http2: endpoint.http2 }),
    },
    query: endpoint.query,
    apiKeyHeader: endpoint.apiKeyHeader,
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(endpoint.requestIdHeader === undefined ? {} : { requestIdHeader: endpoint.requestIdHeader }),
    ...(wake === undefined ? {} : { wakeCapMs: wake.capMs }),
    ...(wake?.idleAfterMs === undefined ? {} : { idleAfterMs: wake.idleAfterMs }),
    ...(scaleDown === undefined ? {} : { scaleDown }),
    ...(limits === undefined ? {} : { limits }),
  };
}

/** The header that carries the key; empty without one. */
export function keyHeader(access: EndpointAccess, key = access.apiKey): Record<string, string> {
  if (key === undefined) return {};
  return { [access.apiKeyHeader]: access.apiKeyHeader === "authorization" ? `Bearer ${key}` : key };
}
