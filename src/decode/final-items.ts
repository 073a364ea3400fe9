/**
 * Which streamed item each item of a final response repeats. Gateways make up fresh ids there, leave items out and add
 * others, so that neither id nor place is enough.
 */
import { asText, type JsonObject } from "./json.js";

export type PartKind = "text" | "refusal" | "reasoning" | "summary" | "arguments";

/** What an item is, as far as its parts depend on it; another type is a group of its own. */
export type ItemGroup = string;

export interface Told {
  readonly kind: PartKind;
  readonly place: number;
  readonly text: string;
}

/** An item that was told of before. */
export interface KnownItem {
  readonly group: ItemGroup;
  readonly index: number | null;
  readonly id: string | null;
  readonly call: { readonly id: string | null; readonly name: string } | null;
  readonly parts: ReadonlyMap<string, { readonly kind: PartKind; readonly text: string }>;
  /** The final response that repeated it last, counted from 1; 0 for none. */
  readonly inFinal: number;
}

/** An item of the final response. */
export interface FinalItem {
  readonly value: JsonObject;
  readonly place: number;
  readonly group: ItemGroup;
  readonly told: readonly Told[];
}

export function groupOf(value: JsonObject): ItemGroup {
  const type = asText(value.type) ?? "message";
  return type === "function_call" || type === "custom_tool_call" ? "call" : type;
}

export function groupOfPart(kind: PartKind): ItemGroup {
  if (kind === "arguments") return "call";
  return kind === "text" || kind === "refusal" ? "message" : "reasoning";
}

/**
 * By id, then by `call_id`, then by equal text, then the first of its group that nothing repeated yet, then by place;
 * every known item once.
 */
export function matchFinals<T extends KnownItem>(finals: readonly FinalItem[], items: readonly T[]): Map<FinalItem, T> {
  const matches = new Map<FinalItem, T>();
  const taken = new Set<T>();
  const pass = (
    known: readonly T[],
    keyOfItem: (item: T) => string | null,
    keyOf: (final: FinalItem) => string | null,
  ) => {
    const byKey = new Map<string, T[]>();
    for (const item of known) {
      const key = taken.has(item) ? null : keyOfItem(item);
      if (key === null) continue;
      const list = byKey.get(`${item.group} ${key}`) ?? [];
      byKey.set(`${item.group} ${key}`, list);
      list.push(item);
    }
    for (const final of byKey.size === 0 ? [] : finals) {
      const key = matches.has(final) ? null : keyOf(final);
      const list = (key === null ? undefined : byKey.get(`${final.group} ${key}`)) ?? [];
      const free = list.filter((item) => !taken.has(item));
      const match = free.find(({ index }) => index === final.place) ?? free[0];
      if (match === undefined) continue;
      matches.set(final, match);
      taken.add(match);
    }
  };
  // A final response may come again: what none has repeated yet goes first.
  const fresh = items.filter(({ inFinal }) => inFinal === 0);
  const ordered = [...fresh, ...items.filter(({ inFinal }) => inFinal !== 0)];
  pass(
    ordered,
    ({ id }) => id,
    ({ value }) => asText(value.id),
  );
  pass(
    ordered,
    ({ call }) => call?.id ?? null,
    ({ value }) => asText(value.call_id),
  );
  pass(
    ordered,
    ({ call, parts }) => wholeText(call?.name ?? "", [...parts.values()]),
    ({ value, told }) => wholeText(asText(value.name) ?? "", told),
  );
  pass(
    fresh,
    () => "",
    () => "",
  );
  pass(
    ordered,
    ({ index }) => (index === null ? null : String(index)),
    ({ place }) => String(place),
  );
  return matches;
}

/** What an item says; null for nothing. Reasoning that is told as content and as summary says it once. */
function wholeText(name: string, parts: readonly { readonly kind: PartKind; readonly text: string }[]): string | null {
  const joined = (...kinds: PartKind[]): string =>
    parts
      .filter(({ kind }) => kinds.includes(kind))
      .map(({ text }) => text)
      .join("");
  const passed = joined("arguments");
  if (passed !== "") return `${name} ${passed}`;
  return joined("text", "refusal") || joined("reasoning") || joined("summary") || null;
}
