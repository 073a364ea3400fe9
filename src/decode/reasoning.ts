/** Reasoning under the names that providers give it. */
import type { AnomalyLog } from "./anomaly-log.js";
import { asArray, asObject, asText, type JsonObject } from "./json.js";

interface Reasoning {
  readonly text: string;
  /** The name it came under; the first of them where there were several. */
  readonly name: string;
}

/** Follows reasoning through an answer: what comes again under another name, at once or in a later event, counts once. */
export class ReasoningLog {
  readonly #pieces: string[] = [];
  #characters = 0;
  #names = new Set<string>();
  #last: Reasoning | null = null;

  constructor(readonly log: AnomalyLog) {}

  /** What a delta adds to the reasoning. */
  add(delta: JsonObject, read: number | undefined): string {
    const found = reasoningIn(delta, this.log, read);
    if (found === null) return "";
    const { text, name } = found;
    const last = this.#last;
    const again = last !== null && last.name !== name && last.text === text;
    const whole = this.#names.size > 0 && !this.#names.has(name) && text.length === this.#characters;
    if (again || (whole && this.#pieces.join("") === text)) {
      this.log.note("reasoning-twice", text, read);
      this.#last = null;
      return "";
    }
    this.#last = found;
    this.#names.add(name);
    this.#pieces.push(text);
    this.#characters += text.length;
    return text;
  }
}

/** The reasoning that a delta or message carries beside its content; sent under two names it counts once. */
export function reasoningIn(delta: JsonObject, log: AnomalyLog, read: number | undefined): Reasoning | null {
  const { reasoning_content: content, reasoning: plain, reasoning_details: details } = delta;
  if (content === undefined && plain === undefined && details === undefined) return null;
  const named = asText(content) ?? "";
  if (named !== "") log.note("reasoning-content", `reasoning_content: ${named}`, read);
  const short = asText(plain) ?? "";
  if (short !== "") log.note("reasoning", `reasoning: ${short}`, read);
  const detailed = asArray(details).map(detailText).join("");
  if (detailed !== "") log.note("reasoning-details", `reasoning_details: ${detailed}`, read);
  const all = [
    { text: named, name: "reasoning_content" },
    { text: short, name: "reasoning" },
    { text: detailed, name: "reasoning_details" },
  ].filter(({ text }) => text !== "");
  const [first, ...others] = all;
  if (first === undefined || others.length === 0) return first ?? null;
  log.note("reasoning-twice", first.text, read);
  const { text } = all.reduce((longest, each) => (each.text.length > longest.text.length ? each : longest), first);
  return { text, name: first.name };
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
