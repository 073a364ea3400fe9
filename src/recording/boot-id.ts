import { readFileSync } from "node:fs";

/** Monotonic clocks and process ids of one boot can be compared; of two they cannot. `unknown` where it is not told. */
export function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "unknown";
  }
}
