/** What is kept of an exchange is smaller than what was measured, and says the same. */
import { describe, expect, it } from "vitest";
import type { CheckOutcome } from "../../src/check/finding.js";
import { METRICS } from "../../src/measure/catalogue.js";
import { HeldBack } from "../../src/measure/held-back.js";
import { KeptOnce } from "../../src/measure/kept-once.js";
import type { Measurement } from "../../src/measure/metric.js";
import { ScalarRows } from "../../src/measure/scalars.js";

const measured = (known: Readonly<Record<string, Measurement>>) =>
  new Map(METRICS.map((metric) => [metric, known[metric.name] ?? { none: "no usage" }]));

const known: Readonly<Record<string, Measurement>> = {
  ttft: { values: [120] },
  chunk_gap: { values: [5, 1, 9, 3] },
  stall: { values: [9] },
  e2e: { none: "timeout", failed: true },
  cost: { values: [0] },
};
const some = measured(known);

describe("the scalars of an exchange", () => {
  const rows = new ScalarRows();
  const scalars = rows.of(some);

  it("are the value, the median of many, or why there is none", () => {
    expect(scalars.get("ttft")).toEqual({ value: 120 });
    expect(scalars.get("chunk_gap")).toEqual({ value: 4 });
    expect(rows.of(measured({ chunk_gap: { values: [7, 1, 3] } })).get("chunk_gap")).toEqual({ value: 3 });
    expect(scalars.get("cost")).toEqual({ value: 0 });
    expect(scalars.get("e2e")).toEqual({ none: "timeout", failed: true });
    expect(scalars.get("input_tokens")).toEqual({ none: "no usage", failed: false });
    expect(scalars.get("no_metric")).toBeUndefined();
  });

  it("of another exchange lack values for reasons of their own", () => {
    const other = rows.of(measured({ ...known, e2e: { none: "timeout" } }));
    expect(other.get("e2e")).toEqual({ none: "timeout", failed: false });
    expect(scalars.get("e2e")).toEqual({ none: "timeout", failed: true });
  });
});

describe("what is held back until all was seen", () => {
  it("comes back as it was measured", () => {
    const held = new HeldBack(some, new ScalarRows().of(some));
    expect([...held.measurements()]).toEqual([...some]);
  });
});

describe("what is kept once", () => {
  const check = (met: boolean, detail: string): CheckOutcome => ({
    judged: true,
    met,
    expectations: [{ name: "contains", met, detail }],
    toolCalls: null,
    jsonValid: null,
  });

  it("is one outcome for all that are alike and met, and each of those that are not", () => {
    const once = new KeptOnce();
    const [first, second] = [check(true, ""), check(true, "")];
    expect(once.check(first)).toBe(first);
    expect(once.check(second)).toBe(first);
    const unmet = check(false, "saw another word");
    expect(once.check(unmet)).toBe(unmet);
    expect(once.check({ ...second, jsonValid: true })).toMatchObject({ jsonValid: true });
  });

  it("keeps lists that say something", () => {
    const once = new KeptOnce();
    expect(once.list([])).toEqual([]);
    expect(once.list([null])).toEqual([null]);
    const two = [null, { kind: "timeout" }];
    expect(once.list(two)).toBe(two);
  });
});
