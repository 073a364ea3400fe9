/** The built command line as it is typed: in a process of its own, without colour, in a folder. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export const MAIN = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

export interface StartOptions {
  /** What the process is started by, such as `ip netns exec NAME`. */
  readonly prefix?: readonly string[];
  /** Set on top of this process's environment. */
  readonly environment?: NodeJS.ProcessEnv;
  readonly uid?: number;
}

/** Any script of Node, with what it printed in the end. */
export function startNode(folder: string, args: readonly string[], options: StartOptions = {}): Started {
  const { prefix = [], environment = {}, uid } = options;
  const [command = "", ...rest] = [...prefix, process.execPath, ...args];
  const { NO_COLOR: _, FORCE_COLOR: __, ...env } = { ...process.env, ...environment };
  const child = spawn(command, rest, { cwd: folder, env, ...(uid === undefined ? {} : { uid }) });
  let [out, err] = ["", ""];
  child.stdout.on("data", (text) => {
    out += text;
  });
  child.stderr.on("data", (text) => {
    err += text;
  });
  return { child, ended: new Promise((resolve) => child.on("close", (code) => resolve({ code, out, err }))) };
}

export function startTyped(folder: string, args: readonly string[], options?: StartOptions): Started {
  return startNode(folder, [MAIN, ...args], options);
}

export function typedIn(
  folder: string,
  args: readonly string[],
  onChild?: (child: ChildProcess) => void,
): Promise<Ended> {
  const { child, ended } = startTyped(folder, args);
  onChild?.(child);
  return ended;
}
