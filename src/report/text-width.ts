/**
 * How wide text stands in a terminal, and how it is broken into lines. Widths are in columns: a combining mark has
 * none, a CJK character or an emoji two. The text must be printable already; see core/printable.
 */

const SEGMENTER = new Intl.Segmenter("en", { granularity: "grapheme" });
// biome-ignore lint/suspicious/noControlCharactersInRegex: SGR sequences begin with ESC; they have no width.
const SGR = /\u001b\[[0-9;]*m/g;
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\p{RI}/u;
/** A number is not parted from its unit. */
const BREAK = /[\n\t]+| +(?!(?:%|ms|s|min)(?!\w))/;
const NO_WIDTH = /^[\p{M}\p{Cf}]+$/u;

/** Columns that the text fills on one line; colour sequences fill none. */
export function displayWidth(text: string): number {
  const bare = text.replace(SGR, "");
  if (/^[ -~]*$/.test(bare)) return bare.length;
  let width = 0;
  for (const { segment } of SEGMENTER.segment(bare)) width += graphemeWidth(segment);
  return width;
}

/**
 * Breaks text at spaces into lines of at most `columns`; a longer word is broken where it must be. `first` and
 * `rest` stand before the first and the other lines and count as part of them.
 */
export function wrapText(text: string, columns: number, first = "", rest = first): string[] {
  const lines: string[] = [];
  let line = first;
  let room = columns - displayWidth(first);
  let empty = true;
  const breakLine = (): void => {
    lines.push(line);
    line = rest;
    room = columns - displayWidth(rest);
    empty = true;
  };
  for (const word of text.split(BREAK).filter((part) => part !== "")) {
    let left = word;
    let width = displayWidth(left);
    if (!empty && width + 1 > room) breakLine();
    while (width > room && room > 0) {
      const [head, tail] = splitAtWidth(left, room);
      line += head;
      breakLine();
      left = tail;
      width = displayWidth(left);
    }
    line += empty ? left : ` ${left}`;
    room -= width + (empty ? 0 : 1);
    empty = false;
  }
  if (!empty || lines.length === 0) lines.push(line);
  return lines.map((each) => each.trimEnd());
}

function graphemeWidth(grapheme: string): number {
  if (NO_WIDTH.test(grapheme)) return 0;
  // Joiners and skin tones make one picture of many code points; terminals that do not know them draw each.
  if (grapheme.includes("\u200d")) {
    return grapheme.split("\u200d").reduce((sum, part) => sum + (part === "" ? 0 : graphemeWidth(part)), 0);
  }
  return WIDE.test(grapheme) || grapheme.includes("\ufe0f") ? 2 : 1;
}

function splitAtWidth(text: string, columns: number): [string, string] {
  let width = 0;
  let index = 0;
  for (const { segment } of SEGMENTER.segment(text)) {
    const next = graphemeWidth(segment);
    // At least one grapheme a line, or a wide one in one column would never end.
    if (index > 0 && width + next > columns) break;
    width += next;
    index += segment.length;
  }
  return [text.slice(0, index), text.slice(index)];
}
