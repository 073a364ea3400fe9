/**
 * What a plain client makes of the same bytes: lines, JSON, concatenation. It shares no code with `src/decode`, so that a
 * piece which one of them loses shows as a difference. It trusts the shapes that it names.
 */
import { bytesOf, type PublicRecording } from "./recordings.js";

export interface NaiveAnswer {
  content: string;
  reasoning: string;
  refusal: string;
  calls: { name: string; arguments: string }[];
  finishReason: string | null;
  inputTokens: number | null;
  outputTokens: number | null;
  /** Lengths of vectors. */
  dimensions: number[];
  /** The message of the first error. */
  error: string | null;
  /** Values that are no JSON. */
  broken: number;
}

interface Part {
  readonly type?: string;
  readonly text?: string;
  readonly refusal?: string;
  readonly summary?: string;
  readonly thinking?: readonly { readonly text?: string }[];
}

interface Delta {
  readonly content?: string | readonly Part[] | null;
  readonly reasoning_content?: string | null;
  readonly reasoning?: string | null;
  readonly reasoning_details?: readonly Part[] | null;
  readonly refusal?: string | null;
  readonly tool_calls?:
    | readonly {
        readonly index?: number;
        readonly function: { readonly name?: string; readonly arguments?: string | null };
      }[]
    | null;
}

interface Item {
  readonly type: string;
  readonly name?: string;
  readonly arguments?: string;
  readonly input?: string;
  readonly content?: readonly Part[];
  readonly summary?: readonly Part[];
}

type Usage = Readonly<Record<string, unknown>> | null;
type ErrorValue = string | { readonly message: string } | null;

interface Response {
  readonly status?: string;
  readonly error?: ErrorValue;
  readonly incomplete_details?: { readonly reason: string } | null;
  readonly usage?: Usage;
  readonly output?: readonly Item[];
}

interface Value extends Response {
  readonly type?: string;
  readonly detail?: unknown;
  readonly x_groq?: { readonly usage?: Usage };
  readonly choices?: readonly {
    readonly index?: number;
    readonly text?: string;
    readonly delta?: Delta;
    readonly message?: Delta;
    readonly finish_reason?: string | null;
  }[];
  readonly delta?: string;
  readonly item?: Item;
  readonly response?: Response;
  readonly data?: readonly { readonly embedding: string | readonly number[] }[];
}

export function readNaively(recording: PublicRecording): NaiveAnswer {
  const answer: NaiveAnswer = {
    content: "",
    reasoning: "",
    refusal: "",
    calls: [],
    finishReason: null,
    inputTokens: null,
    outputTokens: null,
    dimensions: [],
    error: null,
    broken: 0,
  };
  const text = bytesOf(recording).toString("utf8");
  const stream = recording.variant === "stream" && recording.status === 200;
  for (const piece of stream ? dataOf(text) : [text]) {
    let value: Value;
    try {
      value = JSON.parse(piece) as Value;
    } catch {
      answer.broken++;
      continue;
    }
    const error = errorIn(value);
    if (error !== null) answer.error ??= error;
    else READERS[recording.api](answer, value, stream);
  }
  // A list that begins at index 1 leaves a hole at 0.
  answer.calls = answer.calls.filter((call) => call !== undefined);
  return answer;
}

/** The payloads of a stream, one line each; `error:` is what GPUStack sends in place of `data:`. */
function dataOf(text: string): string[] {
  return text
    .split(/\r\n|\n|\r/)
    .filter((line) => line.startsWith("data:") || line.startsWith("error:"))
    .map((line) => line.slice(line.indexOf(":") + 1).trim())
    .filter((data) => data !== "" && data !== "[DONE]");
}

function errorIn(value: Value): string | null {
  const error = value.error ?? value.response?.error ?? null;
  if (error !== null) return typeof error === "string" ? error : error.message;
  return typeof value.detail === "string" ? value.detail : null;
}

const READERS = { chat: readChat, completions: readCompletion, responses: readResponse, embeddings: readEmbeddings };

