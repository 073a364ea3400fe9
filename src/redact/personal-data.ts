/**
 * Personal data and secrets that can be told by their form. What has none, such as a name or a street, cannot be found here.
 * Every search is bounded at each place, so that a hostile text costs no more than its length.
 */
import { isIPv6 } from "node:net";

/** A place in a text, in UTF-16 units. */
export interface Found {
  readonly start: number;
  readonly end: number;
}

/** In the order of their places; none overlaps another. */
export function personalDataIn(text: string): Found[] {
  if (text.length < SHORTEST) return [];
  const found: Found[] = [];
  if (text.includes("@")) emailsIn(text, found);
  if (SECRET_HINT.test(text)) for (const pattern of SECRETS) matchesOf(text, pattern, found);
  if (text.includes("-----BEGIN ")) pemBlocksIn(text, found);
  if (/\d/.test(text)) for (const [pattern, isOne] of NUMBERS) matchesOf(text, pattern, found, isOne);
  return united(found);
}

/** Just e-mail addresses, as response headers may hold them. */
export function emailAddressesIn(text: string): Found[] {
  const found: Found[] = [];
  emailsIn(text, found);
  return united(found);
}

const SHORTEST = 6;
const MAX_LOCAL = 64;
const MAX_DOMAIN = 255;

const LOCAL = /[\p{L}\p{N}\p{M}._%+'-]/u;
const DOMAIN = /^[\p{L}\p{N}][\p{L}\p{N}\p{M}-]{0,62}(?:\.[\p{L}\p{N}\p{M}-]{1,63}){1,8}/u;

/** From each `@` outwards. */
function emailsIn(text: string, found: Found[]): void {
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    let start = at;
    while (start > 0 && at - start < MAX_LOCAL) {
      const before = text.charCodeAt(start - 1);
      const size = before >= 0xdc00 && before <= 0xdfff && start > 1 ? 2 : 1;
      if (!LOCAL.test(text.slice(start - size, start))) break;
      start -= size;
    }
    while (start < at && ".'".includes(text[start] as string)) start++;
    const domain = DOMAIN.exec(text.slice(at + 1, at + 1 + MAX_DOMAIN))?.[0].replace(/-+$/, "");
    if (start < at && domain?.includes(".")) found.push({ start, end: at + 1 + domain.length });
  }
}

/** What one of the forms below begins with or holds: most texts have none of them. */
const SECRET_HINT = /sk-|AKIA|ASIA|gh[a-z]_|github_pat_|xox|AIza|hf_|eyJ|bearer/i;

// Each begins where no word goes on, so that a long word is tried once.
const SECRETS: readonly RegExp[] = [
  /(?<![\w-])sk-[A-Za-z0-9_-]{16,250}/g,
  /(?<![\w-])(?:AKIA|ASIA)[A-Z0-9]{16}(?!\w)/g,
  /(?<![\w-])(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_\w{20,255})/g,
  /(?<![\w-])xox[abeoprs]-[A-Za-z0-9-]{10,255}/g,
  /(?<![\w-])AIza[\w-]{35}/g,
  /(?<![\w-])hf_[A-Za-z0-9]{20,100}/g,
  /(?<![\w-])eyJ[\w-]{5,4000}\.eyJ[\w-]{2,8000}(?:\.[\w-]{0,4000})?/g,
  /(?<![\w-])bearer {1,4}[\w.~+/-]{16,8000}={0,2}/gi,
];

const MAX_PEM = 16_384;

/** Where the end was cut off, as much as a block may be long. */
function pemBlocksIn(text: string, found: Found[]): void {
  for (let start = text.indexOf("-----BEGIN "); start >= 0; ) {
    const last = text.indexOf("-----END ", start);
    const closes = last < 0 ? -1 : text.indexOf("-----", last + 9);
    const end = closes < 0 || closes + 5 - start > MAX_PEM ? Math.min(text.length, start + MAX_PEM) : closes + 5;
    found.push({ start, end });
    start = text.indexOf("-----BEGIN ", end);
  }
}

