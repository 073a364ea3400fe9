/** Clocks of a machine that sleeps, is set, or has no boot clock. */
import { describe, expect, test } from "vitest";
import { type ClockEvents, ClockWatch, systemClocks } from "../../src/capture/clock-watch.js";

/** A machine whose clocks can be moved apart. */
class Machine {
  monotonicMs = 5_000.25;
  wallMs = 1_790_000_000_000;
  bootMs = 34_954_951;
  /** What reading a clock takes. */
  readingMs = 0;
  monotonicCountsSleep = false;
  bootFails = false;
  /** As some systems have it. */
  wholeSeconds = false;

  run(ms: number, slewPpm = 0): void {
    this.monotonicMs += ms;
    this.bootMs += ms;
    this.wallMs += ms * (1 + slewPpm / 1e6);
  }

  sleep(ms: number): void {
    this.bootMs += ms;
    this.wallMs += ms;
    if (this.monotonicCountsSleep) this.monotonicMs += ms;
  }

  watch(): ClockWatch {
    return new ClockWatch({
      monotonicMs: () => {
        this.run(this.readingMs);
        return this.monotonicMs;
      },
      wallMs: () => Math.floor(this.wallMs),
      bootMs: () => {
        if (this.bootFails) throw new Error("no such clock");
        return this.wholeSeconds ? Math.floor(this.bootMs / 1_000) * 1_000 : this.bootMs;
      },
      monotonicCountsSleep: this.monotonicCountsSleep,
    });
  }
}

const looks = (machine: Machine, watch: ClockWatch, windows: number, slewPpm = 0): ClockEvents[] =>
  Array.from({ length: windows }, () => {
    machine.run(1_003, slewPpm);
    return watch.look(0);
  });

describe.each([
  ["fractions of a second", false],
  ["whole seconds", true],
])("with a boot clock in %s", (_name, wholeSeconds) => {
  const machineOf = (): Machine => Object.assign(new Machine(), { wholeSeconds });

  test("an hour of an awake machine whose clock is slewed is nothing", () => {
    const machine = machineOf();
    const watch = machine.watch();
    for (const slew of [500, -500, 0]) {
      const events = looks(machine, watch, 3_600, slew).filter((event) => Object.keys(event).length > 0);
      expect(events).toEqual([]);
    }
  });

  test("a sleep is told, with its length, once", () => {
    const machine = machineOf();
    const watch = machine.watch();
    looks(machine, watch, 7);
    machine.sleep(1_800_000);
    const [event, ...later] = looks(machine, watch, 5);
    expect(Math.abs((event?.sleptMs ?? 0) - 1_800_000)).toBeLessThanOrEqual(1_000);
    expect(event).not.toHaveProperty("wallStepMs");
    expect(later).toEqual([{}, {}, {}, {}]);
  });

  test("a clock that is set, forward or back, is a step and no sleep", () => {
    for (const step of [3_000, -3_000, 3_600_000, -86_400_000]) {
      const machine = machineOf();
      const watch = machine.watch();
      looks(machine, watch, 3);
      machine.wallMs += step;
      const [event, ...later] = looks(machine, watch, 3);
      expect(Object.keys(event ?? {})).toEqual(["wallStepMs"]);
      expect(Math.abs((event?.wallStepMs ?? 0) - step)).toBeLessThanOrEqual(1);
      expect(later).toEqual([{}, {}]);
    }
  });

  test("a sleep after which the clock is set is both", () => {
    const machine = machineOf();
    const watch = machine.watch();
    looks(machine, watch, 3);
    machine.sleep(60_000);
    machine.wallMs -= 20_000;
    const [event] = looks(machine, watch, 1);
    expect(Math.abs((event?.sleptMs ?? 0) - 60_000)).toBeLessThanOrEqual(1_000);
    expect(Math.abs((event?.wallStepMs ?? 0) + 20_000)).toBeLessThanOrEqual(1_000);
  });

  test("a boot clock that leaps alone, such as a container's that becomes its host's, is no sleep", () => {
    for (const leap of [40 * 86_400_000, -30_000_000]) {
      const machine = machineOf();
      const watch = machine.watch();
      looks(machine, watch, 3);
      machine.bootMs += leap;
      expect(looks(machine, watch, 4)).toEqual([{}, {}, {}, {}]);
      machine.sleep(60_000);
      const [event] = looks(machine, watch, 1);
      expect(Math.abs((event?.sleptMs ?? 0) - 60_000)).toBeLessThanOrEqual(1_000);
    }
  });

  test("a nap that is too short to be told from rounding is no step either", () => {
    const machine = machineOf();
    const watch = machine.watch();
    looks(machine, watch, 3);
    machine.sleep(900);
    expect(looks(machine, watch, 2)).toEqual([{}, {}]);
  });
});

describe("without a boot clock", () => {
  test.each([
    ["that throws", (machine: Machine) => void Object.assign(machine, { bootFails: true })],
    [
      "that stands still",
      (machine: Machine) => void Object.defineProperty(machine, "bootMs", { get: () => 7, set: () => {} }),
    ],
    [
      "that says nothing",
      (machine: Machine) => void Object.defineProperty(machine, "bootMs", { get: () => Number.NaN, set: () => {} }),
    ],
  ])("%s a long leap of the wall clock is a sleep, a short one and one back are steps", (_name, breakIt) => {
    for (const [leap, expected] of [
      [600_000, { sleptMs: 600_000 }],
      [4_000, { wallStepMs: 4_000 }],
      [-600_000, { wallStepMs: -600_000 }],
    ] as const) {
      const machine = new Machine();
      breakIt(machine);
      const watch = machine.watch();
      expect(looks(machine, watch, 10)).toEqual(Array(10).fill({}));
      machine.wallMs += leap;
      const [event, after] = looks(machine, watch, 2);
      expect(Object.keys(event ?? {})).toEqual(Object.keys(expected));
      const by = Object.values(event ?? {})[0] ?? 0;
      expect(Math.abs(by - leap)).toBeLessThanOrEqual(1);
      expect(after).toEqual({});
    }
  });
});

describe("where the monotonic clock counts what was slept", () => {
  test("a heart that stood still for half a minute tells; a busy machine does not", () => {
    const machine = Object.assign(new Machine(), { monotonicCountsSleep: true });
    const watch = machine.watch();
    looks(machine, watch, 3);
    machine.sleep(900_000);
    expect(watch.look(900_000)).toEqual({ sleptMs: 900_000 });
    machine.run(1_003);
    expect(watch.look(8_000)).toEqual({});
  });
});

describe("clocks that were not read at one moment", () => {
  test("are compared at the next look", () => {
    const machine = new Machine();
    const watch = machine.watch();
    machine.run(1_000);
    machine.readingMs = 5_000;
    machine.wallMs += 3_000;
    expect(watch.look(0)).toEqual({});
    machine.readingMs = 0;
    machine.run(1_000);
    expect(watch.look(0)).toEqual({ wallStepMs: 3_000 });
  });
});

test("the clocks of this machine are at peace with each other", async () => {
  const watch = new ClockWatch(systemClocks(() => performance.now()));
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(watch.look(0)).toEqual({});
});
