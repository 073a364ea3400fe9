/**
 * The last look before a command ends: is a secret in anything that was written? Masking comes before; what is found here is a
 * mistake of ours, and is overwritten in place. Files are read in pieces, so that memory does not grow with them.
 */
import { closeSync, fstatSync, lstatSync, openSync, readdirSync, readSync, realpathSync, writeSync } from "node:fs";
import { join, relative } from "node:path";
import { base64Cores } from "./key-pattern.js";

/** A file that held a secret. */
export interface Leak {
  readonly path: string;
  /** Places that were overwritten. */
  readonly count: number;
}

const CHUNK_BYTES = 1 << 20;

/** What twintail writes. Whatever else lies in a folder is the user's, a file of keys perhaps. */
const OWN =
  /^(?:recording\.jsonl|report\.(?:json|html|md)|junit\.xml|exchanges\.csv|compare\.json|probe\.json|nights\.jsonl)$/;
const TAILS = "tails";
const OWN_TAIL = /\.hgrm$/;

/** Overwrites the secrets in what twintail wrote into a folder; gives the files that held one. */
export function overwriteSecrets(folder: string, secrets: readonly string[]): Leak[] {
  const needles = needlesOf(secrets);
  if (needles.length === 0) return [];
  // The folder may have been named by a link to it, such as results/latest: it was written through it.
  const named = realpathIfAny(folder);
  const files = [...filesIn(named, OWN), ...filesIn(join(named, TAILS), OWN_TAIL)];
  return files.flatMap((file) => {
    const count = overwriteIn(file, needles);
    return count === 0 ? [] : [{ path: join(folder, relative(named, file)), count }];
  });
}

interface Needle {
  readonly bytes: Buffer;
  /** Base64 stays base64. */
  readonly fill: number;
}

function needlesOf(secrets: readonly string[]): Needle[] {
  const needles = new Map<string, number>();
  const STAR = 0x2a;
  for (const secret of secrets) {
    if (secret === "") continue;
    const json = JSON.stringify(secret).slice(1, -1);
    const url = encodeURIComponent(secret);
    const html = secret.replace(/[&<>"']/g, (character) => HTML[character] as string);
    const slashed = json.replaceAll("/", "\\/");
    for (const form of [secret, json, JSON.stringify(json).slice(1, -1), slashed, url, url.toLowerCase(), html]) {
      needles.set(form, STAR);
    }
    for (const { core } of base64Cores(secret)) {
      needles.set(core, 0x41);
      needles.set(core.replaceAll("+", "-").replaceAll("/", "_"), 0x41);
    }
  }
  return [...needles].map(([form, fill]) => ({ bytes: Buffer.from(form, "latin1"), fill }));
}

const HTML: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function realpathIfAny(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}

/** Regular files alone: a link leads to what this command did not write. */
function filesIn(folder: string, names: RegExp): string[] {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && names.test(entry.name))
    .map(({ name }) => join(folder, name))
    .sort();
}

function overwriteIn(file: string, needles: readonly Needle[]): number {
  const descriptor = openSync(file, "r+");
  try {
    const { size } = fstatSync(descriptor);
    const overlap = needles.reduce((most, { bytes }) => Math.max(most, bytes.length), 1) - 1;
    const chunk = Buffer.allocUnsafe(Math.min(size, CHUNK_BYTES + overlap));
    let count = 0;
    for (let from = 0; from < size; from += CHUNK_BYTES) {
      const length = readSync(descriptor, chunk, 0, Math.min(chunk.length, size - from), from);
      const found = overwriteInChunk(chunk.subarray(0, length), needles);
      // What was found in the overlap is overwritten with it, and not found again in the next piece.
      if (found > 0) writeSync(descriptor, chunk, 0, length, from);
      count += found;
    }
    return count;
  } finally {
    closeSync(descriptor);
  }
}

function overwriteInChunk(chunk: Buffer, needles: readonly Needle[]): number {
  let count = 0;
  for (const { bytes, fill } of needles) {
    for (let at = chunk.indexOf(bytes); at >= 0; at = chunk.indexOf(bytes, at + bytes.length)) {
      chunk.fill(fill, at, at + bytes.length);
      count++;
    }
  }
  return count;
}
