import { describe, expect, it } from "vitest";
import type { CaptureSettings, EndpointRole, EndpointSettings } from "../../src/config/settings.js";
import type { GoldenCase } from "../../src/golden/golden-set.js";
import { buildPlan } from "../../src/plan/build.js";
import { estimatePlan } from "../../src/plan/estimate.js";
import type { Plan, PlannedRequest } from "../../src/plan/plan.js";
import { bodyOf as sentBody } from "../../src/plan/request.js";
import { QUICK } from "../config/capture-settings.js";
import { endpointSettings } from "../config/endpoint-settings.js";

const endpoint = (role: EndpointRole, more: Partial<EndpointSettings> = {}): EndpointSettings =>
  endpointSettings(role, { models: { default: `${role}-model` }, ...more });

const capture: CaptureSettings = { ...QUICK, rounds: 4, concurrency: 2, prefix: "unique" };

const goldenCase = (id: string, more: Partial<GoldenCase> = {}): GoldenCase => ({
  id,
  category: "chat",
  tags: [],
  detects: "",
  api: "chat",
  variants: ["stream"],
  repeat: 1,
  prefix: "unique",
  request: { messages: [{ role: "user", content: `question ${id}` }], max_tokens: 100, seed: 7 },
  expect: {},
  ...more,
});

const TEN = Array.from({ length: 10 }, (_, index) => goldenCase(`case-${index}`));

function plan(
  change: Partial<CaptureSettings> = {},
  cases: GoldenCase[] = TEN,
  endpoints: Partial<Record<EndpointRole, Partial<EndpointSettings>>> = {},
  seed = 1,
): Plan {
  return buildPlan({
    set: { name: "set", cases },
    endpoints: {
      baseline: endpoint("baseline", endpoints.baseline),
      candidate: endpoint("candidate", endpoints.candidate),
    },
    capture: { ...capture, ...change },
    seed,
    userAgent: "test",
  });
}

const bodyOf = (from: Plan, row: PlannedRequest) =>
  sentBody(from.requests[row.requestId] as Plan["requests"][string], row) as Record<string, unknown>;
const promptOf = (from: Plan, row: PlannedRequest): string =>
  (bodyOf(from, row).messages as { content: string }[])[0]?.content ?? "";
const warmReleases = (from: Plan) =>
  from.blocks.filter(({ phase }) => phase === "warm").flatMap(({ releases }) => releases);

describe("rounds and pairs", () => {
  it("sends every case once a round, to both endpoints in one release", () => {
    const made = plan();
    expect(made.rows).toHaveLength(80);
    for (const { rows } of warmReleases(made)) {
      const [a, b] = rows.map((id) => made.rows[id]);
      expect(a?.pairId).toBe(b?.pairId);
      expect(a?.caseId).toBe(b?.caseId);
      expect([a?.arm, b?.arm].sort()).toEqual(["baseline", "candidate"]);
    }
    for (let round = 0; round < 4; round++) {
      const ids = made.rows.filter((row) => row.round === round && row.arm === "baseline").map((row) => row.caseId);
      expect([...ids].sort()).toEqual(TEN.map(({ id }) => id).sort());
    }
  });

  it("is the same for a seed, and another for another: order of cases and of firing", () => {
    expect(plan().digest).toBe(plan().digest);
    expect(plan().digest).not.toBe(plan({}, TEN, {}, 2).digest);
    const many = plan({ rounds: 50 });
    const firing = warmReleases(many).map(({ rows }) => many.rows[rows[0] ?? 0]?.arm);
    const baselineFirst = firing.filter((arm) => arm === "baseline").length / firing.length;
    expect(baselineFirst).toBeGreaterThan(0.4);
    expect(baselineFirst).toBeLessThan(0.6);
    const orders = [0, 1].map((round) =>
      plan()
        .rows.filter((row) => row.round === round && row.arm === "baseline")
        .map((row) => row.caseId)
        .join(),
    );
    expect(orders[0]).not.toBe(orders[1]);
  });

  it("spreads rounds over time", () => {
    const starts = new Map<number, number>();
    const made = plan({ spreadMs: 8_000 });
    for (const { rows, notBeforeMs } of warmReleases(made))
      starts.set(made.rows[rows[0] ?? 0]?.round ?? -1, notBeforeMs);
    expect([...starts]).toEqual([
      [0, 0],
      [1, 2_000],
      [2, 4_000],
      [3, 6_000],
    ]);
  });

  it("plans both variants, repeats, and a case once, released first", () => {
    const made = plan({ once: ["long"] }, [
      ...TEN,
      goldenCase("both", { variants: ["stream", "body"] }),
      goldenCase("twice", { repeat: 2 }),
      goldenCase("long"),
    ]);
    const rowsOf = (id: string) => made.rows.filter((row) => row.caseId === id && row.arm === "baseline");
    expect(
      rowsOf("both")
        .map(({ variant }) => variant)
        .sort(),
    ).toEqual([...Array(4).fill("body"), ...Array(4).fill("stream")]);
    expect(rowsOf("twice")).toHaveLength(8);
    expect(rowsOf("long")).toHaveLength(1);
    expect(made.rows[warmReleases(made)[0]?.rows[0] ?? -1]?.caseId).toBe("long");
  });

  it("with the control on, has a second pair for each case, apart from the first", () => {
    const made = plan({ control: true });
    expect(made.rows).toHaveLength(160);
    const arms = warmReleases(made).map(({ rows }) =>
      rows
        .map((id) => made.rows[id]?.arm)
        .sort()
        .join(),
    );
    expect(new Set(arms)).toEqual(new Set(["baseline,candidate", "candidate2,control"]));
    const places = warmReleases(made).flatMap(({ rows }, index) =>
      made.rows[rows[0] ?? 0]?.caseId === "case-3" ? [index] : [],
    );
    expect(places.some((place, index) => index % 2 === 1 && place - (places[index - 1] ?? 0) > 1)).toBe(true);
  });

  it("in serial order never has both endpoints in one block: A B B A", () => {
    const made = plan({ order: "serial" });
    const sides = made.blocks.map(
      ({ releases }) => new Set(releases.flatMap(({ rows }) => rows.map((id) => made.rows[id]?.endpoint))),
    );
    expect(sides.every((side) => side.size === 1)).toBe(true);
    expect(sides.slice(0, 4).map((side) => [...side][0])).toEqual(["baseline", "candidate", "candidate", "baseline"]);
    expect(made.blocks.flatMap(({ releases }) => releases.flatMap(({ rows }) => rows)).sort((a, b) => a - b)).toEqual(
      made.rows.map(({ id }) => id),
    );
  });
});

