/** `tool_calls` and `no_tool_calls`: all three layers hold, as far as they apply. The rules are in `tool-calls/`. */
import { cut } from "../evidence.js";
import type { ToolCallOutcome } from "../finding.js";
import type { Answer } from "./answer.js";
import { type Expectation, expectation, type Judgement } from "./expectation.js";

const toolCalls = expectation("tool_calls", (_expected, answer) => fromLayers(answer));
const noToolCalls = expectation("no_tool_calls", (_expected, answer) => fromLayers(answer));

export const toolCallExpectations: readonly Expectation[] = [toolCalls, noToolCalls];

/** Whether every layer that applies holds. */
export function allLayersHold(outcome: ToolCallOutcome): boolean {
  return outcome.trigger !== false && outcome.schema !== false && outcome.value !== false;
}

function fromLayers({ toolCalls: outcome }: Answer): Judgement {
  if (outcome === null) return { met: null, detail: "tool calls were not judged" };
  const detail = outcome.faults.map(({ fault, detail }) => `${fault}: ${detail}`).join("; ");
  return { met: allLayersHold(outcome), detail: cut(detail) };
}
