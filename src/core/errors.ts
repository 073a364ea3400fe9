/**
 * The error base: every error a person can cause says what went wrong, where, and what to do about it.
 */

/** Process exit codes, as documented in the README. `0` pass, `1` a gate failed. */
export const ExitCode = {
  pass: 0,
  gateFailed: 1,
  usage: 2,
  inconclusive: 3,
  invalid: 4,
  internal: 70,
  interrupted: 130,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** What an error line is made of: one cause, one place, one remedy. */
export interface ErrorParts {
  /** What is wrong, as a sentence without its full stop. */
  readonly cause: string;
  /** Where: `file:line:column`, a variable, an address, a flag. */
  readonly place?: string;
  /** What to try. */
  readonly remedy?: string;
  readonly exitCode?: ExitCode;
  /** The error underneath, if there is one. */
  readonly error?: unknown;
}

/** A mistake that a person can mend; printed as one line, never with a stack. */
export class TwintailError extends Error {
  override readonly name = "TwintailError";
  readonly place: string | undefined;
  readonly remedy: string | undefined;
  readonly exitCode: ExitCode;

  constructor(parts: ErrorParts) {
    const place = parts.place === undefined ? "" : `${parts.place}: `;
    const remedy = parts.remedy === undefined ? "" : `; ${parts.remedy}`;
    super(`${place}${parts.cause}${remedy}`, parts.error === undefined ? undefined : { cause: parts.error });
    this.place = parts.place;
    this.remedy = parts.remedy;
    this.exitCode = parts.exitCode ?? ExitCode.usage;
  }
}

/** The `code` of a Node.js system error (`ENOSPC`, `ECONNREFUSED`), or undefined. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const code = (error as { code?: unknown }).code;
  return typeof code === "string" ? code : undefined;
}

/** The message of anything thrown. */
export function errorMessage(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return errorMessage(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
