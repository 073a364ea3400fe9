/** The process of one client library: started when it is needed, ended when it hangs, started again when it died. */
import { type ChildProcess, fork } from "node:child_process";
import { builtFile } from "../core/built-file.js";
import { TwintailError } from "../core/errors.js";
import { printableLine } from "../core/printable.js";
import type { FromClient, ReplayJob, ToClient } from "./messages.js";
import type { Observation } from "./observation.js";
import type { InstalledSdk } from "./packages.js";

const LOAD_MS = 30_000;
const STDERR_KEPT = 2_000;

export interface ClientProcess {
  /** Replays one answer. What ends the process is what the client did with it: `thrown`, never a rejection. */
  replay(job: ReplayJob): Promise<Observation>;
  stop(): void;
}

/** Starts a process and loads the library in it. @throws TwintailError when it cannot be loaded. */
export async function startClientProcess(sdk: InstalledSdk, exchangeMs: number): Promise<ClientProcess> {
  let current: Running | null = await startLoaded(sdk);
  let stopped = false;
  return {
    async replay(job) {
      if (stopped) return ended("it was stopped");
      current ??= await startLoaded(sdk);
      const answer = await current.ask(job, exchangeMs);
      if (answer.type === "observed") return answer.observation;
      current.kill();
      current = null;
      return ended(answer.type === "failed" ? answer.message : "it answered something else");
    },
    stop() {
      stopped = true;
      current?.kill();
      current = null;
    },
  };
}

function ended(message: string): Observation {
  return { thrown: { name: "process", message, where: "the process", api: false, status: null, code: null } };
}

async function startLoaded(sdk: InstalledSdk): Promise<Running> {
  const running = start();
  const answer = await running.ask({ type: "load", sdk: sdk.name, importedFrom: sdk.importedFrom }, LOAD_MS);
  if (answer.type === "loaded") return running;
  running.kill();
  const message = answer.type === "failed" ? answer.message : "it answered something else";
  throw new TwintailError({
    cause: `${sdk.name} cannot be loaded: ${printableLine(message, 300)}`,
    place: sdk.importedFrom,
    remedy: "install it again with --install, or name another version",
  });
}

interface Running {
  ask(message: ToClient, limitMs: number): Promise<FromClient>;
  kill(): void;
}

function start(): Running {
  const child: ChildProcess = fork(builtFile(import.meta.url, "clients/main.js"), [], {
    execArgv: ["--experimental-import-meta-resolve", "--disable-warning=ExperimentalWarning"],
    // No keys, no proxies, no settings of the libraries: each is as its defaults are.
    env: process.env.SystemRoot === undefined ? {} : { SystemRoot: process.env.SystemRoot },
    serialization: "advanced",
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let errors = "";
  child.stderr?.on("data", (text: Buffer) => {
    errors = (errors + text).slice(-STDERR_KEPT);
  });
  return {
    ask(message, limitMs) {
      return new Promise((resolve) => {
        const settle = (answer: FromClient): void => {
          clearTimeout(timer);
          child.off("message", onMessage).off("close", onClose).off("error", onError);
          resolve(answer);
        };
        // A library may post messages of its own: they are no answers.
        const onMessage = (answer: unknown): void => {
          if (isAnswer(answer)) settle(answer);
        };
        const fail = (text: string): void => settle({ type: "failed", message: text });
        const onClose = (code: number | null, signal: string | null): void => {
          const said = reasonIn(errors);
          fail(`the process ended with ${signal ?? `code ${code}`}${said === "" ? "" : `: ${said}`}`);
        };
        const onError = (error: Error): void => fail(error.message);
        const timer = setTimeout(() => fail(`no answer within ${limitMs} ms`), limitMs);
        child.on("message", onMessage).on("close", onClose).on("error", onError);
        child.send(message, (error) => {
          // What ended the process is told by its end.
          if (error !== null && child.exitCode === null && child.signalCode === null) fail(error.message);
        });
      });
    },
    kill() {
      // Not to be caught or put off: a library may be in an endless loop. Whoever waits for an answer hears of the end.
      child.on("error", () => {});
      child.kill("SIGKILL");
    },
  };
}

function isAnswer(value: unknown): value is FromClient {
  const answer = value as Partial<Record<string, unknown>> | null;
  if (typeof answer !== "object" || answer === null) return false;
  if (answer.type === "observed") return typeof answer.observation === "object" && answer.observation !== null;
  return answer.type === "loaded" || (answer.type === "failed" && typeof answer.message === "string");
}

/** The line of a stack trace that names the error, or the last line there is. */
function reasonIn(errors: string): string {
  const lines = errors.split("\n").filter((line) => line.trim() !== "");
  return (lines.find((line) => /^(\w*Error|FATAL ERROR)\b/.test(line)) ?? lines.at(-1) ?? "").slice(0, 300);
}
