import { readFileSync } from "node:fs";

interface PackageFile {
  readonly version: string;
}

// From src/core and from dist/core alike, the package file is two folders up.
const own = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as PackageFile;

/** The version of this package. */
export const VERSION = own.version;
