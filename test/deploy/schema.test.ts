/** The manifests against the Kubernetes API, whose types are generated from its OpenAPI schema: unknown fields are errors. */
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { type Resource, ROOT, resources } from "./manifests.js";

const GROUPS: Readonly<Record<string, string>> = { "batch/v1": "batch/v1", v1: "core/v1" };
const FILE = join(ROOT, "test/deploy/resource.ts");
const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: [],
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
};

/** What the API would not take, as the compiler says it of a literal of the resource's type. */
function faultsOf(given: readonly Resource[]): string[] {
  const lines = given.map(({ apiVersion, kind, ...rest }, index) => {
    const type = `import("kubernetes-types/${GROUPS[apiVersion]}").${kind}`;
    return `export const r${index}: ${type} = ${JSON.stringify({ apiVersion, kind, ...rest })};`;
  });
  const host = ts.createCompilerHost(OPTIONS);
  const { getSourceFile, fileExists } = host;
  const source = ts.createSourceFile(FILE, lines.join("\n"), OPTIONS.target ?? ts.ScriptTarget.ES2023);
  host.getSourceFile = (name, ...more) => (name === FILE ? source : getSourceFile.call(host, name, ...more));
  host.fileExists = (name) => name === FILE || fileExists.call(host, name);
  const program = ts.createProgram([FILE], OPTIONS, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

/** The resource with one field changed, wherever it stands first. */
function changed(field: string, value: unknown): Resource[] {
  const texts = resources.map((resource) => JSON.stringify(resource));
  const at = texts.findIndex((text) => text.includes(`"${field}":`));
  const replaced = texts[at]?.replace(new RegExp(`"${field}":("[^"]*"|[\\w.]+)`), JSON.stringify(value).slice(1, -1));
  return [JSON.parse(replaced ?? "null")];
}

const refused = (field: string, value: unknown): string =>
  faultsOf(changed(field, value)).join("\n").replaceAll('"', "");

test("every manifest is what the API takes", () => {
  expect(faultsOf(resources)).toEqual([]);
});

test("a field that is misspelt, of another type, or missing, is refused", () => {
  expect(refused("backoffLimitPerIndex", { backofLimitPerIndex: 0 })).toMatch(
    /'backofLimitPerIndex' does not exist in type 'JobSpec'/,
  );
  expect(refused("readOnlyRootFilesystem", { readonlyRootFilesystem: true })).toMatch(
    /'readonlyRootFilesystem' does not exist in type 'SecurityContext'/,
  );
  expect(refused("completions", { completions: "8" })).toMatch(/'string' is not assignable to type 'number'/);
  expect(refused("schedule", { suspend: false })).toMatch(/Property 'schedule' is missing in type/);
});
