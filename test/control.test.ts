/** The control arm, from the plan to the report: A, A′, B and B′, and what they show of a setup. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  parseSettings,
  prepareRun,
  readRecording,
  run,
  type SimProcess,
  type Summary,
  score,
  startSimProcess,
} from "../dist/index.js";
import { controlPairs } from "../src/compare/control.js";
import { sampleOf } from "../src/measure/sample.js";
import { measureAll, scoredExchange } from "../src/measure/scored.js";
import type { Arm, PlannedRequest, RequestTemplate } from "../src/plan/plan.js";
import { bodyOf } from "../src/plan/request.js";
import type { Exchange, HeaderLine } from "../src/recording/recording.js";
import { chunk, LAST_CHUNK, type RawServer, rawServer, SSE_HEAD } from "./capture/harness.js";
import { content, finish, usage } from "./recording/exchange-builder.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-control-"));
const CASES = 6;
const ROUNDS = 6;
const goldens = join(folder, "set.yaml");
writeFileSync(
  goldens,
  `name: small
defaults: { temperature: 0, max_tokens: 40, stream: true }
cases:
${Array.from(
  { length: CASES },
  (_, index) => `  - id: case-${index}
    category: closed-form
    detects: nothing
    request: { messages: [{ role: user, content: "Question ${index}?" }] }
    expect: { icontains: oslo }
    reference: Oslo, of course.
`,
).join("")}`,
);

let sims: [SimProcess, SimProcess];
beforeAll(async () => {
  sims = await Promise.all([
    startSimProcess({ tier: "h100x2", goldens }),
    startSimProcess({ tier: "h100x2", goldens, seed: 2 }),
  ]);
});
const servers: RawServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});
afterAll(async () => {
  await Promise.all(sims.map((sim) => sim.stop()));
  rmSync(folder, { recursive: true });
});

interface Recorded {
  readonly file: string;
  readonly summary: Summary;
  readonly header: HeaderLine;
  /** Of phase warm, by the moment of their release. */
  readonly exchanges: readonly Exchange[];
}

let runs = 0;
async function recorded(baseline: string, candidate: string, capture: string): Promise<Recorded> {
  const settings = parseSettings(
    `goldens: ${goldens}
endpoints:
  baseline: { baseUrl: "${baseline}", models: { default: m } }
  candidate: { baseUrl: "${candidate}", models: { default: m } }
capture: { rounds: ${ROUNDS}, control: true, warmup: 0, solo: { requests: 0 }, retry: { attempts: 1 }, seed: 3, ${capture} }
`,
    folder,
  );
  const { recording, report } = await run(prepareRun(settings), { resultsFolder: join(folder, `results-${runs++}`) });
  const exchanges: Exchange[] = [];
  const { header } = readRecording(recording, (exchange) => exchanges.push(exchange));
  exchanges.sort((a, b) => a.releasedAtNs - b.releasedAtNs);
  return { file: recording, summary: report.summary, header, exchanges };
}

const endOf = ({ attempts }: Exchange): number => attempts.at(-1)?.endedAtNs ?? 0;
const placeOf = ({ round, caseId, variant, repeat }: Exchange): string => [round, caseId, variant, repeat].join(" ");

/** Exchanges that were under way when one was released, itself included. */
const underWay = (exchanges: readonly Exchange[], at: Exchange): Exchange[] =>
  exchanges.filter((each) => each.releasedAtNs <= at.releasedAtNs && endOf(each) > at.releasedAtNs);

const ENDPOINT = {
  baseline: "baseline",
  control: "baseline",
  candidate: "candidate",
  candidate2: "candidate",
} as const;

