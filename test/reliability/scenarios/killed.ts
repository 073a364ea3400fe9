/** A process that is gone leaves a recording that can be scored. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect } from "vitest";
import type { RecordingLine } from "../../../src/recording/recording.js";
import type { RawServer } from "../../capture/harness.js";
import { typedIn } from "../../typed.js";
import type { Place } from "../place.js";
import type { Scenario } from "../scenario.js";
import { well } from "../servers.js";

const area = "resume" as const;

/** A run of 24 requests, a pair at a time, killed at the fifteenth, as soon as the fourteen before it are on disk. */
export async function killedRun(
  place: Place,
): Promise<{ readonly config: string; readonly folder: string; readonly server: RawServer }> {
  const results = join(place.folder, "killed");
  let kill = (): void => {};
  let killed = false;
  const server = await place.server((socket, request, count) => {
    if (count !== 15 || killed) return well(socket, request, count);
    killed = true;
    void onDisk(results, 14).finally(kill);
  });
  const config = place.config({ baseline: server.baseUrl, candidate: server.baseUrl, capture: { concurrency: 1 } });
  await typedIn(place.folder, ["run", config, "--out", results], (child) => {
    kill = () => child.kill("SIGKILL");
  });
  const [name = ""] = readdirSync(results);
  return { config, folder: join(results, name), server };
}

/** Until the only run in `results` has so many exchanges, each with the end of its line; or for ten seconds. */
async function onDisk(results: string, exchanges: number): Promise<void> {
  const until = performance.now() + 10_000;
  while (performance.now() < until) {
    const [name = ""] = readdirSync(results);
    if (exchangesOnDisk(join(results, name)) >= exchanges) return;
    await setTimeout(5);
  }
}

/** Those whose line is whole. */
export function exchangesOnDisk(folder: string): number {
  // What follows the last end of a line is empty, or torn.
  const lines = readFileSync(join(folder, "recording.jsonl"), "utf8").split("\n").slice(0, -1);
  return lines.filter((line) => (JSON.parse(line) as RecordingLine).type === "exchange").length;
}

export const KILLED: readonly Scenario[] = [
  {
    area,
    fault: "`kill -9` in the middle of a run",
    outcome: "every exchange that had ended is on disk, and the part can be scored as what it is",
    run: async (place) => {
      const { folder } = await killedRun(place);
      // Of the pair in flight, the one that was answered may be there.
      const there = exchangesOnDisk(folder);
      expect([14, 15]).toContain(there);
      const scored = await place.twintail(["score", folder]);
      expect(scored.code).toBe(3);
      expect(scored.out.replace(/\s+/g, " ")).toContain(
        `Partial run, killed before its end was written: ${there} of 24 planned requests`,
      );
    },
  },
  {
    area,
    fault: "a last line that was cut off in the middle",
    outcome: "the whole lines before it are scored, and the report says that the run is partial",
    run: async (place) => {
      const server = await place.server();
      const { folder, exchanges } = await place.recorded({ baseline: server.baseUrl, candidate: server.baseUrl });
      const file = join(folder, "recording.jsonl");
      const text = readFileSync(file, "utf8");
      const last = text.lastIndexOf('{"type":"exchange"');
      writeFileSync(file, text.slice(0, last + 60));
      const scored = await place.twintail(["score", folder]);
      expect(scored.code).toBe(3);
      expect(scored.out).toContain(`${exchanges.length - 1} of ${exchanges.length} planned requests`);
    },
  },
];
