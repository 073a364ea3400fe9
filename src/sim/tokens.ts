/**
 * A toy tokenizer: whitespace-led pieces of about four characters, East Asian characters and emoji one each. It
 * is deterministic and linear, and the pieces of a text always join to the text. No model tokenizes like this.
 */

/** Characters of a word that fit one token, after its leading white space. */
const WORD_CHARACTERS = 5;
const MAX_SPACE = 8;

/** The tokens of a text, in order. */
export function tokenize(text: string): string[] {
  const tokens: string[] = [];
  for (let from = 0; from < text.length; ) {
    const to = tokenEnd(text, from);
    tokens.push(text.slice(from, to));
    from = to;
  }
  return tokens;
}

/** How many tokens {@link tokenize} would give, without making them. */
export function countTokens(text: string): number {
  let count = 0;
  for (let from = 0; from < text.length; count++) from = tokenEnd(text, from);
  return count;
}

function tokenEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && at - from < MAX_SPACE && isSpace(text.charCodeAt(at))) at++;
  if (at - from === MAX_SPACE) return at;
  const wordFrom = at;
  while (at < text.length && at - wordFrom < WORD_CHARACTERS) {
    const unit = text.charCodeAt(at);
    if (isSpace(unit)) break;
    if (unit >= 0x2e80) return at === wordFrom ? at + wideLength(text, at) : at;
    at++;
  }
  return at;
}

function isSpace(unit: number): boolean {
  return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d) || unit === 0xa0;
}

/** A surrogate pair stays together: half of one cannot be encoded. */
function wideLength(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  const next = text.charCodeAt(at + 1);
  return unit >= 0xd800 && unit <= 0xdbff && next >= 0xdc00 && next <= 0xdfff ? 2 : 1;
}
