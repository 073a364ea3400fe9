import type { Command } from "commander";
import { ExitCode } from "../core/errors.js";
import { printable } from "../core/printable.js";
import { startReplayProcess } from "../sim/process.js";
import type { ReplayOptions } from "../sim/replay/options.js";
import { addInjections, injectionsHelp } from "./injections.js";
import { serveUntilInterrupted } from "./serve.js";
import type { Io } from "./terminal-io.js";

interface ReplayFlags {
  readonly endpoint: "baseline" | "candidate";
  readonly port: string;
  readonly speed: string;
  readonly loop?: boolean;
  readonly fallback?: "nearest";
  readonly cold?: boolean;
  readonly seed: string;
}

const EXAMPLES = `
A request gets the recorded answer to the same prompt: status, headers, and every read at its time. Several answers to
one prompt are served in turn, the attempts of a retried request one after the other. How the recording's own request
ended, the replay ends: a cut connection is cut, a timeout is silence.

Example:
  $ twintail replay results/2026-01-01T10-00-00Z-migration-ab12
  $ twintail replay results/… --endpoint baseline --port 8081 --loop
  $ twintail replay results/… --fallback nearest        # your application, with prompts of its own
  $ twintail replay results/… --inject 429 --after 10s --for 60s
  $ twintail replay results/… --inject drop-usage --inject finish=eos
`;

export function addReplay(program: Command, io: Io, done: (code: ExitCode) => void): void {
  const command = program
    .command("replay")
    .summary("a recorded endpoint, served again")
    .description("Serves one endpoint of a recording on loopback, at its own pace, until it is interrupted.")
    .argument("<recording>", "run folder, or its recording.jsonl")
    .option("--endpoint <name>", "candidate or baseline", "candidate")
    .option("--port <number>", "0 takes a free port", "8080")
    .option("--speed <factor>", "2 is twice as fast as recorded", "1")
    .option("--loop", "begin again when all answers to a prompt have been served; otherwise 404")
    .option("--fallback <how>", "nearest: an unknown prompt gets the answer to some case; otherwise 404")
    .option("--cold", "serve what was recorded cold too, wakes and all, before what was warm")
    .option("--seed <number>", "seeds the shares of --inject", "1");
  const inject = addInjections(command);
  command
    .addHelpText("after", () => `${injectionsHelp()}${EXAMPLES}`)
    .action(async (recording: string, flags: ReplayFlags) => {
      const options: ReplayOptions = {
        recording,
        endpoint: flags.endpoint,
        port: Number(flags.port),
        speed: Number(flags.speed),
        seed: Number(flags.seed),
        ...(flags.loop === true ? { loop: true } : {}),
        ...(flags.cold === true ? { cold: true } : {}),
        ...(flags.fallback === undefined ? {} : { fallback: flags.fallback }),
        ...(inject.length === 0 ? {} : { inject }),
      };
      const endpoint = await startReplayProcess(options);
      io.stderr.write(`cases: ${printable((endpoint.cases ?? []).join(", "))}\n`);
      await serveUntilInterrupted(endpoint, io);
      done(ExitCode.pass);
    });
}
