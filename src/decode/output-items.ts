/**
 * The output items of `/responses`. One text is told up to four times: in deltas, when its part is done, when its item is
 * done, and in the final response. It counts once, from wherever it came first, and nothing of it is lost.
 */
import type { AnomalyLog } from "./anomaly-log.js";
import type { AnswerText } from "./answer-text.js";
import type { ToolCall } from "./completion.js";
import type { Arrival } from "./dialect.js";
import {
  type FinalItem,
  groupOf,
  groupOfPart,
  type ItemGroup,
  matchFinals,
  type PartKind,
  type Told,
} from "./final-items.js";
import { InlineReasoning } from "./inline-reasoning.js";
import { asArray, asObject, asText, countCharacters, type JsonObject, parseJson, textOf } from "./json.js";
import { leakedCall } from "./leaked-call.js";

interface Part {
  readonly kind: PartKind;
  /** What was told so far. One text that grows costs nothing until it is compared, unlike pieces that are joined. */
  text: string;
  fromDeltas: boolean;
}

interface Item {
  readonly key: string;
  readonly group: ItemGroup;
  readonly index: number | null;
  /** The first it was given. */
  id: string | null;
  /** How many responses ended before it: a stream may carry several, each of which counts from 0. */
  readonly turn: number;
  readonly parts: Map<string, Part>;
  call: OpenCall | null;
  added: boolean;
  done: boolean;
  /** It was told of before the final response. */
  streamed: boolean;
  /** The final response that repeated it last, counted from 1; 0 for none. */
  inFinal: number;
}

interface OpenCall {
  id: string | null;
  name: string;
  /** Its arguments are free text, no JSON. */
  custom: boolean;
  firstAtNs: number | null;
  lastAtNs: number | null;
}

/** A hostile answer may open an item with every event. */
const MAX_ITEMS = 1_000;
const MAX_PARTS = 1_000;

export class OutputItems {
  /** By group and index, or id where there is none; the latest where several have one index. */
  readonly #items = new Map<string, Item>();
  readonly #earlier: Item[] = [];
  readonly #byId = new Map<string, Item>();
  /** Those that were announced, by group, index and id. */
  readonly #announced = new Map<string, Item>();
  readonly #inline: InlineReasoning;
  readonly #content: string[] = [];
  #logprobs: (readonly unknown[])[] = [];
  #finals = 0;

  constructor(
    readonly answer: AnswerText,
    readonly log: AnomalyLog,
  ) {
    this.#inline = new InlineReasoning(answer, log);
  }

  added(event: JsonObject, value: JsonObject, arrival: Arrival): void {
    const id = asText(value.id);
    const group = groupOf(value);
    const index = indexOf(event);
    if (index !== null) this.#makeRoom(`${group} ${index}`, id, asText(value.call_id));
    // An item that is new has a place of its own, whatever its id.
    const item = index === null ? this.#item(event, id, group) : this.#open(`${group} ${index}`, group, index, id);
    if (item === null) return;
    item.streamed = true;
    item.added = true;
    this.#remember(item, id);
    if (index !== null && id !== null && this.#announced.size < MAX_ITEMS) {
      this.#announced.set(`${group} ${index} ${id}`, item);
    }
    this.#identify(item, value, arrival);
  }

  delta(event: JsonObject, kind: PartKind, text: string, arrival: Arrival): void {
    const item = this.#item(event, asText(event.item_id), groupOfPart(kind));
    const part = item === null ? null : this.#part(item, kind, placeIn(event));
    if (item === null || part === null) return;
    part.fromDeltas = true;
    this.#add(item, part, text, arrival);
  }

  /** A part told whole in an event of its own. */
  whole(event: JsonObject, kind: PartKind, text: string, arrival: Arrival): void {
    const item = this.#item(event, asText(event.item_id), groupOfPart(kind));
    if (item !== null) this.#tell(item, { kind, place: placeIn(event), text }, arrival, "streamed");
  }

