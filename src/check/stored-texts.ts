/**
 * What can be judged where a recording leaves texts out. An expectation that cannot be held against an answer is not judged,
 * and says why; it is never met and never failed because of a mask.
 */
import { digestOf } from "../core/digest.js";
import { TwintailError } from "../core/errors.js";
import type { GoldenCase, GoldenSet } from "../golden/golden-set.js";
import type { Exchange, HeaderLine } from "../recording/recording.js";
import type { CheckOutcome } from "./finding.js";

const DIGESTS_ONLY = "the recording holds digests only; give the golden set with --goldens";
const NOT_STORED = "answers were not stored";
const MASKED = "personal data in the answer was masked";
const FROM_ELSEWHERE = "a part of the request that it is judged by is in no golden set";

type Body = Readonly<Record<string, unknown>>;

export class StoredTexts {
  /** Why no answer of the recording can be held against expectations; null where they can. */
  readonly unjudged: string | null;
  readonly goldenSet: GoldenSet;
  readonly #store: "full" | "redacted" | "metadata";
  /** By case: the values of its request by their digests. */
  readonly #values = new Map<string, ReadonlyMap<string, unknown>>();

  /**
   * @param given the golden set itself, for a recording that holds only its digests.
   * @throws TwintailError when it is not the one that was recorded.
   */
  constructor(header: HeaderLine, given: GoldenSet | undefined, path: string) {
    if (given !== undefined) refuseOther(header, given, path);
    this.#store = header.store ?? "full";
    this.goldenSet = this.#store === "full" ? header.goldenSet : (given ?? header.goldenSet);
    const digests = this.#store === "redacted" && given === undefined;
    this.unjudged = this.#store === "metadata" ? NOT_STORED : digests ? DIGESTS_ONLY : null;
  }

  /** Answers and requests may be shown. */
  get shown(): boolean {
    return this.#store === "full";
  }

  /** Whether what an exchange said is what was sent, as far as it is to be compared with another. */
  saysWhatItSaid({ masked }: Pick<Exchange, "masked">): boolean {
    return this.#store !== "metadata" && (masked ?? 0) === 0;
  }

  /** The body as it was sent, as far as the golden set tells. */
  bodyOf(body: Body, golden: GoldenCase): Body {
    if (this.#store === "full") return body;
    const values = this.#valuesOf(golden);
    return Object.fromEntries(
      Object.entries(body).map(([key, value]) => {
        const digest = digestIn(value);
        return [key, digest !== null && values.has(digest) ? values.get(digest) : value];
      }),
    );
  }

  /**
   * Why an exchange is in no rate and no flip; null where it can be judged. A failure is one whatever was masked in its words.
   * @param body as {@link bodyOf} gives it.
   */
  excluded({ masked }: Pick<Exchange, "masked">, body: Body, failed: boolean): string | null {
    if (this.unjudged !== null) return this.unjudged;
    if (this.#store === "full" || failed) return null;
    if ((masked ?? 0) > 0) return MASKED;
    return Object.values(body).some((value) => digestIn(value) !== null) ? FROM_ELSEWHERE : null;
  }

  /** The outcome without words of the answer and of what was expected. A failure keeps its own, which are masked. */
  told(check: CheckOutcome): CheckOutcome {
    if (this.shown || !check.judged) return check;
    const { toolCalls } = check;
    return {
      ...check,
      expectations: check.expectations.map((each) => (each.met ? each : { ...each, detail: "not met" })),
      toolCalls:
        toolCalls === null
          ? null
          : {
              ...toolCalls,
              faults: toolCalls.faults.map(({ fault }) => ({ fault, detail: fault.replaceAll("_", " ") })),
            },
    };
  }

  #valuesOf(golden: GoldenCase): ReadonlyMap<string, unknown> {
    const known = this.#values.get(golden.id);
    if (known !== undefined) return known;
    const made = new Map(Object.values(golden.request).map((value) => [digestOf(value), value]));
    this.#values.set(golden.id, made);
    return made;
  }
}

function digestIn(value: unknown): string | null {
  const digest = typeof value === "object" && value !== null && "digest" in value ? value.digest : undefined;
  return typeof digest === "string" && /^sha256:[0-9a-f]{64}$/.test(digest) ? digest : null;
}

function refuseOther({ goldenDigest }: HeaderLine, given: GoldenSet, path: string): void {
  const digest = digestOf(given);
  if (digest === goldenDigest) return;
  throw new TwintailError({
    cause: `the golden set is not the one that was recorded (${goldenDigest.slice(0, 19)}, given ${digest.slice(0, 19)})`,
    place: path,
    remedy: "give the golden set as it was when the run was recorded",
  });
}