function expectFourArms({ exchanges, header }: Recorded): void {
  const places = new Map<string, Exchange[]>();
  for (const exchange of exchanges) {
    expect(exchange.endpoint).toBe(ENDPOINT[exchange.arm]);
    places.set(placeOf(exchange), [...(places.get(placeOf(exchange)) ?? []), exchange]);
  }
  expect(places.size).toBe(CASES * ROUNDS);
  for (const four of places.values()) {
    const by = Object.fromEntries(four.map((each) => [each.arm, each])) as Record<Arm, Exchange>;
    expect(four.map(({ arm }) => arm).sort()).toEqual(["baseline", "candidate", "candidate2", "control"]);
    expect(by.baseline.pairId).toBe(by.candidate.pairId);
    expect(by.control.pairId).toBe(by.candidate2.pairId);
    expect(by.control.pairId).not.toBe(by.baseline.pairId);
    // A prompt of its own: what the first pair left in a prefix cache must not answer the second.
    const promptOf = ({ id, requestId }: Exchange) =>
      JSON.stringify(bodyOf(header.requests[requestId] as RequestTemplate, header.plan[id] as PlannedRequest).messages);
    expect(promptOf(by.candidate)).toBe(promptOf(by.baseline));
    expect(promptOf(by.candidate2)).toBe(promptOf(by.control));
    expect(promptOf(by.control)).not.toBe(promptOf(by.baseline));
  }
}

/** The pairs of an endpoint with itself, made as scoring makes them, from exchanges in any order. */
function pairsWithItself({ exchanges, header }: Recorded, side: "baseline" | "candidate") {
  const cases = new Map(header.goldenSet.cases.map((each) => [each.id, each]));
  const scored = exchanges.map((exchange) => {
    const sample = sampleOf(exchange, cases.get(exchange.caseId) as never, header);
    return scoredExchange(sample, measureAll(sample), null, { text: false, sketch: true });
  });
  return controlPairs(scored.reverse(), side);
}

describe.each([
  ["random", 1],
  ["random", 3],
  ["serial", 2],
] as const)("in %s order, %i in flight, the control", (order, concurrency) => {
  let made: Recorded;
  beforeAll(async () => {
    made = await recorded(sims[0].baseUrl, sims[1].baseUrl, `order: ${order}, concurrency: ${concurrency}`);
  }, 60_000);

  it("sends each case of a round to both endpoints twice, in two pairs with prompts of their own", () => {
    expectFourArms(made);
    expect(made.exchanges).toHaveLength(4 * CASES * ROUNDS);
  });

  it("loads both endpoints alike: never three at once where a pair is two", () => {
    for (const exchange of made.exchanges) {
      const now = underWay(made.exchanges, exchange);
      const at = (endpoint: string) => now.filter((each) => each.endpoint === endpoint).length;
      expect(Math.max(at("baseline"), at("candidate"))).toBeLessThanOrEqual(concurrency);
      if (order === "serial") expect(Math.min(at("baseline"), at("candidate"))).toBe(0);
      const mates = made.exchanges.filter(({ pairId }) => pairId === exchange.pairId);
      if (order === "random") {
        expect(new Set(mates.map(({ releasedAtNs }) => releasedAtNs)).size).toBe(1);
        if (concurrency === 1) expect(new Set(now.map(({ pairId }) => pairId)).size).toBe(1);
      }
    }
  });

  it("stands at random places of a round: before the pair it is held against as often as after", () => {
    const first = new Map<string, Arm>();
    for (const exchange of made.exchanges) {
      if (exchange.endpoint === "baseline" && !first.has(placeOf(exchange))) first.set(placeOf(exchange), exchange.arm);
    }
    const before = [...first.values()].filter((arm) => arm === "control").length;
    // 36 fair coins leave this range once in 70,000 seeds.
    expect(before).toBeGreaterThan(5);
    expect(before).toBeLessThan(31);
  });

  it.each(["baseline", "candidate"] as const)("pairs each answer of the %s with the other of that place", (side) => {
    const pairs = pairsWithItself(made, side);
    expect(pairs).toHaveLength(CASES * ROUNDS);
    for (const { baseline, candidate, control } of pairs) {
      const arms = side === "baseline" ? ["baseline", "control"] : ["candidate", "candidate2"];
      expect([baseline?.arm, candidate?.arm]).toEqual(arms);
      expect([baseline?.round, baseline?.caseId]).toEqual([candidate?.round, candidate?.caseId]);
      expect([baseline?.endpoint, candidate?.endpoint, control]).toEqual([side, side, false]);
    }
  });

  it("is in the report beside the comparison, and no part of it", () => {
    const { control, metrics, rates } = made.summary;
    for (const side of ["baseline", "candidate"] as const) {
      expect(control?.metrics.ttft?.[side]).toMatchObject({ rounds: ROUNDS, pairs: CASES * ROUNDS });
      expect(rates.errors?.[side]).toMatchObject({ count: 0, of: CASES * ROUNDS });
    }
    expect(metrics.ttft?.warm?.shift).toMatchObject({ rounds: ROUNDS, pairs: CASES * ROUNDS });
  });

  it("shows the arm that differs from its like, in its direction, and nothing else moves", () => {
    const altered = join(folder, "altered.jsonl");
    const lines = readFileSync(made.file, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => {
        const exchange = JSON.parse(line) as Exchange;
        return exchange.type === "exchange" && exchange.arm === "candidate2" ? JSON.stringify(later(exchange)) : line;
      });
    writeFileSync(altered, `${lines.join("\n")}\n`);
    const { summary } = score(altered);
    const [was, is] = [made.summary.control?.metrics.ttft, summary.control?.metrics.ttft];
    expect(is?.baseline).toEqual(was?.baseline);
    expect(is?.candidate?.ratio).toBeGreaterThan(2);
    expect(is?.candidate?.reads).toBe("slower");
    expect(is?.resolves).toBeGreaterThan(2);
    // Tails hold every answer of an endpoint; what compares two endpoints holds no control.
    for (const [name, { warm }] of Object.entries(summary.metrics)) {
      const { shift, slow_share, ratio } = made.summary.metrics[name]?.warm ?? {};
      expect([name, warm?.shift, warm?.slow_share, warm?.ratio]).toEqual([name, shift, slow_share, ratio]);
    }
    expect(summary.rates).toEqual(made.summary.rates);
  });
});

