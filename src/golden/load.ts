/** Reads a golden set file into {@link GoldenSet}: includes, then shape, then meaning, then lint. */
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { digestOf } from "../core/digest.js";
import { checkDocument, parseDocument, readDocument, type SourceDocument } from "../core/document.js";
import { TwintailError } from "../core/errors.js";
import { withDefaults } from "./defaults.js";
import { findFaults } from "./faults.js";
import type { Api, Expectations, GoldenCase, GoldenSet, Reference, Variant } from "./golden-set.js";
import { resolveIncludes } from "./include.js";
import { type LintWarning, lintGoldenSet } from "./lint.js";
import { type GoldenCaseFile, type GoldenSetFile, goldenSetSchema } from "./schema.js";

export interface LoadedGoldenSet {
  readonly set: GoldenSet;
  /** Of `set`, every include resolved and every default applied: `sha256:<hex>`. */
  readonly digest: string;
  /** As it was given. */
  readonly file: string;
  readonly warnings: readonly LintWarning[];
}

/** The set that comes with twintail: 38 cases for a migration between chat endpoints. */
export const BUNDLED_GOLDEN_SET = fileURLToPath(new URL("../../goldens/migration.yaml", import.meta.url));

/** @throws TwintailError with `file:line:column` of every mistake, one line each. */
export function loadGoldenSet(path: string): LoadedGoldenSet {
  return loaded(readDocument(path, "golden set"), dirname(resolve(path)));
}

/** As {@link loadGoldenSet}, from text; includes are looked for in `folder`. */
export function parseGoldenSet(text: string, folder: string, file = "goldens.yaml"): LoadedGoldenSet {
  return loaded(parseDocument(text, file), resolve(folder));
}

function loaded(written: SourceDocument, folder: string): LoadedGoldenSet {
  const document = resolveIncludes(written, folder);
  const file = checkDocument(document, goldenSetSchema);
  const faults = findFaults(file, document);
  if (faults.length > 0) throw new TwintailError({ cause: faults.join("\n") });
  const set: GoldenSet = {
    name: file.name,
    ...(file.description === undefined ? {} : { description: file.description }),
    cases: file.cases.map((goldenCase) => caseOf(goldenCase, file.defaults ?? {})),
  };
  const warnings = lintGoldenSet(set, (path) => document.place(path));
  return { set, digest: digestOf(set), file: document.file, warnings };
}

function caseOf(written: GoldenCaseFile, defaults: NonNullable<GoldenSetFile["defaults"]>): GoldenCase {
  const { stream: defaultStream = true, ...bodyDefaults } = defaults;
  const api = written.api ?? "chat";
  const { id, category, detects, cancel, reference } = written;
  return {
    id,
    category,
    tags: written.tags ?? [],
    detects,
    api,
    variants: variantsOf(api, written.stream ?? defaultStream),
    repeat: written.repeat ?? 1,
    prefix: written.prefix ?? "unique",
    ...(cancel === undefined ? {} : { cancel: cancel as NonNullable<GoldenCase["cancel"]> }),
    request: withDefaults(api, bodyDefaults, written.request),
    expect: expectationsOf(written.expect),
    ...(reference === undefined ? {} : { reference: referenceOf(reference) }),
  };
}

function variantsOf(api: Api, stream: boolean | "both"): readonly Variant[] {
  if (api === "embeddings") return ["body"];
  if (stream === "both") return ["stream", "body"];
  return [stream ? "stream" : "body"];
}

function expectationsOf(written: GoldenCaseFile["expect"]): Expectations {
  const { tool_calls: toolCalls, ...plain } = written;
  if (toolCalls === undefined) return plain;
  if (Array.isArray(toolCalls)) return { ...plain, tool_calls: toolCalls };
  return {
    ...plain,
    tool_calls: toolCalls.calls,
    ...(toolCalls.count === undefined ? {} : { tool_calls_count: toolCalls.count }),
    ...(toolCalls.ordered === undefined ? {} : { tool_calls_ordered: toolCalls.ordered }),
  };
}

function referenceOf(written: NonNullable<GoldenCaseFile["reference"]>): Reference {
  if (typeof written === "string") return { content: written };
  const { role: _role, ...reference } = written;
  return reference;
}
