/** A process that is gone leaves a recording that can be scored. */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { Exchange } from "../../../src/recording/recording.js";
import type { Scenario } from "../scenario.js";
import { well } from "../servers.js";

const area = "resume" as const;
const MAIN = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));

export const KILLED: readonly Scenario[] = [
  {
    area,
    fault: "`kill -9` in the middle of a run",
    outcome: "every exchange that had ended is on disk, and the part can be scored as what it is",
    run: async (place) => {
      const results = join(place.folder, "results");
      let kill = (): void => {};
      const server = await place.server((socket, request, count) => {
        if (count === 15) kill();
        else well(socket, request, count);
      });
      const config = place.config({ baseline: server.baseUrl, candidate: server.baseUrl, capture: { concurrency: 1 } });
      const child = spawn(process.execPath, [MAIN, "run", config, "--out", results], { stdio: "ignore" });
      kill = () => child.kill("SIGKILL");
      await new Promise((resolve) => child.on("close", resolve));
      const [name = ""] = readdirSync(results);
      const lines = readFileSync(join(results, name, "recording.jsonl"), "utf8").split("\n");
      const ended = lines.filter((line) => line.endsWith("}")).map((line) => JSON.parse(line) as Exchange);
      const exchanges = ended.filter(({ type }) => type === "exchange");
      // One pair was in flight, and the exchange before may have been on its way to the main thread.
      expect(exchanges.length).toBeGreaterThanOrEqual(11);
      const scored = await place.twintail(["score", join(results, name)]);
      expect(scored.code).toBe(3);
      expect(scored.out.replace(/\s+/g, " ")).toContain(
        `Partial run, killed before its end was written: ${exchanges.length} of 24 planned requests`,
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
