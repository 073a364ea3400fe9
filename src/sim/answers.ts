/** What the simulated endpoint says: the golden set's reference where the prompt is known, seeded words otherwise. */
import { canonicalJson, digestOf } from "../core/digest.js";
import { seededRandom } from "../core/random.js";
import type { Api, GoldenSet, Reference } from "../golden/golden-set.js";
import { withoutNonce } from "../golden/nonce.js";
import { requestKey } from "../golden/request-key.js";

type Body = Readonly<Record<string, unknown>>;

/** A whole answer, before `stop` and `max_tokens` cut it. */
export interface Answer {
  readonly reasoning: string;
  readonly content: string;
  readonly refusal: string;
  /** `arguments` is the JSON text as it is streamed. */
  readonly toolCalls: readonly { readonly name: string; readonly arguments: string }[];
  readonly finishReason: string;
}

interface Candidate {
  readonly toolChoice: string;
  readonly reference: Reference;
}

export class AnswerBook {
  readonly #byRequest = new Map<string, Candidate[]>();
  readonly #byPrompt = new Map<string, Candidate[]>();

  constructor(goldenSet?: GoldenSet) {
    for (const { api, request, reference } of goldenSet?.cases ?? []) {
      if (reference === undefined) continue;
      const candidate = { toolChoice: canonicalJson(request.tool_choice), reference };
      addTo(this.#byRequest, requestKey(api, request), candidate);
      addTo(this.#byPrompt, promptKey(api, request), candidate);
    }
  }

  /** Looks through the nonce; falls back to the prompt alone, then to words that depend on the prompt alone. */
  answer(api: Api, body: Body): Answer {
    const known = this.#byRequest.get(requestKey(api, body)) ?? this.#byPrompt.get(promptKey(api, body));
    // The request key leaves `tool_choice` out, and cases may differ in it alone.
    const toolChoice = canonicalJson(body.tool_choice);
    const candidate = known?.find((one) => one.toolChoice === toolChoice) ?? known?.[0];
    return candidate === undefined ? inventedAnswer(api, body) : fromReference(candidate.reference);
  }
}

function addTo(map: Map<string, Candidate[]>, key: string, candidate: Candidate): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [candidate]);
  else list.push(candidate);
}

function promptKey(api: Api, body: Body): string {
  const { messages, prompt, input, instructions } = withoutNonce(api, body);
  return digestOf({ api, messages, prompt, input, instructions });
}

function fromReference(reference: Reference): Answer {
  const toolCalls = (reference.tool_calls ?? []).map((call) => ({
    name: call.name,
    arguments: typeof call.arguments === "string" ? call.arguments : JSON.stringify(call.arguments ?? {}),
  }));
  return {
    reasoning: reference.reasoning_content ?? "",
    content: reference.content ?? "",
    refusal: reference.refusal ?? "",
    toolCalls,
    finishReason: reference.finish_reason ?? (toolCalls.length > 0 ? "tool_calls" : "stop"),
  };
}

function inventedAnswer(api: Api, body: Body): Answer {
  const key = promptKey(api, body);
  const answer = { reasoning: "", content: "", refusal: "", toolCalls: [], finishReason: "stop" };
  const forced = forcedTool(body);
  if (forced !== undefined) {
    return { ...answer, toolCalls: [{ name: forced, arguments: "{}" }], finishReason: "tool_calls" };
  }
  const content = lorem(key, 12 + seededRandom(key, "length").int(60));
  const format = (body.response_format as { type?: unknown } | null | undefined)?.type;
  const asJson = format === "json_object" || format === "json_schema";
  return { ...answer, content: asJson ? JSON.stringify({ answer: content }) : content };
}

/** The tool that `tool_choice` demands: a named one, or the first of the list for `required`. */
function forcedTool(body: Body): string | undefined {
  const choice = body.tool_choice as { function?: { name?: unknown } } | string | null | undefined;
  const tools = Array.isArray(body.tools) ? (body.tools as ({ function?: { name?: unknown } } | null)[]) : [];
  const name =
    choice === "required" ? tools[0]?.function?.name : (choice as { function?: { name?: unknown } })?.function?.name;
  return typeof name === "string" ? name : undefined;
}

const WORDS =
  "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore magna aliqua enim ad minim veniam quis nostrud exercitation ullamco laboris nisi aliquip ex ea commodo consequat".split(
    " ",
  );

/** Seeded words: the same seed and count give the same text everywhere. */
export function lorem(seed: string, words: number): string {
  const random = seededRandom(seed, "lorem");
  const text = Array.from({ length: words }, () => WORDS[random.int(WORDS.length)]).join(" ");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
