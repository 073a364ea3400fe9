/**
 * Text from an endpoint inside markdown. Every mark that GitHub's markdown could read becomes a character
 * reference, which it never reads as structure; `<code>` keeps `@names` and addresses from becoming mentions and links.
 */
import { printableLine } from "../../core/printable.js";

const MARKS = /[&<>"'`*_[\]{}!~|\\#$^@]|:(?=\/\/)|(?<=www)\./gi;

/** The text as one line that is read as text. */
export function escapeMarkdown(text: string, maxCharacters = 200): string {
  // Outside code a reference to "@" would still notify: a space of no width parts it from the name.
  return references(printableLine(text, maxCharacters)).replaceAll("&#64;", "&#64;&#8203;");
}

/** The text set as code. */
export function code(text: string, maxCharacters = 160): string {
  return text === "" ? "" : `<code>${references(printableLine(text, maxCharacters))}</code>`;
}

/** A sentence of our own with code between backticks. */
export function prose(text: string, maxCharacters = 200): string {
  return printableLine(text, maxCharacters)
    .split("`")
    .map((part, index) => (index % 2 === 1 ? code(part) : escapeMarkdown(part, maxCharacters)))
    .join("");
}

function references(text: string): string {
  return text.replace(MARKS, (mark) => `&#${mark.charCodeAt(0)};`);
}

/** A table row. Cells must be escaped already. */
export function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** A table; `align` has one of `l`, `r` for each column. */
export function table(head: readonly string[], align: string, rows: readonly (readonly string[])[]): string[] {
  const rule = [...align].map((side) => (side === "r" ? "---:" : "---"));
  return [row(head), row(rule), ...rows.map(row)];
}
