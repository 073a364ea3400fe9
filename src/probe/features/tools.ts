/** Tools, every form of `tool_choice`, and parallel calls. */
import { shown } from "../../check/evidence.js";
import { chosenTool } from "../../golden/tools.js";
import { type Answer, contentOf, cutBeforeFirstWord, wasCut } from "../answer.js";
import { ANSWER_TOKENS, type Answers, type Feature, type Judgement, type Uses, user, verdict } from "../feature.js";
import { judgeCall, judgeFree, LEAKED } from "./tool-call.js";

const WEATHER = {
  type: "function",
  function: {
    name: "get_weather",
    description: "The current weather of a city.",
    parameters: {
      type: "object",
      properties: {
        city: { type: "string" },
        unit: { type: "string", enum: ["celsius", "fahrenheit"] },
      },
      required: ["city", "unit"],
      additionalProperties: false,
    },
  },
} as const;

const CLOCK = {
  type: "function",
  function: {
    name: "get_local_time",
    description: "The local time of a city.",
    parameters: {
      type: "object",
      properties: { city: { type: "string" } },
      required: ["city"],
      additionalProperties: false,
    },
  },
} as const;

const ASK_WEATHER = "What is the weather in Oslo, in celsius? Call the tool get_weather to find out.";
const ASK_NOTHING = "Say hello in one word.";
const ASK_TWO = "What is the weather in Oslo and in Lima, in celsius? Call get_weather for both cities at once.";

const hasTools: Uses = ({ api }, request) => api === "chat" && Array.isArray(request.tools) && request.tools.length > 0;
const hasChoice =
  (choice: string): Uses =>
  (golden, request) =>
    hasTools(golden, request) && request.tool_choice === choice;

/** Two calls or more are expected of one answer. */
const expectsParallel: Uses = (golden, request) =>
  hasTools(golden, request) && request.parallel_tool_calls !== false && (golden.expect.tool_calls?.length ?? 0) > 1;

interface ToolFeature {
  readonly id: string;
  readonly name: string;
  readonly keys?: readonly string[];
  readonly uses: Uses;
  readonly variant?: "stream" | "body";
  readonly ask?: string;
  readonly request: Readonly<Record<string, unknown>>;
  judge(answer: Answer, answers: Answers): Judgement;
}

function toolFeature({
  id,
  name,
  keys = [],
  uses,
  variant = "body",
  ask = ASK_WEATHER,
  request,
  judge,
}: ToolFeature): Feature {
  return {
    id,
    name,
    keys: ["tools", ...keys],
    uses,
    requests: ({ settings }) => [
      {
        part: "call",
        api: "chat",
        variant,
        request: { ...user(ask), ...settings(ANSWER_TOKENS), tools: [WEATHER], ...request },
      },
    ],
    judge: (answers) => judge(answers.one("call"), answers),
  };
}

/** Without a call: did the tools reach the model at all? The prompt is longer by the tools where they did. */
function judgeOffered(answers: Answers): Judgement {
  const answer = answers.one("call");
  const judged = judgeCall(answer);
  if (judged.verdict !== "ignored") return judged;
  const withTools = answer.completion.usage?.inputTokens ?? null;
  const without = answers.one("without").completion.usage?.inputTokens ?? null;
  if (withTools === null || without === null) return judged;
  return withTools - without < TOOL_TOKENS
    ? verdict("ignored", `${judged.seen}; ${withTools} prompt tokens with the tool, ${without} without it`)
    : verdict(
        "unclear",
        `${judged.seen}; the model was shown the tool (${withTools} prompt tokens, ${without} without it)`,
      );
}

/** A tool's declaration takes many more tokens than this in any template. */
const TOOL_TOKENS = 15;

const tools: Feature = {
  ...toolFeature({ id: "tools", name: "tools", uses: hasTools, request: {}, judge: judgeCall }),
  requests: ({ settings }) => [
    {
      part: "call",
      api: "chat",
      variant: "body",
      request: { ...user(ASK_WEATHER), ...settings(ANSWER_TOKENS), tools: [WEATHER] },
    },
    {
      part: "without",
      api: "chat",
      variant: "body",
      control: true,
      request: { ...user(ASK_WEATHER), ...settings(16) },
    },
  ],
  judge: judgeOffered,
};

