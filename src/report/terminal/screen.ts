/** What terminal sections write to: a width, colours or none, and a list of lines. */
import { printable } from "../../core/printable.js";
import { displayWidth, wrapText } from "../text-width.js";

/** Text is read most easily up to about this many columns, however wide the window is. */
const TEXT_COLUMNS = 100;
const NARROWEST = 40;

export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  baseline(text: string): string;
  candidate(text: string): string;
  better(text: string): string;
  worse(text: string): string;
}

export interface Screen {
  readonly columns: number;
  readonly paint: Paint;
  readonly lines: string[];
}

const sgr =
  (open: number, close: number) =>
  (text: string): string =>
    text === "" ? "" : `\u001b[${open}m${text}\u001b[${close}m`;
const plain = (text: string): string => text;

// Blue against yellow, never red against green: the pair is told apart by colour-blind readers too.
const COLOURS: Paint = {
  bold: sgr(1, 22),
  dim: sgr(2, 22),
  baseline: sgr(34, 39),
  candidate: sgr(33, 39),
  better: sgr(36, 39),
  worse: sgr(35, 39),
};
const NONE: Paint = { bold: plain, dim: plain, baseline: plain, candidate: plain, better: plain, worse: plain };

/** @param widest columns that are used, for tables: text is broken at 100 all the same */
export function makeScreen(
  options: { readonly columns: number; readonly color: boolean },
  widest = TEXT_COLUMNS,
): Screen {
  const columns = Number.isFinite(options.columns) ? Math.floor(options.columns) : TEXT_COLUMNS;
  return {
    columns: Math.max(NARROWEST, Math.min(widest, columns)),
    paint: options.color ? COLOURS : NONE,
    lines: [],
  };
}

/** A section's title with a rule to the right edge, and an empty line before it. */
export function title(screen: Screen, text: string, aside = ""): void {
  const { paint, columns, lines } = screen;
  lines.push("");
  const shown = aside !== "" && text.length + aside.length + 6 <= columns ? `  ${aside}` : "";
  const rule = "─".repeat(Math.max(0, columns - text.length - shown.length - 1));
  lines.push(`${paint.bold(text)}${paint.dim(shown)} ${paint.dim(rule)}`.trimEnd());
}

/** A paragraph wrapped to the screen; `first` and `rest` lead its lines. Painting happens after wrapping. */
export function paragraph(
  screen: Screen,
  text: string,
  options: { readonly first?: string; readonly rest?: string; readonly paint?: (line: string) => string } = {},
): void {
  const first = options.first ?? "";
  const columns = Math.min(TEXT_COLUMNS, screen.columns);
  const wrapped = wrapText(printable(text), columns, first, options.rest ?? " ".repeat(displayWidth(first)));
  screen.lines.push(...wrapped.map(options.paint ?? plain));
}

/** The whole text: a line that is too wide in a narrow window is broken, never left to the terminal. */
export function finished({ lines, columns }: Screen): string {
  const fitted = lines.flatMap((line) => (displayWidth(line) <= columns ? [line] : wrapText(line, columns)));
  return `${fitted.join("\n")}\n`;
}
