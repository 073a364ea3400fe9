/**
 * Entry of the simulator's own process: `node dist/sim/main.js '{"tier":"h100x2"}'`, or `--tier h100x2 --wakeMs
 * 3000`, each flag an option whose value is JSON or a plain text. With a `recording` it replays that instead. Prints
 * one line of JSON when it listens.
 *
 * A process of its own, because a simulator in the client's process would be measured with it.
 */
import { argv, pid, stdin, stdout } from "node:process";
import { ExitCode, errorMessage, TwintailError } from "../core/errors.js";
import type { GoldenSet } from "../golden/golden-set.js";
import { checkSimOptions, type SimOptions, simLabel } from "./options.js";
import type { ReplayOptions } from "./replay/options.js";
import { createSimServer } from "./server.js";

/** The line on standard output that says where the endpoint listens. */
export interface ReadyLine {
  readonly ready: true;
  readonly port: number;
  readonly pid: number;
  /** Where the API begins. */
  readonly basePath: string;
  readonly label: string;
  /** The port that redirects, where there is one. */
  readonly redirectPort?: number;
  /** Recorded cases that a replay can serve. */
  readonly cases?: readonly string[];
}

/** Ends the process with its parent: standard input closes when the parent dies, however it dies. */
export const EXIT_WITH_STDIN = "--exit-with-stdin";

function optionsFrom(args: readonly string[]): unknown {
  const [first] = args;
  if (first?.startsWith("{")) return parseJson(first) ?? first;
  const options: Record<string, unknown> = {};
  for (let at = 0; at < args.length; at += 2) {
    const [flag = "", value] = args.slice(at, at + 2);
    if (!flag.startsWith("--") || value === undefined) {
      throw new TwintailError({ cause: `"${flag}" is not a flag with a value`, remedy: "write --tier h100x2" });
    }
    options[flag.slice(2)] = parseJson(value) ?? value;
  }
  return options;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function goldenSetOf(options: SimOptions): Promise<GoldenSet | undefined> {
  if (options.goldens === undefined) return undefined;
  // Imported on demand: without a golden set the process starts without the YAML parser.
  const { loadGoldenSet } = await import("../golden/load.js");
  return loadGoldenSet(options.goldens).set;
}

/** An endpoint that is ready to listen, with what is known of it then. */
interface Listening {
  listen(): Promise<Omit<ReadyLine, "ready" | "pid">>;
  close(): Promise<void>;
}

async function simulated(given: unknown): Promise<Listening> {
  const options = checkSimOptions(given);
  const server = createSimServer(options, await goldenSetOf(options));
  return {
    listen: async () => {
      const port = await server.listen();
      const { basePath, redirectPort } = server;
      return { port, basePath, label: simLabel(options), ...(redirectPort === undefined ? {} : { redirectPort }) };
    },
    close: () => server.close(),
  };
}

async function replayed(given: unknown): Promise<Listening> {
  // Imported on demand: a simulator needs neither the reader nor its schemas.
  const { createReplayServer } = await import("./replay.js");
  const server = createReplayServer(given as ReplayOptions);
  const { basePath, label, cases } = server;
  return { listen: async () => ({ port: await server.listen(), basePath, label, cases }), close: () => server.close() };
}

async function main(args: readonly string[]): Promise<void> {
  const given = optionsFrom(args.filter((arg) => arg !== EXIT_WITH_STDIN));
  const isReplay = typeof given === "object" && given !== null && "recording" in given;
  const endpoint = await (isReplay ? replayed(given) : simulated(given));
  const facts = await endpoint.listen();
  const stop = (): void => {
    void endpoint.close().then(() => process.exit(ExitCode.pass));
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  if (args.includes(EXIT_WITH_STDIN)) stdin.once("close", stop).resume();
  const ready: ReadyLine = { ready: true, pid, ...facts };
  stdout.write(`${JSON.stringify(ready)}\n`);
}

main(argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exit(error instanceof TwintailError ? error.exitCode : ExitCode.internal);
});
