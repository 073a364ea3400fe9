import { commandGuard, readsCommands } from "./command-guard.js";

/** What commands may touch of the process: passed in, so that a command is a function of arguments and streams. */
export interface Io {
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number | undefined };
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number | undefined };
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Calls back at the first interrupt; the second ends the process. Returns what takes it back. */
  onInterrupt(callback: () => void): () => void;
  /** Gives a line to the machine that reads this output for commands; absent where none does. */
  readonly command?: (line: string) => void;
}

type Stream = Io["stdout"];

/** Where a machine reads the output for commands: the same streams, in which nothing but `command` is one. */
export function guardedIo(io: Io): Io {
  if (!readsCommands(io.environment)) return io;
  const guards = { stdout: commandGuard(), stderr: commandGuard() };
  const guarded = (name: "stdout" | "stderr"): Stream => ({
    write: (text) => io[name].write(guards[name].guarded(text)),
    get isTTY() {
      return io[name].isTTY === true;
    },
    get columns() {
      return io[name].columns;
    },
  });
  return {
    ...io,
    stdout: guarded("stdout"),
    stderr: guarded("stderr"),
    // On standard error, where `--json` is not disturbed; the runner reads both.
    command: (line) => io.stderr.write(`${guards.stderr.freshLine()}${line}\n`),
  };
}

/** Columns to write a report into: those of the terminal, at most 100, and 100 where there is none. */
export function reportColumns(io: Io): number {
  const given = Number(io.environment.COLUMNS);
  const columns = io.stdout.columns ?? (Number.isInteger(given) && given > 0 ? given : 100);
  return Math.max(40, Math.min(100, columns));
}

/** Colour only where a person looks: never into a pipe, never with NO_COLOR. */
export function wantsColor(io: Io): boolean {
  if (io.environment.NO_COLOR !== undefined && io.environment.NO_COLOR !== "") return false;
  if (io.environment.FORCE_COLOR !== undefined && io.environment.FORCE_COLOR !== "0") return true;
  return io.stdout.isTTY === true;
}
