/** Curves in text: eight dots of Braille to a cell, and signs that stand over them. */

/** The bit of each dot, by column and row within its cell (Unicode 15, block 2800). */
const DOTS = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;
const BLANK = 0x2800;

/** Dots count from the upper left: two to a cell across, four down. */
export class Canvas {
  readonly #dots: number[][];
  readonly #signs = new Map<string, string>();

  constructor(
    readonly columns: number,
    readonly rows: number,
  ) {
    this.#dots = Array.from({ length: rows }, () => Array.from({ length: columns }, () => 0));
  }

  /** Dots from one place to another, both included; what lies outside is left out. */
  line(fromX: number, fromY: number, toX: number, toY: number): void {
    const steps = Math.max(1, Math.ceil(Math.max(Math.abs(toX - fromX), Math.abs(toY - fromY))));
    for (let step = 0; step <= steps; step++) {
      const share = step / steps;
      this.#dot(Math.round(fromX + share * (toX - fromX)), Math.round(fromY + share * (toY - fromY)));
    }
  }

  #dot(x: number, y: number): void {
    const row = this.#dots[Math.floor(y / 4)];
    const column = Math.floor(x / 2);
    const bit = DOTS[x & 1]?.[y & 3];
    if (row?.[column] !== undefined && bit !== undefined) row[column] |= bit;
  }

  /** One character in a cell, over its dots and over what stood there. */
  sign(column: number, row: number, character: string): void {
    this.#signs.set(`${column},${row}`, character);
  }

  /** One character in a cell that nothing was drawn in. */
  under(column: number, row: number, character: string): void {
    if (this.#dots[row]?.[column] === 0 && !this.#signs.has(`${column},${row}`)) this.sign(column, row, character);
  }

  lines(): string[] {
    return this.#dots.map((cells, row) =>
      cells
        .map(
          (dots, column) =>
            this.#signs.get(`${column},${row}`) ?? (dots === 0 ? " " : String.fromCodePoint(BLANK + dots)),
        )
        .join(""),
    );
  }
}
