/** The value layer: are these the calls that were expected, with the expected arguments? */
import type { ToolCall } from "../../../decode/completion.js";
import type { ToolCallExpectation } from "../../../golden/golden-set.js";
import { shown } from "../../evidence.js";
import type { ToolCallFault } from "../../finding.js";
import { isObject } from "../../json.js";
import { argumentFault, isOptional } from "./argument.js";
import { callArguments } from "./arguments.js";
import { type Assignment, assignInOrder, assignOptimally } from "./assignment.js";
import type { DeclaredTools } from "./declared.js";
import type { LayeredFault } from "./fault.js";

/** Another name costs more than any number of wrong arguments. */
const WRONG_NAME_COST = 10_000;

export interface ValueRules {
  readonly count: "exact" | "at_least";
  readonly ordered: boolean;
  readonly tools: DeclaredTools;
  /** The answer ran into its token limit. */
  readonly cut: boolean;
}

/** Matches expected calls to actual ones so that as little as possible is wrong, and lists what is. */
export function valueFaults(
  expected: readonly ToolCallExpectation[],
  calls: readonly ToolCall[],
  labels: readonly string[],
  rules: ValueRules,
): LayeredFault[] {
  const faults: LayeredFault[] = [];
  const add = (fault: ToolCallFault, place: string, detail: string): void => {
    faults.push({ layer: "value", fault, place, detail });
  };
  const tooMany = rules.count === "exact" && calls.length > expected.length;
  if (calls.length < expected.length || tooMany) {
    const bound = rules.count === "exact" ? "" : "at least ";
    add("wrong_count", "", `expected ${bound}${expected.length} calls, got ${calls.length}`);
  }
  const cells = expected.map((one) => calls.map((call, index) => callFaults(one, call, labels[index] ?? "", rules)));
  const cost = cells.map((row) => row.map((cell) => (cell === "wrong_name" ? WRONG_NAME_COST : cell.length)));
  const assignment: Assignment = rules.ordered ? assignInOrder(cost) : assignOptimally(cost);
  for (const [row, column] of assignment.entries()) {
    const [one, call, label] = [expected[row], calls[column ?? -1], labels[column ?? -1]];
    const cell = cells[row]?.[column ?? -1];
    if (!one || !call || label === undefined || cell === undefined) continue;
    if (cell === "wrong_name") {
      const fault = rules.tools.has(call.name) ? "wrong_name" : "unknown_name";
      add(fault, label, `${label}: expected ${shown(one.name, 40)}`);
    } else faults.push(...cell);
  }
  return faults;
}

function callFaults(
  expected: ToolCallExpectation,
  call: ToolCall,
  label: string,
  rules: ValueRules,
): LayeredFault[] | "wrong_name" {
  if (call.name !== expected.name) return "wrong_name";
  const args = callArguments(call, rules.cut);
  if ("fault" in args) return [{ layer: "value", fault: args.fault, place: label, detail: `${label}: ${args.detail}` }];
  const wanted = expected.arguments;
  if (!wanted) return []; // only the call was asked for: its arguments are the schema layer's
  const faults: LayeredFault[] = [];
  const add = (fault: ToolCallFault, path: string, detail: string): void => {
    faults.push({ layer: "value", fault, place: `${label}${path}`, detail: `${label}: ${path} ${detail}` });
  };
  for (const [name, value] of Object.entries(wanted)) {
    if (Object.hasOwn(args.value, name)) {
      const found = argumentFault(value, args.value[name], `/${name}`);
      if (found) add(found.fault, found.path, found.detail);
    } else if (!isOptional(value)) add("missing_required", `/${name}`, `expected ${shown(value, 60)}, absent`);
  }
  const declared = expected.extra === "schema" ? rules.tools.get(call.name)?.properties : undefined;
  for (const [name, value] of Object.entries(args.value)) {
    if (Object.hasOwn(wanted, name) || (isObject(declared) && Object.hasOwn(declared, name))) continue;
    add("unexpected_param", `/${name}`, `unexpected: ${shown(value, 60)}`);
  }
  return faults;
}
