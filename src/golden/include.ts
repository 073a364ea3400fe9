/**
 * Includes: `{ $file: path#/pointer }` and `{ $filler: … }` are replaced by what they stand for, and every value keeps
 * the place where it was written, in whichever file that is. No other key is touched, JSON Schema's `$ref` least of
 * all. A golden set may come from anyone: a file outside the set's own folder is never read.
 */
import { readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, extname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { checkDocument, parseDocument, type SourceDocument } from "../core/document.js";
import { errorCode, TwintailError } from "../core/errors.js";
import { fillerText } from "./filler.js";
import { fileIncludeSchema, fillerIncludeSchema } from "./schema.js";

const MAX_DEPTH = 16;
const MAX_INCLUDES = 2_000;
const MAX_FILE_BYTES = 4 * 1024 * 1024;
/** Of all included text together, in characters. */
const MAX_CHARACTERS = 32 * 1024 * 1024;

type Path = readonly PropertyKey[];

/** A value from elsewhere: everything at or below `at` has its place in `document`, below `base`. */
interface Graft {
  readonly at: Path;
  readonly document: SourceDocument;
  readonly base: Path;
}

/**
 * The document with every include resolved. `folder` is the golden set's folder: relative paths of the document start
 * there, and no include may leave it.
 * @throws TwintailError with the place of the include that cannot be resolved.
 */
export function resolveIncludes(document: SourceDocument, folder: string): SourceDocument {
  const grafts: Graft[] = [];
  const walk: Walk = { root: folder, grafts, documents: new Map(), spent: { characters: 0, includes: 0 } };
  const value = expand(document.value, { document, folder, base: [], at: [], open: [] }, walk);
  // Inner grafts are added after the outer ones that led to them, and the longest path names the innermost file.
  const deepestFirst = [...grafts].reverse().sort((a, b) => b.at.length - a.at.length);
  return {
    file: document.file,
    value,
    place(path, of) {
      const graft = deepestFirst.find(({ at }) => at.length <= path.length && at.every((step, i) => step === path[i]));
      if (graft === undefined) return document.place(path, of);
      if (graft.at.length === path.length && of === "key") return document.place(path, of);
      return graft.document.place([...graft.base, ...path.slice(graft.at.length)], of);
    },
  };
}

interface Walk {
  readonly root: string;
  readonly grafts: Graft[];
  /** Each file is parsed once, by its real path. */
  readonly documents: Map<string, SourceDocument>;
  readonly spent: { characters: number; includes: number };
}

/** Where the walk stands: `base` in the file that is being read, `at` in the whole that is being built. */
interface Here {
  readonly document: SourceDocument;
  /** The folder that relative paths in this file start from. */
  readonly folder: string;
  readonly base: Path;
  readonly at: Path;
  /** The includes that led here, for the cycle check. */
  readonly open: readonly string[];
}

function expand(value: unknown, here: Here, walk: Walk): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item, index) => expand(item, below(here, index), walk));
  if (Object.hasOwn(value, "$file")) return includeFile(value, here, walk);
  if (Object.hasOwn(value, "$filler")) return includeFiller(value, here, walk);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, expand(inner, below(here, key), walk)]));
}

function below(here: Here, step: PropertyKey): Here {
  return { ...here, base: [...here.base, step], at: [...here.at, step] };
}

function includeFiller(value: object, here: Here, walk: Walk): string {
  const { $filler } = checkDocument(partOf(here, value), fillerIncludeSchema);
  const text = fillerText($filler);
  spend(text.length, here, walk);
  return text;
}

function includeFile(value: object, here: Here, walk: Walk): unknown {
  const include = checkDocument(partOf(here, value), fileIncludeSchema);
  const hash = include.$file.indexOf("#");
  const path = hash < 0 ? include.$file : include.$file.slice(0, hash);
  const pointer = hash < 0 ? "" : include.$file.slice(hash + 1);
  const place = here.document.place([...here.base, "$file"]);
  const file = insideRoot(path, here, walk, place);
  const extension = extname(file).toLowerCase();
  const form = include.as ?? DEFAULT_FORMS[extension] ?? "text";
  if (form !== "value") {
    if (pointer !== "") {
      throw new TwintailError({
        cause: `a pointer into a ${form === "text" ? "text" : "picture"}: "${include.$file}"`,
        place,
        remedy: "only YAML and JSON files have parts",
      });
    }
    const bytes = readBytes(file, path, place);
    const text = form === "text" ? bytes.toString("utf8") : dataUrl(bytes, extension, path, place);
    spend(text.length, here, walk);
    return text;
  }
  const key = `${file}#${pointer}`;
  if (here.open.includes(key)) {
    throw new TwintailError({
      cause: `"${include.$file}" includes itself`,
      place,
      remedy: "break the circle of $file",
    });
  }
  if (here.open.length >= MAX_DEPTH) {
    throw new TwintailError({ cause: `$file is nested deeper than ${MAX_DEPTH} levels`, place, remedy: "flatten it" });
  }
  let document = walk.documents.get(file);
  if (document === undefined) {
    document = parseDocument(readBytes(file, path, place).toString("utf8"), join(dirname(here.document.file), path));
    walk.documents.set(file, document);
  }
  const base = pointerSteps(pointer, include.$file, place);
  const target = valueAt(document.value, base, include.$file, place);
  spend(sizeOf(target), here, walk);
  walk.grafts.push({ at: here.at, document, base });
  return expand(target, { document, folder: dirname(file), base, at: here.at, open: [...here.open, key] }, walk);
}

