/**
 * Footnotes that say the same are one. "p99 not estimable (n = 114 < 299); max 2.31 s; 95 % confident …" stands once
 * for all metrics of the same n, with only those further clauses that hold for all of them.
 */

const NOT_ESTIMABLE = /^(p[\d.]+) not estimable \(n = ([\d,]+) < ([\d,]+)\)$/;
const EXTREME = /^(min|max) /;

interface Note {
  readonly key: string;
  /** For quantiles that n does not support: each with the n that it needs. */
  readonly needs: Map<string, string>;
  readonly clauses: string[][];
}

export class Footnotes {
  readonly #notes: Note[] = [];

  /** The ordinal of a note, from 1. Clauses are parted by "; ". */
  add(text: string): number {
    const clauses = text.split("; ");
    const first = clauses[0] ?? text;
    const unsupported = NOT_ESTIMABLE.exec(first);
    const extreme = clauses.map((clause) => EXTREME.exec(clause)?.[1]).find((word) => word !== undefined) ?? "";
    const key = unsupported === null ? first : `n = ${unsupported[2]} ${extreme}`;
    let index = this.#notes.findIndex((note) => note.key === key);
    if (index === -1) index = this.#notes.push({ key, needs: new Map(), clauses: [] }) - 1;
    const note = this.#notes[index];
    note?.clauses.push(clauses);
    if (unsupported !== null) note?.needs.set(unsupported[1] ?? "", unsupported[3] ?? "");
    return index + 1;
  }

  /** One ordinal for what may be several notes, joined to one; null for none. */
  addAll(texts: readonly string[]): number | null {
    return texts.length === 0 ? null : this.add(texts.join("; "));
  }

  /** The notes in order of their ordinals. */
  lines(): string[] {
    return this.#notes.map(({ key, needs, clauses }) => {
      const [first = [], ...others] = clauses;
      const shared = (clause: string): boolean => others.every((other) => other.includes(clause));
      const [head = "", ...tail] = first;
      const n = /^n = (\S+)/.exec(key)?.[1] ?? "";
      const lead =
        needs.size === 0
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
