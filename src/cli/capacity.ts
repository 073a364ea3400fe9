import { relative } from "node:path";
import { pathToFileURL } from "node:url";
import type { Command } from "commander";
import { capacity } from "../capacity.js";
import { ExitCode } from "../core/errors.js";
import { printable, printableJson } from "../core/printable.js";
import { renderCapacityHtml } from "../report/capacity-html.js";
import { renderCapacityTerminal } from "../report/capacity-terminal.js";
import { refuseUnlessPage, writeFiles } from "../report/write.js";
import { type Io, reportColumns, wantsColor } from "./terminal-io.js";

interface CapacityFlags {
  readonly out?: string;
  readonly json?: boolean;
  readonly allowPartial?: boolean;
}

export function addCapacity(program: Command, io: Io, done: (code: ExitCode) => void): void {
  program
    .command("capacity")
    .summary("sweeps and a demand: how many replicas of which tier, at what cost?")
    .description(
      "Reads tiers and demand from a file and holds them against sweeps. Sends nothing. Exit code 1 when no tier bears the " +
        "demand, 3 when it cannot be told which does, or which costs least.",
    )
    .argument("<file>", "capacity.yaml: tiers and demand")
    .argument("[sweep...]", "folders of sweeps under results/, found by the tier of the swept endpoint")
    .option("--allow-partial", "plan on sweeps that are partial or invalid too, and mark what rests on them")
    .option("--out <file>", "also write the plan as one self-contained HTML page")
    .option("--json", "print the plan as JSON alone")
    .addHelpText(
      "after",
      "\nExamples:\n  $ twintail capacity capacity.yaml results/2026-01-31T02-00-00Z-sweep-1a2b\n  $ twintail capacity capacity.yaml --out capacity.html",
    )
    .action((file: string, sweeps: readonly string[], flags: CapacityFlags) => {
      if (flags.out !== undefined) refuseUnlessPage(flags.out);
      const summary = capacity({ file, sweeps, allowPartial: flags.allowPartial === true });
      if (flags.json) io.stdout.write(`${printableJson(summary)}\n`);
      else io.stdout.write(renderCapacityTerminal(summary, { columns: reportColumns(io), color: wantsColor(io) }));
      if (flags.out !== undefined) {
        writeFiles([[flags.out, renderCapacityHtml(summary)]]);
        io.stderr.write(`\nWrote ${printable(relative(process.cwd(), flags.out) || flags.out)}\n`);
        io.stderr.write(`Open  ${pathToFileURL(flags.out).href}\n`);
      }
      done(CODES[summary.verdict]);
    });
}

const CODES = {
  recommended: ExitCode.pass,
  tied: ExitCode.inconclusive,
  none: ExitCode.gateFailed,
  unsure: ExitCode.inconclusive,
} as const;
