/**
 * Answers to prompts that no golden set knows: seeded words, a JSON document or a tool call where one is asked for,
 * and the two things that a probe has to be able to ask any model: to say a text, and to count.
 */
import { digestOf } from "../core/digest.js";
import { seededRandom } from "../core/random.js";
import type { Api } from "../golden/golden-set.js";
import { withoutNonce } from "../golden/nonce.js";
import type { Answer } from "./answers.js";
import { schemaInstance } from "./schema-instance.js";

type Body = Readonly<Record<string, unknown>>;

/** `enforced`: JSON whatever the prompt says. `prompted`: what the prompt says, where the two contradict. */
export type JsonMode = "enforced" | "prompted";

export function inventedAnswer(api: Api, body: Body, json: JsonMode): Answer {
  const answer = { reasoning: "", content: "", refusal: "", toolCalls: [], finishReason: "stop" };
  const prompt = promptText(api, body);
  const tool = chosenTool(body, prompt);
  if (tool !== undefined) {
    const call = {
      name: tool.name,
      arguments: JSON.stringify(schemaInstance(tool.parameters ?? { type: "object" }, prompt)),
    };
    // OpenAI ends the call that a named choice demanded with `stop`.
    return { ...answer, toolCalls: [call], finishReason: tool.named ? "stop" : "tool_calls" };
  }
  const { messages, prompt: text, input, instructions } = withoutNonce(api, body);
  const key = digestOf({ api, messages, prompt: text, input, instructions });
  const words = lorem(key, 12 + seededRandom(key, "length").int(60));
  const format = jsonFormatOf(body);
  const literal = demandedJson(prompt);
  if (json !== "enforced" && literal !== undefined) return { ...answer, content: literal };
  if (format !== null && (json === "enforced" || !contradictsJson(prompt))) {
    const value = format.schema === null ? { answer: words } : schemaInstance(format.schema, prompt);
    return { ...answer, content: JSON.stringify(value) };
  }
  return { ...answer, content: demandedText(prompt) ?? words };
}

/** The JSON that a request demands, or null. A schema may be anything. */
export function jsonFormatOf(body: Body): { readonly schema: unknown } | null {
  const format = body.response_format as
    | { type?: unknown; json_schema?: { schema?: unknown } | null }
    | null
    | undefined;
  if (format?.type === "json_object") return { schema: null };
  return format?.type === "json_schema" ? { schema: format.json_schema?.schema ?? null } : null;
}

/** The text of the last message of the user, or of the prompt. */
function promptText(api: Api, body: Body): string {
  if (api === "completions") return typeof body.prompt === "string" ? body.prompt : "";
  const messages = Array.isArray(body.messages)
    ? (body.messages as ({ role?: unknown; content?: unknown } | null)[])
    : [];
  const content = messages.findLast((message) => message?.role === "user")?.content;
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return (content as ({ text?: unknown } | null)[])
    .map((part) => (typeof part?.text === "string" ? part.text : ""))
    .join(" ");
}

interface ChosenTool {
  readonly name: string;
  readonly parameters: unknown;
  readonly named: boolean;
}

/** The tool that `tool_choice` demands, or that the prompt is about. */
function chosenTool(body: Body, prompt: string): ChosenTool | undefined {
  const tools = (Array.isArray(body.tools) ? body.tools : []).flatMap(
    (tool: { function?: { name?: unknown; parameters?: unknown } } | null) =>
      typeof tool?.function?.name === "string"
        ? [{ name: tool.function.name, parameters: tool.function.parameters, named: false }]
        : [],
  );
  const choice = body.tool_choice as { function?: { name?: unknown } } | string | null | undefined;
  if (choice === "none") return undefined;
  if (choice === "required") return tools[0];
  const named = typeof choice === "object" ? choice?.function?.name : undefined;
  if (typeof named === "string") {
    return { name: named, parameters: tools.find((tool) => tool.name === named)?.parameters, named: true };
  }
  const last = Array.isArray(body.messages) ? (body.messages.at(-1) as { role?: unknown } | null) : null;
  return last?.role === "tool" ? undefined : tools.find((tool) => isAbout(prompt, tool.name));
}

/** A prompt is about `get_weather` when it says "weather". */
function isAbout(prompt: string, toolName: string): boolean {
  const said = prompt.toLowerCase();
  return toolName
    .slice(0, 100)
    .split(/_|-|(?<=[a-z])(?=[A-Z])/)
    .some((part) => part.length > 4 && said.includes(part.toLowerCase()));
}

/** "Do not answer in JSON", "plain text": what a probe says to find out whether a schema is enforced. */
function contradictsJson(prompt: string): boolean {
  return /\b(?:no|not|never|without|instead of)\b[^.\n]{0,30}\bjson\b|\bplain (?:text|prose|english|words?)\b|\bprose\b/i.test(
    prompt.slice(0, 20_000),
  );
}

/** `Reply with exactly this JSON: {…}`: what a model that no schema holds would repeat. */
function demandedJson(prompt: string): string | undefined {
  const said =
    /\b(?:repeat|reply|answer|respond|write|print|output)\b[^{\n]{0,60}\bjson\b[^{\n]{0,40}(\{[^\n]{1,4000}\})/i.exec(
      prompt.slice(0, 20_000),
    )?.[1];
  if (said === undefined) return undefined;
  try {
    JSON.parse(said);
    return said;
  } catch {
    return undefined;
  }
}

const MAX_COUNT = 2_000;

/** The text that a prompt demands, quoted after a verb, or as numbers to count. */
function demandedText(prompt: string): string | undefined {
  const short = prompt.slice(0, 20_000);
  const count = /\bcount (?:up )?from (\d{1,6}) (?:up )?to (\d{1,6})\b/i.exec(short);
  if (count !== null) {
    const [from, to] = [Number(count[1]), Number(count[2])];
    const length = Math.min(MAX_COUNT, Math.max(0, to - from + 1));
    return Array.from({ length }, (_, index) => from + index).join(", ");
  }
  const said = /\b(?:repeat|say|reply|answer|respond|write|print|output)\b[^"“.\n]{0,60}["“]([^"”]{1,4000})["”]/i.exec(
    short,
  );
  return said?.[1];
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
