/** The script that kills runs at random moments, with few kills: `npm run kills` makes two hundred. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const SCRIPT = fileURLToPath(new URL("../scripts/kills.mjs", import.meta.url));

it("runs that are killed at random moments are whole once they were resumed", async () => {
  const child = spawn(process.execPath, [SCRIPT, "8", "--seed", "3"], { stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  child.stdout.on("data", (text) => {
    out += text;
  });
  child.stderr.on("data", (text) => {
    err += text;
  });
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect([code, err.replaceAll(/^\d+ kills, .*\n/gm, "")]).toEqual([0, ""]);
  expect(out).toMatch(/^kills +8 of seed 3, in \d+ s\nruns made whole +[1-9]/);
}, 240_000);