const toolChoiceNone = toolFeature({
  id: "tool-choice-none",
  name: "tool_choice: none",
  keys: ["tool_choice"],
  uses: hasChoice("none"),
  request: { tool_choice: "none" },
  judge(answer, answers) {
    const { toolCalls } = answer.completion;
    const text = contentOf(answer);
    if (toolCalls.length > 0) return verdict("ignored", `called ${shown(toolCalls[0]?.name)} all the same`);
    const cut = cutBeforeFirstWord(answer);
    if (cut !== null) return cut;
    if (wasCut(answer)) return verdict("unclear", `the limit on tokens came before any call: ${shown(text)}`);
    if (text.trim() === "") return verdict("unclear", "neither a call nor a text");
    if (LEAKED.test(text)) return verdict("broken", `the call came as text: ${shown(text)}`);
    const withTools = answers.verdictOf("tools");
    if (withTools === "supported") return verdict("supported", `no call, but the text ${shown(text)}`);
    return verdict("unclear", `no call, but none came without tool_choice either (tools: ${withTools ?? "not tried"})`);
  },
});

const toolChoiceNamed = toolFeature({
  id: "tool-choice-named",
  name: "tool_choice: a function",
  keys: ["tool_choice"],
  uses: (golden, request) => hasTools(golden, request) && chosenTool(request) !== undefined,
  request: {
    tools: [WEATHER, CLOCK],
    tool_choice: { type: "function", function: { name: CLOCK.function.name } },
  },
  judge(answer) {
    const { toolCalls } = answer.completion;
    const named = chosenTool(answer.sent);
    const other = toolCalls.find(({ name }) => name !== named);
    if (other !== undefined) return verdict("ignored", `called ${shown(other.name)} where ${shown(named)} was named`);
    return judgeCall(answer);
  },
});

function calledCities(answer: Answer): number {
  return new Set(answer.completion.toolCalls.map((call) => JSON.stringify(call.arguments ?? call.argumentsText))).size;
}

const parallelTools = toolFeature({
  id: "parallel-tools",
  name: "parallel tool calls",
  uses: expectsParallel,
  ask: ASK_TWO,
  request: {},
  judge(answer, answers) {
    const judged = judgeFree(answer, answers);
    if (judged.verdict !== "supported") return judged;
    const calls = answer.completion.toolCalls.length;
    if (calls === 1) return verdict("ignored", `${judged.seen}: one call where two were asked for`);
    if (calledCities(answer) < 2)
      return verdict("broken", `${calls} calls, all with the same arguments: ${judged.seen}`);
    const ids = new Set(answer.completion.toolCalls.map(({ id }) => id)).size;
    if (ids < calls) return verdict("broken", `${calls} calls that share their ids: a client cannot answer each`);
    return verdict("supported", `${calls} calls in one answer`);
  },
});

const serialTools = toolFeature({
  id: "parallel-tools-off",
  name: "parallel_tool_calls: false",
  keys: ["parallel_tool_calls"],
  uses: (golden, request) => hasTools(golden, request) && request.parallel_tool_calls === false,
  ask: ASK_TWO,
  request: { parallel_tool_calls: false },
  judge(answer, answers) {
    const judged = judgeFree(answer, answers);
    const calls = answer.completion.toolCalls.length;
    if (calls > 1) return verdict("ignored", `${calls} calls in one answer`);
    if (judged.verdict !== "supported") return judged;
    const parallel = answers.verdictOf("parallel-tools");
    if (parallel === "supported") return verdict("supported", `one call, where more came without it`);
    return verdict("unclear", `one call, but no more came without it (parallel calls: ${parallel ?? "not tried"})`);
  },
});

export const TOOL_FEATURES: readonly Feature[] = [
  tools,
  toolFeature({
    id: "tools-streamed",
    name: "tools, streamed",
    uses: (golden, request) => hasTools(golden, request) && golden.variants.includes("stream"),
    variant: "stream",
    request: {},
    judge: judgeFree,
  }),
  toolFeature({
    id: "tool-choice-auto",
    name: "tool_choice: auto",
    keys: ["tool_choice"],
    uses: hasChoice("auto"),
    request: { tool_choice: "auto" },
    judge: judgeFree,
  }),
  toolChoiceNone,
  toolFeature({
    id: "tool-choice-required",
    name: "tool_choice: required",
    keys: ["tool_choice"],
    uses: hasChoice("required"),
    ask: ASK_NOTHING,
    request: { tool_choice: "required" },
    judge: judgeCall,
  }),
  toolChoiceNamed,
  parallelTools,
  serialTools,
];