describe("prompts", () => {
  it("carry a nonce that both arms share and no other pair does", () => {
    const made = plan();
    const nonces = new Map<number, Set<string>>();
    for (const row of made.rows) {
      const nonce = /^\[ref ([0-9a-f]{8})\]\nquestion/.exec(promptOf(made, row))?.[1] ?? "none";
      nonces.set(row.pairId, (nonces.get(row.pairId) ?? new Set()).add(nonce));
    }
    expect([...nonces.values()].every((set) => set.size === 1)).toBe(true);
    expect(new Set([...nonces.values()].map((set) => [...set][0])).size).toBe(40);
  });

  it("are stored once, however often they are sent", () => {
    const made = plan({ rounds: 9 });
    expect(made.rows).toHaveLength(180);
    // Ten cases at two endpoints.
    expect(Object.keys(made.requests)).toHaveLength(20);
    expect(Object.values(made.requests).some((template) => JSON.stringify(template).includes("[ref"))).toBe(false);
  });

  it("are as written where the run or the case shares prefixes", () => {
    const shared = plan({ prefix: "shared" });
    expect(promptOf(shared, shared.rows[0] as PlannedRequest)).toMatch(/^question/);
    const one = plan({}, [goldenCase("fixed", { prefix: "shared" }), goldenCase("free")]);
    for (const row of one.rows) expect(promptOf(one, row).startsWith("question")).toBe(row.caseId === "fixed");
  });
});

describe("what an endpoint is sent", () => {
  const first = (made: Plan, role: EndpointRole) =>
    bodyOf(made, made.rows.find((row) => row.endpoint === role) as PlannedRequest);

  it("is its model, streaming with usage, and its own differences", () => {
    const made = plan({}, TEN, {
      candidate: {
        rename: { max_tokens: "max_completion_tokens" },
        omit: ["seed"],
        extra: { reasoning_effort: "low" },
        streamUsage: false,
      },
    });
    expect(first(made, "baseline")).toMatchObject({
      model: "baseline-model",
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 100,
      seed: 7,
    });
    const candidate = first(made, "candidate");
    expect(candidate).toMatchObject({
      model: "candidate-model",
      stream: true,
      max_completion_tokens: 100,
      reasoning_effort: "low",
    });
    expect(candidate).not.toHaveProperty("max_tokens");
    expect(candidate).not.toHaveProperty("seed");
    expect(candidate).not.toHaveProperty("stream_options");
  });

  it("goes to the path below the base address, uncompressed, without a key", () => {
    const made = plan({}, TEN, { baseline: { baseUrl: "https://x.example/openai/v1", query: "?api-version=1" } });
    const template = made.requests[made.rows.find((row) => row.endpoint === "baseline")?.requestId ?? ""];
    expect(template?.path).toBe("/openai/v1/chat/completions");
    expect(JSON.stringify(made)).not.toContain("api-version");
    expect(template?.headers["accept-encoding"]).toBe("identity");
    expect(Object.keys(template?.headers ?? {})).not.toContain("authorization");
  });

  it("uses models by category and tag; a case without a model is not tested", () => {
    const cases = [
      goldenCase("plain"),
      goldenCase("sees", { category: "vision" }),
      goldenCase("tagged", { tags: ["big"] }),
      goldenCase("vector", { api: "embeddings", category: "embeddings", variants: ["body"], request: { input: "x" } }),
    ];
    const made = plan({ rounds: 1 }, cases, {
      baseline: { models: { default: "d", vision: "v", big: "b" } },
      candidate: { models: { default: "d", vision: null, embeddings: "e" } },
    });
    const models = Object.fromEntries(
      made.rows.filter((row) => row.endpoint === "baseline").map((row) => [row.caseId, bodyOf(made, row).model]),
    );
    expect(models).toEqual({ plain: "d", tagged: "b" });
    expect(made.notTested.map(({ caseId, endpoint: side }) => `${caseId} ${side}`)).toEqual([
      "sees candidate",
      "vector baseline",
    ]);
  });
});

