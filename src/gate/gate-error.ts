/** A mistake in a gate, with the place of the very character that is wrong. */
import type { GateText } from "../config/settings.js";
import { TwintailError } from "../core/errors.js";

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
): TwintailError {
  return new TwintailError({ cause, place: gatePlace(source, file, at), remedy });
}

/** `file:line:column` in a configuration, `--gate "…", column N` on the command line. */
export function gatePlace({ text, line, column }: GateText, file: string | undefined, at: number): string {
  if (line === 0) return `--gate "${text}", column ${at + 1}`;
  return file === undefined ? `gate "${text}", column ${at + 1}` : `${file}:${line}:${column + at}`;
}
