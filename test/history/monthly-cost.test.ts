import { describe, expect, it } from "vitest";
import { parseSettings } from "../../src/config/load.js";
import { refuseOverMonthlyCost } from "../../src/history/monthly-cost.js";
import { night } from "./nights.js";

const NOW = Date.parse("2026-02-10T02:00:00.000Z");
const tonight = { baseline: 1, candidate: 0.5 };
const costing = (index: number, baseline: number | null, candidate: number | null) =>
  night(index, { more: { cost: { baseline, candidate } } });

describe("the month's money", () => {
  // The first of January is 40 days before now, the eleventh 30: it has just left the month.
  const nights = [costing(0, 50, 50), costing(10, 50, 50), costing(11, 2, 1), costing(30, 2, 1)];

  it("is what the nights of the last 30 days cost, and tonight's estimate", () => {
    expect(() => refuseOverMonthlyCost({ nights, nowMs: NOW, tonight, limit: 7.5 })).not.toThrow();
    expect(() => refuseOverMonthlyCost({ nights, nowMs: NOW, tonight, limit: 7.49 })).toThrow(
      "capture.maxCostPerMonth: 2 nights of the last 30 days cost $6.00, and this run about $1.50: more than maxCostPerMonth $7.49; lower capture.rounds or the cases' max_tokens, run on fewer nights, or raise maxCostPerMonth",
    );
  });

  it("takes a night that could not tell its cost for as dear as tonight", () => {
    const unknown = [costing(30, null, null)];
    expect(() => refuseOverMonthlyCost({ nights: unknown, nowMs: NOW, tonight, limit: 2.99 })).toThrow(/cost \$1\.50/);
    expect(() => refuseOverMonthlyCost({ nights: unknown, nowMs: NOW, tonight, limit: 3 })).not.toThrow();
  });

  it("refuses a first night that is dearer alone", () => {
    expect(() => refuseOverMonthlyCost({ nights: [], nowMs: NOW, tonight, limit: 1 })).toThrow(/0 nights/);
  });
});

describe("capture.maxCostPerMonth", () => {
  const settings = (price: string) =>
    parseSettings(
      `goldens: set.yaml
endpoints:
  baseline: { baseUrl: "http://127.0.0.1:1/v1", models: { default: m }${price} }
  candidate: { baseUrl: "http://127.0.0.1:1/v1", models: { default: m }${price} }
capture: { maxCostPerMonth: 40 }
`,
      "/nowhere",
    );

  it("is kept, and needs prices", () => {
    const price = ", price: { inputPerMTok: 1, outputPerMTok: 2 }";
    expect(settings(price).capture.maxCostPerMonth).toBe(40);
    expect(() => settings("")).toThrow(
      "twintail.yaml:5:12: maxCostPerMonth is set but the baseline has no price per token; give endpoints.baseline.price inputPerMTok and outputPerMTok, or remove maxCostPerMonth",
    );
  });
});
