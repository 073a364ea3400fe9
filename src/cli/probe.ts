import { relative } from "node:path";
import type { Command } from "commander";
import { loadSettings } from "../config/load.js";
import type { EndpointRole } from "../config/settings.js";
import { formatDurationMs, parseDurationMs } from "../core/duration.js";
import { ExitCode, TwintailError } from "../core/errors.js";
import { printable } from "../core/printable.js";
import { type PreparedProbe, type ProbeOptions, prepareProbe, probe, scoreProbe } from "../probe.js";
import { formatCount, plural } from "../report/numbers.js";
import { renderProbeJson } from "../report/probe-json.js";
import type { ProbeSummary } from "../report/probe-summary.js";
import { renderProbeTerminal } from "../report/probe-terminal.js";
import { writeProbe } from "../report/probe-write.js";
import { secretsOfRecording } from "../scan-run.js";
import { overwriteAndSay } from "./leaks.js";
import { whileSending } from "./sending.js";
import { type Io, reportColumns, wantsColor } from "./terminal-io.js";

interface ProbeFlags {
  readonly all?: boolean;
  readonly cancelStreams?: string;
  readonly longStream?: string;
  readonly longStreamTokens?: string;
  readonly requireInUse?: boolean;
  readonly dryRun?: boolean;
  readonly from?: string;
  readonly out?: string;
  readonly json?: boolean;
}

const ROLES = ["baseline", "candidate"] as const;

export function addProbe(program: Command, io: Io, done: (code: ExitCode) => void): void {
  program
    .command("probe")
    .summary("which features each endpoint really supports")
    .description(
      "Sends one small request for each feature to both endpoints, those of the golden set first, and judges by what " +
        "comes back, not by the status: supported, ignored, rejected, broken, unclear. Records everything it received.",
    )
    .argument("[config]", "configuration file", "twintail.yaml")
    .option("--all", "also try what costs more or has side effects: pictures, sound, an over-long prompt")
    .option("--cancel-streams <k>", "streams that are cancelled together, to see whether their slots are freed", "4")
    .option("--long-stream <age>", "one stream asked to write on and on, cancelled at this age, such as 150s")
    .option("--long-stream-tokens <n>", "its limit on tokens; by default the endpoint's own")
    .option(
      "--require-in-use",
      "exit 1 when the candidate lacks a feature in use that the baseline supports, 3 when that is unclear",
    )
    .option("--dry-run", "print what would be sent; send nothing")
    .option("--from <recording>", "judge a stored probe again; sends nothing")
    .option("--out <folder>", "where run folders are made; with --from, where probe.json is written (default: results)")
    .option("--json", "print probe.json alone")
    .addHelpText(
      "after",
      "\nExample:\n  $ twintail probe twintail.yaml\n  $ twintail probe twintail.yaml --long-stream 150s --require-in-use",
    )
    .action(async (config: string, flags: ProbeFlags) => {
      if (flags.from !== undefined) {
        const summary = scoreProbe(flags.from);
        show(summary, flags, flags.out, io);
        if (flags.out !== undefined) overwriteAndSay([flags.out], secretsOfRecording(flags.from, io.environment), io);
        done(exitCodeOf(summary, false, flags, io));
        return;
      }
      const prepared = prepareProbe(loadSettings(config), optionsOf(flags));
      if (flags.dryRun) {
        io.stdout.write(planLines(prepared));
        done(ExitCode.pass);
        return;
      }
      done(await probeAndShow(prepared, flags, io));
    });
}

function probeAndShow(prepared: PreparedProbe, flags: ProbeFlags, io: Io): Promise<ExitCode> {
  return whileSending(
    prepared,
    {
      announcement: () => announcement(prepared),
      send: (sending) => probe(prepared, { ...sending, resultsFolder: flags.out ?? "results" }),
      show({ summary, folder, interrupted }) {
        show(summary, flags, folder, io);
        return exitCodeOf(summary, interrupted, flags, io);
      },
    },
    io,
  );
}

function show(summary: ProbeSummary, flags: ProbeFlags, folder: string | undefined, io: Io): void {
  const written = folder === undefined ? null : writeProbe(summary, folder);
  if (flags.json) io.stdout.write(renderProbeJson(summary));
  else io.stdout.write(renderProbeTerminal(summary, { columns: reportColumns(io), color: wantsColor(io) }));
  if (written !== null) io.stderr.write(`\nWrote ${printable(relative(process.cwd(), written) || written)}\n`);
}

