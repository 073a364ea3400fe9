import type { EndpointRole, EndpointSettings } from "../../src/config/settings.js";

/** Of an endpoint that wants nothing of its own; a test changes what it is about. */
export function endpointSettings(role: EndpointRole, more: Partial<EndpointSettings> = {}): EndpointSettings {
  return {
    role,
    baseUrl: `https://${role}.example/v1`,
    query: "",
    models: { default: "m" },
    streamUsage: true,
    rename: {},
    omit: [],
    extra: {},
    headers: {},
    paths: {},
    apiKeyHeader: "authorization",
    proxyFrom: "none",
    ...more,
  };
}
