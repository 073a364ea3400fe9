/** npm as a child process. It is the one thing of this room that touches a network, and only where a person asked. */
import { spawn } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { TwintailError } from "../core/errors.js";
import { printableLine } from "../core/printable.js";

type Environment = Readonly<Record<string, string | undefined>>;

export interface NpmOptions {
  readonly environment: Environment;
  /** Ends it. */
  readonly stop?: AbortSignal;
}

const LIMIT_MS = 300_000;
const KEPT_CHARACTERS = 4_000;

/** npm's own script: beside this Node.js, or where `npm` on the PATH leads. Run by Node.js, it needs no shell. */
export function findNpm(environment: Environment, execPath = process.execPath): string {
  const beside = dirname(execPath);
  const script = join("node_modules", "npm", "bin", "npm-cli.js");
  const onPath = (environment.PATH ?? environment.Path ?? "").split(delimiter).filter((folder) => folder !== "");
  const candidates = [
    join(beside, script),
    join(beside, "..", "lib", script),
    ...onPath.flatMap((folder) => [join(folder, script), join(folder, "npm")]),
  ];
  for (const candidate of candidates) {
    if (!existsSync(candidate)) continue;
    const file = realpathSync(candidate);
    if (basename(file) === "npm-cli.js") return file;
  }
  throw new TwintailError({
    cause: "npm was not found",
    place: beside,
    remedy: "install npm, or name an installed SDK with --sdk openai=FOLDER",
  });
}

/** Installs packages into a folder that has a `package.json`; no script of any package runs. */
export async function npmInstall(
  folder: string,
  packages: readonly string[],
  { environment, stop }: NpmOptions,
): Promise<void> {
  const args = [
    findNpm(environment),
    "install",
    // Whether this Node.js runs a package is said in the report, in one line, and not by a failed install.
    ...[
      "--ignore-scripts",
      "--no-engine-strict",
      "--no-audit",
      "--no-fund",
      "--omit=dev",
      "--loglevel=error",
      "--no-legacy-peer-deps",
    ],
    ...["--prefix", folder, "--", ...packages],
  ];
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { ...environment },
    stdio: ["ignore", "ignore", "pipe"],
    timeout: LIMIT_MS,
    ...(stop === undefined ? {} : { signal: stop }),
    windowsHide: true,
  });
  let errors = "";
  child.stderr.on("data", (text: Buffer) => {
    errors = (errors + text).slice(-KEPT_CHARACTERS);
  });
  const ended = await new Promise<string | null>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(code === 0 ? null : reasonOf(errors, signal)));
  });
  if (ended === null) return;
  throw new TwintailError({
    cause: `npm could not install ${packages.join(" ")}: ${printableLine(ended, 300)}`,
    remedy: "check the version and the registry, or leave --install away to use a copy that is there",
  });
}

/** The lines of npm that say something: not its paths to log files. */
function reasonOf(errors: string, signal: NodeJS.Signals | null): string {
  const lines = errors
    .split("\n")
    .filter((line) => /^npm (ERR!|error)/.test(line) && !/A complete log|log can be found/.test(line))
    .map((line) => line.replace(/^npm (ERR!|error)\s*/, "").trim())
    .filter((line) => line !== "");
  const said = lines.slice(0, 3).join("; ");
  return said !== "" ? said : signal === null ? "it failed without a word" : `it was ended by ${signal}`;
}
