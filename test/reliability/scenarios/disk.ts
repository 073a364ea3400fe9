/** The disk under a run: what it refuses is said, and what was recorded before can be scored. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Place } from "../place.js";
import type { Scenario } from "../scenario.js";

const area = "disk" as const;

const mayMount = (): string | null =>
  process.getuid?.() === 0 && process.platform === "linux" ? null : "needs the right to mount a small disk";

/** A disk of its own, taken away when the place is closed; false where a container forbids it. */
function mounted(place: Place, folder: string, options: string): boolean {
  mkdirSync(folder, { recursive: true });
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "none", folder], { stdio: "ignore" });
  } catch {
    console.info("a disk scenario was left out: no right to mount here");
    return false;
  }
  place.defer(() => execFileSync("umount", ["-l", folder]));
  return true;
}

export const DISK: readonly Scenario[] = [
  {
    area,
    fault: "a disk that is full in the middle of a run",
    outcome: "the run stops with the file and the remedy, and what was recorded before is whole and can be scored",
    cannot: mayMount,
    run: async (place) => {
      const results = join(place.folder, "small");
      if (!mounted(place, results, "size=192k")) return;
      const server = await place.server();
      const config = place.config({
        baseline: server.baseUrl,
        candidate: server.baseUrl,
        capture: { rounds: 40, concurrency: 2 },
      });
      const ran = await place.twintail(["run", config, "--out", results]);
      expect(ran.err).toMatch(
        /recording\.jsonl: the disk is full; free space on that disk; what was recorded before can be scored/,
      );
      expect([ran.code, ran.out]).toEqual([2, ""]);
      const [name = ""] = readdirSync(results);
      const scored = await place.twintail(["score", join(results, name)]);
      expect(scored.out).toMatch(/Partial run/);
      expect(scored.code).toBe(3);
    },
  },
  {
    area,
    fault: "a results folder on a disk that is read-only",
    outcome: "refused with the file and the remedy; nothing of the golden set is sent",
    cannot: mayMount,
    run: async (place) => {
      const results = join(place.folder, "fixed");
      if (!mounted(place, results, "ro")) return;
      const server = await place.server();
      const config = place.config({ baseline: server.baseUrl, candidate: server.baseUrl });
      const ran = await place.twintail(["run", config, "--out", results]);
      expect(ran.err).toMatch(
        /recording\.jsonl: the recording cannot be written \(EROFS\); make its folder writable, or choose another with --out/,
      );
      expect([ran.code, server.requests]).toEqual([2, []]);
    },
  },
  {
    area,
    fault: "a results folder that is a file",
    outcome: "refused in one line; nothing of the golden set is sent",
    run: async (place) => {
      const server = await place.server();
      const config = place.config({ baseline: server.baseUrl, candidate: server.baseUrl });
      const file = place.write("a-file", "x");
      const ran = await place.twintail(["run", config, "--out", file]);
      expect(ran.err).toContain(`${file}: this is a file, where a folder is to be; choose another folder with --out\n`);
      expect([ran.code, server.requests]).toEqual([2, []]);
    },
  },
  {
    area,
    fault: "other users of the same machine",
    outcome: "every file of a run can be read by its owner alone",
    run: async (place) => {
      const server = await place.server();
      const { folder } = await place.recorded({ baseline: server.baseUrl, candidate: server.baseUrl });
      for (const file of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        const path = join(file.parentPath, file.name);
        expect([path, statSync(path).mode & 0o077]).toEqual([path, 0]);
      }
      expect(statSync(folder).mode & 0o077).toBe(0);
    },
  },
];
