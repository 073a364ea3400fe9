/**
 * Footnotes of a table of loads. Every load has another n, so that what a sample cannot support is said once for all of
 * them, and so is what no request reached; every other note stands as it is, and once.
 */
const NOT_ESTIMABLE = /^(p[\d.]+) not estimable \((?:n = )?([\d,]+)(?: cases?)? < ([\d,]+)\)/;
const NOT_REACHED = /^p[\d.]+ not reached\b/;

/** In place of a quantile that stands among the failed. */
export const UNREACHED_SIGN = "∞";

const BLANK = "blank";
const UNREACHED = `${UNREACHED_SIGN} not reached: so many requests failed before they had a value that the quantile stands among them`;

export class PointNotes {
  readonly #texts: string[] = [];
  /** Quantile → the n that it takes. */
  readonly #needs = new Map<string, string>();

  /** The ordinal of a note, from 1. */
  add(text: string): number {
    const [, quantile = "", , needed = ""] = NOT_ESTIMABLE.exec(text) ?? [];
    if (quantile !== "") this.#needs.set(quantile, needed);
    const shown = quantile !== "" ? BLANK : NOT_REACHED.test(text) ? UNREACHED : text;
    const index = this.#texts.indexOf(shown);
    return index === -1 ? this.#texts.push(shown) : index + 1;
  }

  /** The ordinal of what is said of every quantile among the failed. */
  unreached(): number {
    return this.add(UNREACHED);
  }

  /** The notes in order of their ordinals. */
  lines(): string[] {
    return this.#texts.map((text) => (text === BLANK ? this.#blankText() : text));
  }

  #blankText(): string {
    const needs = [...this.#needs].sort(([a], [b]) => Number(a.slice(1)) - Number(b.slice(1)));
    const each = needs.map(([quantile, needed]) => `${quantile} takes n ≥ ${needed}`);
    return `blank: too few requests to say; ${each.join(", ")}`;
  }
}
