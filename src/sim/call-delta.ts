/** Tool calls as chunks and as bodies carry them. */
import type { CallTraits } from "./dialect.js";

/** A piece of one call: the first has its name; both may carry argument text. */
export interface CallPiece {
  readonly call: number;
  readonly id: string;
  readonly name: string;
  readonly first: boolean;
  readonly argumentsText: string;
}

/** One entry of `delta.tool_calls`. */
export function callDelta(traits: CallTraits, piece: CallPiece): object {
  const id = idOf(traits, piece);
  const named = piece.first || traits.name === "every" ? piece.name : traits.name === "empty-later" ? "" : undefined;
  const typed = traits.type === "every" || (traits.type === "first" && piece.first);
  return {
    ...(traits.index === "missing" ? {} : { index: traits.index === "zero" ? 0 : piece.call }),
    ...(id === undefined ? {} : { id }),
    ...(typed ? { type: "function" } : {}),
    function: {
      ...(named === undefined ? {} : { name: named }),
      arguments: traits.arguments === "object" ? objectOf(piece.argumentsText) : piece.argumentsText,
    },
  };
}

/** One entry of `message.tool_calls`. */
export function wholeCall(traits: CallTraits, piece: CallPiece): object {
  const id = idOf(traits, { ...piece, first: true });
  return {
    ...(id === undefined ? {} : { id }),
    ...(traits.type === "missing" ? {} : { type: "function" }),
    function: {
      name: piece.name,
      arguments: traits.arguments === "object" ? objectOf(piece.argumentsText) : piece.argumentsText,
    },
  };
}

function idOf(traits: CallTraits, { id, first }: CallPiece): string | undefined {
  switch (traits.id) {
    case "missing":
      return undefined;
    case "shared":
      return "0";
    case "every":
      return id;
    case "empty-later":
      return first ? id : "";
    case "first":
      return first ? id : undefined;
  }
}

function objectOf(argumentsText: string): unknown {
  try {
    return JSON.parse(argumentsText);
  } catch {
    return {}; // cut by a token limit
  }
}
