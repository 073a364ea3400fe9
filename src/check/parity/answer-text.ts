/** The forms in which two answers are compared. */
import type { Completion, ToolCall } from "../../decode/completion.js";
import { canonicalText } from "../json.js";

/** What a person would see of an answer, as it was sent: content, refusal, one line a call. */
export function visibleText(answer: Completion): string {
  return join(answer, answer.toolCalls.map(callAsSent));
}

/**
 * What an answer says, freed of what carries no meaning: NFC, white space collapsed, calls with sorted keys and in
 * sorted order.
 */
export function comparableText(answer: Completion): string {
  const text = plain(join(answer, []));
  const calls = canonicalCalls(answer).join("\n");
  return text === "" || calls === "" ? text + calls : `${calls}\n${text}`;
}

/** Each call's name and arguments with keys sorted, the list in code-unit order: equal for equal multisets of calls. */
export function canonicalCalls(answer: Completion): readonly string[] {
  return answer.toolCalls.map((call) => `${call.name}(${canonicalArguments(call)})`).sort();
}

/** Text after NFC, with each run of white space as one space, and none at the ends. */
export function plain(text: string): string {
  return text.normalize("NFC").replace(/\s+/g, " ").trim();
}

function join(answer: Completion, calls: readonly string[]): string {
  return [answer.content ?? "", answer.refusal ?? "", ...calls].filter((part) => part !== "").join("\n");
}

function callAsSent(call: ToolCall): string {
  return `${call.name}(${call.argumentsText ?? ""})`;
}

/** An empty text is what some servers send for `{}`. */
function canonicalArguments(call: ToolCall): string {
  if (call.arguments !== undefined) return canonicalText(call.arguments) ?? (call.argumentsText ?? "").trim();
  const text = (call.argumentsText ?? "").trim();
  return text === "" ? "{}" : text;
}
