/** Plain aligned columns by cli-table3: no borders, one line a row. */
import Table from "cli-table3";

const NO_BORDER = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "",
};

/** One line a row, in order. Cells must be on one line and printable; colour sequences count no width. */
export function gridLines(
  rows: readonly (readonly string[])[],
  align: readonly ("left" | "right")[],
  options: { readonly gap?: number; readonly indent?: number } = {},
): string[] {
  if (rows.length === 0) return [];
  const table = new Table({
    chars: NO_BORDER,
    colAligns: [...align],
    style: { head: [], border: [], "padding-left": 0, "padding-right": options.gap ?? 2, compact: true },
  });
  for (const row of rows) table.push([...row]);
  const indent = " ".repeat(options.indent ?? 0);
  return table
    .toString()
    .split("\n")
    .map((line) => `${indent}${line}`.trimEnd());
}
