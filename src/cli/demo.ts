import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import type { EndpointRole, EndpointSettings, GateText, Settings } from "../config/settings.js";
import { ExitCode } from "../core/errors.js";
import { prepareRun } from "../run.js";
import { type SimProcess, startSimProcess } from "../sim/process.js";
import { runAndShow } from "./run.js";
import type { Io } from "./terminal-io.js";

const GOLDENS = fileURLToPath(new URL("../../goldens/migration.yaml", import.meta.url));

/** A dual-A100 tier wakes slower than a dual-H100 one; minutes are shown as seconds, and labelled so. */
const WAKES = {
  baseline: { tier: "a100x2", wakeMs: 4_000, wakeRepresentsMs: 480_000 },
  candidate: { tier: "h100x2", wakeMs: 3_000, wakeRepresentsMs: 360_000 },
} as const;
const COLD_CAP_MS = 5_000;

/** What three rounds of the bundled set can decide: its margins are wider than those of a run. */
const GATES: readonly GateText[] = [
  "ttfa shift < 1.20",
  "char_rate shift > 0.90",
  "tool_calls drop < 0.15",
  "errors rate < 0.05",
  "flips regressed == 0",
  "findings{severity=breaks} new == 0",
  "wake max < 5s",
].map((text) => ({ text, line: 0, column: 0 }));

interface DemoFlags {
  readonly out: string;
  readonly json?: boolean;
}

export function addDemo(program: Command, io: Io, done: (code: ExitCode) => void): void {
  program
    .command("demo")
    .summary("two simulated endpoints and the bundled golden set → report")
    .description(
      "Starts two simulated endpoints (a100x2 as baseline, h100x2 as candidate) in processes of their own, wakes both " +
        "from cold, and replays the bundled golden set against them. Needs no key and no network; takes under a minute.",
    )
    .option("--out <folder>", "where run folders are made", "results")
    .option("--json", "print report.json alone")
    .addHelpText("after", "\nExample:\n  $ twintail demo")
    .action(async (flags: DemoFlags) => {
      const sims: Partial<Record<EndpointRole, SimProcess>> = {};
      try {
        for (const role of ["baseline", "candidate"] as const) {
          const seed = role === "baseline" ? 1 : 2;
          sims[role] = await startSimProcess({ ...WAKES[role], goldens: GOLDENS, seed, startCold: true });
        }
        const settings = demoSettings(sims as Record<EndpointRole, SimProcess>);
        io.stderr.write("twintail demo: both endpoints are simulated; their figures are a model's, not a GPU's\n\n");
        const code = await runAndShow(
          prepareRun(settings),
          { out: flags.out, kind: "demo", json: flags.json === true },
          io,
        );
        if (code === ExitCode.interrupted) return done(code);
        io.stderr.write(`The demo exits 0 whatever its verdict; a run that ends like this one exits ${code}.\n`);
        done(ExitCode.pass);
      } finally {
        await Promise.all(Object.values(sims).map((sim) => sim.stop()));
      }
    });
}

function demoSettings(sims: Readonly<Record<EndpointRole, SimProcess>>): Settings {
  const endpoint = (role: EndpointRole): EndpointSettings => ({
    role,
    baseUrl: sims[role].baseUrl,
    query: "",
    models: { default: `sim-${WAKES[role].tier}`, embeddings: "sim-embeddings" },
    streamUsage: true,
    rename: {},
    omit: [],
    extra: {},
    headers: {},
    paths: {},
    apiKeyHeader: "authorization",
    proxyFrom: "none",
    tier: WAKES[role].tier,
    simulated: sims[role].label,
    wake: { budgetMs: COLD_CAP_MS, capMs: COLD_CAP_MS },
  });
  return {
    goldens: GOLDENS,
    endpoints: { baseline: endpoint("baseline"), candidate: endpoint("candidate") },
    capture: {
      rounds: 3,
      spreadMs: 0,
      concurrency: 6,
      order: "random",
      prefix: "unique",
      control: false,
      warmup: 1,
      solo: { requests: 3, maxTokens: 200 },
      once: ["long-answer"],
      timeouts: { connectMs: 5_000, firstByteMs: 10_000, idleMs: 10_000, totalMs: 60_000 },
      retry: { attempts: 3, on: [429, "5xx", "network"] },
      maxBytesPerExchange: 16 * 1024 * 1024,
    },
    judge: { gates: GATES },
  };
}
