/** Writes a report's files into its run folder. Answers may hold private text: nobody but the owner may read them. */
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { errorCode, TwintailError } from "../core/errors.js";
import { csvLines } from "./csv.js";
import { renderHtml } from "./html.js";
import { renderJson } from "./json.js";
import { renderJunit } from "./junit.js";
import { renderMarkdown } from "./markdown.js";
import type { Report } from "./report.js";

const OWNER_FILE = 0o600;
const OWNER_FOLDER = 0o700;

/**
 * Writes `report.json`, `report.html`, `report.md`, `junit.xml`, `exchanges.csv` and `tails/*.hgrm` into `folder`, which is made if need
 * be. Each file appears whole or not at all.
 * @returns the paths, in that order.
 * @throws TwintailError when a file cannot be written.
 */
export function writeReport(report: Report, folder: string): string[] {
  const tails = join(folder, "tails");
  const files: [path: string, text: FileText][] = [
    [join(folder, "report.json"), renderJson(report.summary)],
    [join(folder, "report.html"), renderHtml(report)],
    [join(folder, "report.md"), renderMarkdown(report)],
    [join(folder, "junit.xml"), renderJunit(report.summary)],
    [join(folder, "exchanges.csv"), csvLines(report)],
    ...report.details.tailFiles.map(({ name, text }): [string, string] => [join(tails, basename(name)), text]),
  ];
  writeFiles(files);
  for (const each of [folder, tails]) removeLeftovers(each);
  return files.map(([target]) => target);
}

const PAGE = "<!doctype html>";

/**
 * A path that a person typed may be that of something else: only another page is written over.
 * @throws TwintailError when anything else is there.
 */
export function refuseUnlessPage(path: string): void {
  if (!isOther(path)) return;
  throw new TwintailError({
    cause: "something is there already that is no HTML page",
    place: path,
    remedy: "give --out a file of its own, such as plan.html",
  });
}

/** What cannot be looked at cannot be written either, and says so then. */
function isOther(path: string): boolean {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return false;
    const begin = stat.isFile() ? beginOf(path, PAGE.length) : "?";
    return begin !== "" && begin.toLowerCase() !== PAGE;
  } catch {
    return false;
  }
}

function beginOf(path: string, bytes: number): string {
  const file = openSync(path, "r");
  try {
    const begin = Buffer.alloc(bytes);
    return begin.toString("latin1", 0, readSync(file, begin));
  } finally {
    closeSync(file);
  }
}

/** A text, or the pieces that it consists of where it is too long to be held. */
type FileText = string | Iterable<string>;

/**
 * Writes texts to paths whose folders are made if need be, readable by their owner alone. Each file appears whole or not
 * at all.
 * @throws TwintailError when one cannot be written.
 */
export function writeFiles(files: readonly (readonly [path: string, text: FileText])[]): void {
  let path = "";
  try {
    for (const [target, text] of files) {
      path = target;
      mkdirSync(dirname(target), { recursive: true, mode: OWNER_FOLDER });
      writeWhole(target, text);
    }
  } catch (error) {
    const code = errorCode(error);
    const inTheWay = code === "EEXIST" || code === "ENOTDIR";
    throw new TwintailError({
      cause: inTheWay
        ? "a file is where its folder is to be"
        : `the report cannot be written (${code ?? String(error)})`,
      place: path,
      remedy: inTheWay ? "choose another folder with --out" : "check the folder's permissions and free space",
      error,
    });
  }
}

function writeWhole(target: string, text: FileText): void {
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    // `wx`: a link that someone else put there is not followed.
    rmSync(temporary, { force: true });
    writePieces(temporary, typeof text === "string" ? [text] : text);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** So many characters are written at once. */
const PIECE = 1 << 16;

function writePieces(path: string, pieces: Iterable<string>): void {
  const file = openSync(path, "wx", OWNER_FILE);
  try {
    let gathered = "";
    for (const piece of pieces) {
      gathered += piece;
      if (gathered.length < PIECE) continue;
      writeAll(file, gathered);
      gathered = "";
    }
    writeAll(file, gathered);
  } finally {
    closeSync(file);
  }
}

/** A disk that is nearly full takes a part. */
function writeAll(file: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
}

/** Files that a process which was killed had begun. */
function removeLeftovers(folder: string): void {
  try {
    for (const name of readdirSync(folder)) {
      const pid = Number(/\.(\d{1,10})\.tmp$/.exec(name)?.[1] ?? Number.NaN);
      if (!Number.isNaN(pid) && !isRunning(pid)) rmSync(join(folder, name), { force: true });
    }
  } catch {
    // They are in nobody's way.
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== "ESRCH";
  }
}