function readChat(answer: NaiveAnswer, value: Value, stream: boolean): void {
  count(answer, value.usage ?? value.x_groq?.usage, "prompt_tokens", "completion_tokens");
  for (const choice of value.choices ?? []) {
    if ((choice.index ?? 0) !== 0) continue;
    const delta = (stream ? choice.delta : choice.message) ?? {};
    answer.finishReason = choice.finish_reason ?? answer.finishReason;
    if (typeof delta.content === "string") answer.content += delta.content;
    else for (const part of delta.content ?? []) readPart(answer, part);
    const details = (delta.reasoning_details ?? []).map((part) => part.text ?? part.summary ?? "").join("");
    answer.reasoning += delta.reasoning_content || delta.reasoning || details;
    answer.refusal += delta.refusal ?? "";
    for (const { index, function: called } of delta.tool_calls ?? []) {
      const at = stream && index !== undefined ? index : answer.calls.length;
      answer.calls[at] ??= { name: "", arguments: "" };
      const call = answer.calls[at];
      if (call.name === "") call.name = called.name ?? "";
      call.arguments += called.arguments ?? "";
    }
  }
}

function readPart(answer: NaiveAnswer, part: Part): void {
  if (part.type === "thinking") for (const inner of part.thinking ?? []) answer.reasoning += inner.text ?? "";
  else if (part.type === "reasoning_text" || part.type === "summary_text") answer.reasoning += part.text ?? "";
  else if (part.type === "refusal") answer.refusal += part.refusal ?? "";
  else answer.content += part.text ?? "";
}

function readCompletion(answer: NaiveAnswer, value: Value): void {
  count(answer, value.usage, "prompt_tokens", "completion_tokens");
  for (const choice of value.choices ?? []) {
    if (choice.index !== 0) continue;
    answer.content += choice.text ?? "";
    answer.finishReason = choice.finish_reason ?? answer.finishReason;
  }
}

/** Deltas of a stream, or the items of a body; calls from the finished items of either. */
function readResponse(answer: NaiveAnswer, value: Value, stream: boolean): void {
  const response = stream ? value.response : value;
  count(answer, response?.usage, "input_tokens", "output_tokens");
  const { type = "", delta = "", item } = value;
  if (stream) {
    if (type === "response.output_text.delta") answer.content += delta;
    if (type === "response.refusal.delta") answer.refusal += delta;
    if (/^response\.reasoning(_summary)?_text\.delta$/.test(type)) answer.reasoning += delta;
    if (type === "response.output_item.done" && item !== undefined) readCall(answer, item);
  } else {
    for (const each of value.output ?? []) {
      for (const part of [...(each.summary ?? []), ...(each.content ?? [])]) readPart(answer, part);
      readCall(answer, each);
    }
  }
  const cut = response?.incomplete_details?.reason;
  if (cut !== undefined) answer.finishReason = cut === "max_output_tokens" ? "length" : cut;
  else if (response?.status === "completed") answer.finishReason = answer.calls.length > 0 ? "tool_calls" : "stop";
}

function readCall(answer: NaiveAnswer, { type, name = "", arguments: text = "", input = "" }: Item): void {
  if (type === "function_call") answer.calls.push({ name, arguments: text });
  if (type === "custom_tool_call") answer.calls.push({ name, arguments: input });
}

function readEmbeddings(answer: NaiveAnswer, value: Value): void {
  count(answer, value.usage, "prompt_tokens", "completion_tokens");
  for (const { embedding } of value.data ?? []) {
    const bytes = typeof embedding === "string" ? Buffer.from(embedding, "base64").length / 4 : embedding.length;
    answer.dimensions.push(bytes);
  }
}

function count(answer: NaiveAnswer, usage: Usage | undefined, input: string, output: string): void {
  if (usage === null || usage === undefined) return;
  const { [input]: inputTokens = null, [output]: outputTokens = null } = usage;
  answer.inputTokens = inputTokens as number | null;
  answer.outputTokens = outputTokens as number | null;
}