describe("phases", () => {
  it("wake only what sleeps, warm up, go solo, then the rounds", () => {
    const made = plan(
      { warmup: 2, solo: { requests: 3, maxTokens: 50 } },
      [...TEN, goldenCase("long", { tags: ["solo"], request: { messages: [], max_tokens: 4_000 } })],
      {
        candidate: { wake: { budgetMs: 1, capMs: 2 } },
      },
    );
    expect(made.blocks.map(({ phase, concurrency, releases }) => [phase, concurrency, releases.length])).toEqual([
      ["cold", 1, 1],
      ["warmup", 1, 2],
      ["solo", 1, 3],
      ["warm", 2, 44],
    ]);
    expect(made.rows.filter(({ phase }) => phase === "cold").map(({ endpoint: side }) => side)).toEqual(["candidate"]);
    const solo = made.rows.find(({ phase }) => phase === "solo") as PlannedRequest;
    expect([solo.caseId, bodyOf(made, solo).max_tokens]).toEqual(["long", 50]);
  });
});

describe("the estimate", () => {
  it("counts requests, tokens by limit, and cost with all retries", () => {
    const price = { inputPerMTok: 1_000_000, outputPerMTok: 2_000_000 };
    const endpoints = { baseline: endpoint("baseline", { price }), candidate: endpoint("candidate") };
    const made = plan({ prefix: "shared" });
    const estimate = estimatePlan(made, { name: "set", cases: TEN }, endpoints, 3);
    expect(estimate.endpoints.baseline.requests).toBe(40);
    expect(estimate.endpoints.baseline.maxOutputTokens).toBe(4_000);
    const { inputTokens, outputTokens, cost, maxCost } = estimate.endpoints.baseline;
    expect(cost).toBe(inputTokens + 2 * outputTokens);
    expect(maxCost).toBe(3 * (inputTokens + 8_000));
    expect(estimate.endpoints.candidate.cost).toBeNull();
  });
});

describe("a plan that cannot be", () => {
  it("is refused: no model on both sides, or an unknown case to send once", () => {
    expect(() => plan({}, TEN, { baseline: { models: {} } })).toThrow(/no case has a model on both endpoints/);
    expect(() => plan({ once: ["nope"] })).toThrow(/capture\.once names "nope", which is no case/);
  });
});

describe("arrivals", () => {
  const arrivals = { shape: { kind: "constant" }, rate: 4, maxInFlight: 50, whenFull: "drop" } as const;

  it("give every pair of the rounds a time, in the order that a closed loop has", () => {
    const open = plan({ arrivals });
    const block = open.blocks.at(-1);
    expect(block).toMatchObject({ phase: "warm", concurrency: 50, open: { whenFull: "drop" } });
    expect(block?.releases.map(({ notBeforeMs }) => notBeforeMs)).toEqual(
      Array.from({ length: 40 }, (_, index) => 125 + 250 * index),
    );
    const closed = plan().blocks.at(-1);
    expect(block?.releases.map(({ rows }) => rows)).toEqual(closed?.releases.map(({ rows }) => rows));
  });

  it("rise evenly, and follow a trace for as long as it takes", () => {
    const rising = plan({ arrivals: { ...arrivals, rate: 2, toRate: 8 } }).blocks.at(-1)?.releases ?? [];
    const gaps = rising.slice(1).map(({ notBeforeMs }, index) => notBeforeMs - (rising[index]?.notBeforeMs ?? 0));
    expect(gaps[0]).toBeGreaterThan(2.5 * (gaps.at(-1) as number));
    // 40 pairs at 5 a second on average.
    expect(rising.at(-1)?.notBeforeMs).toBeLessThanOrEqual(8_000);
    expect(rising.at(-1)?.notBeforeMs).toBeGreaterThan(7_800);
    const shape = { kind: "trace", arrivals: [{ atMs: 0 }, { atMs: 30 }] } as const;
    const traced = plan({ arrivals: { shape, maxInFlight: 50, whenFull: "wait" } }).blocks.at(-1);
    expect(traced?.releases.slice(0, 4).map(({ notBeforeMs }) => notBeforeMs)).toEqual([0, 30, 60, 90]);
  });
});
