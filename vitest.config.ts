import { defineConfig } from "vitest/config";

/**
 * Rooms whose tests open no socket, start no process and measure no time: they may share a worker, which loads each module
 * once, and run side by side. Of two rooms some start a browser, or another process.
 */
const PURE = [
  ..."assemble capacity check compare config core decode gate golden measure plan redact"
    .split(" ")
    .map((room) => `test/${room}/**/*.test.ts`),
  "test/report/!(capacity-page|html-browser|junit|sweep-browser).test.ts",
  "test/history/!(page).test.ts",
];

const named = (room: string, names: readonly string[]): string[] => names.map((name) => `test/${room}${name}.test.ts`);

/** Tests that wait for timeouts, wakes and pauses with generous room: two at a time, one for each core of a small machine. */
const PACED = [
  ...named("", ["control", "run", "run-limits", "traps", "wake"]),
  ...named("capture/", ["asleep", "deadline", "draining", "give-up", "hostile", "limits", "routes", "silence"]),
  ...named("reliability/", ["endpoints"]),
  ...named("sim/", ["faults", "profiles", "replicas", "requests", "replay/replay"]),
];

/** Tests that hold times against limits, on two noisy cores: one file after another, so that they measure the code and not each other. */
const TIMED = [
  ...named("", ["open-loop-run", "soak", "sweep"]),
  "test/capture/**/*.test.ts",
  ...named("cli/", ["demo"]),
  ...named("probe/", ["probe"]),
  ...named("sim/", ["cold", "process", "stall", "wheel"]),
];

export default defineConfig({
  test: {
    // What a run stores depends on it: tests that are about that set it themselves.
    env: { CI: "", GITHUB_ACTIONS: "" },
    testTimeout: 60_000,
    // A browser that starts on a busy machine takes more than the ten seconds of the default.
    hookTimeout: 60_000,
    // One second, the default, is little on a machine that has others to serve.
    expect: { poll: { timeout: 20_000 } },
    projects: [
      {
        extends: true,
        test: { name: "pure", include: PURE, isolate: false, maxWorkers: 2, sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: {
          name: "whole",
          include: ["test/**/*.test.ts"],
          exclude: [...PURE, ...PACED, ...TIMED],
          // They wait more than they compute.
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: { name: "paced", include: PACED, maxWorkers: 2, sequence: { groupOrder: 2 } },
      },
      {
        extends: true,
        test: { name: "timed", include: TIMED, exclude: PACED, maxWorkers: 1, sequence: { groupOrder: 3 } },
      },
    ],
  },
});
