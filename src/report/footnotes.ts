/**
 * Footnotes that say the same are one. "p99 not estimable (n = 114 < 299); max 2.31 s; 95 % confident …" stands once
 * for all metrics of the same n, with only those further clauses that hold for all of them.
 */

const NOT_ESTIMABLE = /^(p[\d.]+) not estimable \(n = ([\d,]+) < ([\d,]+)\)$/;
const EXTREME = /^(min|max) /;

interface Note {
  readonly n: string | null;
  readonly key: string;
  /** For quantiles that n does not support: each with the n that it needs. */
  readonly needs: Map<string, string>;
  readonly clauses: string[][];
}

export class Footnotes {
  readonly #notes: Note[] = [];

  /**
   * The ordinal of a note, from 1. Clauses are parted by "; ".
   * @param group notes about one n are one only within a group: "below the max" and "above the min" do not mix
   */
  add(text: string, group = ""): number {
    const parts = text.split("; ");
    const [, quantile = "", n = "", needed = ""] = NOT_ESTIMABLE.exec(parts[0] ?? text) ?? [];
    // Only these are merged: of any other note, every word is its meaning.
    const clauses = quantile === "" ? [text] : parts;
    const key = quantile === "" ? text : `n = ${n} ${group}`;
    let index = this.#notes.findIndex((note) => note.key === key);
    if (index === -1) {
      index = this.#notes.push({ key, n: quantile === "" ? null : n, needs: new Map(), clauses: [] }) - 1;
    }
    const note = this.#notes[index];
    if (quantile !== "") note?.needs.set(quantile, needed);
    // A median that is not estimable says nothing of the extremes, and takes nothing away from what others say.
    if (quantile !== "p50") note?.clauses.push(clauses);
    return index + 1;
  }

  /** The ordinals of several notes, each once. */
  addAll(texts: readonly string[], group = ""): number[] {
    return [...new Set(texts.map((text) => this.add(text, group)))];
  }

  /** The notes in order of their ordinals. */
  lines(): string[] {
    return this.#notes.map(({ n, key, needs, clauses }) => {
      const [first = [], ...others] = clauses;
      const shared = (clause: string): boolean => others.every((other) => other.includes(clause));
      const [head = key, ...tail] = first;
      const lead =
        n === null
          ? head
          : `${[...needs.keys()].join(", ")} not estimable (n = ${n} < ${[...needs.values()].join(", ")})`;
      // "… are below it" means the maximum before it; when that clause falls away, it is named.
      const dropped = tail.find((clause) => EXTREME.test(clause) && !shared(clause));
      const named = EXTREME.exec(dropped ?? "")?.[1];
      const kept = tail
        .filter(shared)
        .map((clause) => (named === undefined ? clause : clause.replace(/ it$/, ` the ${named}`)));
      return [lead, ...kept].join("; ");
    });
  }
}
