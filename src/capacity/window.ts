/**
 * The time that one load is measured in, cut into cells of equal length. Everything is counted a cell, in integers, so that a
 * point takes the same memory for a hundred exchanges and for a hundred thousand, and the same figures whatever their order.
 */
import { NS_PER_MS } from "../core/units.js";

/** Divided by every number of sub-windows that {@link ./rate.js} takes. */
export const CELLS = 120;

export class MeasuredWindow {
  readonly toNs: number;
  readonly seconds: number;

  /** @param fromNs when it opened, of the segment's clock */
  constructor(
    readonly fromNs: number,
    readonly windowMs: number,
  ) {
    this.toNs = fromNs + Math.round(windowMs * NS_PER_MS);
    this.seconds = windowMs / 1_000;
  }

  /** The cell of a moment; null outside of the window, whose end is not in it. */
  cellOf(atNs: number): number | null {
    if (atNs < this.fromNs || atNs >= this.toNs) return null;
    return Math.min(CELLS - 1, Math.floor(((atNs - this.fromNs) * CELLS) / (this.toNs - this.fromNs)));
  }

  /** Adds to each cell the ns of it that a span covers. */
  cover(cells: Float64Array, fromNs: number, toNs: number): void {
    const [from, to] = [Math.max(fromNs, this.fromNs), Math.min(toNs, this.toNs)];
    if (to <= from) return;
    const last = this.cellOf(to - 1) as number;
    for (let cell = this.cellOf(from) as number; cell <= last; cell++) {
      const covered = Math.min(to, this.#edge(cell + 1)) - Math.max(from, this.#edge(cell));
      cells[cell] = (cells[cell] as number) + Math.max(0, covered);
    }
  }

  #edge(cell: number): number {
    return this.fromNs + Math.ceil(((this.toNs - this.fromNs) * cell) / CELLS);
  }
}

/** Sums of neighbouring cells. */
export function subWindows(cells: Float64Array, count: number): number[] {
  const each = CELLS / count;
  return Array.from({ length: count }, (_, index) => sumOf(cells.subarray(index * each, (index + 1) * each)));
}

export function sumOf(cells: Float64Array): number {
  return cells.reduce((sum, value) => sum + value, 0);
}
