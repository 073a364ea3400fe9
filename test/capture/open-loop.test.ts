/** Arrivals keep their times, whatever the endpoint does with what came before. */
import { afterEach, describe, expect, test } from "vitest";
import type { Plan } from "../../src/plan/plan.js";
import type { Exchange } from "../../src/recording/recording.js";
import { CASE, CHAT_BODY, captureFrom, plainAnswer, type RawServer, rawServer } from "./harness.js";

const servers: RawServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function server(answer: Parameters<typeof rawServer>[0]): Promise<RawServer> {
  const started = await rawServer(answer);
  servers.push(started);
  return started;
}

/** Answers so long after the request came. */
const answersAfter =
  (ms: number): Parameters<typeof rawServer>[0] =>
  (socket) => {
    setTimeout(() => socket.write(plainAnswer(CHAT_BODY)), ms);
  };

/** The built plan's rounds in an open loop, one pair each `everyMs`. */
const open =
  (everyMs: number, more: { whenFull?: "drop" | "wait"; most?: number } = {}) =>
  (built: Plan): Plan => ({
    ...built,
    blocks: built.blocks.map((block) => ({
      ...block,
      concurrency: more.most ?? 1_000,
      open: { whenFull: more.whenFull ?? "drop" },
      releases: block.releases.map((release, index) => ({ ...release, notBeforeMs: everyMs * index })),
    })),
  });

const ms = (ns: number | undefined): number => (ns ?? Number.NaN) / 1e6;
const firstAttempt = ({ attempts }: Exchange) => attempts[0] as Exchange["attempts"][number];

