/**
 * Markup that cannot be mixed up with text: what `html` interpolates is escaped and made printable unless it is
 * itself markup. Everything an endpoint sent stays text.
 */
import { printable } from "../../core/printable.js";

export class Markup {
  constructor(readonly text: string) {}
}

type Piece = Markup | string | number | null | readonly Piece[];

const REFERENCES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text for an element or a quoted attribute: control characters and direction overrides become visible. */
export function escapeHtml(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => REFERENCES[character] ?? "");
}

/** A template whose interpolations are escaped; `null` leaves nothing, a list stands joined. */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  let text = strings[0] ?? "";
  pieces.forEach((piece, index) => {
    text += textOf(piece) + (strings[index + 1] ?? "");
  });
  return new Markup(text);
}

/** A sentence of our own with code between backticks; one that was cut inside its code keeps what came. */
export function prose(text: string): Markup {
  const parts = text.split("`").map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));
  return html`${parts}`;
}

/** Nothing. */
export const EMPTY = new Markup("");

function textOf(piece: Piece): string {
  if (piece === null) return "";
  if (piece instanceof Markup) return piece.text;
  if (typeof piece === "number") return String(piece);
  if (typeof piece === "string") return escapeHtml(piece);
  return piece.map(textOf).join("");
}
