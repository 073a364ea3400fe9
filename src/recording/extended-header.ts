/** A header and what was added to it: right of the seam a run that was extended, or a sweep, has one plan like any other. */
import { TwintailError } from "../core/errors.js";
import type { ExtensionLine, HeaderLine, PointLine } from "./recording.js";

type MoreRows = ExtensionLine | PointLine;

/** Additions may come in any order; each is joined on as soon as those before it are there. */
export class ExtendedHeader {
  #current: HeaderLine;
  readonly #extensions: ExtensionLine[] = [];
  readonly #points: PointLine[] = [];
  #waiting: { readonly line: MoreRows; readonly place: string }[] = [];

  constructor(header: HeaderLine) {
    this.#current = header;
  }

  /** With everything that could be joined so far. */
  get current(): HeaderLine {
    return this.#current;
  }

  /** @throws TwintailError when its rows are no sequence. */
  extend(line: MoreRows, place: string): void {
    const first = line.plan[0]?.id ?? -1;
    if (line.plan.some(({ id }, index) => id !== first + index)) throw damaged(line, place);
    this.#waiting.push({ line, place });
    for (;;) {
      const next = this.#waiting.find((each) => each.line.plan[0]?.id === this.#current.plan.length);
      if (next === undefined) return;
      this.#waiting = this.#waiting.filter((each) => each !== next);
      if (next.line.type === "extension") this.#joinExtension(next.line, next.place);
      else this.#joinPoint(next.line, next.place);
    }
  }

  /**
   * What was added, in the order of its rows.
   * @throws TwintailError when something does not go on where the rows before it end.
   */
  settle(): { readonly extensions: readonly ExtensionLine[]; readonly points: readonly PointLine[] } {
    const left = this.#waiting[0];
    if (left !== undefined) throw damaged(left.line, left.place);
    return { extensions: this.#extensions, points: this.#points };
  }

  #joinExtension(line: ExtensionLine, place: string): void {
    const { capture } = this.#current;
    const before = this.#extensions.at(-1);
    if (line.rounds <= capture.rounds || (before !== undefined && line.segment <= before.segment))
      throw damaged(line, place);
    this.#extensions.push(line);
    this.#join(line);
    this.#current = {
      ...this.#current,
      planDigest: line.planDigest,
      // New rounds are as far apart as the first ones were.
      capture: {
        ...capture,
        rounds: line.rounds,
        spreadMs: Math.round((capture.spreadMs * line.rounds) / capture.rounds),
      },
    };
  }

  #joinPoint(line: PointLine, place: string): void {
    if (line.point.index !== this.#points.length) throw damaged(line, place);
    this.#points.push(line);
    this.#join(line);
  }

  #join({ plan, requests }: MoreRows): void {
    this.#current = {
      ...this.#current,
      plan: [...this.#current.plan, ...plan],
      requests: { ...this.#current.requests, ...requests },
    };
  }
}

function damaged({ type }: MoreRows, place: string): TwintailError {
  return new TwintailError({
    cause: `the ${type} does not go on where the plan before it ends`,
    place,
    remedy: "the file was changed or damaged",
  });
}
