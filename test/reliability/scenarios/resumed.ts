/** A run that was killed or stopped is taken up again: exactly what is missing is sent. */
import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { plainAnswer } from "../../capture/harness.js";
import type { Ended } from "../../typed.js";
import { complete, type Place, type Recorded, unharmed, wholeRecording } from "../place.js";
import type { Scenario } from "../scenario.js";
import { after, status, well } from "../servers.js";
import { exchangesOnDisk, killedRun } from "./killed.js";

const area = "resume" as const;

async function resumed(place: Place, config: string, folder: string): Promise<Recorded> {
  const ended = await place.twintail(["run", config, "--resume", folder]);
  return wholeRecording({ ...ended, folder });
}

/** Every planned request is there once, and the report tells of the seam. */
function whole(recorded: Recorded): void {
  complete(recorded, "baseline");
  complete(recorded, "candidate");
  expect(recorded.summary.run).toMatchObject({ ended: "complete", partial: false, resumed: { times: 1 } });
  expect(recorded.out).toContain("The run was taken up again once");
}

export const RESUMED: readonly Scenario[] = [
  {
    area,
    fault: "`run --resume` after a `kill -9`",
    outcome:
      "exactly the missing requests are sent; pairs of two moments are in no paired figure, and the report says how many",
    run: async (place) => {
      const { config, folder, server } = await killedRun(place);
      const before = server.requests.length;
      const there = exchangesOnDisk(folder);
      const recorded = await resumed(place, config, folder);
      whole(recorded);
      // What is asked first, so that no answer after the pause counts as warm, is no request of the plan.
      const prelude = recorded.lines.find((line) => line.type === "resume")?.prelude ?? [];
      const asked = prelude.reduce((sum, { attempts }) => sum + attempts, 0);
      expect(server.requests.length - before).toBe(24 - there + asked);
      const halves = recorded.exchanges.filter(({ pairBroken }) => pairBroken).length;
      expect(recorded.summary.run.resumed.brokenPairs).toBe(halves);
      expect(recorded.code).toBe(0);
    },
  },
  {
    area,
    fault: "`run --resume` where the last line is torn",
    outcome: "the torn bytes are removed and counted in the report, and their request is sent again",
    run: async (place) => {
      const { config, folder } = await killedRun(place);
      const torn = '{"type":"exchange","id":23,"pairId"';
      appendFileSync(join(folder, "recording.jsonl"), torn);
      const recorded = await resumed(place, config, folder);
      whole(recorded);
      expect(recorded.summary.run.resumed.repairedBytes).toBe(torn.length);
      expect(recorded.out.replace(/\s+/g, " ")).toContain(`${torn.length} bytes of a torn line were removed`);
    },
  },
  {
    area,
    fault: "`run --resume` after an endpoint was given up, its key mended",
    outcome: "what was not sent to it is sent now, and the run is whole",
    run: async (place) => {
      let mended = false;
      const dying = await place.server((socket, request, count) =>
        (mended ? well : after(6, status("401 Unauthorized")))(socket, request, count),
      );
      const baseline = await place.healthy();
      const stopped = await place.recorded({ baseline, candidate: dying.baseUrl, capture: { concurrency: 1 } });
      expect(stopped.summary.run.stopped).toMatchObject([{ notSent: 3 }]);
      mended = true;
      const recorded = await resumed(place, place.configOf(stopped), stopped.folder);
      whole(recorded);
      unharmed(recorded);
      expect(recorded.summary.run.stopped).toEqual([]);
    },
  },
  {
    area,
    fault: "`run --resume` of a run that is whole",
    outcome: "nothing is sent, and the report is the one that it had",
    run: async (place) => {
      const server = await place.server();
      const first = await place.recorded({ baseline: server.baseUrl, candidate: server.baseUrl });
      const sent = server.requests.length;
      const again = await place.twintail(["run", place.configOf(first), "--resume", first.folder]);
      expect([again.code, server.requests.length]).toEqual([first.code, sent]);
      expect(again.out).toBe(first.out);
    },
  },
  {
    area,
    fault: "a second process that resumes a run while the first still sends",
    outcome: "refused with the process that holds it; nothing is sent twice",
    run: async (place) => {
      let second: Promise<Ended> | null = null;
      const results = join(place.folder, "results");
      let config = "";
      const server = await place.server((socket, request, count) => {
        if (count !== 5) return well(socket, request, count);
        const [name = ""] = readdirSync(results);
        second = place.spawned(["run", config, "--resume", join(results, name)]);
        void second.then(() => well(socket, request, count));
      });
      config = place.config({ baseline: server.baseUrl, candidate: server.baseUrl, capture: { concurrency: 1 } });
      const first = await place.twintail(["run", config, "--out", results]);
      const refused = (await second) as Ended | null;
      expect(refused?.err).toMatch(/recording\.jsonl: .*process \d+/);
      expect([refused?.code, first.code, server.requests.length]).toEqual([2, 0, 24]);
    },
  },
  {
    area,
    fault: "`run --resume` with a golden set that has changed since",
    outcome: "refused: one file never holds two sets of questions",
    run: async (place) => {
      const { config, folder, server } = await killedRun(place);
      const sent = server.requests.length;
      const set = join(place.folder, "set.yaml");
      writeFileSync(set, readFileSync(set, "utf8").replace("Capital of Norway?", "Capital of Chad?"));
      const ran = await place.twintail(["run", config, "--resume", folder]);
      expect(ran.err).toMatch(/golden set/);
      expect([ran.code, server.requests.length]).toEqual([2, sent]);
    },
  },
  {
    area,
    fault: "the run folder is removed in the middle of a run",
    outcome: "the run stops with a clear error as soon as it is seen, instead of paying for what nobody will read",
    run: async (place) => {
      const results = join(place.folder, "results");
      const server = await place.server((socket, _request, count) => {
        if (count === 6) rmSync(results, { recursive: true });
        // Slow enough that the folder is looked for before the run has ended.
        setTimeout(() => socket.write(plainAnswer("{}", "500 Internal Server Error")), 150);
      });
      const config = place.config({ baseline: server.baseUrl, candidate: server.baseUrl, capture: { concurrency: 1 } });
      const ran = await place.twintail(["run", config, "--out", results]);
      expect(ran.err).toMatch(/recording\.jsonl: .*was deleted while it was written/);
      expect(ran.code).toBe(2);
      expect(server.requests.length).toBeLessThan(24);
    },
  },
];
