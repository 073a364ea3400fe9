/**
 * What becomes of a long run, in a size that CI has time for: twice the exchanges take twice the time, and a heap that holds
 * little more than the facts of each is enough. `npm run bench -- --only hundred` has a hundred thousand.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

interface Reported {
  readonly recorded: number;
  readonly cpuUs: number;
  readonly maxRssKib: number;
  readonly bytes: Readonly<Record<string, number>>;
}
const load = async (name: string): Promise<unknown> => import(new URL(`../bench/${name}`, import.meta.url).href);
const { measuredChild } = (await load("child.mjs")) as {
  measuredChild(script: string, input: object, options: object): Promise<Reported>;
};
const { writeRecording } = (await load("synthetic-recording.mjs")) as {
  writeRecording(path: string, exchanges: number, eventsEach: number, options: object): void;
};

const FEW = 10_000;
const EVENTS_EACH = 8;
/** Twice as many need two thirds of it. */
const HEAP_MB = 100;
const LIMIT_MS = 280_000;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "twintail-hundred-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function reported(exchanges: number): Promise<Reported> {
  const path = join(folder, `${exchanges}.jsonl`);
  writeRecording(path, exchanges, EVENTS_EACH, { troubled: true });
  const input = { path, folder: join(folder, `${exchanges}`) };
  const execArgv = [`--max-old-space-size=${HEAP_MB}`];
  return measuredChild("./report-child.mjs", input, { limitMs: LIMIT_MS, execArgv });
}

describe("a long run", () => {
  it(
    "is judged and reported in time that grows with it, in memory for the facts of each exchange, on a page that opens",
    async () => {
      const once = await reported(FEW);
      const twice = await reported(2 * FEW);
      expect([once.recorded, twice.recorded]).toEqual([FEW, 2 * FEW]);
      expect(twice.cpuUs / once.cpuUs).toBeLessThan(3);
      // About 1.5 KiB each.
      expect((twice.maxRssKib - once.maxRssKib) / FEW).toBeLessThan(6);
      expect(twice.bytes["report.html"]).toBeLessThan(5_000_000);
      expect(twice.bytes["report.html"]).toBeLessThan(1.2 * (once.bytes["report.html"] ?? 0));
      expect(twice.bytes["report.json"]).toBeLessThan(200_000);
    },
    2 * LIMIT_MS + 40_000,
  );
});
