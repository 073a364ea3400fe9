/** What the test suite takes of the script. Times in ms. */
import type { Summary } from "../src/report/summary.js";

export function slowWake(silenceMs: number): Promise<Summary["cold"]["candidate"][number]>;
export function slowStream(silenceMs: number): Promise<number>;
