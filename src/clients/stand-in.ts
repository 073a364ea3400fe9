/** The request of a recording that holds no prompts: what a client needs of it to read the answer, and nothing else. */
import { decodeAttempt } from "../decode/decode.js";
import type { Api, Variant } from "../golden/golden-set.js";
import type { Attempt } from "../recording/recording.js";

type Body = Readonly<Record<string, unknown>>;

/** Numbers and switches stay. Clients do not look at a prompt; of tools, they refuse a call of one that they do not know. */
export function standInRequest(body: Body, attempt: Attempt, api: Api, variant: Variant): Body {
  const kept = Object.fromEntries(Object.entries(body).filter(([, value]) => !isLeftOut(value)));
  const asked =
    api === "chat"
      ? { messages: [{ role: "user", content: PROMPT }] }
      : api === "completions"
        ? { prompt: PROMPT }
        : { input: inputOf(body.input) };
  if (!isLeftOut(body.tools)) return { ...kept, ...asked };
  const names = new Set(decodeAttempt(attempt, api, variant).toolCalls.map(({ name }) => name));
  const tools = [...names].map((name) => ({ type: "function", function: { name, parameters: { type: "object" } } }));
  return { ...kept, ...asked, ...(tools.length === 0 ? {} : { tools }) };
}

const PROMPT = "recorded";

/** As many texts as there were. */
function inputOf(input: unknown): unknown {
  return Array.isArray(input) ? input.map(() => PROMPT) : PROMPT;
}

function isLeftOut(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && ("omitted" in value || "digest" in value || Array.isArray(value))
  );
}
