/** A command while it sends: its progress, an interrupt that ends it cleanly, and keys looked for in what it wrote. */
import type { ExitCode } from "../core/errors.js";
import type { PreparedRun, RunOptions } from "../run.js";
import { secretsOf } from "../scan-run.js";
import { overwriteAndSay } from "./leaks.js";
import { type Progress, startProgress } from "./progress.js";
import type { Io } from "./terminal-io.js";

export type SendOptions = Required<
  Pick<RunOptions, "environment" | "stop" | "onReleased" | "onExchange"> & {
    readonly onStart: (folder: string) => void;
  }
>;

export interface Sending<Finished> {
  /** Said before the first request. */
  readonly announcement: () => string;
  readonly send: (options: SendOptions) => Promise<Finished>;
  /** Shows and writes what came of it, and gives the exit code. */
  readonly show: (finished: Finished) => ExitCode;
  /** In place of a bar over the plan. */
  readonly progress?: (io: Io) => Progress;
  /** What else is written to, beside the folder of the recording. */
  readonly written?: readonly string[] | undefined;
}

export async function whileSending<Finished>(
  { settings, plan }: Pick<PreparedRun, "settings" | "plan">,
  sending: Sending<Finished>,
  io: Io,
): Promise<ExitCode> {
  const stop = new AbortController();
  const release = io.onInterrupt(() => {
    io.stderr.write("\ninterrupted: ending cleanly, what was recorded is kept\n");
    stop.abort();
  });
  const progress: { shown?: Progress } = {};
  const written = [...(sending.written ?? [])];
  const options: SendOptions = {
    environment: io.environment,
    stop: stop.signal,
    onStart: (folder) => {
      written.push(folder);
      io.stderr.write(sending.announcement());
      progress.shown = sending.progress?.(io) ?? startProgress(plan, io);
    },
    onReleased: (ids) => progress.shown?.released(ids),
    onExchange: (exchange) => progress.shown?.exchange(exchange),
  };
  try {
    const finished = await sending.send(options).finally(() => progress.shown?.stop());
    return sending.show(finished);
  } finally {
    release();
    overwriteAndSay(written, secretsOf(settings, io.environment), io);
  }
}
