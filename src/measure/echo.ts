/** Did an endpoint send a key back? Keys are masked before they are written: what is looked for is the mask. */
import type { Attempt } from "../recording/recording.js";

/** A mask stands alone; the forms in which providers quote a key keep some of its characters. */
const MASKED = /(?<![\w*-])\*{8,}(?![\w*-])/;
const MAX_TEXT = 10_000;

/** Whether a header or the endpoint's error carries a mask. Answers are not looked at: a line of asterisks is markdown. */
export function echoesKey({ headers }: Pick<Attempt, "headers">, errorMessage: string | null): boolean {
  const texts = [...(headers ?? []).map(([, value]) => value), errorMessage ?? ""];
  return texts.some((text) => MASKED.test(text.slice(0, MAX_TEXT)));
}
