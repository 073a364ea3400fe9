import { expect, test } from "vitest";
import { PacingWheel } from "../../src/sim/wheel.js";

test("callbacks run at their time, never before, and in order", async () => {
  const wheel = new PacingWheel();
  const startMs = wheel.now() + 5;
  const delaysMs = [0, 0.6, 3, 3.5, 7.7, 12, 40, 41.5];
  const ran: { delayMs: number; lateMs: number }[] = [];
  await new Promise<void>((resolve) => {
    for (const delayMs of delaysMs.toReversed()) {
      wheel.at(startMs + delayMs, () => {
        ran.push({ delayMs, lateMs: wheel.now() - startMs - delayMs });
        if (ran.length === delaysMs.length) resolve();
      });
    }
  });
  expect(ran.map(({ delayMs }) => delayMs)).toEqual(delaysMs);
  for (const { lateMs } of ran) expect(lateMs).toBeGreaterThanOrEqual(0);
});

test("most callbacks are less than half a millisecond late", async () => {
  const wheel = new PacingWheel();
  const startMs = wheel.now() + 10;
  const lateMs: number[] = [];
  await new Promise<void>((resolve) => {
    for (let i = 0; i < 1_000; i++) {
      const dueMs = startMs + i * 0.73;
      wheel.at(dueMs, () => {
        lateMs.push(wheel.now() - dueMs);
        if (lateMs.length === 1_000) resolve();
      });
    }
  });
  expect(lateMs.sort((a, b) => a - b)[500]).toBeLessThan(0.5);
});

test("what is already late runs at once, in the order of adding, and may add more", async () => {
  const wheel = new PacingWheel();
  const ran: string[] = [];
  await new Promise<void>((resolve) => {
    wheel.at(wheel.now() - 5, () => {
      ran.push("first");
      wheel.at(wheel.now() - 50, () => {
        ran.push("third");
        resolve();
      });
    });
    wheel.at(wheel.now() - 5, () => ran.push("second"));
  });
  expect(ran).toEqual(["first", "second", "third"]);
});

test("what is due within one slot keeps its order, however the time passes while it runs", async () => {
  // Each look at the clock takes 0.03 ms: between two callbacks of one slot the second may become due.
  class SlowClock extends PacingWheel {
    #ms = 0;
    override now(): number {
      this.#ms += 0.03;
      return this.#ms;
    }
  }
  const wheel = new SlowClock();
  const ran: number[] = [];
  const count = 600;
  const GAPS_MS = [0, 0.1, 0.11];
  await new Promise<void>((resolve) => {
    for (let i = 0; i < count; i++) {
      // Three at a time, anywhere in a slot: what the first takes makes the third due.
      wheel.at(1 + 0.5771 * Math.floor(i / 3) + (GAPS_MS[i % 3] as number), () => {
        ran.push(i);
        if (ran.length === count) resolve();
      });
    }
  });
  expect(ran).toEqual(Array.from({ length: count }, (_, i) => i));
});

test("a time beyond one turn of the wheel waits for its own turn", async () => {
  const wheel = new PacingWheel();
  const startMs = wheel.now();
  const lateMs = await new Promise<number>((resolve) =>
    wheel.at(startMs + 1_300, () => resolve(wheel.now() - startMs)),
  );
  expect(lateMs).toBeGreaterThanOrEqual(1_300);
  expect(lateMs).toBeLessThan(1_600);
});

test("a nearer time wakes a wheel that sleeps toward a farther one", async () => {
  const wheel = new PacingWheel();
  const startMs = wheel.now();
  wheel.at(startMs + 900, () => {});
  const atMs = await new Promise<number>((resolve) => wheel.at(startMs + 20, () => resolve(wheel.now())));
  expect(atMs - startMs).toBeLessThan(500);
});
