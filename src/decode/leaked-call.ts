/** Tool calls that a server left in the text because it has no parser for the model's own way to call. */

/** What model families write around a call: Hermes and Qwen, Kimi, Llama, Mistral, DeepSeek. */
const MARKERS = [
  "<tool_call>",
  "<|tool_call_begin|>",
  "<|tool_calls_section_begin|>",
  "<function=",
  "<|python_tag|>",
  "[TOOL_CALLS]",
  "<｜tool▁calls▁begin｜>",
] as const;

/** The text from the first marker on; null where there is none. */
export function leakedCall(pieces: readonly string[]): string | null {
  if (pieces.length === 0) return null;
  const text = pieces.join("");
  for (const marker of MARKERS) {
    const at = text.indexOf(marker);
    if (at >= 0) return text.slice(at, at + 200);
  }
  return null;
}
