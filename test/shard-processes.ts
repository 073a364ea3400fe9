/** Shards as a CI starts them: the real command line, each in a process of its own. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Summary } from "../src/report/summary.js";

export const SEED = "11";
/** Six pairs a round; the second half of the rounds is due five seconds after the first. */
export const ROUNDS = 8;
export const PAIRS = 3 * ROUNDS;

export function configure(folder: string, baseline: string, candidate: string, concurrency = 8): void {
  writeFileSync(
    join(folder, "twintail.yaml"),
    `goldens: set.yaml
endpoints:
  baseline: { baseUrl: "${baseline}", models: { default: m }, simulated: "yes" }
  candidate: { baseUrl: "${candidate}", models: { default: m }, simulated: "yes" }
capture: { rounds: ${ROUNDS}, spread: 8s, concurrency: ${concurrency}, warmup: 1, retry: { attempts: 1 }, maxRequests: 200 }
gates: ["findings{severity=breaks} new == 0"]
`,
  );
}

/** A moment that all shards can keep on a machine that is busy with starting them. */
export const soon = (ms: number): string => new Date(Date.now() + ms).toISOString();

export const shardArgs = (index: number, count: number, startAt: string): string[] => [
  "run",
  "--shard",
  `${index}/${count}`,
  "--seed",
  SEED,
  "--start-at",
  startAt,
];

export const shardFolder = (folder: string, index: number, count: number): string =>
  join(
    folder,
    "results",
    readdirSync(join(folder, "results")).find((name) => name.endsWith(`-shard-${index}-of-${count}`)) as string,
  );

export const summaryIn = (folder: string): Summary =>
  JSON.parse(readFileSync(join(folder, "report.json"), "utf8")) as Summary;

/** Resolves once the recording of a shard has so many exchanges. */
export async function recorded(folder: string, index: number, count: number, exchanges: number): Promise<void> {
  for (;;) {
    try {
      const file = join(shardFolder(folder, index, count), "recording.jsonl");
      if (existsSync(file) && readFileSync(file, "utf8").split('\n{"type":"exchange"').length - 1 >= exchanges) return;
    } catch {
      // It has not been made yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
