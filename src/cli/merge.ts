import type { Command } from "commander";
import type { ExitCode } from "../core/errors.js";
import { printable } from "../core/printable.js";
import { parseGates } from "../gate/parse.js";
import { type MergedRun, mergeShards } from "../merge.js";
import { formatCount, plural } from "../report/numbers.js";
import { secretsOfRecording } from "../scan-run.js";
import { addGateFlags, type GateFlags, gateTexts } from "./gate-flags.js";
import { GOLDENS_FLAG, goldenSetOf } from "./goldens-flag.js";
import { overwriteAndSay } from "./leaks.js";
import { exitCodeOf, showReport } from "./show-report.js";
import type { Io } from "./terminal-io.js";

interface MergeFlags extends GateFlags {
  readonly out?: string;
  readonly anyStart?: boolean;
  readonly json?: boolean;
  readonly goldens?: string;
}

export function addMerge(program: Command, io: Io, done: (code: ExitCode) => void): void {
  const command = program
    .command("merge")
    .summary("join the recordings of shards into one run, then report")
    .description(
      "Joins the recordings that run --shard made, without loss, and reports on the whole as run does: with its gates and its " +
        "exit code. A shard that is missing, or was killed, is named, and makes the run partial. Sends nothing.",
    )
    .argument("<recordings...>", "run folders of the shards, their recording.jsonl, or a folder that holds run folders")
    .option("--out <folder>", "the folder of the merged run, which is made (default: results/ and the run's name)")
    .option("--any-start", "merge shards that did not begin together")
    .option("--json", "print report.json alone")
    .option(...GOLDENS_FLAG);
  addGateFlags(command, "the recordings' own")
    .addHelpText(
      "after",
      "\nExamples:\n  $ twintail merge results/*-shard-*-of-8 --out results/merged" +
        "\n  $ twintail merge artifacts --any-start --inconclusive warn",
    )
    .action((recordings: string[], flags: MergeFlags) => {
      const goldenSet = goldenSetOf(flags);
      const gates = gateTexts(flags);
      // A mistake is said before the recordings are read.
      parseGates(gates ?? []);
      const merged = mergeShards(recordings, {
        folder: flags.out,
        anyStart: flags.anyStart === true,
        gates,
        goldenSet,
      });
      for (const line of mergedLines(merged)) io.stderr.write(printable(`${line}\n`));
      const { folder, recording, report } = merged;
      try {
        showReport(report, { json: flags.json === true, folder }, io);
        done(exitCodeOf(report, { inconclusive: flags.inconclusive }, io));
      } finally {
        overwriteAndSay([folder], secretsOfRecording(recording, io.environment), io);
      }
    });
}

function mergedLines({ header: { shards }, parts, recording }: MergedRun): string[] {
  if (shards === undefined) return [];
  const { count, merged } = shards;
  const exchanges = parts.reduce((sum, part) => sum + part.exchanges, 0);
  const there = new Set(merged.map(({ index }) => index));
  const missing = Array.from({ length: count }, (_, place) => place + 1).filter((index) => !there.has(index));
  const nodes = [...new Set(parts.map(({ node }) => node))];
  return [
    `merged ${formatCount(merged.length)} of ${plural(count, "shard")}, ${plural(exchanges, "exchange")}: ${recording}`,
    ...(missing.length === 0
      ? []
      : [
          `note: ${missing.length === 1 ? "shard" : "shards"} ${missing.join(", ")} of ${count} ${missing.length === 1 ? "is" : "are"} missing`,
        ]),
    ...merged.flatMap(({ index, end }) =>
      end === "complete" ? [] : [`note: shard ${index} of ${count} ${end === null ? "was killed" : `ended: ${end}`}`],
    ),
    ...(nodes.length === 1 ? [] : [`note: shards ran on Node ${nodes.join(" and ")}`]),
  ];
}