describe("an open loop", () => {
  test("sends at the intended times, while nothing has been answered yet", async () => {
    const { baseUrl } = await server(answersAfter(600));
    const { exchanges, begun } = await captureFrom({ baseUrl, settings: { rounds: 10 }, plan: open(20) });
    expect(exchanges).toHaveLength(20);
    const startNs = begun[0]?.atNs ?? Number.NaN;
    expect(begun).toHaveLength(1);
    for (const exchange of exchanges) {
      expect(ms((exchange.intendedAtNs as number) - startNs)).toBeCloseTo(20 * exchange.round, 3);
      // All ten pairs left before the first answer came.
      expect(ms(firstAttempt(exchange).dispatchedAtNs - startNs)).toBeLessThan(600);
      expect(firstAttempt(exchange).dispatchedAtNs).toBeGreaterThanOrEqual(exchange.intendedAtNs as number);
      expect(exchange.waitedNs).toBeUndefined();
    }
    expect(Math.max(...exchanges.map(({ inFlight }) => inFlight))).toBe(10);
  });

  test("drops what finds as many in flight as may be, counts it, and goes on in time", async () => {
    const { baseUrl, requests } = await server(answersAfter(250));
    const { exchanges, dropped, reason } = await captureFrom({
      baseUrl,
      settings: { rounds: 10 },
      plan: open(20, { most: 3 }),
    });
    // Three pairs at 0, 20 and 40 ms; the next place is free at 250 ms, when all ten have come.
    expect(exchanges.map(({ round }) => round)).toEqual([0, 0, 1, 1, 2, 2]);
    expect(requests).toHaveLength(6);
    const ids = dropped.flatMap((line) => [...line.ids]);
    expect([...ids, ...exchanges.map(({ id }) => id)].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, id) => id),
    );
    expect(reason).toBe("complete");
  });

  test("with places to wait for sends late, and the intended time stands", async () => {
    const { baseUrl } = await server(answersAfter(100));
    const { exchanges, dropped } = await captureFrom({
      baseUrl,
      settings: { rounds: 6 },
      plan: open(10, { most: 1, whenFull: "wait" }),
    });
    expect(dropped).toEqual([]);
    const own = exchanges.filter(({ endpoint }) => endpoint === "baseline");
    expect(own).toHaveLength(6);
    const startNs = own[0]?.intendedAtNs as number;
    for (const [index, exchange] of own.entries()) {
      expect(ms((exchange.intendedAtNs as number) - startNs)).toBeCloseTo(10 * index, 3);
      const lateMs = ms(exchange.releasedAtNs - (exchange.intendedAtNs as number));
      // One after another: the k-th waits for k answers of 100 ms, less the 10 ms between arrivals.
      expect(lateMs).toBeGreaterThan(90 * index - 25);
      expect(ms(exchange.waitedNs ?? 0)).toBeLessThanOrEqual(lateMs + 1);
      expect(exchange.inFlight).toBe(1);
    }
    expect(ms(own[5]?.waitedNs)).toBeGreaterThan(300);
  });

  test("that is to begin later has its patience from then on", async () => {
    const { baseUrl } = await server(answersAfter(50));
    const { exchanges, dropped } = await captureFrom({
      baseUrl,
      settings: { rounds: 4 },
      plan: (built) => {
        const plan = open(10, { most: 1, whenFull: "wait" })(built);
        return { ...plan, blocks: plan.blocks.map((block) => ({ ...block, fromMs: 2_000 })) };
      },
    });
    expect(dropped).toEqual([]);
    expect(exchanges).toHaveLength(8);
  });

  test("lets go of who still waits when it lasted twice as long as it was to, and a second", async () => {
    const { baseUrl } = await server(answersAfter(2_000));
    const { exchanges, dropped, reason } = await captureFrom({
      baseUrl,
      settings: { rounds: 4 },
      plan: open(10, { most: 1, whenFull: "wait" }),
    });
    expect(exchanges.map(({ round }) => round)).toEqual([0, 0]);
    expect(dropped.flatMap(({ ids }) => [...ids])).toHaveLength(6);
    expect(reason).toBe("complete");
  });

  test("sends nothing more to an endpoint that was given up, to who waits for it neither", async () => {
    const dead = await server((socket) => {
      setTimeout(() => socket.write(plainAnswer("{}", "401 Unauthorized")), 30);
    });
    const { baseUrl } = await server(answersAfter(1));
    const { exchanges, dropped, stopped } = await captureFrom({
      baseUrl,
      candidate: { baseUrl: dead.baseUrl },
      settings: { rounds: 10 },
      plan: open(5, { most: 1, whenFull: "wait" }),
    });
    expect(stopped).toHaveLength(1);
    expect(dead.requests).toHaveLength(3);
    expect(exchanges.filter(({ endpoint }) => endpoint === "baseline")).toHaveLength(10);
    expect(dropped).toEqual([]);
  });

  test("lets each endpoint drop its own: the slow one costs the other nothing", async () => {
    const slow = await server(answersAfter(3_000));
    const fast = await server(answersAfter(1));
    const { exchanges, dropped } = await captureFrom({
      baseUrl: fast.baseUrl,
      candidate: { baseUrl: slow.baseUrl },
      settings: { rounds: 10 },
      plan: open(100, { most: 3 }),
    });
    const of = (role: string): number => exchanges.filter(({ endpoint }) => endpoint === role).length;
    expect(of("baseline")).toBe(10);
    expect(of("candidate")).toBe(3);
    expect(dropped.flatMap(({ ids }) => [...ids])).toHaveLength(7);
  });

  test("that is behind its schedule still reads what comes", async () => {
    const { baseUrl } = await server(answersAfter(5));
    const { exchanges } = await captureFrom({ baseUrl, settings: { rounds: 200 }, plan: open(0.01) });
    expect(exchanges).toHaveLength(400);
    // Answers were stamped while later requests were still being sent.
    const lastSent = Math.max(...exchanges.map((exchange) => firstAttempt(exchange).dispatchedAtNs));
    expect(exchanges.filter((exchange) => firstAttempt(exchange).endedAtNs < lastSent).length).toBeGreaterThan(20);
  });

  test("ends with a stop, and says what was withheld", async () => {
    const { baseUrl } = await server(answersAfter(5));
    let seen = 0;
    const { exchanges, reason } = await captureFrom({
      baseUrl,
      settings: { rounds: 50 },
      plan: open(20),
      onExchange: (_, stop) => {
        if (++seen === 5) stop();
      },
    });
    expect(reason).toBe("interrupted");
    expect(exchanges.length).toBeLessThan(60);
  });

  test("keeps the most requests that may be sent", async () => {
    const { baseUrl, requests } = await server(answersAfter(5));
    const { end } = await captureFrom({ baseUrl, settings: { rounds: 50, maxRequests: 21 }, plan: open(5) });
    expect(requests).toHaveLength(20);
    expect(end).toMatchObject({
      reason: "limit",
      message: "capture.maxRequests: 20 requests were sent, and 2 more would pass 21",
    });
  });
});

const closed =
  (lanes: number, more: Partial<Plan["blocks"][number]>) =>
  (built: Plan): Plan => ({
    ...built,
    blocks: built.blocks.map((block) => ({
      ...block,
      concurrency: lanes,
      perEndpoint: true as const,
      releases: block.releases.flatMap(({ rows }) => rows.map((id) => ({ rows: [id], notBeforeMs: 0 }))),
      ...more,
    })),
  });

