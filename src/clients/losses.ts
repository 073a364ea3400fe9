/** What a client lost of an answer: its view held against twintail's own decoding, field by field. */
import { isDeepStrictEqual } from "node:util";
import type { Completion, ToolCall } from "../decode/completion.js";
import { countCharacters, parseJson, textOf } from "../decode/json.js";
import type { ClientLoss } from "../report/clients.js";
import type { Observation, ObservedCall } from "./observation.js";

/** A table of finish reasons where the client has words of its own. */
export type FinishWords = Readonly<Record<string, string>> | null;

export function lossesOf(sent: Completion, got: Observation, words: FinishWords): readonly ClientLoss[] {
  const text = isMixed(sent, got)
    ? [{ what: "reasoning apart from the content", sent: quoted(sent.reasoning), got: quoted(got.content ?? "") }]
    : [
        ...textLosses("content", sent.content ?? "", got.content),
        ...textLosses("reasoning", sent.reasoning, got.reasoning),
      ];
  return [
    ...text,
    ...textLosses("refusal", sent.refusal ?? "", got.refusal ?? (got.content === undefined ? undefined : "")),
    ...callLosses(sent.toolCalls, got.toolCalls),
    ...finishLosses(sent.finishReason, got.finishReason, words),
    ...usageLosses(sent, got),
    ...vectorLosses(sent.dimensions, got.dimensions),
  ];
}

/** Reasoning that was sent inside the content stays there: the client has all of it, and in the wrong place. */
function isMixed(sent: Completion, got: Observation): boolean {
  return (
    sent.anomalies.some(({ kind }) => kind === "reasoning-inline") &&
    typeof got.content === "string" &&
    got.content !== (sent.content ?? "") &&
    got.content.endsWith((sent.content ?? "").trimStart()) &&
    got.content.includes(sent.reasoning.trim())
  );
}

const SHOWN = 80;

/** The stretch where two texts differ, once what they share at both ends is taken away. */
function textLosses(what: string, sent: string, got: string | null | undefined): readonly ClientLoss[] {
  if (got === undefined || sent === (got ?? "")) return [];
  const other = got ?? "";
  let start = 0;
  while (start < sent.length && sent[start] === other[start]) start++;
  let end = 0;
  const most = Math.min(sent.length, other.length) - start;
  while (end < most && sent[sent.length - 1 - end] === other[other.length - 1 - end]) end++;
  const missing = sent.slice(start, sent.length - end);
  const added = other.slice(start, other.length - end);
  const count = countCharacters(missing);
  const all = countCharacters(sent);
  const said =
    added === "" ? `${count} of ${all} characters of ${what}` : `${what} differs from character ${start + 1} on`;
  return [{ what: said, sent: quoted(missing), got: added === "" ? "nothing" : quoted(added) }];
}

function quoted(text: string): string {
  return JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);
}

/** What a client hands on is a text by its types alone: the wire may have had anything. */
function shown(text: unknown): string {
  return text === null ? "nothing" : quoted(textOf(text));
}

/** A hostile answer may have a thousand calls that all differ. */
const MAX_LISTED = 5;

function callLosses(sent: readonly ToolCall[], got: readonly ObservedCall[] | undefined): readonly ClientLoss[] {
  if (got === undefined) return [];
  const losses: ClientLoss[] = [];
  if (sent.length !== got.length) {
    losses.push({ what: "number of tool calls", sent: String(sent.length), got: String(got.length) });
  }
  for (const [index, call] of sent.entries()) {
    if (losses.length >= MAX_LISTED) break;
    const name = `tool call ${index + 1}`;
    const seen = got[index];
    if (seen === undefined) losses.push({ what: name, sent: shownCall(call.name, call.argumentsText), got: "nothing" });
    else losses.push(...oneCall(name, call, seen));
  }
  return losses;
}

function oneCall(what: string, sent: ToolCall, got: ObservedCall): ClientLoss[] {
  const losses: ClientLoss[] = [];
  if (sent.name !== (got.name ?? ""))
    losses.push({ what: `${what}: name`, sent: quoted(sent.name), got: shown(got.name) });
  if (sent.id !== null && sent.id !== got.id) {
    losses.push({ what: `${what}: id`, sent: quoted(sent.id), got: shown(got.id) });
  }
  if (!sameArguments(sent.argumentsText, got.argumentsText)) {
    const missed = {
      what: `${what}: arguments`,
      sent: quoted(sent.argumentsText ?? ""),
      got: shown(got.argumentsText),
    };
    losses.push(missed);
  }
  return losses;
}

function shownCall(name: string, argumentsText: string | null): string {
  return `${name.slice(0, SHOWN)}(${(argumentsText ?? "").slice(0, SHOWN)})`;
}

/** No arguments, the empty text and `{}` are one thing to every client. */
function sameArguments(sent: string | null, got: string | null): boolean {
  const [a, b] = [sent, got].map((text) => (text ?? "").trim() || "{}") as [string, string];
  if (a === b) return true;
  const [left, right] = [parseJson(a), parseJson(b)];
  if (left === undefined || right === undefined) return false;
  try {
    return isDeepStrictEqual(left, right);
  } catch {
    // Nested more deeply than the stack reaches.
    return false;
  }
}

function finishLosses(sent: string | null, got: string | null | undefined, words: FinishWords): readonly ClientLoss[] {
  if (sent === null || got === undefined) return [];
  const due = words === null ? sent : words[sent];
  if (got === due) return [];
  const said =
    got === null
      ? "finish reason is null"
      : `finish reason "${sent.slice(0, 40)}" became "${textOf(got).slice(0, 40)}"`;
  return [{ what: said, sent: quoted(sent), got: shown(got) }];
}

function usageLosses(sent: Completion, got: Observation): readonly ClientLoss[] {
  if (sent.usage === null || got.usage === undefined) return [];
  const { inputTokens, source } = sent.usage;
  // What was added for reasoning is ours, not the wire's.
  const added = sent.usage.reasoningAdded ? (sent.usage.reasoningTokens ?? 0) : 0;
  const outputTokens = sent.usage.outputTokens === null ? null : sent.usage.outputTokens - added;
  const place = source === "usage" ? "" : `, in ${source}`;
  const told = `${inputTokens ?? "?"} in, ${outputTokens ?? "?"} out${place}`;
  if (got.usage === null) return [{ what: "usage", sent: told, got: "nothing" }];
  const differs = (due: number | null, seen: number | null | undefined): boolean =>
    seen !== undefined && due !== null && due !== seen;
  if (!differs(inputTokens, got.usage.inputTokens) && !differs(outputTokens, got.usage.outputTokens)) return [];
  return [
    { what: "usage", sent: told, got: `${got.usage.inputTokens ?? "?"} in, ${got.usage.outputTokens ?? "?"} out` },
  ];
}

function vectorLosses(sent: readonly number[] | null, got: readonly number[] | undefined): readonly ClientLoss[] {
  if (sent === null || got === undefined) return [];
  if (sent.length !== got.length) return [{ what: "vectors", sent: String(sent.length), got: String(got.length) }];
  const at = sent.findIndex((length, index) => length !== got[index]);
  if (at < 0) return [];
  return [{ what: `vector ${at + 1}`, sent: `${sent[at]} numbers`, got: `${got[at]} numbers` }];
}
