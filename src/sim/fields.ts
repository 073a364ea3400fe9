/** Checks of plain objects from outside: argv, a header. Unknown keys are refused: a typing error must not pass as "no fault". */
import { TwintailError } from "../core/errors.js";

export interface FieldCheck {
  /** What a right value is, as it stands in the message. */
  readonly expected: string;
  readonly test: (value: unknown) => boolean;
}

export type FieldChecks<T> = { readonly [K in keyof Required<T>]: FieldCheck };

/** @throws TwintailError that names the key, what was expected and what is known. */
export function checkFields<T>(value: unknown, checks: FieldChecks<T>, place: string): T {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TwintailError({ cause: "this is not an object", place });
  }
  for (const [key, field] of Object.entries(value)) {
    const check: FieldCheck | undefined = Object.hasOwn(checks, key) ? checks[key as keyof T] : undefined;
    if (check === undefined) {
      throw new TwintailError({
        cause: `"${key}" is not known here`,
        place,
        remedy: `known: ${Object.keys(checks).join(", ")}`,
      });
    }
    if (field !== undefined && !check.test(field)) {
      throw new TwintailError({ cause: `"${key}" must be ${check.expected}`, place });
    }
  }
  return value as T;
}

export function numberIn(from: number, to: number): FieldCheck {
  return {
    expected: `a number from ${from} to ${to}`,
    test: (value) => typeof value === "number" && value >= from && value <= to,
  };
}

export function countIn(from: number, to: number): FieldCheck {
  return {
    expected: `a whole number from ${from} to ${to}`,
    test: (value) => Number.isInteger(value) && (value as number) >= from && (value as number) <= to,
  };
}

export function oneOf(...values: readonly unknown[]): FieldCheck {
  return {
    expected: values.map((value) => JSON.stringify(value)).join(" or "),
    test: (value) => values.includes(value),
  };
}

export const aFlag: FieldCheck = oneOf(true, false);

export const aText: FieldCheck = { expected: "a text", test: (value) => typeof value === "string" };

export const texts: FieldCheck = {
  expected: "a list of texts",
  test: (value) => Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === "string"),
};

/** An object whose own fields are checked; its first fault is part of the message. */
export function objectOf<T>(checks: FieldChecks<T>): FieldCheck {
  return {
    expected: `an object of ${Object.entries<FieldCheck>(checks)
      .map(([key, check]) => `${key}: ${check.expected}`)
      .join(", ")}`,
    test: (value) => {
      try {
        checkFields(value, checks, "");
        return true;
      } catch {
        return false;
      }
    },
  };
}
