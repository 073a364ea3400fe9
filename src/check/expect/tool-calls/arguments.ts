/** The arguments of a call, or what is wrong with them. */
import type { ToolCall } from "../../../decode/completion.js";
import { cut as shorten, shown } from "../../evidence.js";
import type { ToolCallFault } from "../../finding.js";
import { isObject, type JsonObject, parseJson } from "../../json.js";

export type CallArguments = { readonly value: JsonObject } | { readonly fault: ToolCallFault; readonly detail: string };

/**
 * No arguments at all, or an empty text, is what many servers send for a tool without parameters: it reads as `{}`,
 * and a missing parameter is then found by name. Arguments that are JSON, but no object, are not coerced.
 *
 * @param cut the answer ran into its token limit, which explains arguments that break off.
 */
export function callArguments(call: ToolCall, cut: boolean): CallArguments {
  if (call.arguments === undefined) {
    const text = call.argumentsText ?? "";
    if (text.trim() === "") return { value: {} };
    const parsed = parseJson(text);
    const reason = "problem" in parsed ? parsed.problem : "not decoded";
    const fault = cut ? "truncated" : "invalid_json";
    return { fault, detail: `arguments are not JSON (${shorten(reason, 80)}): ${shown(text, 60)}` };
  }
  if (isObject(call.arguments)) return { value: call.arguments };
  const twice = typeof call.arguments === "string" && "value" in parseJson(call.arguments);
  return {
    fault: "schema_mismatch",
    detail: `arguments are ${twice ? "JSON encoded twice" : "no object"}: ${shown(call.arguments, 60)}`,
  };
}
