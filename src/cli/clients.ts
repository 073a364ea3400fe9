import type { Command } from "commander";
import { sdkCacheFolder } from "../clients/cache.js";
import { DEFAULT_SDKS, parseSdkChoices } from "../clients/sdk-choice.js";
import { replayThroughClients } from "../clients.js";
import { ExitCode, TwintailError } from "../core/errors.js";
import { printableLine } from "../core/printable.js";
import { renderClientsJson } from "../report/clients.js";
import { renderClientsTerminal } from "../report/clients-terminal.js";
import { type Io, reportColumns, wantsColor } from "./terminal-io.js";

interface ClientsFlags {
  readonly sdk: string;
  readonly install?: boolean;
  readonly cache?: string;
  readonly endpoint?: string;
  readonly all?: boolean;
  readonly json?: boolean;
  readonly failOnNew?: boolean;
}

const EXAMPLES = `
Example:
  $ twintail clients results/2026-01-31T09-00-00Z-migration-1a2b --install
  $ twintail clients results/… --sdk openai@4.20,openai@6,ai@5 --install --fail-on-new
  $ twintail clients results/… --sdk openai=../our-app,ai=../our-app --endpoint candidate --json`;

export function addClients(program: Command, io: Io, done: (code: ExitCode) => void): void {
  program
    .command("clients")
    .summary("replay recorded answers through real client libraries, offline")
    .description(
      "Replays the recorded bytes of a run, read by read, through the openai and ai packages, and says for each case whether " +
        "that client parsed it, lost something, or threw. Sends nothing; only --install reaches the npm registry.",
    )
    .argument("<recording>", "a folder under results/, or a recording.jsonl")
    .option("--sdk <list>", "versions, ranges or tags; or NAME=FOLDER for what is installed there", DEFAULT_SDKS)
    .option("--install", "download what is missing into the cache, without running any package's scripts")
    .option("--cache <folder>", "where downloaded SDKs are kept (default: twintail/sdks in the user's cache)")
    .option("--endpoint <name>", "baseline or candidate alone")
    .option("--all", "every round; otherwise one answer a case, variant and endpoint")
    .option("--json", "print JSON alone")
    .option("--fail-on-new", "exit 1 when a client fails on the candidate where it parsed the baseline")
    .addHelpText("after", EXAMPLES)
    .action(async (recording: string, flags: ClientsFlags) => {
      if (flags.failOnNew && flags.endpoint !== undefined) {
        throw new TwintailError({
          cause: "one endpoint alone has nothing to be new against",
          place: "--fail-on-new",
          remedy: "leave --endpoint away",
        });
      }
      const stop = new AbortController();
      const release = io.onInterrupt(() => stop.abort());
      const replayed = replayThroughClients(recording, {
        sdks: parseSdkChoices(flags.sdk),
        cache: flags.cache ?? sdkCacheFolder(io.environment),
        command: `twintail clients ${recording} --sdk ${flags.sdk}`,
        endpoints: endpointsOf(flags.endpoint),
        all: flags.all === true,
        ...(flags.install ? { install: { environment: io.environment } } : {}),
        stop: stop.signal,
        onProgress: (line) => io.stderr.write(`${printableLine(line)}\n`),
      });
      // What an interrupt leaves half done is no report, and what it breaks off is no error.
      const report = await replayed.catch((error: unknown) => {
        if (!stop.signal.aborted) throw error;
        return null;
      });
      release();
      if (report === null || stop.signal.aborted) {
        done(ExitCode.interrupted);
        return;
      }
      const text = flags.json
        ? renderClientsJson(report)
        : renderClientsTerminal(report, { columns: reportColumns(io), color: wantsColor(io) });
      io.stdout.write(text);
      const failed = flags.failOnNew === true && report.results.some((result) => result.new);
      done(failed ? ExitCode.gateFailed : ExitCode.pass);
    });
}

function endpointsOf(name: string | undefined): readonly ("baseline" | "candidate")[] {
  if (name === undefined) return ["baseline", "candidate"];
  if (name === "baseline" || name === "candidate") return [name];
  throw new TwintailError({
    cause: `"${name}" is no endpoint`,
    place: "--endpoint",
    remedy: "write baseline or candidate",
  });
}
