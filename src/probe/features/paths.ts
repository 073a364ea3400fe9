import type { EndpointSettings } from "../../config/settings.js";

/** A path below the base address of an endpoint. */
export function pathUnder(endpoint: EndpointSettings, path: string): string {
  return `${new URL(endpoint.baseUrl).pathname.replace(/\/$/, "")}${path}`;
}
