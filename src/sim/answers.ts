/** What the simulated endpoint says: the golden set's reference where the prompt is known, invented words otherwise. */
import { canonicalJson, digestOf } from "../core/digest.js";
import type { Api, GoldenSet, Reference } from "../golden/golden-set.js";
import { withoutNonce } from "../golden/nonce.js";
import { requestKey } from "../golden/request-key.js";
import { inventedAnswer, type JsonMode, jsonFormatOf } from "./invented.js";
import { chatOfResponses } from "./responses-request.js";

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
  answer(api: Api, body: Body, json: JsonMode = "enforced"): Answer {
    const known = this.#known(api, body, json);
    if (known !== undefined) return known;
    // A request of `/responses` is the same conversation in other words.
    return api === "responses" ? this.answer("chat", chatOfResponses(body), json) : inventedAnswer(api, body, json);
  }

  #known(api: Api, body: Body, json: JsonMode): Answer | undefined {
    const known = this.#byRequest.get(requestKey(api, body)) ?? this.#byPrompt.get(promptKey(api, body));
    // The request key leaves `tool_choice` out, and cases may differ in it alone.
    const toolChoice = canonicalJson(body.tool_choice);
    const candidate = known?.find((one) => one.toolChoice === toolChoice) ?? known?.[0];
    if (candidate === undefined) return undefined;
    const answer = fromReference(candidate.reference);
    const calls = answer.toolCalls.length > 0;
    const otherChoice = candidate.toolChoice !== toolChoice;
    if (otherChoice && ((body.tool_choice === "none" && calls) || (demandsCall(body) && !calls))) return undefined;
    if (
      json === "enforced" &&
      jsonFormatOf(body) !== null &&
      !calls &&
      answer.refusal === "" &&
      !isJson(answer.content)
    ) {
      return undefined;
    }
    return answer;
  }
}

function demandsCall({ tool_choice }: Body): boolean {
  return tool_choice === "required" || (typeof tool_choice === "object" && tool_choice !== null);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function addTo(map: Map<string, Candidate[]>, key: string, candidate: Candidate): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [candidate]);
  else list.push(candidate);
}

/** What identifies a prompt by its texts alone. */
export function promptKey(api: Api, body: Body): string {
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
