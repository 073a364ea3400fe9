/**
 * Tool calls in three layers.
 *
 * - trigger: a call was made where one was due, none where none was, and the finish reason says so, since clients
 *   decide by either whether to run tools;
 * - schema: each name is declared, its arguments are a JSON object that the declared parameters allow, ids are usable;
 * - value: count, names and arguments are the expected ones.
 *
 * Schema and value are `null` where no call was made, and where none was due. Every fault fails the layer it was found
 * in; a layer is true when it has none.
 */
import type { Completion } from "../../../decode/completion.js";
import type { Expectations, GoldenCase } from "../../../golden/golden-set.js";
import { shown } from "../../evidence.js";
import type { ToolCallOutcome } from "../../finding.js";
import { isObject, type JsonObject } from "../../json.js";
import { type DeclaredTools, declaredTools } from "./declared.js";
import type { Layer, LayeredFault } from "./fault.js";
import { leakedCall } from "./leaked.js";
import { idFaults, schemaFaults } from "./schema-layer.js";
import { valueFaults } from "./value-layer.js";

/** A hostile answer may hold thousands of calls: what follows these is counted, not judged. */
const MAX_JUDGED_CALLS = 128;
const MAX_FAULTS = 20;

/** Calls are due (`some`), forbidden (`none`), or not spoken of (`null`). */
export function callsDue(expect: Expectations): "some" | "none" | null {
  const listed = expect.tool_calls;
  if (listed && (listed.length > 0 || expect.tool_calls_count === "at_least")) return "some";
  if (listed) return "none";
  if (expect.no_tool_calls === undefined) return null;
  return expect.no_tool_calls ? "none" : "some";
}

/** The outcome of an answer; null where its case expects nothing about calls. */
export function judgeToolCalls(golden: GoldenCase, completion: Completion, body: JsonObject): ToolCallOutcome | null {
  const due = callsDue(golden.expect);
  if (due === null) return null;
  const tools = declaredTools(body);
  if (due === "none") return outcome(unwantedFaults(completion, tools), ["trigger"]);
  if (completion.toolCalls.length === 0) return outcome([missingFault(completion, tools)], ["trigger"]);
  return outcome(madeFaults(golden.expect, completion, body, tools), ["trigger", "schema", "value"]);
}

function unwantedFaults(completion: Completion, tools: DeclaredTools): LayeredFault[] {
  const { toolCalls, finishReason } = completion;
  if (toolCalls.length > 0) {
    const names = toolCalls.slice(0, 5).map((call) => call.name);
    return [trigger("unexpected_call", `expected no call, got ${toolCalls.length}: ${shown(names)}`)];
  }
  const leaked = leakedCall(completion.content ?? "", tools);
  if (leaked !== null) return [trigger("leaked_as_text", `expected no call, and the text holds ${leaked}`)];
  if (finishReason !== "tool_calls" && finishReason !== "function_call") return [];
  return [trigger("finish_reason", `finish reason ${finishReason} without a call`)];
}

function missingFault(completion: Completion, tools: DeclaredTools): LayeredFault {
  const leaked = leakedCall(completion.content ?? "", tools);
  if (leaked !== null) return trigger("leaked_as_text", `no call was made, and the text holds ${leaked}`);
  if (completion.finishReason === "length") return trigger("truncated", "the token limit was reached before a call");
  const said = completion.content ? shown(completion.content) : "no text";
  return trigger("no_call", `expected a call, got ${said}`);
}

function madeFaults(
  expect: Expectations,
  completion: Completion,
  body: JsonObject,
  tools: DeclaredTools,
): LayeredFault[] {
  const calls = completion.toolCalls.slice(0, MAX_JUDGED_CALLS);
  const labels = calls.map((call, index) => `call ${index + 1} ${shown(call.name, 40)}`);
  const cut = completion.finishReason === "length";
  const faults = finishFaults(expect, completion, body);
  if (body.functions === undefined) faults.push(...idFaults(calls));
  for (const [index, call] of calls.entries()) faults.push(...schemaFaults(call, labels[index] ?? "", tools, cut));
  const count = expect.tool_calls_count ?? "exact";
  if (completion.toolCalls.length > calls.length && count === "exact") {
    faults.push({ layer: "value", fault: "wrong_count", place: "", detail: `${completion.toolCalls.length} calls` });
  } else if (expect.tool_calls) {
    const ordered = expect.tool_calls_ordered === true;
    faults.push(...valueFaults(expect.tool_calls, calls, labels, { count, ordered, tools, cut }));
  }
  return faults;
}

/**
 * A finish reason that the case allows by name is right. Otherwise it has to be that of tool calls; `stop` is as good
 * where the request forced one tool by name, since OpenAI itself answers so.
 */
function finishFaults(expect: Expectations, completion: Completion, body: JsonObject): LayeredFault[] {
  const seen = completion.finishReason;
  const forced = isObject(body.tool_choice) || isObject(body.function_call);
  const allowed = expect.finish_reason ?? ["tool_calls", "function_call", ...(forced ? ["stop"] : [])];
  if (seen !== null && allowed.includes(seen)) return [];
  if (seen === "length") return [trigger("truncated", "the token limit was reached among the calls")];
  return [trigger("finish_reason", `finish reason ${shown(seen)} with calls, expected one of ${shown(allowed)}`)];
}

function trigger(fault: LayeredFault["fault"], detail: string): LayeredFault {
  return { layer: "trigger", fault, place: "", detail };
}

function outcome(faults: readonly LayeredFault[], layers: readonly Layer[]): ToolCallOutcome {
  const holds = (layer: Layer): boolean | null =>
    layers.includes(layer) ? !faults.some((fault) => fault.layer === layer) : null;
  const once = new Map<string, { fault: LayeredFault["fault"]; detail: string }>();
  for (const { fault, place, detail } of faults) {
    // Running into the token limit is one event, whatever it cut.
    const key = fault === "truncated" ? fault : `${fault} ${place}`;
    if (!once.has(key)) once.set(key, { fault, detail });
  }
  return {
    trigger: holds("trigger"),
    schema: holds("schema"),
    value: holds("value"),
    faults: [...once.values()].slice(0, MAX_FAULTS),
  };
}
