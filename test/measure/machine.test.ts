import { expect, it } from "vitest";
import { passedLimits } from "../../src/measure/machine.js";

it("says what passed its limit, and of what hardly did not that it is the limit", () => {
  const stalls = (value: number) =>
    passedLimits([{ name: "stalls", value, limit: 0.01, unit: "share", ok: value <= 0.01, remedy: "close something" }]);
  expect(stalls(0.009)).toBeNull();
  expect(stalls(0.043)).toBe("stalls 4.3 %, above the limit of 1 %: close something");
  expect(stalls(0.01003)).toBe("stalls a little above the limit of 1 %: close something");
});
