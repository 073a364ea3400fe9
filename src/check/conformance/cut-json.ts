/**
 * Whether a text begins as JSON and ends before it is closed: the mark of an answer that was cut, in one pass. A text
 * that is wrong in another way is not cut.
 */
export function isCutJson(text: string): boolean {
  const start = text.trimStart();
  if (!start.startsWith("{") && !start.startsWith("[")) return false;
  /** What has to close the objects and lists that are open, innermost last. */
  const open: string[] = [];
  let inString = false;
  for (let index = 0; index < start.length; index++) {
    const character = start[index];
    if (inString) {
      if (character === "\\") index++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === "{") open.push("}");
    else if (character === "[") open.push("]");
    else if ((character === "}" || character === "]") && open.pop() !== character) return false;
  }
  return open.length > 0 || inString;
}
