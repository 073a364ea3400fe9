import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { startSimProcess } from "../../dist/sim/process.js";
import { chunkGapsMs } from "../../src/measure/gaps.js";
import { sampleOf } from "../../src/measure/sample.js";
import type { HeaderLine } from "../../src/recording/recording.js";
import { CASE, captureFrom } from "./harness.js";

const STREAMS = 20;
const EVENTS = 150;
const INTERVAL_MS = 10;

const quantile = (values: readonly number[], q: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] as number;
};

/** Against the simulator's own log of when each event was really written: one clock, two processes. */
it(`${STREAMS} streams of 100 events/s are stamped within a millisecond of the truth, in the median`, async () => {
  const folder = mkdtempSync(join(tmpdir(), "twintail-truth-"));
  const logFile = join(folder, "sent.jsonl");
  const sim = await startSimProcess({ tier: "h100x2", logFile });
  try {
    const script = JSON.stringify({ script: { events: EVENTS, intervalMs: INTERVAL_MS } });
    const { exchanges, originNs } = await captureFrom({
      baseUrl: sim.baseUrl,
      // A pair is two streams: ten pairs in flight are twenty. One pair each 23 ms, so that each first token is
      // stamped while the other streams run, and not while this thread is still sending twenty requests.
      settings: { concurrency: STREAMS / 2, rounds: STREAMS / 2, spreadMs: 23 * (STREAMS / 2), warmup: 2 },
      endpoint: { requestIdHeader: "x-request-id", headers: { "x-twintail-sim": script } },
    });
    await sim.stop();
    const streams = exchanges.filter(({ phase }) => phase === "warm");
    expect(streams).toHaveLength(STREAMS);

    const sentNs = new Map<string, number[]>();
    for (const line of readFileSync(logFile, "utf8").trim().split("\n")) {
      const { requestId, kind, atNs } = JSON.parse(line) as { requestId: string; kind: string; atNs: string };
      if (kind !== "token") continue;
      const list = sentNs.get(requestId) ?? [];
      list.push(Number(BigInt(atNs) - originNs));
      sentNs.set(requestId, list);
    }

    const header = { endpoints: { baseline: {}, candidate: {} } } as HeaderLine;
    const gapErrors: number[] = [];
    const ttftErrors: number[] = [];
    for (const exchange of streams) {
      const sent = sentNs.get(`run-${exchange.id}-0`) as number[];
      expect(sent).toHaveLength(EVENTS);
      const { completion, attempt } = sampleOf(exchange, CASE, header);
      const seenTtft = (completion.tokenEvents[0]?.atNs as number) - (attempt.sentAtNs as number);
      const trueTtft = (sent[0] as number) - (attempt.sentAtNs as number);
      ttftErrors.push(Math.abs(seenTtft - trueTtft) / 1e6);
      // A read that brought two events is held against the later one's sending.
      const lastEvents = completion.tokenEvents.flatMap(({ read }, index) =>
        completion.tokenEvents[index + 1]?.read === read ? [] : [index],
      );
      for (const [index, gap] of chunkGapsMs(completion).entries()) {
        const from = sent[lastEvents[index] as number] as number;
        const to = sent[lastEvents[index + 1] as number] as number;
        gapErrors.push(Math.abs(gap - (to - from) / 1e6));
      }
    }
    console.log(
      `stamp error, ms: chunk_gap p50 ${quantile(gapErrors, 0.5).toFixed(3)} p99 ${quantile(gapErrors, 0.99).toFixed(3)} of ${gapErrors.length} gaps; ` +
        `ttft p50 ${quantile(ttftErrors, 0.5).toFixed(3)} p99 ${quantile(ttftErrors, 0.99).toFixed(3)} of ${ttftErrors.length}`,
    );
    expect(gapErrors.length).toBeGreaterThan((STREAMS * EVENTS) / 2);
    expect(quantile(gapErrors, 0.5)).toBeLessThan(1);
    expect(quantile(ttftErrors, 0.5)).toBeLessThan(1);
  } finally {
    await sim.stop();
    rmSync(folder, { recursive: true });
  }
});
