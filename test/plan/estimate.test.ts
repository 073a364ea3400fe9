/** How long a plan takes where endpoints have limits, or are waited for until they sleep; what a row may cost. */
import { describe, expect, test } from "vitest";
import type { EndpointRole, EndpointSettings } from "../../src/config/settings.js";
import type { GoldenCase } from "../../src/golden/golden-set.js";
import { buildPlan } from "../../src/plan/build.js";
import { estimatePlan, mostTokens, type PlanEstimate } from "../../src/plan/estimate.js";
import type { Plan } from "../../src/plan/plan.js";
import { apiOf, buildRequest } from "../../src/plan/request.js";
import { QUICK } from "../config/capture-settings.js";
import { endpointSettings } from "../config/endpoint-settings.js";

const endpoint = (role: EndpointRole, more: Partial<EndpointSettings> = {}): EndpointSettings =>
  endpointSettings(role, { models: { default: "m", embeddings: "e" }, ...more });

const goldenCase = (id: string, more: Partial<GoldenCase> = {}): GoldenCase => ({
  id,
  category: "chat",
  tags: [],
  detects: "",
  api: "chat",
  variants: ["stream"],
  repeat: 1,
  prefix: "shared",
  request: { messages: [{ role: "user", content: "x".repeat(400) }], max_tokens: 100 },
  expect: {},
  ...more,
});

const TEN = Array.from({ length: 10 }, (_, index) => goldenCase(`case-${index}`));

function planned(more: Partial<Record<EndpointRole, Partial<EndpointSettings>>>, change?: (plan: Plan) => Plan) {
  const endpoints = { baseline: endpoint("baseline", more.baseline), candidate: endpoint("candidate", more.candidate) };
  const set = { name: "set", cases: TEN };
  const capture = { ...QUICK, rounds: 12, concurrency: 4 };
  const built = buildPlan({ set, endpoints, capture, seed: 1, userAgent: "test" });
  const plan = change?.(built) ?? built;
  return { plan, estimate: estimatePlan(plan, set, endpoints, 1) };
}

const minutesOf = ({ minutes, limitedBy }: PlanEstimate) => [minutes, limitedBy?.limit, limitedBy?.endpoint];

describe("minutes", () => {
  const free = planned({}).estimate.minutes;

  test("are what streams take where no limit is in the way", () => {
    expect(free).toBeLessThan(2);
    expect(planned({}).estimate.limitedBy).toBeNull();
    // A hundred and twenty requests at an endpoint: six hundred a minute are no limit.
    expect(minutesOf(planned({ candidate: { limits: { rpm: 600 } } }).estimate)).toEqual([free, undefined, undefined]);
  });

  test("are those of the slower limit: the first minute's worth goes at once", () => {
    const one = planned({ candidate: { limits: { rpm: 12 } } }).estimate;
    expect(minutesOf(one)).toEqual([9, "rpm", "candidate"]);
    expect(one.limitedBy?.minutesWithout).toBe(free);
    expect(
      minutesOf(planned({ baseline: { limits: { rpm: 6 } }, candidate: { limits: { rpm: 12 } } }).estimate),
    ).toEqual([19, "rpm", "baseline"]);
  });

  test("count tokens as what may come at most", () => {
    const { plan } = planned({});
    const { input, limit } = mostTokens(plan)[0] ?? { input: 0, limit: 0 };
    expect(limit).toBe(100);
    expect(input).toBeGreaterThan(100);
    const perMinute = 10 * (input + limit);
    expect(minutesOf(planned({ baseline: { limits: { tpm: perMinute, rpm: 60 } } }).estimate)).toEqual([
      11,
      "tpm",
      "baseline",
    ]);
  });

  test("have the wait before a cold trial in them, where nothing else puts the endpoint to sleep", () => {
    const wake = { budgetMs: 1, capMs: 2, idleAfterMs: 900_000 };
    const asleep = (plan: Plan): Plan => ({
      ...plan,
      blocks: plan.blocks.map((block) => (block.phase === "cold" ? { ...block, asleep: ["candidate"] } : block)),
    });
    const awake = planned({ candidate: { wake } }).estimate.minutes;
    expect(planned({ candidate: { wake } }, asleep).estimate.minutes - awake).toBeCloseTo(15, 6);
    const scaleDown = { kind: "command", command: ["true"], timeoutMs: 1 } as const;
    expect(planned({ candidate: { wake, scaleDown } }, asleep).estimate.minutes).toBe(awake);
  });
});

describe("the API of a body", () => {
  test.each([
    ["chat", { messages: [] }, "stream"],
    ["completions", { prompt: "x" }, "body"],
    ["responses", { input: "x" }, "stream"],
    ["responses", { input: "x" }, "body"],
    ["embeddings", { input: "x" }, "body"],
  ] as const)("of %s is known again from %j as a %s, whatever its path", (api, request, variant) => {
    const { template } = buildRequest(
      endpoint("baseline", { paths: { [api]: "/elsewhere" } }),
      goldenCase("one", { api, request }),
      { variant, model: "m", userAgent: "test" },
    );
    expect(apiOf(template.body)).toBe(api);
  });
});
