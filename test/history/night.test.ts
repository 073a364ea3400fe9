import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { ArrivalSettings } from "../../src/config/settings.js";
import { nightOf, nightSchema } from "../../src/history/night.js";
import { differingSettings, measuredSettings } from "../../src/history/settings-facts.js";
import { storedCapture } from "../../src/plan/load/stored.js";
import type { HeaderLine } from "../../src/recording/recording.js";
import { judgeExchanges, score } from "../../src/score.js";
import { exchange, headerLine } from "../recording/exchange-builder.js";
import { answer, CASES, failed, usual, wobble, writeRun } from "./recordings.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-night-"));
afterAll(() => rmSync(folder, { recursive: true }));

const nightFrom = (path: string, vantage?: string) => {
  const { frame, exchanges } = judgeExchanges(path);
  return nightOf({ summary: score(path).summary, header: frame.header, exchanges, vantage });
};

describe("a night", () => {
  const price = { inputPerMTok: 100, outputPerMTok: 1_000 };
  const base = headerLine();
  const run = writeRun(
    folder,
    "run",
    (place) =>
      place.role === "candidate" && place.caseId === "two"
        ? failed()
        : answer({ ttftMs: 1_000 * wobble(place.caseId, place.round), model: "x".repeat(500) }),
    { header: { endpoints: { ...base.endpoints, baseline: { ...base.endpoints.baseline, price } } } },
  );
  const night = nightFrom(run, "ci");

  it("is kept in a line that is read back as it was", () => {
    expect(nightSchema.parse(JSON.parse(JSON.stringify(night)))).toEqual(night);
    expect(night).toMatchObject({ runId: "run", vantage: { host: "bench-02", name: "ci" }, whole: true, valid: true });
  });

  it("costs what all its exchanges cost: 40 × (10 × $100 + 6 × $1,000) a million; null without a price", () => {
    expect(night.cost).toEqual({ baseline: expect.closeTo((40 * (10 * 100 + 6 * 1_000)) / 1e6, 6), candidate: null });
  });

  it("pays for every arm: a control doubles it", () => {
    const { frame, exchanges } = judgeExchanges(run);
    const control = exchanges.map((each) => ({ ...each, arm: "control" as const }));
    const { summary } = score(run);
    const doubled = nightOf({ summary, header: frame.header, exchanges: [...exchanges, ...control] });
    expect(doubled.cost.baseline).toBeCloseTo(2 * (night.cost.baseline ?? 0), 6);
  });

  it("has tails, shifts, counts and regressions as the report has them", () => {
    const { metrics, rates } = score(run).summary;
    expect(night.metrics.ttft).toMatchObject({
      baseline: { n: 40, failed: 0, p50: metrics.ttft?.warm?.baseline?.p50 },
      candidate: { n: 40, failed: 10 },
      shift: { ratio: metrics.ttft?.warm?.shift?.ratio, doubtful: true },
    });
    expect(night.rates.errors).toEqual({
      baseline: { count: 0, of: 40 },
      candidate: { count: 10, of: 40 },
      better: "lower",
      difference: rates.errors?.difference?.value,
    });
    expect(night.regressions).toEqual([{ caseId: "two", severity: "breaks" }]);
  });

  it("keeps what an endpoint called itself in bounds", () => {
    expect(night.endpoints.baseline.modelsSeen).toEqual([`${"x".repeat(199)}…`]);
    const many = writeRun(folder, "many", ({ caseId, round }) =>
      answer({ ttftMs: 1_000, model: `m-${caseId}-${round}` }),
    );
    expect(nightFrom(many).endpoints.candidate.modelsSeen).toHaveLength(20);
  });

  it("of a run that was killed is not whole", () => {
    const rows = headerLine(
      CASES,
      Array.from({ length: 9 }, (_, id) => exchange([failed()], { id })),
    ).plan;
    const path = writeRun(folder, "part", usual(), { rounds: 1, header: { plan: rows } });
    expect(nightFrom(path).whole).toBe(false);
  });
});

describe("the settings of a night", () => {
  const header = (body: Record<string, unknown>, more: Partial<HeaderLine> = {}): HeaderLine => ({
    ...headerLine(CASES, [exchange([failed()])]),
    requests: { r: { method: "POST", path: "/v1/chat/completions", headers: { "user-agent": "twintail/1" }, body } },
    ...more,
  });
  const plain = measuredSettings(header({ messages: ["[ref 0123abcd]\nhello"], temperature: 0 }));

  it("do not change with prompts, nonces, seed, rounds, gates, prices or this program's version", () => {
    const other = header({ messages: ["[ref ffffffff]\nhello"], temperature: 0, model: "another" });
    const { capture } = other;
    const same = measuredSettings({
      ...other,
      seed: 99,
      judge: { gates: [{ text: "ttft p95 < 1s", line: 1, column: 1 }] },
      capture: { ...capture, rounds: 99, seed: 99, maxCost: 1, maxCostPerMonth: 2 },
      requests: {
        r: { ...(other.requests.r as HeaderLine["requests"][string]), headers: { "user-agent": "twintail/2" } },
      },
    });
    expect(same.digest).toBe(plain.digest);
    // A nonce also stands where `rename` moved the prompt.
    const renamed = (nonce: string) => measuredSettings(header({ system_prompt: `[ref ${nonce}]\nhello` })).digest;
    expect(renamed("0123abcd")).toBe(renamed("ffffffff"));
  });

  it("change with what is sent beside the prompts, and with how it is sent; and are named", () => {
    const extra = measuredSettings(header({ messages: [], temperature: 0, reasoning_effort: "low" }));
    expect(differingSettings(plain.facts, extra.facts)).toEqual(["endpoints.baseline requests"]);
    const base = header({ messages: [], temperature: 0 });
    const capture = { ...base.capture, concurrency: 9, timeouts: { ...base.capture.timeouts, totalMs: 1 } };
    const proxied = { ...base.endpoints.candidate, proxy: "http://proxy:3128" };
    const changed = measuredSettings({ ...base, capture, endpoints: { ...base.endpoints, candidate: proxied } });
    expect(differingSettings(plain.facts, changed.facts)).toEqual([
      "concurrency",
      "endpoints.candidate.proxy",
      "timeouts",
    ]);
    expect(changed.digest).not.toBe(plain.digest);
  });

  it("change with when requests come: a loop that is open, its rate, and its trace", () => {
    const base = header({ messages: [], temperature: 0 });
    const at = (arrivals: Partial<ArrivalSettings>) => {
      const whole = { shape: { kind: "poisson" }, maxInFlight: 9, whenFull: "drop", ...arrivals } as const;
      return measuredSettings({ ...base, capture: storedCapture({ ...base.capture, arrivals: whole }) });
    };
    const trace = (gapMs: number) => at({ shape: { kind: "trace", arrivals: [{ atMs: 0 }, { atMs: gapMs }] } });
    expect(differingSettings(plain.facts, at({ rate: 4 }).facts)).toEqual(["arrivals"]);
    expect(differingSettings(at({ rate: 4 }).facts, at({ rate: 5 }).facts)).toEqual(["arrivals"]);
    expect(differingSettings(trace(10).facts, trace(5).facts)).toEqual(["arrivals"]);
    expect(trace(10).digest).toBe(trace(10).digest);
  });
});