/** The same answer half a second later. */
function later(exchange: Exchange): Exchange {
  const by = 500_000_000;
  return {
    ...exchange,
    attempts: exchange.attempts.map((attempt) => ({
      ...attempt,
      ...(attempt.headersAtNs === undefined ? {} : { headersAtNs: attempt.headersAtNs + by }),
      reads: attempt.reads.map(([atNs, bytes]) => [atNs + by, bytes] as const),
      endedAtNs: attempt.endedAtNs + by,
    })),
  };
}

describe("what the control says", () => {
  const paced = async (delayMs: (count: number) => number): Promise<string> => {
    const answer = `${SSE_HEAD}${chunk(content("Oslo") + finish() + usage(5, 1))}${LAST_CHUNK}`;
    let golden = 0;
    const server = await rawServer((socket, request) => {
      // What is asked before the run is no request of it.
      const wait = request.includes("Question") ? delayMs(golden++) : 0;
      setTimeout(() => socket.write(answer), wait);
    });
    servers.push(server);
    return server.baseUrl;
  };
  const PER_ROUND = 2 * CASES;

  it("of an endpoint that slows down in each round is that it does not differ from itself", async () => {
    const steady = await paced(() => 20);
    // From 20 to 86 ms: a control that always came last would read as three times slower.
    const slowing = await paced((count) => 20 + 6 * (count % PER_ROUND));
    const { summary } = await recorded(steady, slowing, "concurrency: 1");
    const ttft = summary.control?.metrics.ttft;
    expect(ttft?.candidate?.reads).toBe("~");
    expect(ttft?.candidate?.lo).toBeLessThan(1);
    expect(ttft?.candidate?.hi).toBeGreaterThan(1);
    expect(summary.metrics.ttft?.warm?.shift?.reads).toBe("slower");
  }, 60_000);

  it("of an unsteady endpoint is that this setup resolves less, and which side it comes from", async () => {
    const steady = await paced(() => 40);
    const unsteady = await paced((count) => [20, 160, 30, 90, 250, 60, 20][count % 7] ?? 0);
    const { summary } = await recorded(steady, unsteady, "concurrency: 1");
    const ttft = summary.control?.metrics.ttft;
    const width = (side: "baseline" | "candidate"): number =>
      Math.log((ttft?.[side]?.hi as number) / (ttft?.[side]?.lo as number));
    expect(width("candidate")).toBeGreaterThan(3 * width("baseline"));
    expect(ttft?.resolves).toBeCloseTo(Math.max(ttft?.candidate?.hi as number, 1 / (ttft?.candidate?.lo as number)), 4);
  }, 60_000);
});