/** There are no gates here, but for the one that was asked for. */
function exitCodeOf(summary: ProbeSummary, interrupted: boolean, flags: ProbeFlags, io: Io): ExitCode {
  if (interrupted) return ExitCode.interrupted;
  const silent = ROLES.find((role) => !summary.endpoints[role].answered);
  if (silent !== undefined) {
    io.stderr.write(`invalid: no chat request of the ${silent} succeeded, so nothing was compared\n`);
    return ExitCode.invalid;
  }
  if (flags.requireInUse !== true) return ExitCode.pass;
  if (summary.lost.length > 0) io.stderr.write(`in use, and lost on the candidate: ${summary.lost.join(", ")}\n`);
  if (summary.unclear.length > 0) {
    io.stderr.write(`in use, and unclear on the candidate: ${summary.unclear.join(", ")}\n`);
  }
  if (summary.lost.length > 0) return ExitCode.gateFailed;
  return summary.unclear.length > 0 ? ExitCode.inconclusive : ExitCode.pass;
}

function optionsOf(flags: ProbeFlags): ProbeOptions {
  return {
    all: flags.all === true,
    cancelStreams: countOf("--cancel-streams", flags.cancelStreams ?? "4", 64),
    ...(flags.longStream === undefined ? {} : { longStreamMs: ageOf(flags.longStream) }),
    ...(flags.longStreamTokens === undefined
      ? {}
      : { longStreamTokens: countOf("--long-stream-tokens", flags.longStreamTokens, 1_000_000) }),
  };
}

function countOf(place: string, text: string, most: number): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= most) return count;
  throw new TwintailError({ cause: `"${text}" is no count`, place, remedy: `give a number from 1 to ${most}` });
}

const HOUR_MS = 3_600_000;

function ageOf(text: string): number {
  const ms = parseDurationMs(text, "--long-stream");
  if (ms >= 1_000 && ms <= HOUR_MS) return ms;
  throw new TwintailError({
    cause: `"${text}" is no age of a stream`,
    place: "--long-stream",
    remedy: "give 1s to 1h",
  });
}

/** What is about to be sent, and what it takes. */
function announcement({ plan, estimate, settings, golden }: PreparedProbe): string {
  const lines = ROLES.map((role) => {
    const { requests, maxOutputTokens, maxCost } = estimate.endpoints[role];
    const cost = maxCost === null ? "" : `, at most $${maxCost.toFixed(2)}`;
    return `${role.padEnd(9)} ${settings.endpoints[role].baseUrl}: ${plural(requests, "small request")}, at most ${formatCount(maxOutputTokens)} output tokens${cost}`;
  });
  const asleep = ROLES.filter((role) => settings.endpoints[role].wake !== undefined);
  const waking = asleep.map(
    (role) =>
      `warning: probing wakes the ${role}: let it fall asleep again before a run that is to measure its cold wake\n`,
  );
  const cancelled = plan.rows.filter(({ cancel }) => cancel !== undefined).length;
  const left = `${plural(cancelled, "stream is", "streams are")} hung up on early`;
  return `probe for ${printable(golden.set.name)}: most answers are a few words; ${left}\n${lines.join("\n")}\n${waking.join("")}`;
}

/** Every request in order, and what is left out. */
function planLines(prepared: PreparedProbe): string {
  const { plan, facts } = prepared;
  const inUse = (id: string): string => {
    const count = facts.inUse[id];
    return count === undefined ? "" : `  in use: ${plural(count, "case")}`;
  };
  const lines = [announcement(prepared)];
  for (const [index, block] of plan.blocks.entries()) {
    lines.push(`block ${index + 1}: ${block.concurrency} in flight\n`);
    for (const release of block.releases) {
      const rows = release.rows.map((id) => plan.rows[id]).filter((row) => row !== undefined);
      const [first] = rows;
      if (first === undefined) continue;
      const roles: EndpointRole[] = rows.map(({ endpoint }) => endpoint);
      const { method, path } = plan.requests[first.requestId] ?? { method: "POST", path: "" };
      const cancel = cancelText(first.cancel);
      const used = inUse(first.caseId.slice(0, first.caseId.indexOf(".")));
      lines.push(`  ${first.caseId.padEnd(28)} ${method} ${path} → ${roles.join(", ")}${cancel}${used}\n`);
    }
  }
  for (const { caseId, endpoint, reason } of plan.notTested)
    lines.push(`not tried: ${caseId} at ${endpoint}: ${reason}\n`);
  return printable(lines.join(""));
}

function cancelText(cancel: PreparedProbe["plan"]["rows"][number]["cancel"]): string {
  if (cancel === undefined) return "";
  if ("afterReads" in cancel) return `, hung up on after ${plural(cancel.afterReads, "read")}`;
  return `, hung up on after ${formatDurationMs(cancel.afterMs)}`;
}
