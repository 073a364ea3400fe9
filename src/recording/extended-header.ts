/** A header and what was added to it: right of the seam a run that was extended has one plan like any other. */
import { TwintailError } from "../core/errors.js";
import type { ExtensionLine, HeaderLine } from "./recording.js";

/** Extensions may come in any order; each is joined on as soon as those before it are there. */
export class ExtendedHeader {
  #current: HeaderLine;
  readonly #joined: ExtensionLine[] = [];
  #waiting: { readonly line: ExtensionLine; readonly place: string }[] = [];

  constructor(header: HeaderLine) {
    this.#current = header;
  }

  /** With every extension that could be joined so far. */
  get current(): HeaderLine {
    return this.#current;
  }

  /** @throws TwintailError when its rows are no sequence. */
  extend(line: ExtensionLine, place: string): void {
    const first = line.plan[0]?.id ?? -1;
    if (line.plan.some(({ id }, index) => id !== first + index)) throw damaged(place);
    this.#waiting.push({ line, place });
    for (;;) {
      const next = this.#waiting.find((each) => each.line.plan[0]?.id === this.#current.plan.length);
      if (next === undefined) return;
      this.#waiting = this.#waiting.filter((each) => each !== next);
      this.#join(next.line, next.place);
    }
  }

  /**
   * The extensions in the order of their rows.
   * @throws TwintailError when one does not go on where the rows before it end.
   */
  settle(): readonly ExtensionLine[] {
    const left = this.#waiting[0];
    if (left !== undefined) throw damaged(left.place);
    return this.#joined;
  }

  #join(line: ExtensionLine, place: string): void {
    const { capture, plan, requests } = this.#current;
    const before = this.#joined.at(-1);
    if (line.rounds <= capture.rounds || (before !== undefined && line.segment <= before.segment)) throw damaged(place);
    this.#joined.push(line);
    this.#current = {
      ...this.#current,
      plan: [...plan, ...line.plan],
      planDigest: line.planDigest,
      requests: { ...requests, ...line.requests },
      // New rounds are as far apart as the first ones were.
      capture: {
        ...capture,
        rounds: line.rounds,
        spreadMs: Math.round((capture.spreadMs * line.rounds) / capture.rounds),
      },
    };
  }
}

function damaged(place: string): TwintailError {
  return new TwintailError({
    cause: "the extension does not go on where the plan before it ends",
    place,
    remedy: "the file was changed or damaged",
  });
}