  done(event: JsonObject, value: JsonObject, arrival: Arrival): void {
    const item = this.#item(event, asText(value.id), groupOf(value));
    if (item === null) return;
    item.done = true;
    this.#identify(item, value, arrival);
    for (const told of this.#toldIn(value)) this.#tell(item, told, arrival, "streamed");
  }

  /** The output of the final response, or of a body. */
  final(output: unknown, arrival: Arrival | null, failed: boolean): void {
    this.#logprobs = [];
    this.#finals++;
    const finals: FinalItem[] = [];
    for (const [place, each] of asArray(output).entries()) {
      const value = asObject(each);
      if (value !== null) finals.push({ value, place, group: groupOf(value), told: this.#toldIn(value) });
    }
    const matches = matchFinals(finals, this.#all());
    for (const final of finals) {
      const { value } = final;
      const item = matches.get(final) ?? this.#openFinal(final);
      if (item === null) continue;
      item.inFinal = this.#finals;
      if (arrival !== null && !item.streamed) this.log.note("final-differs", textOf(value), arrival.read);
      this.#identify(item, value, arrival);
      for (const told of final.told) this.#tell(item, told, arrival, arrival === null ? "body" : "final");
    }
    if (arrival === null || failed) return;
    for (const item of this.#all()) {
      if (item.inFinal === 0) this.log.note("final-differs", `no output item ${item.key}`, arrival.read);
    }
  }

  /**
   * @param whole the final response came, so that every event of an item was due.
   * @param settled nothing of a call was still to come when the answer ended.
   */
  finish(
    whole: boolean,
    settled: boolean,
  ): {
    toolCalls: ToolCall[];
    /** Those among them whose arguments are JSON. */
    functionCalls: ToolCall[];
    logprobs: readonly (readonly unknown[])[];
  } {
    this.#inline.finish();
    const leaked = leakedCall(this.#content);
    if (leaked !== null) this.log.note("tool-call-as-text", leaked);
    const items = this.#all();
    for (const item of whole ? items : []) {
      if (!item.streamed) continue;
      const untold = [...item.parts.values()].some((part) => part.text !== "" && !part.fromDeltas);
      if (!item.added || !item.done || untold) {
        const lacks = [item.added ? "" : "added", untold ? "delta" : "", item.done ? "" : "done"].filter(Boolean);
        this.log.note("item-events-missing", `output item ${item.key}: no ${lacks.join(", ")} event`);
      }
    }
    const calls = items
      .sort((a, b) => a.turn - b.turn || (a.index ?? 0) - (b.index ?? 0))
      .flatMap((item) => this.#callOf(item, settled));
    return {
      toolCalls: calls.map(({ call }) => call),
      functionCalls: calls.filter(({ custom }) => !custom).map(({ call }) => call),
      logprobs: this.#logprobs,
    };
  }

  #callOf({ call, index, parts }: Item, settled: boolean): { call: ToolCall; custom: boolean }[] {
    if (call === null) return [];
    const part = parts.get(partKey("arguments", 0));
    const argumentsText = part?.text ?? null;
    const parsed = argumentsText === null ? undefined : parseJson(argumentsText);
    const { id, name, firstAtNs, lastAtNs } = call;
    if (id === null) this.log.note("tool-id-missing", textOf({ name, arguments: argumentsText }));
    if (argumentsText === null && settled) this.log.note("tool-arguments-missing", textOf({ id, name }));
    const told = parsed === undefined ? {} : { arguments: parsed };
    return [{ call: { id, index, name, argumentsText, ...told, firstAtNs, lastAtNs }, custom: call.custom }];
  }

  #all(): Item[] {
    return [...this.#earlier, ...this.#items.values()];
  }

  /**
   * An item that is announced where one has ended, or where one with another id was announced, is another one: the
   * next response of the same stream, or a server that gives every item the same index.
   */
  #makeRoom(key: string, id: string | null, callId: string | null): void {
    const there = this.#items.get(key);
    if (there === undefined || this.#earlier.length >= MAX_ITEMS) return;
    const another = there.added && (differ(there.id, id) || differ(there.call?.id ?? null, callId));
    if (!there.done && !another) return;
    this.#items.delete(key);
    this.#earlier.push(there);
  }

  /**
   * The item of an event: the one announced with its index and id, then by `output_index`, whatever the id, since some
   * make up a new one for every event; by id where there is no index or it is wrong.
   */
  #item(event: JsonObject, id: string | null, group: ItemGroup): Item | null {
    const index = indexOf(event);
    const key = `${group} ${index ?? id ?? ""}`;
    const announced = index === null || id === null ? undefined : this.#announced.get(`${key} ${id}`);
    const there = announced ?? (index === null ? undefined : this.#items.get(key));
    const known = there ?? (id === null ? undefined : this.#byId.get(`${group} ${id}`));
    const item = known ?? this.#open(key, group, index, id);
    if (item === null) return null;
    item.streamed = true;
    this.#remember(item, id);
    return item;
  }

  /** An item that only the final response has. */
  #openFinal({ value, place, group }: FinalItem): Item | null {
    const key = `${group} ${place}`;
    const free = this.#items.has(key) ? `final ${this.#finals} ${key}` : key;
    return this.#open(free, group, place, asText(value.id), this.#finals - 1);
  }

  #remember(item: Item, id: string | null): void {
    if (id === null) return;
    item.id ??= id;
    const key = `${item.group} ${id}`;
    if (!this.#byId.has(key) && this.#byId.size < MAX_ITEMS) this.#byId.set(key, item);
  }

  #open(key: string, group: ItemGroup, index: number | null, id: string | null, turn = this.#finals): Item | null {
    const known = this.#items.get(key);
    if (known !== undefined) return known;
    if (this.#items.size >= MAX_ITEMS) return null;
    const item: Item = {
      key: key.slice(0, 100),
      group,
      index,
      id,
      turn,
      parts: new Map(),
      call: null,
      added: false,
      done: false,
      streamed: false,
      inFinal: 0,
    };
    this.#items.set(key, item);
    return item;
  }

  /** The id and the name of a call, as far as they are new. */
  #identify(item: Item, value: JsonObject, arrival: Arrival | null): void {
    if (value.type !== "function_call" && value.type !== "custom_tool_call") return;
    const name = asText(value.name) ?? "";
    item.call ??= openCall();
    const { call } = item;
    if (value.type === "custom_tool_call") call.custom = true;
    call.id ??= asText(value.call_id);
    if (call.name !== "" || name === "") return;
    call.name = name;
    this.#carry(item, name, arrival);
  }

  /** What a whole item tells. */
  #toldIn(value: JsonObject): Told[] {
    const told: Told[] = [];
    for (const [place, each] of asArray(value.content).entries()) {
      const part = asObject(each);
      const kind = value.type === "reasoning" ? "reasoning" : part?.type === "refusal" ? "refusal" : "text";
      const text = kind === "refusal" ? part?.refusal : part?.text;
      if (typeof text === "string") told.push({ kind, place, text });
      if (Array.isArray(part?.logprobs)) this.#logprobs.push(part.logprobs);
    }
    if (typeof value.content === "string") told.push({ kind: "text", place: 0, text: value.content });
    for (const [place, each] of asArray(value.summary).entries()) {
      const text = asObject(each)?.text;
      if (typeof text === "string") told.push({ kind: "summary", place, text });
    }
    const call = value.type === "function_call" || value.type === "custom_tool_call";
    const sent = value.arguments ?? value.input;
    if (call && typeof sent === "object" && sent !== null) this.log.note("tool-arguments-object", textOf(value));
    if (call && sent === null) this.log.note("tool-arguments-null", textOf(value));
    if (call && sent !== undefined && sent !== null) told.push({ kind: "arguments", place: 0, text: textOf(sent) });
    return told;
  }

  /** Adds of a text that is told whole what has not been told before. */
  #tell(item: Item, { kind, place, text }: Told, arrival: Arrival | null, source: "streamed" | "final" | "body"): void {
    const part = this.#partTold(item, kind, place, text);
    if (part === null) return;
    if (kind === "text") this.answer.seeContent();
    const known = part.text;
    if (known === text || (known === "" && this.#isCopy(item, part, text, arrival))) return;
    const differs = known !== "" || (source === "final" && item.streamed);
    if (differs && arrival !== null) this.log.note("final-differs", arrival.text, arrival.read);
    if (text.startsWith(known)) this.#add(item, part, text.slice(known.length), arrival);
  }

  /** Some servers tell the same reasoning as content and as summary. */
  #isCopy(item: Item, part: Part, text: string, arrival: Arrival | null): boolean {
    if (part.kind !== "reasoning" && part.kind !== "summary") return false;
    const other = item.parts.get(partKey(part.kind === "summary" ? "reasoning" : "summary", 0));
    if (other === undefined || other.text !== text) return false;
    this.log.note("reasoning-twice", text, arrival?.read);
    part.text = text;
    part.fromDeltas = other.fromDeltas;
    return true;
  }

  #add(item: Item, part: Part, text: string, arrival: Arrival | null): void {
    part.text += text;
    switch (part.kind) {
      case "arguments":
        this.#carry(item, text, arrival);
        return;
      case "text":
        if (text === "") {
          this.answer.seeContent();
          return;
        }
        this.#content.push(text);
        this.#inline.push(text, arrival);
        return;
      case "refusal":
        this.answer.add("refusal", text, arrival);
        return;
      default:
        this.answer.add("reasoning", text, arrival);
    }
  }

  /** A piece of a call came. */
  #carry({ call }: Item, text: string, arrival: Arrival | null): void {
    this.answer.addCall(countCharacters(text), arrival);
    if (call === null || arrival === null || text === "") return;
    call.firstAtNs ??= arrival.atNs;
    call.lastAtNs = arrival.atNs;
  }

  /**
   * The part that a whole text repeats: that of its place, and where there is none the one that it continues. Amazon's
   * `content_index` counts through all items, so that the first part of a later item is not at 0.
   */
  #partTold(item: Item, kind: PartKind, place: number, text: string): Part | null {
    if (kind !== "arguments" && !item.parts.has(partKey(kind, place))) {
      for (const part of item.parts.values()) {
        if (part.kind === kind && part.text !== "" && text.startsWith(part.text)) return part;
      }
    }
    return this.#part(item, kind, place);
  }

  #part(item: Item, kind: PartKind, place: number): Part | null {
    // Arguments for an item that nobody announced are a call all the same.
    if (kind === "arguments") item.call ??= openCall();
    const key = partKey(kind, kind === "arguments" ? 0 : place);
    const known = item.parts.get(key);
    if (known !== undefined) return known;
    if (item.parts.size >= MAX_PARTS) return null;
    const part: Part = { kind, text: "", fromDeltas: false };
    item.parts.set(key, part);
    return part;
  }
}

function openCall(): OpenCall {
  return { id: null, name: "", custom: false, firstAtNs: null, lastAtNs: null };
}

function indexOf(event: JsonObject): number | null {
  return typeof event.output_index === "number" ? event.output_index : null;
}

/** Both are known, and they are not the same. */
function differ(one: string | null, other: string | null): boolean {
  return one !== null && other !== null && one !== other;
}

function partKey(kind: PartKind, place: number): string {
  return `${kind} ${place}`;
}

/** Which part of its item an event is about. */
function placeIn(event: JsonObject): number {
  const place = event.content_index ?? event.summary_index;
  return typeof place === "number" ? place : 0;
}
