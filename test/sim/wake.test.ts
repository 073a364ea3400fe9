import { expect, test } from "vitest";
import { WakeState } from "../../src/sim/wake.js";

const NEVER = Number.POSITIVE_INFINITY;
const cold = { wakeMs: 1_000, idleAfterMs: NEVER, startCold: true, wakeMode: "hold" as const, capMs: NEVER };

test("every request during a wake waits for the same wake", () => {
  const wake = new WakeState(cold, 0);
  expect(wake.admit(100)).toEqual({ kind: "held", untilMs: 1_100 });
  expect(wake.admit(600)).toEqual({ kind: "held", untilMs: 1_100 });
  expect(wake.admit(1_100)).toEqual({ kind: "awake" });
});

test("it goes cold only after so long with nothing in flight", () => {
  const wake = new WakeState({ ...cold, startCold: false, idleAfterMs: 500 }, 0);
  expect(wake.admit(400)).toEqual({ kind: "awake" });
  expect(wake.admit(5_000)).toEqual({ kind: "awake" }); // the first one is still in flight
  wake.leave(6_000);
  wake.leave(6_100);
  expect(wake.admit(6_600)).toEqual({ kind: "awake" });
  wake.leave(7_000);
  expect(wake.admit(7_501)).toEqual({ kind: "held", untilMs: 8_501 });
});

test("a wake that nobody waited for counts as activity when it ends", () => {
  const wake = new WakeState({ ...cold, wakeMode: "503", idleAfterMs: 500 }, 0);
  expect(wake.admit(0)).toEqual({ kind: "refused", status: 503, retryAfterS: 1 });
  expect(wake.admit(1_400)).toEqual({ kind: "awake" });
});

test("past the cap a held request is refused at the cap, and the wake goes on", () => {
  const wake = new WakeState({ ...cold, capMs: 300 }, 0);
  expect(wake.admit(0)).toEqual({ kind: "capped", atMs: 300 });
  expect(wake.admit(800)).toEqual({ kind: "held", untilMs: 1_000 });
});

test("503 says how long is left, in whole seconds", () => {
  const wake = new WakeState({ ...cold, wakeMs: 4_200, wakeMode: "503" }, 0);
  expect(wake.admit(0)).toEqual({ kind: "refused", status: 503, retryAfterS: 5 });
  expect(wake.admit(3_900)).toEqual({ kind: "refused", status: 503, retryAfterS: 1 });
});
