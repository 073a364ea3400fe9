/** Tool calls that a server's parser missed, and that reached the client as text. */
import { isObject, parseJson } from "../../json.js";
import type { DeclaredTools } from "./declared.js";

const SEARCHED_CHARACTERS = 100_000;

/** What chat templates write around a call, by the families that were seen to leak. */
const MARKERS = [
  "<tool_call>", // Hermes, Qwen, GLM
  "<|tool_call|>", // Granite, Phi
  "<|tool_call>",
  "[TOOL_CALLS]", // Mistral
  "functools[", // Phi
  "<|tool_calls_section_begin|>", // Kimi
  "<|tool_call_begin|>",
  "<｜tool▁calls▁begin｜>", // DeepSeek
  "<|python_tag|>", // Llama
  "<function=", // Llama, Qwen coder
  "<minimax:tool_call>",
  "<|channel|>commentary to=functions.", // gpt-oss
];

const FENCE = /^```[^\n]*\n(.*?)\n?\s*```$/s;

/** The marker or the bare JSON call found in a text; null when it holds none. */
export function leakedCall(content: string, tools: DeclaredTools): string | null {
  const text = content.slice(0, SEARCHED_CHARACTERS);
  const marker = MARKERS.find((known) => text.includes(known));
  if (marker !== undefined) return marker;
  const bare = text.trim();
  const name = bareCall(FENCE.exec(bare)?.[1] ?? bare, tools);
  return name === null ? null : `a JSON call of ${name}`;
}

/** The whole text is `{"name": …, "arguments": …}` of a declared tool, or a list that begins with one. */
function bareCall(text: string, tools: DeclaredTools): string | null {
  if (!/^\s*[[{]/.test(text)) return null;
  const parsed = parseJson(text);
  if ("problem" in parsed) return null;
  const first: unknown = Array.isArray(parsed.value) ? parsed.value[0] : parsed.value;
  if (!isObject(first)) return null;
  const call = isObject(first.function) ? first.function : first;
  const hasArguments = Object.hasOwn(call, "arguments") || Object.hasOwn(call, "parameters");
  return typeof call.name === "string" && tools.has(call.name) && hasArguments ? call.name : null;
}
