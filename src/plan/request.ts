/** The exact request that one endpoint gets for one case: model, streaming and the endpoint's own differences. */
import { createHash } from "node:crypto";
import type { EndpointSettings } from "../config/settings.js";
import type { Api, GoldenCase, Variant } from "../golden/golden-set.js";
import { withNonce } from "../golden/nonce.js";
import type { PlannedRequest, RequestTemplate } from "./plan.js";

const API_PATH: Readonly<Record<Api, string>> = {
  chat: "/chat/completions",
  completions: "/completions",
  responses: "/responses",
  embeddings: "/embeddings",
};

/**
 * The model that an endpoint uses for a case: by category, then by tag, then `default` (which never serves
 * embeddings). Undefined when the case is not mapped there.
 */
export function modelFor(endpoint: EndpointSettings, goldenCase: GoldenCase): string | undefined {
  for (const key of [goldenCase.category, ...goldenCase.tags]) {
    const model = endpoint.models[key];
    if (model !== undefined) return model ?? undefined;
  }
  if (goldenCase.api === "embeddings") return endpoint.models.embeddings ?? undefined;
  return endpoint.models.default ?? undefined;
}

export interface RequestChoice {
  readonly variant: Variant;
  readonly model: string;
  /** Replaces the case's own limit on output tokens. */
  readonly maxTokens?: number;
  readonly userAgent: string;
}

/** Builds the request; equal requests give equal ids, so that the recording stores each body once. */
export function buildRequest(
  endpoint: EndpointSettings,
  goldenCase: GoldenCase,
  choice: RequestChoice,
): { id: string; template: RequestTemplate } {
  const template: RequestTemplate = {
    method: "POST",
    path: pathOf(endpoint, goldenCase.api, choice.model),
    headers: {
      "content-type": "application/json",
      accept: choice.variant === "stream" ? "text/event-stream" : "application/json",
      // A compressed event stream is held back until a block is full, and its reads are no longer events.
      "accept-encoding": "identity",
      "user-agent": choice.userAgent,
      ...endpoint.headers,
    },
    body: buildBody(endpoint, goldenCase, choice),
  };
  const hash = createHash("sha256").update(JSON.stringify([endpoint.role, template]));
  return { id: hash.digest("hex").slice(0, 16), template };
}

/** The API that a body is of, whatever the path: these fields are never renamed. Chat where it is none that is known. */
export function apiOf(body: RequestTemplate["body"]): Api {
  if ("prompt" in body) return "completions";
  if ("input" in body) return "stream" in body ? "responses" : "embeddings";
  return "chat";
}

const LIMITS = ["max_tokens", "max_completion_tokens", "max_output_tokens"] as const;

/** The body that a row sends: its template with what is the row's own. */
export function bodyOf(
  { body }: RequestTemplate,
  { nonce, maxTokens }: Pick<PlannedRequest, "nonce" | "maxTokens">,
): RequestTemplate["body"] {
  const api = apiOf(body);
  const own = nonce === undefined ? body : withNonce(api, body, nonce);
  if (maxTokens === undefined) return own;
  const limit = LIMITS.find((each) => each in own) ?? limitKey(api, own);
  return { ...own, [limit]: maxTokens };
}

/** Joined to the base address as given: nothing is guessed about `/v1`. */
function pathOf(endpoint: EndpointSettings, api: Api, model: string): string {
  const base = new URL(endpoint.baseUrl).pathname.replace(/\/$/, "");
  const path = endpoint.paths[api] ?? API_PATH[api];
  return `${base}${path.replaceAll("{model}", encodeURIComponent(model))}`;
}

function buildBody(endpoint: EndpointSettings, goldenCase: GoldenCase, choice: RequestChoice): Record<string, unknown> {
  const body: Record<string, unknown> = { model: choice.model, ...goldenCase.request };
  if (choice.maxTokens !== undefined) {
    body[limitKey(goldenCase.api, body)] = choice.maxTokens;
  }
  if (goldenCase.api !== "embeddings") {
    body.stream = choice.variant === "stream";
    if (choice.variant === "stream" && endpoint.streamUsage && goldenCase.api !== "responses") {
      body.stream_options = { ...(body.stream_options as object | undefined), include_usage: true };
    }
  }
  for (const [from, to] of Object.entries(endpoint.rename)) {
    if (from in body) {
      body[to] = body[from];
      delete body[from];
    }
  }
  for (const key of endpoint.omit) delete body[key];
  return { ...body, ...endpoint.extra };
}

function limitKey(api: Api, body: Readonly<Record<string, unknown>>): string {
  if (api === "responses") return "max_output_tokens";
  return "max_completion_tokens" in body ? "max_completion_tokens" : "max_tokens";
}
