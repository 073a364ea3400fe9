/** The soak for a few seconds, so that the script that runs for an hour is known to work; and that it would see a loss. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const SCRIPT = fileURLToPath(new URL("../scripts/soak.mjs", import.meta.url));
const SECONDS = Number(process.env.TWINTAIL_SOAK_SECONDS ?? 15);

interface Growth {
  readonly perHour: number;
  readonly flat: boolean;
}
interface Ended {
  readonly attempts: number;
  readonly complete: boolean;
}
const load = async (name: string): Promise<unknown> => import(new URL(`../scripts/soak/${name}`, import.meta.url).href);
const { growthOf } = (await load("memory.mjs")) as {
  growthOf(samples: readonly { atMs: number; bytes: number }[]): Growth | null;
};
const { disagreements } = (await load("lost.mjs")) as {
  disagreements(ended: ReadonlyMap<number, Ended>, served: ReadonlySet<string>): string[];
};

describe("memory", () => {
  const MIB = 1024 * 1024;
  const series = (seconds: number, bytesAt: (second: number) => number) =>
    Array.from({ length: seconds }, (_, second) => ({ atMs: 1_000 * second, bytes: bytesAt(second) }));
  const noise = (second: number): number => ((second * 7_919) % 13) * MIB;

  it("that settles after a steep start is flat, however noisy", () => {
    expect(growthOf(series(3_600, (second) => 150 * MIB + Math.min(second, 300) * MIB + noise(second)))?.flat).toBe(
      true,
    );
  });

  it("that grows by a fifth an hour and more is not", () => {
    const leak = growthOf(series(3_600, (second) => 150 * MIB + (60 * MIB * second) / 3_600 + noise(second)));
    expect(leak?.flat).toBe(false);
    expect(leak?.perHour).toBeGreaterThan(0.25);
  });

  it("that grows fast is seen within a minute", () => {
    expect(growthOf(series(60, (second) => (150 + 4 * second) * MIB))?.flat).toBe(false);
  });

  it("of too few samples is not judged", () => {
    expect(growthOf(series(5, () => MIB))).toBeNull();
  });
});

describe("what is lost", () => {
  const answered = { attempts: 1, complete: true };
  const all = new Map([0, 1, 2].map((id) => [id, answered] as const));

  it("is nothing where the recording and the endpoints agree", () => {
    expect(disagreements(all, new Set(["0-0", "1-0", "2-0"]))).toEqual([]);
    const cut = new Map([...all, [3, { attempts: 1, complete: false }] as const]);
    expect(disagreements(cut, new Set(["0-0", "1-0", "2-0"]))).toEqual([]);
  });

  it("is seen on either side, and as a gap", () => {
    expect(disagreements(all, new Set(["0-0", "2-0"]))).toEqual(["no endpoint says that it answered exchange 1"]);
    expect(disagreements(all, new Set(["0-0", "1-0", "2-0", "3-0"]))).toEqual([
      "an endpoint answered 3-0, which is not recorded",
    ]);
    const gap = new Map([...all].filter(([id]) => id !== 1));
    expect(disagreements(gap, new Set(["0-0", "2-0"]))).toEqual(["1 released rows have no exchange, the first is 1"]);
  });
});

describe("a soak", () => {
  it(`of ${SECONDS} s at 50 streams loses nothing, and its memory stays flat`, {
    timeout: 3 * SECONDS * 1_000 + 60_000,
  }, async () => {
    const child = spawn(process.execPath, [SCRIPT, "--minutes", String(SECONDS / 60), "--streams", "50"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (text) => {
        said += text;
      });
    }
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect(said).toContain("nothing lost, memory flat");
    expect(code).toBe(0);
  });
});
