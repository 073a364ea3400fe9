/** Starts a simulated or a replayed endpoint in a process of its own, and stops it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { builtFile } from "../core/built-file.js";
import { TwintailError } from "../core/errors.js";
import type { ReadyLine } from "./main.js";
import { checkSimOptions, type SimOptions } from "./options.js";
import { checkReplayOptions, type ReplayOptions } from "./replay/options.js";

/** A running simulated endpoint. */
export interface SimProcess {
  /** `http://127.0.0.1:PORT/v1`, or where the dialect has its API. */
  readonly baseUrl: string;
  /** The same API behind the port that redirects, where there is one. */
  readonly redirectUrl?: string;
  /** A replay: recorded cases that it serves. */
  readonly cases?: readonly string[];
  readonly pid: number;
  /** For people: `simulated h100x2: a batching model, not a GPU; wake 8 min shown as 3 s`. */
  readonly label: string;
  /** Where the actual send times are, when they were asked for. */
  readonly logFile?: string;
  /** Ends it; resolves when the process is gone and its log complete. */
  stop(): Promise<void>;
}

const START_MS = 15_000;
const STOP_MS = 3_000;
const STDERR_KEPT = 4_096;

/**
 * Starts a simulated endpoint and waits until it listens. It ends with `stop`, or with this process.
 * @throws TwintailError when the options are wrong or it does not come up.
 */
export async function startSimProcess(given: SimOptions): Promise<SimProcess> {
  const options = checkSimOptions(given);
  const started = await startProcess(options, options.host);
  return { ...started, ...(options.logFile === undefined ? {} : { logFile: options.logFile }) };
}

/**
 * Serves a recording in a process of its own, and waits until it listens. It ends with `stop`, or with this process.
 * @throws TwintailError when the options or the recording are wrong.
 */
export async function startReplayProcess(given: ReplayOptions): Promise<SimProcess> {
  const options = checkReplayOptions(given);
  return await startProcess(options, options.host);
}

async function startProcess(options: SimOptions | ReplayOptions, host = "127.0.0.1"): Promise<SimProcess> {
  const child = spawn(
    process.execPath,
    [builtFile(import.meta.url, "sim/main.js"), JSON.stringify(options), "--exit-with-stdin"],
    {
      stdio: ["pipe", "pipe", "pipe"],
      // A group of its own: an interrupt at the terminal is for the run, which still needs its endpoints to end cleanly.
      detached: true,
      windowsHide: true,
    },
  );
  const ready = await readyLine(child, child.stdout, child.stderr);
  child.stderr.on("data", (chunk: Buffer) => process.stderr.write(chunk));
  // A forgotten simulator must not keep this process alive; it ends with this one.
  child.unref();
  for (const pipe of [child.stdin, child.stdout, child.stderr]) (pipe as unknown as { unref(): void }).unref();
  const urlAt = (port: number): string => `http://${host.includes(":") ? `[${host}]` : host}:${port}${ready.basePath}`;
  return {
    baseUrl: urlAt(ready.port),
    ...(ready.redirectPort === undefined ? {} : { redirectUrl: urlAt(ready.redirectPort) }),
    ...(ready.cases === undefined ? {} : { cases: ready.cases }),
    pid: child.pid ?? 0,
    label: ready.label,
    stop: () => stop(child),
  };
}

function readyLine(child: ChildProcess, stdout: Readable, stderr: Readable): Promise<ReadyLine> {
  return new Promise((resolve, reject) => {
    let out = "";
    let errors = "";
    const fail = (cause: string): void => {
      child.kill("SIGKILL");
      reject(new TwintailError({ cause, place: "sim" }));
    };
    const timer = setTimeout(() => fail(`the simulator did not start within ${START_MS} ms`), START_MS);
    const onErrors = (chunk: Buffer): void => {
      errors = (errors + chunk).slice(-STDERR_KEPT);
    };
    const onExit = (code: number | null): void => {
      clearTimeout(timer);
      fail(errors.trim() || `the simulator ended with code ${code}`);
    };
    const onOut = (chunk: Buffer): void => {
      out += chunk;
      if (!out.includes("\n")) return;
      clearTimeout(timer);
      child.off("exit", onExit);
      stderr.off("data", onErrors);
      stdout.off("data", onOut).resume();
      resolve(JSON.parse(out) as ReadyLine);
    };
    child.once("error", (error) => fail(error.message));
    child.once("exit", onExit);
    stderr.on("data", onErrors);
    stdout.on("data", onOut);
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  const gone = once(child, "exit");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  child.kill("SIGTERM");
  await gone;
  clearTimeout(timer);
}
