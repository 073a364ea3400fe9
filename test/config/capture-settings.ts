/** Settings of a small, quick capture; a test changes what it is about. */
import type { CaptureSettings } from "../../src/config/settings.js";

export const QUICK: CaptureSettings = {
  rounds: 1,
  spreadMs: 0,
  concurrency: 1,
  order: "random",
  prefix: "shared",
  control: false,
  warmup: 0,
  solo: { requests: 0, maxTokens: 1 },
  once: [],
  timeouts: { connectMs: 2_000, firstByteMs: 5_000, idleMs: 5_000, totalMs: 20_000 },
  retry: { attempts: 1, on: [] },
  maxBytesPerExchange: 1_000_000,
};
