/** Changes to what an answer says, on the level of its JSON: for drills in which usage, content or a finish reason goes wrong. */

/** What to change. `finish` replaces every finish reason. */
export interface AnswerChange {
  readonly dropUsage?: boolean;
  readonly nullContent?: boolean;
  readonly finish?: string;
}

/** The JSON text of one event or body, changed; null when nothing of it is left. Text that is no JSON stays. */
export function changedJson(text: string, change: AnswerChange): string | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text;
  }
  if (!isObject(value)) return text;
  let changed = false;
  if (change.dropUsage === true) {
    const places = [value, value.x_groq, value.response, ...choicesOf(value)];
    for (const place of places) {
      if (!isObject(place) || place.usage === undefined) continue;
      if (place === value && isObject(place.usage) && Array.isArray(value.choices) && value.choices.length === 0)
        return null;
      delete place.usage;
      changed = true;
    }
  }
  for (const choice of choicesOf(value)) {
    for (const message of change.nullContent === true ? [choice.delta, choice.message] : []) {
      if (!isObject(message) || message.content === undefined) continue;
      message.content = null;
      changed = true;
    }
    if (change.finish !== undefined && typeof choice.finish_reason === "string") {
      choice.finish_reason = change.finish;
      changed = true;
    }
  }
  return changed ? JSON.stringify(value) : text;
}

/** Changes the `data:` lines of a stream as they pass; everything else, the way it was cut too, stays as it is. */
export class StreamChange {
  #pending = "";
  #swallowBlank = false;

  constructor(private readonly change: AnswerChange) {}

  /** The lines that this text completes. */
  push(text: string): string {
    this.#pending += text;
    const end = this.#pending.lastIndexOf("\n") + 1;
    if (end === 0) return "";
    const lines = this.#pending.slice(0, end).split("\n");
    this.#pending = this.#pending.slice(end);
    return lines
      .slice(0, -1)
      .map((line) => this.#line(line))
      .join("");
  }

  /** What was left of an unterminated line. */
  end(): string {
    const rest = this.#pending;
    this.#pending = "";
    return rest === "" ? "" : this.#line(rest).slice(0, -1);
  }

  #line(line: string): string {
    if (this.#swallowBlank && /^\r?$/.test(line)) {
      this.#swallowBlank = false;
      return "";
    }
    this.#swallowBlank = false;
    const field = /^\u{FEFF}?data: ?/u.exec(line)?.[0];
    if (field === undefined) return `${line}\n`;
    const [, json = "", cr = ""] = /^(.*?)(\r?)$/s.exec(line.slice(field.length)) ?? [];
    const changed = changedJson(json, this.change);
    this.#swallowBlank = changed === null;
    return changed === null ? "" : `${field}${changed}${cr}\n`;
  }
}

type Json = Record<string, unknown>;

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function choicesOf(value: Json): Json[] {
  return Array.isArray(value.choices) ? value.choices.filter(isObject) : [];
}
