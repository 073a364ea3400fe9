import { defineConfig } from "vitest/config";

/** Rooms whose tests open no socket, start no process and measure no time: they may share a worker, and run side by side. */
const PURE = ["check", "compare", "config", "core", "decode", "gate", "golden", "measure", "plan"];
const pureTests = PURE.map((room) => `test/${room}/**/*.test.ts`);

export default defineConfig({
  test: {
    // What a run stores depends on it: tests that are about that set it themselves.
    env: { CI: "" },
    testTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: { name: "pure", include: pureTests, isolate: false, maxWorkers: 2, sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: {
          name: "whole",
          include: ["test/**/*.test.ts"],
          exclude: pureTests,
          // Timing tests share two noisy cores: files run one after another so that they measure the code, not each other.
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
