/** Reasoning under the names that providers give it. */
import type { AnomalyLog } from "./anomaly-log.js";
import { asArray, asObject, asText, type JsonObject } from "./json.js";

/** The reasoning that a delta or message carries beside its content; sent under two names it counts once. */
export function reasoningIn(delta: JsonObject, log: AnomalyLog, read: number | undefined): string {
  const { reasoning_content: content, reasoning: plain, reasoning_details: details } = delta;
  if (content === undefined && plain === undefined && details === undefined) return "";
  const named = asText(content) ?? "";
  if (named !== "") log.note("reasoning-content", `reasoning_content: ${named}`, read);
  const short = asText(plain) ?? "";
  if (short !== "") log.note("reasoning", `reasoning: ${short}`, read);
  const detailed = asArray(details).map(detailText).join("");
  if (detailed !== "") log.note("reasoning-details", `reasoning_details: ${detailed}`, read);
  const texts = [named, short, detailed].filter((text) => text !== "");
  const [first = "", ...others] = texts;
  if (others.length === 0) return first;
  log.note("reasoning-twice", first, read);
  return texts.reduce((longest, text) => (text.length > longest.length ? text : longest), first);
}

function detailText(part: unknown): string {
  const detail = asObject(part);
  return asText(detail?.text) ?? asText(detail?.summary) ?? "";
}

/** Content as text, or as parts of which some may be thinking; null where there is none. */
export function contentIn(content: unknown): { text: string | null; thinking: string } {
  if (!Array.isArray(content)) return { text: null, thinking: "" };
  let text = "";
  let thinking = "";
  for (const each of content) {
    const part = asObject(each);
    if (part === null) text += asText(each) ?? "";
    else if (part.type === "thinking" || part.type === "reasoning") {
      const inner = part.thinking ?? part.reasoning ?? part.text;
      thinking +=
        asText(inner) ??
        asArray(inner)
          .map((piece) => asText(asObject(piece)?.text) ?? "")
          .join("");
    } else text += asText(part.text) ?? "";
  }
  return { text, thinking };
}
