import { type Command, Option } from "commander";
import { parseDurationMs } from "../core/duration.js";
import { ExitCode, TwintailError } from "../core/errors.js";
import { DIALECTS } from "../sim/dialects/catalogue.js";
import type { SimOptions } from "../sim/options.js";
import { startSimProcess } from "../sim/process.js";
import { PROFILES, type ProfileName } from "../sim/profiles/catalogue.js";
import { BALANCES, type Balance } from "../sim/replicas.js";
import { type EngineParameters, TIERS } from "../sim/tiers.js";
import { WAKE_MODES, type WakeMode } from "../sim/wake.js";
import { addInjections, injectionsHelp } from "./injections.js";
import { serveUntilInterrupted } from "./serve.js";
import type { Io } from "./terminal-io.js";

interface SimFlags {
  readonly tier: SimOptions["tier"];
  readonly port: string;
  readonly goldens?: string;
  readonly seed: string;
  readonly replicas?: string;
  readonly balance?: Balance;
  readonly engine?: string;
  readonly dialect?: string;
  readonly profile?: ProfileName;
  readonly list?: boolean;
  readonly wake?: string;
  readonly wakeMode?: WakeMode;
  readonly idleAfter?: string;
  readonly wakeCap?: string;
  readonly timeScale?: string;
  readonly keyEnv?: string;
  readonly credit?: string;
  readonly rpm?: string;
  readonly transientShare?: string;
  readonly streamCap?: string;
  readonly context?: string;
  readonly keepCancelled?: boolean;
  readonly log?: string;
}

const EXAMPLES = `
Example:
  $ twintail sim --tier a100x2 --port 8080 --goldens goldens/migration.yaml
  $ twintail sim --tier h100x2 --replicas 3
  $ twintail sim --engine decodeTokensPerS=1000,maxBatch=8
  $ twintail sim --dialect openrouter
  $ twintail sim --profile spot --time-scale 0.01
  $ twintail sim --wake 8m --idle-after 15m --wake-cap 10m --wake-mode 503
  $ twintail sim --profile bastion --credit 100 --rpm 60
  $ twintail sim --inject 401 --after 10s --for 60s
  $ twintail sim --inject 5xx --share 0.3 --inject cut --share 0.1
  $ twintail sim --inject stall --after 10s --for 2s

Durations are written as 500ms, 10s or 2m. What a profile does, and each dialect: twintail sim --list
`;

export function addSim(program: Command, io: Io, done: (code: ExitCode) => void): void {
  const command = program
    .command("sim")
    .summary("a simulated endpoint")
    .description(
      "Serves a simulated OpenAI-compatible endpoint on loopback until it is interrupted. It speaks the wire of one " +
        "family of endpoints, or plays one system with its limits and its manners.",
    )
    .option("--tier <name>", "h100x2 or a100x2", "h100x2")
    .option("--port <number>", "0 takes a free port", "8080")
    .option("--goldens <file>", "golden set whose references are the answers")
    .option("--seed <number>", "seeds jitter and faults", "1")
    .option("--replicas <number>", "engines of the tier behind the one address, each with its own queue (default: 1)")
    .addOption(new Option("--balance <how>", "which replica gets a request (default: least)").choices(BALANCES))
    .option("--engine <name=number,...>", `parameters in place of the tier's: ${Object.keys(TIERS.h100x2).join(", ")}`)
    .option("--dialect <name>", "whose wire it speaks, see --list (default: openai)")
    .option("--profile <name>", `a whole system: ${Object.keys(PROFILES).join(", ")}`)
    .option("--list", "print the dialects and profiles, and what each profile does")
    .option("--wake <duration>", "start cold, and take so long to wake")
    .addOption(
      new Option("--wake-mode <mode>", "what it does to requests until it is awake (default: hold)").choices(
        WAKE_MODES,
      ),
    )
    .option("--idle-after <duration>", "go cold again after so long with nothing in flight")
    .option("--wake-cap <duration>", "answer 504 to who has waited so long for a wake")
    .option("--time-scale <factor>", "multiplies a profile's durations")
    .option("--key-env <name>", "variable that holds the only key that is accepted")
    .option("--credit <requests>", "402 once so many requests were served")
    .option("--rpm <requests>", "429 past so many requests a minute")
    .option("--transient-share <0..1>", "share of requests that meet 502 or 503")
    .option("--stream-cap <duration>", "cut streams that last longer")
    .option("--context <tokens>", "prompt tokens that fit (default: 128000)")
    .option("--keep-cancelled", "go on making answers whose client has gone")
    .option("--log <file>", "append every actual send time there");
  const inject = addInjections(command);
  command
    .addHelpText("after", () => `${injectionsHelp()}${EXAMPLES}`)
    .action(async (flags: SimFlags) => {
      if (flags.list === true) {
        io.stdout.write(listText());
        done(ExitCode.pass);
        return;
      }
      await serveUntilInterrupted(await startSimProcess(optionsOf(flags, inject)), io);
      done(ExitCode.pass);
    });
}

