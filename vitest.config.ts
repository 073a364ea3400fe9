import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // What a run stores depends on it: tests that are about that set it themselves.
    env: { CI: "" },
    include: ["test/**/*.test.ts"],
    // Timing tests share two noisy cores: files run one after another so that they measure the code, not each other.
    fileParallelism: false,
    testTimeout: 30_000,
  },
});
