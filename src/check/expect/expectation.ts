/**
 * What every expectation is: a key of the golden set, and a judgement of one answer.
 */
import type { Expectations } from "../../golden/golden-set.js";
import type { Answer } from "./answer.js";

/**
 * `met: null` means that it cannot be known (no usage, a broken pattern): unmet, and its `not_` form unmet too.
 * `detail` is one line of what was expected and what was seen; it is used only where the expectation is unmet.
 */
export interface Judgement {
  readonly met: boolean | null;
  readonly detail: string;
}

export interface Expectation {
  readonly name: string;
  judge(expected: unknown, answer: Answer): Judgement;
}

/** Defines an expectation, with the type that the golden set gives to its key. */
export function expectation<Name extends keyof Expectations>(
  name: Name,
  judge: (expected: Exclude<Expectations[Name], undefined>, answer: Answer) => Judgement,
): Expectation {
  // The golden set's schema has already validated the type behind each key.
  return { name, judge: judge as Expectation["judge"] };
}
