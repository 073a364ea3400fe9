/** What is said of a goodput that is not there. */
import { expect, it } from "vitest";
import { goodputText } from "../../src/report/sweep-decision.js";
import type { SweepPoint } from "../../src/report/sweep-summary.js";
import { sweepSummary, swept, sweptPoint } from "../capacity/plan/sweeps.js";

const slo = (state: SweepPoint["slo"]["state"]): Partial<SweepPoint> => ({ slo: { state, terms: [], goodPerS: 0 } });
const text = (...points: SweepPoint[]): string => goodputText(swept({ goodput: null, points }), sweepSummary().load);

it("held at no load is said where every load that can be trusted missed it", () => {
  expect(text(sweptPoint(0, 2, slo("missed")), sweptPoint(1, 4, slo("missed")))).toBe("held at no load");
  expect(text(sweptPoint(0, 2, slo("missed")), sweptPoint(1, 4, slo("unsure")))).toBe("not known");
  expect(text(sweptPoint(0, 2, { ...slo("missed"), trusted: false }))).toBe("not known");
  expect(text(sweptPoint(0, 2, { ...slo("missed"), state: "rate-limited" }))).toBe("not known");
  expect(text(sweptPoint(0, 2, { ...slo("met"), trusted: false }), sweptPoint(1, 4, slo("missed")))).toBe(
    "held at no load",
  );
});
