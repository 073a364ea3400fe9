/** Reasoning under its many names. */
import { answered, body, COUNTED, chunk, DONE, finish, ROLE, SAID, streamed, text, usageEvent } from "../row.js";

const ALL = { ...SAID, reasoning: "Hm. So.", ...COUNTED, done: true };
const END = [finish(), usageEvent(), DONE].join("");

export const reasoningRows = [
  streamed({
    row: "`reasoning_content`",
    seenAt: "DeepSeek, vLLM, xAI",
    bytes: [
      ROLE,
      chunk({ content: null, reasoning_content: "Hm." }),
      chunk({ reasoning_content: " So." }),
      text("Hello"),
      END,
    ].join(""),
    expects: ALL,
    anomalies: ["reasoning-content"],
  }),
  streamed({
    row: "`reasoning`",
    seenAt: "Groq, newer vLLM, Ollama",
    bytes: [ROLE, chunk({ reasoning: "Hm." }), chunk({ reasoning: " So." }), text("Hello"), END].join(""),
    expects: ALL,
    anomalies: ["reasoning"],
  }),
  streamed({
    row: "`reasoning_details[]`, in two copies",
    seenAt: "OpenRouter",
    bytes: [
      ROLE,
      chunk({ content: "", reasoning: "Hm.", reasoning_details: [{ type: "reasoning.text", text: "Hm." }] }),
      chunk({ content: "", reasoning: " So.", reasoning_details: [{ type: "reasoning.text", text: " So." }] }),
      text("Hello"),
      END,
    ].join(""),
    expects: ALL,
    anomalies: ["reasoning", "reasoning-details", "reasoning-twice"],
  }),
  streamed({
    row: "`reasoning_details[]` alone",
    seenAt: "OpenRouter, MiniMax",
    bytes: [
      ROLE,
      chunk({ reasoning_details: [{ type: "reasoning.summary", summary: "Hm. So." }] }),
      text("Hello"),
      END,
    ].join(""),
    expects: ALL,
    anomalies: ["reasoning-details"],
  }),
  streamed({
    row: "some send two copies",
    seenAt: "vLLM between two versions",
    bytes: [
      ROLE,
      chunk({ reasoning: "Hm.", reasoning_content: "Hm." }),
      chunk({ reasoning: " So.", reasoning_content: " So." }),
      text("Hello"),
      END,
    ].join(""),
    expects: ALL,
    anomalies: ["reasoning", "reasoning-content", "reasoning-twice"],
  }),
  streamed({
    row: 'Mistral `[{type: "thinking"}]` parts',
    seenAt: "Mistral",
    bytes: [
      ROLE,
      chunk({ content: [{ type: "thinking", thinking: [{ type: "text", text: "Hm." }] }] }),
      chunk({
        content: [
          { type: "thinking", thinking: [{ type: "text", text: " So." }] },
          { type: "text", text: "Hel" },
        ],
      }),
      text("lo"),
      END,
    ].join(""),
    expects: ALL,
    anomalies: ["content-parts", "reasoning-parts"],
  }),
  streamed({
    row: "inline `<think>`",
    seenAt: "servers without a reasoning parser",
    bytes: [ROLE, text("<think>"), text("Hm."), text(" So."), text("</think>"), text("\n\n"), text("Hello"), END].join(
      "",
    ),
    expects: ALL,
    anomalies: ["reasoning-inline"],
  }),
  streamed({
    row: "inline `<think>`, its tags over several events",
    seenAt: "servers without a reasoning parser",
    bytes: [ROLE, text("\n<th"), text("ink>Hm. "), text("So.</"), text("thi"), text("nk>\nHel"), text("lo"), END].join(
      "",
    ),
    expects: ALL,
    anomalies: ["reasoning-inline"],
  }),
  streamed({
    row: "inline `<think>` that is never closed",
    seenAt: "answers cut by max_tokens",
    bytes: [ROLE, text("<think>Hm."), text(" So."), finish("length"), usageEvent(), DONE].join(""),
    expects: { ...ALL, content: "", finishReason: "length" },
    anomalies: ["reasoning-inline"],
  }),
  streamed({
    row: "inline `<think>` that the answer only mentions",
    seenAt: "answers about models",
    bytes: [ROLE, text("The tag <think>"), text(" opens it, </think> closes it."), END].join(""),
    expects: { ...SAID, content: "The tag <think> opens it, </think> closes it.", ...COUNTED, done: true },
  }),
  answered({
    row: "`reasoning_content`, in a body",
    seenAt: "DeepSeek",
    bytes: body({ content: "Hello", reasoning_content: "Hm. So." }),
    expects: { ...SAID, reasoning: "Hm. So.", ...COUNTED },
    anomalies: ["reasoning-content"],
  }),
  answered({
    row: "inline `<think>`, in a body",
    seenAt: "servers without a reasoning parser",
    bytes: body({ content: "<think>Hm. So.</think>\n\nHello" }),
    expects: { ...SAID, reasoning: "Hm. So.", ...COUNTED },
    anomalies: ["reasoning-inline"],
  }),
];