describe("a closed loop with lanes of each endpoint's own", () => {
  test("keeps each endpoint as busy as it can be, until its time is over", async () => {
    const slow = await server(answersAfter(100));
    const fast = await server(answersAfter(10));
    const { exchanges, reason } = await captureFrom({
      baseUrl: fast.baseUrl,
      candidate: { baseUrl: slow.baseUrl },
      settings: { rounds: 400 },
      plan: closed(2, { untilMs: 600 }),
    });
    const of = (role: string): number => exchanges.filter(({ endpoint }) => endpoint === role).length;
    expect(of("candidate")).toBeGreaterThanOrEqual(8);
    expect(of("candidate")).toBeLessThanOrEqual(14);
    expect(of("baseline")).toBeGreaterThan(2 * of("candidate"));
    expect(Math.max(...exchanges.map(({ inFlight }) => inFlight))).toBe(2);
    // What the time left out was not needed: nothing was withheld.
    expect(reason).toBe("complete");
  });

  test("begins its lanes one after another", async () => {
    const { baseUrl } = await server(answersAfter(1_000));
    const { exchanges, begun } = await captureFrom({
      baseUrl,
      settings: { rounds: 4 },
      plan: closed(4, { rampMs: 400, untilMs: 900 }),
    });
    const starts = exchanges
      .filter(({ endpoint }) => endpoint === "baseline")
      .map(({ releasedAtNs }) => ms(releasedAtNs - (begun[0]?.atNs ?? 0)))
      .sort((a, b) => a - b);
    expect(starts).toHaveLength(4);
    for (const [index, at] of starts.entries()) expect(at).toBeGreaterThanOrEqual(100 * index);
  });

  test("asks an endpoint no more that answered 429, and the other one on", async () => {
    const limited = await server((socket, _, count) =>
      socket.write(count > 3 ? plainAnswer("{}", "429 Too Many Requests") : plainAnswer(CHAT_BODY)),
    );
    const other = await server(answersAfter(1));
    const { exchanges } = await captureFrom({
      baseUrl: other.baseUrl,
      candidate: { baseUrl: limited.baseUrl },
      settings: { rounds: 60 },
      plan: closed(1, { untilMs: 5_000, until429: true }),
    });
    expect(limited.requests).toHaveLength(4);
    expect(exchanges.filter(({ endpoint }) => endpoint === "baseline")).toHaveLength(60);
  });

  test("waits after a failure: what fails at once is not asked a thousand times a second", async () => {
    const { baseUrl, requests } = await server((socket) =>
      socket.write(plainAnswer("{}", "500 Internal Server Error")),
    );
    await captureFrom({ baseUrl, settings: { rounds: 500 }, plan: closed(1, { untilMs: 1_500 }) });
    expect(requests.length).toBeLessThanOrEqual(6);
  });

  test("waits after a failure no longer than an answer takes: what fails seldom loses no load", async () => {
    const { baseUrl } = await server((socket, _, count) => {
      if (count % 4 === 0) socket.write(plainAnswer("{}", "500 Internal Server Error"));
      else setTimeout(() => socket.write(plainAnswer(CHAT_BODY)), 100);
    });
    const { exchanges } = await captureFrom({
      baseUrl,
      settings: { rounds: 500 },
      plan: closed(1, { untilMs: 3_000 }),
    });
    // Two lanes, an answer or the wait for one each 100 ms: 60. With a second after each failure 18.
    expect(exchanges.length).toBeGreaterThan(30);
    expect(exchanges.length).toBeLessThanOrEqual(62);
  });
});

describe("a capture that goes on", () => {
  test("sends what follows in the same threads, with the row's own nonce and limit in its body", async () => {
    const { baseUrl, requests } = await server(answersAfter(1));
    let asked = 0;
    const { exchanges, reason, plan } = await captureFrom({
      baseUrl,
      settings: { rounds: 1 },
      cases: [{ ...CASE, request: { ...CASE.request, max_tokens: 9 } }],
      more: () => {
        if (++asked === 3) return null;
        const [row] = plan0.rows;
        if (row === undefined) return null;
        const id = plan0.rows.length - 1 + asked;
        return {
          rows: [{ ...row, id, pairId: 100 + asked, phase: `sweep:${asked}`, nonce: `0000000${asked}`, maxTokens: 77 }],
          requests: {},
          blocks: [{ phase: `sweep:${asked}`, concurrency: 1, releases: [{ rows: [id], notBeforeMs: 0 }] }],
        };
      },
      plan: (built) => {
        plan0 = built;
        return built;
      },
    });
    expect(plan.rows).toHaveLength(2);
    expect(exchanges.map(({ phase }) => phase)).toEqual(["warm", "warm", "sweep:1", "sweep:2"]);
    expect(reason).toBe("complete");
    expect(JSON.parse(requests[3]?.split("\r\n\r\n")[1] ?? "")).toMatchObject({
      max_tokens: 77,
      messages: [{ role: "user", content: "[ref 00000002]\nhello" }],
    });
  });
});
let plan0: Plan;

test.each([
  ["of each endpoint's own", true],
  ["in pairs", false],
])("arrivals %s wait for their endpoint's places alone: the slow one holds nobody back", async (_, perEndpoint) => {
  const slow = await server(answersAfter(110));
  const fast = await server(answersAfter(5));
  const { exchanges } = await captureFrom({
    baseUrl: fast.baseUrl,
    candidate: { baseUrl: slow.baseUrl },
    settings: { rounds: 8 },
    plan: (built) => {
      const plan = open(30, { most: 1, whenFull: "wait" })(built);
      if (!perEndpoint) return plan;
      return { ...plan, blocks: plan.blocks.map((block) => ({ ...block, perEndpoint: true as const })) };
    },
  });
  const waited = (role: string): number =>
    Math.max(...exchanges.filter(({ endpoint }) => endpoint === role).map(({ waitedNs }) => ms(waitedNs ?? 0)));
  expect(exchanges).toHaveLength(16);
  expect(waited("candidate")).toBeGreaterThan(400);
  expect(waited("baseline")).toBeLessThan(200);
});
