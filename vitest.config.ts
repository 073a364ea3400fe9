import { defineConfig } from "vitest/config";

/** Rooms whose tests open no socket, start no process and measure no time: they may share a worker, and run side by side. */
const PURE = ["check", "compare", "config", "core", "decode", "gate", "golden", "measure", "plan"].map(
  (room) => `test/${room}/**/*.test.ts`,
);

/** Tests that hold times against limits, on two noisy cores: one file after another, so that they measure the code and not each other. */
const TIMED = [
  "test/capture/**/*.test.ts",
  "test/cli/demo.test.ts",
  "test/control.test.ts",
  "test/open-loop-run.test.ts",
  "test/probe/probe.test.ts",
  "test/reliability/endpoints.test.ts",
  "test/run*.test.ts",
  ...["cold", "faults", "process", "profiles", "replicas", "requests", "stall", "wheel", "replay/replay"].map(
    (name) => `test/sim/${name}.test.ts`,
  ),
  "test/soak.test.ts",
  "test/sweep.test.ts",
  "test/traps.test.ts",
  "test/wake.test.ts",
];

export default defineConfig({
  test: {
    // What a run stores depends on it: tests that are about that set it themselves.
    env: { CI: "" },
    testTimeout: 30_000,
    // A browser that starts on a busy machine takes more than the ten seconds of the default.
    hookTimeout: 60_000,
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
          exclude: [...PURE, ...TIMED],
          // They wait more than they compute.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: { name: "timed", include: TIMED, maxWorkers: 1, sequence: { groupOrder: 2 } },
      },
    ],
  },
});
