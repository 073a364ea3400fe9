/** Sweeps of endpoints whose answers are made by hand, and one endpoint's part of the summary. */
import type { Reply, VirtualSweep } from "../../scripts/calibrate/virtual-sweep.mjs";
import { virtualSweep } from "../../scripts/calibrate/virtual-sweep.mjs";
import type { EndpointSweep, SweepSummary } from "../../src/report/sweep-summary.js";

export const ONE = [{ id: "one", category: "chat", promptTokens: 100, outputTokens: 20, weight: 1 }] as const;
export const SLO = { text: "ttft p95 < 1s and errors < 10%", line: 0, column: 0 };

/** Twenty tokens, the first after `ttftMs`, 10 ms apart. */
export function answer(ttftMs: number, more: Partial<Reply> = {}): Reply {
  const tokensMs = Array.from({ length: 20 }, (_, index) => ttftMs + 10 * index);
  return { tokensMs, endMs: ttftMs + 190, ...more };
}

export const refused = (status: number): Reply => ({ tokensMs: [], endMs: 5, status });

export function swept(parts: VirtualSweep): { readonly summary: SweepSummary; readonly sweep: EndpointSweep } {
  const summary = virtualSweep({
    mix: ONE,
    ...parts,
    load: { to: 64, settleMs: 5_000, windowMs: 20_000, slo: SLO, ...parts.load },
  });
  const { sweep } = summary.endpoints.candidate;
  if (sweep === null) throw new Error("the candidate was not swept");
  return { summary, sweep };
}

/** A server of `places`: an answer takes a second, and what finds none free waits for its turn. */
export function queueing(places: number): NonNullable<VirtualSweep["reply"]> {
  const free = new Map<number, number[]>();
  return ({ load, atMs, random }) => {
    const own = free.get(load) ?? Array.from({ length: places }, () => 0);
    free.set(load, own);
    own.sort((a, b) => a - b);
    const startMs = Math.max(atMs, own[0] as number);
    const tookMs = 800 + 400 * random.next();
    own[0] = startMs + tookMs;
    const ttftMs = startMs - atMs + 100;
    return {
      tokensMs: Array.from({ length: 20 }, (_, n) => ttftMs + (n * (tookMs - 100)) / 20),
      endMs: startMs - atMs + tookMs,
    };
  };
}
