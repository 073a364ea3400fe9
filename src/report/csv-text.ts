/** Rows as spreadsheets read them (RFC 4180), of which no cell is a formula, whatever an endpoint calls things. */

/** An empty cell is a value that is not known. */
export type CsvColumn<Row> = readonly [name: string, cell: (row: Row) => string | number | null];

/** A line of names, then a line a row, each ending in CR LF; one by one, so that the whole need not be held. */
export function* linesOfCsv<Row>(columns: readonly CsvColumn<Row>[], rows: Iterable<Row>): Generator<string> {
  yield lineOf(columns.map(([name]) => name));
  for (const row of rows) yield lineOf(columns.map(([, cell]) => cellOf(cell(row))));
}

/** {@link linesOfCsv} as one text. */
export function csvText<Row>(columns: readonly CsvColumn<Row>[], rows: Iterable<Row>): string {
  return [...linesOfCsv(columns, rows)].join("");
}

function lineOf(cells: readonly string[]): string {
  return `${cells.join(",")}\r\n`;
}

/** What a spreadsheet takes for a formula begins so, the full-width signs too. */
const FORMULA = /^[=+\-@\t\r＝＋－＠]/u;
const NUMBER = /^[+-]?\d+(?:\.\d+)?$/;
const CONTROL = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;
const MAX_CELL = 300;

function cellOf(value: string | number | null): string {
  if (value === null) return "";
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
  // Judged before and after: a control character may hide the sign that follows it.
  const stripped = value.replace(CONTROL, " ").slice(0, MAX_CELL);
  const formula = (FORMULA.test(value) || FORMULA.test(stripped.trimStart())) && !NUMBER.test(value);
  const text = formula ? `'${stripped}` : stripped;
  return /[",\s]/.test(text) || formula ? `"${text.replaceAll('"', '""')}"` : text;
}
