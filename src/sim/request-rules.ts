/** What an endpoint refuses, ignores or passes on in vain, before the model sees a request. */
import type { Api } from "../golden/golden-set.js";
import type { RequestTraits } from "./dialect.js";
import { invalidRequest, RequestError } from "./request-error.js";
import { countLimit } from "./request-fields.js";

type Body = Readonly<Record<string, unknown>>;

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));

/** The fields of OpenAI's API reference. */
const FIELDS: Readonly<Record<Api, ReadonlySet<string>>> = {
  chat: words(
    "messages model audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens " +
      "metadata modalities n parallel_tool_calls prediction presence_penalty prompt_cache_key prompt_cache_retention " +
      "reasoning_effort response_format safety_identifier seed service_tier stop store stream stream_options temperature " +
      "tool_choice tools top_logprobs top_p user verbosity web_search_options",
  ),
  completions: words(
    "model prompt best_of echo frequency_penalty logit_bias logprobs max_tokens n presence_penalty seed stop stream " +
      "stream_options suffix temperature top_p user",
  ),
  responses: words(
    "background context_management conversation include input instructions max_output_tokens max_tool_calls metadata model " +
      "parallel_tool_calls previous_response_id prompt prompt_cache_key prompt_cache_retention reasoning safety_identifier " +
      "service_tier store stream stream_options temperature text tool_choice tools top_logprobs top_p truncation user",
  ),
  embeddings: words("input model dimensions encoding_format user"),
};

const MAX_CHOICES = 128;

/**
 * The body as the model gets it: without what is ignored.
 * @throws RequestError for what is refused, and 502 for what was passed on to a model that lacks it.
 */
export function admittedBody(api: Api, body: Body, traits: RequestTraits): Body {
  refuseUnknown(api, body, traits);
  const spared = traits.acceptedByModels !== null && String(body.model).endsWith(traits.acceptedByModels);
  for (const name of spared ? [] : traits.refused) {
    if (asksFor(body, name)) {
      throw invalidRequest(`'${name}' is not supported with this model`, name, traits.refusalStatus);
    }
  }
  for (const name of traits.lacking) if (asksFor(body, name)) throw upstreamLacks(name);
  const kept = Object.fromEntries(Object.entries(body).filter(([name]) => !traits.ignored.includes(name)));
  checkValues(api, kept);
  return kept;
}

function refuseUnknown(api: Api, body: Body, { unknownFields, refusalStatus, acceptedByModels }: RequestTraits): void {
  const unknown = Object.keys(body).find((name) => !FIELDS[api].has(name));
  if (unknown === undefined || unknownFields === "ignore") return;
  const name = unknown.slice(0, 100);
  if (unknownFields === "upstream") throw upstreamLacks(name);
  // A dialect whose refusals depend on the model validates its fields with 422 for all of them.
  const status = acceptedByModels === null ? refusalStatus : 422;
  if (status === 422) throw invalidRequest("Extra inputs are not permitted", name, 422);
  if (api !== "responses") throw invalidRequest(`Unrecognized request argument supplied: ${name}`);
  throw new RequestError(400, {
    message: `Unknown parameter: '${name}'.`,
    type: "invalid_request_error",
    param: name,
    code: "unknown_parameter",
  });
}

function upstreamLacks(name: string): RequestError {
  const message = `The upstream model does not implement '${name}'`;
  return new RequestError(502, { message, type: "upstream_error", code: "upstream_error" });
}

/** Whether a request uses a feature; `json_schema`, `image_url` and `n` are no mere fields. */
function asksFor(body: Body, name: string): boolean {
  switch (name) {
    case "n":
      return typeof body.n === "number" && body.n > 1;
    case "logprobs":
      return body.logprobs !== undefined && body.logprobs !== null && body.logprobs !== false;
    case "json_schema":
      return (
        (body.response_format as { type?: unknown } | null | undefined)?.type === "json_schema" ||
        (body.text as { format?: { type?: unknown } | null } | null | undefined)?.format?.type === "json_schema"
      );
    case "image_url":
      return Array.isArray(body.messages) && body.messages.some(hasImage);
    default:
      return body[name] !== undefined && body[name] !== null;
  }
}

function hasImage(message: unknown): boolean {
  const content = (message as { content?: unknown } | null)?.content;
  return Array.isArray(content) && content.some((part) => (part as { type?: unknown } | null)?.type === "image_url");
}

function checkValues(api: Api, body: Body): void {
  const { temperature } = body;
  if (typeof temperature === "number" && (temperature < 0 || temperature > 2)) {
    throw invalidRequest("'temperature' must be from 0 to 2", "temperature");
  }
  const choices = countLimit(body, ["n"]);
  if (choices !== undefined && (choices < 1 || choices > MAX_CHOICES)) {
    throw invalidRequest(`'n' must be from 1 to ${MAX_CHOICES}`, "n");
  }
  const top = countLimit(body, ["top_logprobs"]);
  if (top !== undefined && top > 20) throw invalidRequest("'top_logprobs' must be from 0 to 20", "top_logprobs");
  if (api === "chat" && top !== undefined && top > 0 && body.logprobs !== true) {
    throw invalidRequest("'top_logprobs' needs 'logprobs' to be true", "top_logprobs");
  }
}

/** @throws RequestError 400 `context_length_exceeded`. */
export function checkContext(promptTokens: number, contextTokens: number): void {
  if (promptTokens <= contextTokens) return;
  throw new RequestError(400, {
    message: `This model's maximum context length is ${contextTokens} tokens. However, your messages resulted in ${promptTokens} tokens.`,
    type: "invalid_request_error",
    param: "messages",
    code: "context_length_exceeded",
  });
}
