/** Which calls of a client library answer one API: each is replayed on its own. */
import type { Api, Variant } from "../golden/golden-set.js";
import type { SdkName } from "./sdk-choice.js";

export type CallName =
  | "chat.completions.create"
  | "chat.completions.stream"
  | "completions.create"
  | "responses.create"
  | "embeddings.create"
  | "streamText"
  | "generateText"
  | "embed";

/** The calls in the order of the report; none when the library does not know the API. */
export function callsFor(sdk: SdkName, api: Api, variant: Variant): readonly CallName[] {
  if (sdk === "openai") {
    if (api !== "chat") return [`${api}.create`];
    return variant === "stream" ? ["chat.completions.create", "chat.completions.stream"] : ["chat.completions.create"];
  }
  if (api === "responses") return [];
  if (api === "embeddings") return ["embed"];
  return variant === "stream" ? ["streamText"] : ["generateText"];
}
