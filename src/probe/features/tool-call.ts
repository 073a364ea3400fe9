/** What a tool call in an answer is worth, and what it means that there is none. */
import { cut, shown } from "../../check/evidence.js";
import { validate } from "../../check/schema.js";
import type { ToolCall } from "../../decode/completion.js";
import { declaredTools } from "../../golden/tools.js";
import { type Answer, contentOf, cutBeforeFirstWord, wasCut } from "../answer.js";
import { type Answers, type Judgement, verdict } from "../feature.js";

/** A call that the request's own schema accepts; what is wrong with it otherwise. */
function callFault(call: ToolCall, sent: Answer["sent"]): string | null {
  const tools = declaredTools(sent);
  if (!tools.has(call.name)) return `a call of ${shown(call.name)}, which no tool has as its name`;
  if (call.argumentsText === null) return `a call of ${call.name} without arguments`;
  if (call.arguments === undefined) return `arguments that are not JSON: ${shown(call.argumentsText)}`;
  const outcome = validate(tools.get(call.name), "parameters", call.arguments);
  if ("unusable" in outcome) return `arguments that cannot be judged: ${outcome.unusable}`;
  if (outcome.valid) return null;
  return `arguments outside the schema (${outcome.error.path} ${outcome.error.message}): ${shown(call.argumentsText)}`;
}

export const LEAKED =
  /<tool_call>|<\|tool_call|\[TOOL_CALLS\]|<function=|<\|python_tag\|>|"(?:arguments|parameters)"\s*:/;

/** No call where one was due: into the text it went, or nowhere. */
function withoutCall(answer: Answer): Judgement {
  const text = contentOf(answer);
  if (wasCut(answer)) return verdict("unclear", `the limit on tokens came before any call: ${shown(text)}`);
  const cut = cutBeforeFirstWord(answer);
  if (cut !== null) return cut;
  if (LEAKED.test(text)) return verdict("broken", `the call came as text: ${shown(text)}`);
  return verdict("ignored", `no call, but the text ${shown(text)}`);
}

/** Where the model is free to call or not, a text tells nothing that the plain use of tools did not tell. */
export function judgeFree(answer: Answer, answers: Answers): Judgement {
  const judged = judgeCall(answer);
  const tools = answers.verdictOf("tools");
  const silent = judged.verdict === "ignored" || judged.verdict === "unclear";
  if (answer.completion.toolCalls.length > 0 || !silent || (tools !== "ignored" && tools !== "unclear")) return judged;
  return verdict(tools, `${judged.seen}; as for tools without it`);
}

export function judgeCall(answer: Answer): Judgement {
  const { toolCalls, finishReason } = answer.completion;
  const [call] = toolCalls;
  if (call === undefined) return withoutCall(answer);
  for (const each of toolCalls) {
    const fault = callFault(each, answer.sent);
    if (fault !== null)
      return wasCut(answer) ? verdict("unclear", `cut inside a call: ${fault}`) : verdict("broken", fault);
  }
  return verdict(
    "supported",
    `called ${call.name}(${cut(call.argumentsText ?? "", 60)}), finish reason ${finishReason}`,
  );
}
