/**
 * What the exchanges of a recording have alike, kept once: the same names, the same outcome of a check that was met, no
 * failures. Each came out of a line of its own, and as a text or an object of its own.
 */
import type { CheckOutcome } from "../check/finding.js";
import { ScalarRows } from "./scalars.js";

export class KeptOnce {
  readonly scalars = new ScalarRows();
  readonly #texts = new Map<string, string>();
  readonly #checks = new Map<string, CheckOutcome>();

  text<T extends string | null>(text: T): T {
    if (text === null) return text;
    const known = this.#texts.get(text);
    if (known !== undefined) return known as T;
    this.#texts.set(text, text);
    return text;
  }

  /** Outcomes that are not met tell what was seen instead, and hardly two are alike. */
  check(check: CheckOutcome): CheckOutcome {
    if (!check.met && check.excluded === undefined) return check;
    const key = JSON.stringify(check);
    const known = this.#checks.get(key);
    if (known !== undefined) return known;
    this.#checks.set(key, check);
    return check;
  }

  /** Most exchanges have one attempt, which did not fail, and none that was asked again. */
  list<T>(list: readonly T[]): readonly T[] {
    if (list.length === 0) return NONE;
    return list.length === 1 && list[0] === null ? (ONE_NULL as readonly T[]) : list;
  }
}

const NONE: readonly never[] = [];
const ONE_NULL: readonly unknown[] = [null];