function optionsOf(flags: SimFlags, inject: NonNullable<SimOptions["inject"]>): SimOptions {
  const number = (name: keyof SimOptions, text: string | undefined): object =>
    text === undefined ? {} : { [name]: Number(text) };
  const duration = (name: keyof SimOptions, text: string | undefined, flag: string): object =>
    text === undefined ? {} : { [name]: parseDurationMs(text, flag) };
  for (const [flag, text] of [
    ["--idle-after", flags.idleAfter],
    ["--wake-cap", flags.wakeCap],
    ["--wake-mode", flags.wakeMode],
  ] as const) {
    if (text === undefined || flags.wake !== undefined || flags.profile !== undefined) continue;
    throw new TwintailError({
      cause: "an endpoint that never sleeps does not wake",
      place: flag,
      remedy: "add --wake and how long a wake takes",
    });
  }
  return {
    tier: flags.tier,
    port: Number(flags.port),
    seed: Number(flags.seed),
    ...(flags.goldens === undefined ? {} : { goldens: flags.goldens }),
    ...number("replicas", flags.replicas),
    ...(flags.balance === undefined ? {} : { balance: flags.balance }),
    ...(flags.engine === undefined ? {} : { engine: engineOf(flags.engine) }),
    ...(flags.dialect === undefined ? {} : { dialect: flags.dialect }),
    ...(flags.profile === undefined ? {} : { profile: flags.profile }),
    ...(flags.wake === undefined ? {} : { ...duration("wakeMs", flags.wake, "--wake"), startCold: true }),
    ...(flags.wakeMode === undefined ? {} : { wakeMode: flags.wakeMode }),
    ...duration("idleAfterMs", flags.idleAfter, "--idle-after"),
    ...duration("capMs", flags.wakeCap, "--wake-cap"),
    ...number("timeScale", flags.timeScale),
    ...(flags.keyEnv === undefined ? {} : { apiKeyEnv: flags.keyEnv }),
    ...number("credit", flags.credit),
    ...number("rpm", flags.rpm),
    ...number("transientShare", flags.transientShare),
    ...duration("streamCapMs", flags.streamCap, "--stream-cap"),
    ...number("contextTokens", flags.context),
    ...(flags.keepCancelled === true ? { keepsCancelled: true } : {}),
    ...(flags.log === undefined ? {} : { logFile: flags.log }),
    ...(inject.length === 0 ? {} : { inject }),
  };
}

/** `decodeTokensPerS=1000,maxBatch=8`; names and ranges are checked with the other options. */
function engineOf(text: string): Partial<EngineParameters> {
  return Object.fromEntries(
    text.split(",").map((parameter) => {
      const [, name, value] = /^\s*(\w+)\s*=\s*(\S+)\s*$/.exec(parameter) ?? [];
      if (name !== undefined) return [name, Number(value)];
      throw new TwintailError({
        cause: `${JSON.stringify(parameter)} is no parameter with its value`,
        place: "--engine",
        remedy: "write --engine decodeTokensPerS=1000,maxBatch=8",
      });
    }),
  );
}

/** Every dialect and profile with its line, and under a profile every behaviour. */
function listText(): string {
  const row = (name: string, about: string): string => `  ${name.padEnd(11)} ${about}\n`;
  const dialects = [...DIALECTS.values()].map(({ name, about }) => row(name, about)).join("");
  const profiles = Object.values(PROFILES).map(({ name, about, behaviours }) => {
    const does = Object.entries(behaviours).map(([id, says]) => `    ${id.padEnd(20)} ${says}\n`);
    return `${row(name, about)}${does.join("")}`;
  });
  return `Dialects (--dialect):\n${dialects}\nProfiles (--profile):\n${profiles.join("")}`;
}