/** The include itself as a document, so that its own mistakes are told with their places. */
function partOf(here: Here, value: object): SourceDocument {
  return {
    file: here.document.file,
    value,
    place: (path, of) => here.document.place([...here.base, ...path], of),
  };
}

const DEFAULT_FORMS: Readonly<Record<string, "value" | "data-url">> = {
  ".yaml": "value",
  ".yml": "value",
  ".json": "value",
  ".png": "data-url",
  ".jpg": "data-url",
  ".jpeg": "data-url",
  ".gif": "data-url",
  ".webp": "data-url",
};

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gif": "image/gif",
  ".webp": "image/webp",
  ".wav": "audio/wav",
  ".mp3": "audio/mpeg",
  ".pdf": "application/pdf",
};

function dataUrl(bytes: Buffer, extension: string, path: string, place: string): string {
  const type = MEDIA_TYPES[extension];
  if (type === undefined) {
    throw new TwintailError({
      cause: `"${path}" has no media type that is known`,
      place,
      remedy: `a data URL is made of ${Object.keys(MEDIA_TYPES).join(", ")}`,
    });
  }
  return `data:${type};base64,${bytes.toString("base64")}`;
}

/** The real path of an included file. Links are followed before the check, so that none can lead out. */
function insideRoot(path: string, here: Here, walk: Walk, place: string): string {
  const outside = (): TwintailError =>
    new TwintailError({
      cause: `"${path}" lies outside the golden set's folder`,
      place,
      remedy: "keep included files beside the golden set, or in a folder below it",
    });
  if (isAbsolute(path)) throw outside();
  const root = realpathSync(walk.root);
  const wanted = resolve(realpathSync(here.folder), path);
  if (!isWithin(root, wanted)) throw outside();
  let file: string;
  try {
    file = realpathSync(wanted);
  } catch (error) {
    throw missing(path, place, error);
  }
  if (!isWithin(root, file)) throw outside();
  return file;
}

function isWithin(root: string, file: string): boolean {
  const way = relative(root, file);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function missing(path: string, place: string, error: unknown): TwintailError {
  const code = errorCode(error);
  return new TwintailError({
    cause: code === "ENOENT" ? `no file "${path}"` : `"${path}" cannot be read (${code ?? String(error)})`,
    place,
    remedy: "give a path that starts from this file's folder",
    error,
  });
}

function readBytes(file: string, path: string, place: string): Buffer {
  try {
    const found = statSync(file);
    if (!found.isFile()) {
      throw new TwintailError({ cause: `"${path}" is not a file`, place, remedy: "name a file" });
    }
    if (found.size > MAX_FILE_BYTES) {
      throw new TwintailError({
        cause: `"${path}" has ${found.size} bytes`,
        place,
        remedy: `keep it under ${MAX_FILE_BYTES} bytes`,
      });
    }
    return readFileSync(file);
  } catch (error) {
    if (error instanceof TwintailError) throw error;
    throw missing(path, place, error);
  }
}

/** RFC 6901, without the percent-encoding of its URI form. */
function pointerSteps(pointer: string, shown: string, place: string): string[] {
  if (pointer === "") return [];
  if (!pointer.startsWith("/")) {
    throw new TwintailError({
      cause: `"#${pointer}" is no JSON pointer`,
      place,
      remedy: `write ${shown.replace("#", "#/")}`,
    });
  }
  return pointer
    .slice(1)
    .split("/")
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function valueAt(value: unknown, steps: readonly string[], shown: string, place: string): unknown {
  let current = value;
  for (const step of steps) {
    const isIndex = !Array.isArray(current) || /^(?:0|[1-9]\d*)$/.test(step);
    if (typeof current !== "object" || current === null || !isIndex || !Object.hasOwn(current, step)) {
      const known = typeof current === "object" && current !== null ? Object.keys(current) : [];
      throw new TwintailError({
        cause: `"${shown}" leads to nothing at "${step}"`,
        place,
        remedy: known.length === 0 ? "there is nothing below it" : `there is ${known.slice(0, 12).join(", ")}`,
      });
    }
    current = (current as Record<string, unknown>)[step];
  }
  return current;
}

function sizeOf(value: unknown): number {
  return JSON.stringify(value)?.length ?? 0;
}

/** Small files that include each other often enough could still fill the memory. */
function spend(characters: number, here: Here, walk: Walk): void {
  walk.spent.characters += characters;
  walk.spent.includes += 1;
  if (walk.spent.characters <= MAX_CHARACTERS && walk.spent.includes <= MAX_INCLUDES) return;
  throw new TwintailError({
    cause: `the includes are more than ${MAX_CHARACTERS} characters or ${MAX_INCLUDES} in number`,
    place: here.document.place(here.base),
    remedy: "make the golden set smaller",
  });
}
