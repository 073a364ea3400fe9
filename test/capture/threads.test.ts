/** Several capture threads send one plan: as much in flight, each request once, one end. */
import { afterEach, describe, expect, test } from "vitest";
import type { Plan } from "../../src/plan/plan.js";
import { CHAT_BODY, captureFrom, plainAnswer, type RawServer, rawServer } from "./harness.js";

const servers: RawServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

/** Counts what it has in flight. */
async function counting(afterMs: number, status?: string): Promise<RawServer & { readonly most: () => number }> {
  let inFlight = 0;
  let most = 0;
  const server = await rawServer((socket) => {
    most = Math.max(most, ++inFlight);
    setTimeout(() => {
      inFlight--;
      socket.write(plainAnswer(CHAT_BODY, status));
    }, afterMs);
  });
  servers.push(server);
  return { ...server, most: () => most };
}

describe.each([2, 3])("%i capture threads", (workers) => {
  test("send each request once, with as many in flight as one thread would have", async () => {
    const server = await counting(30);
    const { exchanges, machine, reason } = await captureFrom({
      baseUrl: server.baseUrl,
      settings: { rounds: 40, concurrency: 5, workers },
    });
    expect(exchanges.map(({ id }) => id)).toEqual(Array.from({ length: 80 }, (_, id) => id));
    expect(server.requests).toHaveLength(80);
    // Both halves of a pair go to this one server.
    expect(server.most()).toBeGreaterThan(5);
    expect(server.most()).toBeLessThanOrEqual(10);
    expect(Math.max(...exchanges.map(({ inFlight }) => inFlight))).toBe(5);
    expect(reason).toBe("complete");
    expect(new Set(machine.map(({ thread }) => thread)).size).toBe(workers);
  });

  test("let go of who comes beyond the most in flight of all of them", async () => {
    const server = await counting(1_500);
    const { exchanges, dropped } = await captureFrom({
      baseUrl: server.baseUrl,
      settings: { rounds: 12, workers },
      plan: (built) => ({
        ...built,
        blocks: built.blocks.map((block) => ({
          ...block,
          concurrency: 5,
          open: { whenFull: "drop" as const },
          releases: block.releases.map((release, index) => ({ ...release, notBeforeMs: 40 * index })),
        })),
      }),
    });
    expect(exchanges.map(({ round }) => round)).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
    expect(dropped.flatMap(({ ids }) => [...ids])).toHaveLength(14);
    expect(Math.max(...exchanges.map(({ inFlight }) => inFlight))).toBe(5);
  });

  test("keep both halves of a pair in one turn of one thread", async () => {
    const server = await counting(5);
    const { exchanges } = await captureFrom({
      baseUrl: server.baseUrl,
      settings: { rounds: 30, concurrency: 4, workers },
    });
    for (let pair = 0; pair < 30; pair++) {
      const [one, other] = exchanges.filter(({ pairId }) => pairId === pair);
      expect(one?.releasedAtNs).toBe(other?.releasedAtNs);
    }
  });

  test("meet before each block", async () => {
    const server = await counting(20);
    const { exchanges } = await captureFrom({
      baseUrl: server.baseUrl,
      settings: { rounds: 12, concurrency: 4, order: "serial", workers },
    });
    const ordered = [...exchanges].sort((a, b) => a.releasedAtNs - b.releasedAtNs);
    // Blocks of one endpoint each: none begins while one of the other is in flight.
    let side = ordered[0]?.endpoint;
    let endedNs = 0;
    for (const { endpoint, releasedAtNs, attempts } of ordered) {
      if (endpoint !== side) {
        expect(releasedAtNs).toBeGreaterThan(endedNs);
        side = endpoint;
      }
      endedNs = Math.max(endedNs, attempts.at(-1)?.endedAtNs ?? 0);
    }
  });

  test("share an open loop's schedule and its clock", async () => {
    const server = await counting(1);
    const { exchanges, begun } = await captureFrom({
      baseUrl: server.baseUrl,
      settings: { rounds: 20, workers },
      plan: (built: Plan): Plan => ({
        ...built,
        blocks: built.blocks.map((block) => ({
          ...block,
          concurrency: 100,
          open: { whenFull: "drop" },
          releases: block.releases.map((release, index) => ({ ...release, notBeforeMs: 15 * index })),
        })),
      }),
    });
    expect(begun).toHaveLength(1);
    const startNs = begun[0]?.atNs as number;
    for (const { round, intendedAtNs } of exchanges) expect(intendedAtNs).toBe(startNs + 15e6 * round);
  });

  test("keep the most requests together", async () => {
    const server = await counting(1);
    const { end } = await captureFrom({
      baseUrl: server.baseUrl,
      settings: { rounds: 60, concurrency: 6, workers, maxRequests: 50 },
    });
    expect(server.requests).toHaveLength(50);
    expect(end.reason).toBe("limit");
  });

  test("give an endpoint up together, and say so once", async () => {
    const server = await counting(1);
    const broken = await counting(1, "503 Service Unavailable");
    const { exchanges, stopped, reason } = await captureFrom({
      baseUrl: server.baseUrl,
      candidate: { baseUrl: broken.baseUrl },
      settings: { rounds: 200, concurrency: 6, workers, giveUpAfter: 5 },
    });
    expect(stopped).toHaveLength(1);
    expect(stopped[0]).toMatchObject({ endpoint: "candidate", kind: "failures", last: "HTTP 503" });
    expect(broken.requests.length).toBeLessThan(60);
    expect(exchanges.filter(({ endpoint }) => endpoint === "baseline")).toHaveLength(200);
    expect(reason).toBe("stopped");
  });

  test("end together when they are stopped", async () => {
    const server = await counting(20);
    let seen = 0;
    const { reason, exchanges } = await captureFrom({
      baseUrl: server.baseUrl,
      settings: { rounds: 500, concurrency: 6, workers },
      onExchange: (_, stop) => {
        if (++seen === 30) stop();
      },
    });
    expect(reason).toBe("interrupted");
    expect(exchanges.length).toBeLessThan(100);
  });
});
