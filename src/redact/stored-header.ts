/** What a header keeps of prompts and expectations where texts are not stored: structure, and digests of what is judged by. */
import type { Store } from "../config/settings.js";
import { digestOf } from "../core/digest.js";
import type { GoldenCase, GoldenSet } from "../golden/golden-set.js";
import type { RequestTemplate } from "../plan/plan.js";
import type { HeaderLine, Preflight } from "../recording/recording.js";
import { metadataText } from "./metadata.js";
import { redactedText } from "./redacted.js";

/** The header as a recording with this `store` may hold it; probes send a fixed catalogue, which is no secret of anyone's. */
export function storedHeader(header: HeaderLine, store: Store): HeaderLine {
  if (store === "full" || header.kind === "probe") return header;
  const { preflight } = header;
  return {
    ...header,
    store,
    goldenSet: storedGoldenSet(header.goldenSet),
    caseDigests: Object.fromEntries(header.goldenSet.cases.map((golden) => [golden.id, digestOf(golden)])),
    requests: storedRequests(header.requests, store),
    ...(preflight === undefined ? {} : { preflight: storedPreflight(preflight, store) }),
  };
}

/** Without descriptions, prompts, expectations and references. Ids, categories and tags name a case in every table. */
function storedGoldenSet({ name, cases }: GoldenSet): GoldenSet {
  return { name, cases: cases.map(storedCase) };
}

function storedCase({ reference: _, ...golden }: GoldenCase): GoldenCase {
  return { ...golden, detects: "", request: {}, expect: {} };
}

/** Requests under their ids, which are digests of the whole. */
export function storedRequests(requests: HeaderLine["requests"], store: Store): HeaderLine["requests"] {
  if (store === "full") return requests;
  return Object.fromEntries(Object.entries(requests).map(([id, template]) => [id, storedTemplate(template)]));
}

/** Set by twintail itself, whatever the prompt. */
const OWN_HEADERS: ReadonlySet<string> = new Set(["content-type", "accept", "accept-encoding", "user-agent"]);

function storedTemplate({ raw: _, ...template }: RequestTemplate): RequestTemplate {
  return {
    ...template,
    headers: Object.fromEntries(
      Object.entries(template.headers).map(([name, value]) => [name, OWN_HEADERS.has(name) ? value : digestOf(value)]),
    ),
    body: Object.fromEntries(Object.entries(template.body).map(([key, value]) => [key, storedValue(key, value)])),
  };
}

/** Words that an API knows; any other text may be the user's. */
const PLAIN_WORDS: ReadonlySet<string> = new Set(["model", "tool_choice", "function_call", "encoding_format"]);
const PLAIN_WORD = /^[\w.:/@-]{1,200}$/;
/** What answers are judged by: a golden set that is given later is told to be the one by these. */
const JUDGED_BY: ReadonlySet<string> = new Set([
  "tools",
  "functions",
  "tool_choice",
  "function_call",
  "stop",
  "response_format",
]);

function storedValue(key: string, value: unknown): unknown {
  if (typeof value === "number" || typeof value === "boolean" || value === null) return value;
  if (typeof value === "string" && PLAIN_WORDS.has(key) && PLAIN_WORD.test(value)) return value;
  if (key === "stream_options") return flagsOf(value);
  if (JUDGED_BY.has(key)) return { ...typeIn(value), digest: digestOf(value) };
  // As many vectors are due as there were texts.
  if (key === "input" && Array.isArray(value) && value.every((each) => typeof each === "string")) {
    return value.map(() => OMITTED);
  }
  return OMITTED;
}

const OMITTED = { omitted: true };

/** Which of the forms that the API knows it has. */
function typeIn(value: unknown): { readonly type?: string } {
  const type = typeof value === "object" && value !== null && "type" in value ? value.type : undefined;
  return typeof type === "string" && PLAIN_WORD.test(type) ? { type } : {};
}

/** Numbers and switches of an object. */
function flagsOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return null;
  return Object.fromEntries(
    Object.entries(value).filter(([, each]) => typeof each === "boolean" || typeof each === "number"),
  );
}

function storedPreflight(
  preflight: NonNullable<HeaderLine["preflight"]>,
  store: Store,
): NonNullable<HeaderLine["preflight"]> {
  const of = (said: Preflight): Preflight =>
    said.message === undefined
      ? said
      : { ...said, message: store === "metadata" ? metadataText(said.message) : redactedText(said.message) };
  return Object.fromEntries(Object.entries(preflight).map(([role, said]) => [role, of(said)]));
}
