/** The schema layer: is each call one that the request's tools allow, and that a client can answer? */
import type { ToolCall } from "../../../decode/completion.js";
import { shown } from "../../evidence.js";
import type { ToolCallFault } from "../../finding.js";
import { type SchemaError, validate } from "../../schema.js";
import { callArguments } from "./arguments.js";
import type { DeclaredTools } from "./declared.js";
import type { LayeredFault } from "./fault.js";

const FAULT_OF_KEYWORD: Readonly<Record<string, ToolCallFault>> = {
  required: "missing_required",
  additionalProperties: "unexpected_param",
  unevaluatedProperties: "unexpected_param",
  type: "type",
};

/** What one call breaks: at most one fault of its schema, since ajv stops at the first. */
export function schemaFaults(call: ToolCall, label: string, tools: DeclaredTools, cut: boolean): LayeredFault[] {
  const faults: LayeredFault[] = [];
  const add = (fault: ToolCallFault, path: string, detail: string): void => {
    faults.push({ layer: "schema", fault, place: `${label}${path}`, detail: `${label}: ${detail}` });
  };
  const schema = tools.get(call.name);
  if (schema === undefined) add("unknown_name", "", `the request declares no tool ${shown(call.name, 40)}`);
  const args = callArguments(call, cut);
  if ("fault" in args) {
    add(args.fault, "", args.detail);
    return faults;
  }
  if (!schema) return faults;
  const outcome = validate(schema, "parameters", args.value);
  // A schema that cannot be used says nothing about the endpoint: `twintail check` reports it instead.
  if ("unusable" in outcome || outcome.valid) return faults;
  const { keyword, path, message }: SchemaError = outcome.error;
  add(FAULT_OF_KEYWORD[keyword] ?? "schema_mismatch", path, `${path || "the arguments"} ${message}`);
  return faults;
}

/** Ids that a `role: tool` message could not refer to. Legacy `function_call` has none, so they are not asked for. */
export function idFaults(calls: readonly ToolCall[]): LayeredFault[] {
  const faults: LayeredFault[] = [];
  const seen = new Set<string>();
  const add = (place: string, detail: string): void => {
    faults.push({ layer: "schema", fault: "bad_id_or_index", place, detail });
  };
  for (const [index, { id }] of calls.entries()) {
    if (id === null || id === "") add(`id ${index}`, `call ${index + 1} has no id`);
    else if (seen.has(id)) add(`id ${index}`, `call ${index + 1} repeats the id ${shown(id, 40)}`);
    else seen.add(id);
  }
  return faults;
}
