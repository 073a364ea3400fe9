/** What the tests of whole sweeps share: a golden set of one prompt, simulated endpoints of known capacity, and a sweep of them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach } from "vitest";
import {
  parseSettings,
  prepareSweep,
  type SimOptions,
  type SimProcess,
  type SweepSummary,
  startSimProcess,
  sweep,
} from "../dist/index.js";

/** Tokens of every answer. */
export const OUTPUT_TOKENS = 24;

/** Eight places of 60 to 50 tokens a second: few enough events that a small, busy machine keeps the pace. */
export const ENGINE = {
  decodeTokensPerS: 60,
  batchSlowdown: 0.03,
  maxBatch: 8,
  prefillTokensPerS: 50_000,
  prefillChunkTokens: 512,
};

const GOLDENS = `name: small
cases:
  - id: count
    category: chat
    detects: a wrong answer
    request: { max_tokens: ${OUTPUT_TOKENS}, messages: [{ role: user, content: "Count as far as you can." }] }
    expect: { min_output_tokens: 1 }
`;

/** One folder for a test file, with simulators that end with each test. */
export function sweepHarness() {
  const folder = mkdtempSync(join(tmpdir(), "twintail-sweep-"));
  writeFileSync(join(folder, "set.yaml"), GOLDENS);
  const sims: SimProcess[] = [];
  afterAll(() => rmSync(folder, { recursive: true }));
  afterEach(async () => {
    await Promise.all(sims.splice(0).map((sim) => sim.stop()));
  });
  return {
    folder,
    sim: async (options: Partial<SimOptions> = {}): Promise<SimProcess> => {
      const started = await startSimProcess({ tier: "h100x2", engine: ENGINE, ...options });
      sims.push(started);
      return started;
    },
    swept: async (text: string): Promise<{ readonly summary: SweepSummary; readonly recording: string }> =>
      sweep(prepareSweep(parseSettings(text, folder)), { resultsFolder: join(folder, "results"), environment: {} }),
  };
}

/** @param load what stands under `load:` */
export const sweepYaml = (
  candidate: string,
  load: string,
  { baseline, capture = "" }: { baseline?: string; capture?: string } = {},
): string =>
  `goldens: set.yaml
endpoints:
  baseline: { baseUrl: "${baseline ?? candidate}", models: { default: m }${baseline === undefined ? ", apiKeyEnv: NOT_SET" : ", owned: true"} }
  candidate: { baseUrl: "${candidate}", models: { default: m }, owned: true, tier: small }
capture: { seed: 3, warmup: 1${capture} }
load: { ${load} }
`;

const MACHINE = /reads in event-loop stalls|send lag p99|busy share|arrivals not sent in their time/;

/** A machine that is busy with other things measures itself: whole sweeps in virtual time stand in test/capacity. */
export function skipWhereBusy({ verdict, reason }: SweepSummary, skip: (note: string) => void): void {
  if (verdict === "invalid" && MACHINE.test(reason)) skip(`this machine could not be trusted: ${reason}`);
}