type Check = (match: string) => boolean;

const NUMBERS: readonly (readonly [RegExp, Check])[] = [
  // International: +49 151 23456789, +1 (555) 010-9999.
  [/(?<![\w+.])\+[1-9](?:[ ./()-]{0,2}\d){7,14}(?!\d)/g, () => true],
  // National with separators: (555) 010-9999, 555-010-9999, 020 7946 0958, 0151/23456789, 06 12 34 56 78.
  [/(?<![\w+.-])(?:1[-. ])?(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}(?![\w-])/g, () => true],
  [
    /(?<![\w+.-])(?<!\d )\(?0[1-9]\d{0,3}\)?[ /-]\d{3,9}(?:[ -]\d{2,8}){0,3}(?![\w-])/g,
    (match) => isBetween(digitsOf(match), 9, 13),
  ],
  [/(?<![\w+.-])(?<!\d )0[1-9](?:[ .-]\d{2}){4}(?![\w-])/g, () => true],
  // Cards, in one piece or in the groups that are printed on them.
  [/(?<![\w.-])\d{13,19}(?![\w-])/g, isCard],
  [/(?<![\w.-])\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}(?![\w-])/g, isCard],
  [/(?<![\w.-])\d{4}([ -])\d{6}\1\d{5}(?![\w-])/g, isCard],
  [/(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])/g, isIban],
  [/(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])/g, () => true],
  [/(?<![\w.])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\w]|\.\d)/g, isPublicIPv4],
  [/(?<![\w:.])[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){3,7}(?![\w:])/gi, isPublicIPv6],
];

function matchesOf(text: string, pattern: RegExp, found: Found[], isOne: Check = () => true): void {
  for (const match of text.matchAll(pattern)) {
    if (isOne(match[0])) found.push({ start: match.index, end: match.index + match[0].length });
  }
}

function united(found: Found[]): Found[] {
  found.sort((a, b) => a.start - b.start || b.end - a.end);
  const apart: { start: number; end: number }[] = [];
  for (const { start, end } of found) {
    const last = apart.at(-1);
    if (last !== undefined && start < last.end) last.end = Math.max(last.end, end);
    else apart.push({ start, end });
  }
  return apart;
}

function digitsOf(text: string): number {
  return text.replace(/\D/g, "").length;
}

function isBetween(count: number, least: number, most: number): boolean {
  return count >= least && count <= most;
}

/** By the issuers' first digits and Luhn's sum: one random number in some hundred is taken for one. */
function isCard(text: string): boolean {
  const digits = text.replace(/\D/g, "");
  if (digits.length < 13 || digits.length > 19 || !/^(?:4|5[1-5]|2[2-7]|3[0-9]|6)/.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = i % 2 === 1 ? 2 * digit : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0 && !/^(\d)\1+$/.test(digits);
}

/** ISO 13616: letters count from 10, and the whole is 1 modulo 97. */
function isIban(text: string): boolean {
  const compact = text.replace(/ /g, "");
  if (!isBetween(compact.length, 15, 34)) return false;
  let rest = 0;
  for (const character of compact.slice(4) + compact.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}

/** Loopback, private, link-local and documentation addresses are nobody's. */
function isPublicIPv4(text: string): boolean {
  const parts = text.split(".").map(Number);
  const [a = 0, b = 0, c = 0] = parts;
  if (parts.some((part) => part > 255) || /(?:^|\.)0\d/.test(text)) return false;
  if (a === 0 || a === 10 || a === 127 || a >= 224) return false;
  if ((a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168) || (a === 169 && b === 254)) return false;
  return !(
    (a === 192 && b === 0 && c === 2) ||
    (a === 198 && b === 51 && c === 100) ||
    (a === 203 && b === 0 && c === 113)
  );
}

function isPublicIPv6(text: string): boolean {
  // A time of day and a list of hexadecimal pairs have colons too.
  return isIPv6(text) && !/^(?:f[cdef]|ff|2001:0?db8|::)/i.test(text) && /[0-9]/.test(text) && text.length >= 9;
}
