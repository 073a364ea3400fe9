/** A mistake in a gate, with the place of the very character that is wrong. */
import type { GateText } from "../config/settings.js";
import { TwintailError } from "../core/errors.js";

/** What is written in the words of a gate: a gate, or the objective of a sweep. */
export type Written = "gate" | "slo";

/**
 * @param file the configuration that the gate stands in, where it is known
 * @param at offset in the gate's text
 */
export function gateError(
  source: GateText,
  file: string | undefined,
  at: number,
  cause: string,
  remedy: string,
  written: Written = "gate",
): TwintailError {
  return new TwintailError({ cause, place: gatePlace(source, file, at, written), remedy });
}

/** `file:line:column` in a configuration, `--gate "…", column N` on the command line. */
export function gatePlace(
  { text, line, column }: GateText,
  file: string | undefined,
  at: number,
  written: Written = "gate",
): string {
  if (line === 0) return `--${written} "${text}", column ${at + 1}`;
  return file === undefined ? `${written} "${text}", column ${at + 1}` : `${file}:${line}:${column + at}`;
}
