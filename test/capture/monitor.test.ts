/** The heart of the capture thread, on clocks of the test's own. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Monitor } from "../../src/capture/monitor.js";
import type { MachineLine } from "../../src/recording/recording.js";

type Window = Omit<MachineLine, "type" | "segment">;

beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "setImmediate"] }));
afterEach(() => void vi.useRealTimers());

/** What has passed on each clock, ms. */
const machine = { monotonicMs: 0, wallMs: 0, bootMs: 0 };

function watched(): { windows: Window[]; beat: (times: number) => void; monitor: Monitor } {
  Object.assign(machine, { monotonicMs: 0, wallMs: 1e12, bootMs: 5e6 });
  const windows: Window[] = [];
  const monitor = new Monitor(
    () => machine.monotonicMs * 1e6,
    (window) => windows.push(window),
    {
      monotonicMs: () => machine.monotonicMs,
      wallMs: () => machine.wallMs,
      bootMs: () => machine.bootMs,
      monotonicCountsSleep: false,
    },
  );
  const beat = (times: number): void => {
    for (let beats = 0; beats < times; beats++) {
      pass(10);
      vi.advanceTimersByTime(10);
    }
  };
  return { windows, beat, monitor };
}

function pass(ms: number): void {
  machine.monotonicMs += ms;
  machine.wallMs += ms;
  machine.bootMs += ms;
}

test("a window without anything to tell has no word of it", () => {
  const { windows, beat, monitor } = watched();
  beat(300);
  monitor.stop();
  expect(windows.length).toBeGreaterThanOrEqual(3);
  for (const window of windows) {
    expect(window).not.toHaveProperty("sleptMs");
    expect(window).not.toHaveProperty("wallStepMs");
  }
});

test("a night with the lid closed is told within a second of waking, and no stall is made of it", () => {
  const { windows, beat, monitor } = watched();
  beat(150);
  machine.wallMs += 8 * 3_600_000;
  machine.bootMs += 8 * 3_600_000;
  beat(100);
  monitor.stop();
  expect(windows.flatMap(({ sleptMs }) => sleptMs ?? [])).toEqual([8 * 3_600_000]);
  expect(windows.flatMap(({ stalls }) => stalls)).toEqual([]);
});

test("a process that was stopped shows as a stall, and as no sleep", () => {
  const { windows, beat, monitor } = watched();
  beat(150);
  pass(45_000);
  beat(100);
  monitor.stop();
  expect(windows.flatMap(({ stalls }) => stalls.map(([, lateNs]) => lateNs / 1e6))).toEqual([45_000]);
  for (const window of windows) expect(window).not.toHaveProperty("sleptMs");
});

test("a clock that was set shows as a step", () => {
  const { windows, beat, monitor } = watched();
  beat(150);
  machine.wallMs -= 3_000;
  beat(100);
  monitor.stop();
  expect(windows.flatMap(({ wallStepMs }) => wallStepMs ?? [])).toEqual([-3_000]);
});

test("a read between two late beats is counted once", () => {
  const { windows, monitor } = watched();
  const late = (): void => {
    pass(40);
    vi.advanceTimersToNextTimer();
  };
  late();
  for (let read = 0; read < 4; read++) monitor.countRead();
  pass(40);
  vi.advanceTimersByTime(10);
  monitor.stop();
  expect(windows.reduce((sum, { reads }) => sum + reads, 0)).toBe(4);
  expect(windows.reduce((sum, { stalledReads }) => sum + stalledReads, 0)).toBe(4);
});
