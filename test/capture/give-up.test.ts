/** An endpoint that only fails is given up; the other one goes on. */
import { afterEach, describe, expect, test } from "vitest";
import { type Asked, countsForGivingUp, FailureStreak } from "../../src/capture/give-up.js";
import type { FailedAttempt } from "../../src/capture/retry.js";
import type { PlannedRequest, RequestTemplate } from "../../src/plan/plan.js";
import { wasInterrupted } from "../../src/recording/interrupted.js";
import type { Attempt, Exchange } from "../../src/recording/recording.js";
import { CASE, CHAT_BODY, captureFrom, plainAnswer, type RawServer, rawServer } from "./harness.js";

const answered = (status: number): FailedAttempt => ({ outcome: { kind: "complete" }, status });
const refused: FailedAttempt = {
  outcome: { kind: "network", phase: "connect", code: "ECONNREFUSED", message: "refused" },
};
const timedOut: FailedAttempt = { outcome: { kind: "timeout", phase: "firstByte", afterMs: 5 } };

describe("a streak", () => {
  /** What the last of the exchanges decides. */
  const decided = (attempts: readonly FailedAttempt[], giveUpAfter?: number) => {
    const streak = new FailureStreak(giveUpAfter);
    return attempts.map((attempt) => streak.count(attempt)).at(-1);
  };
  const times = (count: number, attempt: FailedAttempt): FailedAttempt[] =>
    Array.from({ length: count }, () => attempt);

  test("of three 401 is a refused key, of three 402 spent credit, whatever the setting", () => {
    for (const giveUpAfter of [undefined, 0, 30]) {
      expect(decided(times(2, answered(401)), giveUpAfter)).toBeNull();
      expect(decided(times(3, answered(401)), giveUpAfter)).toEqual({
        kind: "key refused",
        after: 3,
        last: "HTTP 401",
      });
      expect(decided(times(3, answered(402)), giveUpAfter)).toEqual({
        kind: "credit spent",
        after: 3,
        last: "HTTP 402",
      });
    }
  });

  test("of 401 and 402 mixed is neither", () => {
    expect(decided([answered(401), answered(402), answered(401), answered(402)])).toBeNull();
    expect(decided([answered(401), answered(401), answered(500), answered(401)])).toBeNull();
  });

  test("of as many failures of any kind as the setting says", () => {
    const mixed = [answered(503), refused, timedOut, answered(404)];
    expect(decided(mixed, 5)).toBeNull();
    expect(decided(mixed, 4)).toEqual({ kind: "failures", after: 4, last: "HTTP 404" });
    expect(decided([...mixed, refused], 5)).toEqual({ kind: "failures", after: 5, last: "ECONNREFUSED" });
    expect(decided([...mixed, timedOut], 5)).toMatchObject({ last: "timeout: first byte" });
    for (const never of [undefined, 0]) expect(decided(times(500, refused), never)).toBeNull();
  });

  test("ends with a success, also one that was cut at our own limit or redirected", () => {
    for (const success of [
      answered(200),
      answered(202),
      answered(307),
      { outcome: { kind: "truncated", limitBytes: 5 }, status: 200 } as const,
    ]) {
      expect(decided([refused, refused, success, refused, refused], 3)).toBeNull();
      expect(decided([answered(401), answered(401), success, answered(401), answered(401)], 30)).toBeNull();
    }
  });

  test("is neither ended nor made longer by what was cancelled, or by a socket that had died", () => {
    for (const neither of [
      { outcome: { kind: "cancelled", by: "plan" }, status: 200 },
      { outcome: { kind: "cancelled", by: "user" } },
      { outcome: { kind: "staleConnection", code: "EPIPE", message: "" } },
    ] as const) {
      expect(decided([refused, refused, neither], 3)).toBeNull();
      expect(decided([refused, neither, refused, neither, refused], 3)).toMatchObject({ after: 3 });
    }
  });

  describe("of an endpoint that answers", () => {
    const of = (steps: readonly (readonly [asked: Asked, status: number])[], giveUpAfter: number) => {
      const streak = new FailureStreak(giveUpAfter);
      return steps.map(([asked, status]) => streak.count(answered(status), asked)).find((why) => why !== null) ?? null;
    };
    const asked = (caseId: string, model = "m"): Asked => ({ caseId, model });

    test("is not made of what it has always refused of a request itself", () => {
      for (const status of [400, 403, 404, 413, 422]) {
        const tools = Array.from({ length: 40 }, (_, index) => [asked(`tools-${index % 8}`), status] as const);
        expect(of([[asked("plain"), 200], ...tools], 5)).toBeNull();
        // Nothing was ever answered: an address or a model that does not exist.
        expect(of(tools, 5)).toMatchObject({ kind: "failures", after: 5 });
        // Those failures neither end a streak nor make it longer.
        const down = [500, status, 500, status, 500].map(
          (each, index) => [asked(each === 500 ? "plain" : `tools-${index}`), each] as const,
        );
        expect(of([[asked("plain"), 200], ...down], 3)).toMatchObject({ after: 3, last: "HTTP 500" });
      }
    });

    test("is made of what it has answered before, and of what is no matter of a request", () => {
      const gone = [1, 2, 3].map((each) => [asked(`case-${each}`), 404] as const);
      const seen = [1, 2, 3].map((each) => [asked(`case-${each}`), 200] as const);
      expect(of([...seen, ...gone], 3)).toMatchObject({ after: 3, last: "HTTP 404" });
      for (const status of [408, 425, 429, 500, 503]) {
        const fresh = [1, 2, 3].map((each) => [asked(`case-${each}`), status] as const);
        expect(of([[asked("plain"), 200], ...fresh], 3)).toMatchObject({ after: 3 });
      }
    });

    test("a key that may not use one of the models is not refused", () => {
      const denied = Array.from({ length: 6 }, (_, index) => [asked(`code-${index}`, "coder"), 401] as const);
      expect(of([[asked("plain"), 200], ...denied], 30)).toBeNull();
      const revoked = [1, 2, 3].map((each) => [asked(`new-${each}`), 401] as const);
      expect(of([[asked("plain"), 200], ...denied, ...revoked], 30)).toMatchObject({ kind: "key refused", after: 3 });
      expect(of(denied, 30)).toMatchObject({ kind: "key refused", after: 3 });
    });
  });

  test("leaves out what a probe asks for, and keys that are wrong on purpose", () => {
    const row = (phase: PlannedRequest["phase"]) => ({ phase }) as PlannedRequest;
    const request = (key?: "wrong") => (key === undefined ? {} : { key }) as RequestTemplate;
    expect(countsForGivingUp(row("warm"), request())).toBe(true);
    expect(countsForGivingUp(row("cold"), request())).toBe(true);
    expect(countsForGivingUp(row("probe"), request())).toBe(false);
    expect(countsForGivingUp(row("warm"), request("wrong"))).toBe(false);
  });
});

describe("over a socket", () => {
  const open: RawServer[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((server) => server.close()));
  });
  const serve = async (answer: Parameters<typeof rawServer>[0]): Promise<RawServer> => {
    const server = await rawServer(answer);
    open.push(server);
    return server;
  };
  const CASES = Array.from({ length: 8 }, (_, index) => ({ ...CASE, id: `case-${index}` }));
  const of = (exchanges: readonly Exchange[], role: string): Exchange[] =>
    exchanges.filter(({ endpoint }) => endpoint === role);
  const lastOf = ({ attempts }: Exchange): Attempt => attempts.at(-1) as Attempt;

  test("a key that is revoked in the middle: three more answers and no fourth, and the baseline is asked to the end", async () => {
    const { baseUrl } = await serve((socket) => socket.write(plainAnswer(CHAT_BODY)));
    const revoked = await serve((socket, _request, count) =>
      socket.write(count <= 2 ? plainAnswer(CHAT_BODY) : plainAnswer("{}", "401 Unauthorized")),
    );
    const { exchanges, stopped, end } = await captureFrom({
      baseUrl,
      cases: CASES,
      candidate: { baseUrl: revoked.baseUrl },
    });
    expect(of(exchanges, "baseline")).toHaveLength(8);
    expect(of(exchanges, "candidate").map((exchange) => lastOf(exchange).status)).toEqual([200, 200, 401, 401, 401]);
    expect(revoked.requests).toHaveLength(5);
    expect(stopped).toEqual([
      {
        type: "stopped",
        segment: 0,
        endpoint: "candidate",
        atNs: expect.any(Number),
        kind: "key refused",
        after: 3,
        last: "HTTP 401",
      },
    ]);
    expect(end).toEqual({ atNs: expect.any(Number), reason: "stopped" });
  });

  test("both given up end the run, also while a round is still to come", async () => {
    const { baseUrl, requests } = await serve((socket) => socket.write(plainAnswer("{}", "402 Payment Required")));
    const started = Date.now();
    const { exchanges, stopped, reason } = await captureFrom({
      baseUrl,
      cases: CASES.slice(0, 4),
      settings: { rounds: 2, spreadMs: 60_000 },
    });
    expect(stopped.map(({ endpoint, kind }) => [endpoint, kind]).sort()).toEqual([
      ["baseline", "credit spent"],
      ["candidate", "credit spent"],
    ]);
    expect([exchanges.length, requests.length, reason]).toEqual([6, 6, "stopped"]);
    expect(Date.now() - started).toBeLessThan(15_000);
  });

  test("failures of any kind: lanes in flight end, a retry that waits is not sent, and its failure stands", async () => {
    const { baseUrl } = await serve((socket) => socket.write(plainAnswer(CHAT_BODY)));
    const failing = await serve((socket, _request, count) =>
      socket.write(
        // The first waits for a minute; the others fail at once.
        plainAnswer("{}", count === 1 ? "429 Too Many Requests" : "418 I'm a teapot", "retry-after: 60\r\n"),
      ),
    );
    const { exchanges, stopped, reason } = await captureFrom({
      baseUrl,
      cases: CASES,
      settings: { concurrency: 2, giveUpAfter: 4, retry: { attempts: 3, on: [429] } },
      candidate: { baseUrl: failing.baseUrl },
    });
    expect(reason).toBe("stopped");
    expect(stopped).toMatchObject([{ kind: "failures", after: 4, last: "HTTP 418" }]);
    const candidate = of(exchanges, "candidate");
    expect(candidate.map((exchange) => lastOf(exchange).status).sort()).toEqual([418, 418, 418, 418, 429]);
    for (const exchange of candidate) expect(wasInterrupted(lastOf(exchange))).toBe(false);
    expect(failing.requests).toHaveLength(5);
    expect(of(exchanges, "baseline")).toHaveLength(8);
  });

  test("a pair that waits for the rate of the one that was given up goes on without it, at once", async () => {
    const { baseUrl } = await serve((socket) => socket.write(plainAnswer(CHAT_BODY)));
    const refusing = await serve((socket) => socket.write(plainAnswer("{}", "401 Unauthorized")));
    const started = Date.now();
    const { exchanges, stopped, pauses } = await captureFrom({
      baseUrl,
      cases: CASES,
      settings: { concurrency: 8 },
      candidate: { baseUrl: refusing.baseUrl, limits: { rpm: 3 } },
    });
    expect(stopped).toMatchObject([{ endpoint: "candidate", kind: "key refused" }]);
    expect([of(exchanges, "baseline").length, of(exchanges, "candidate").length]).toEqual([8, 3]);
    expect(pauses.map(({ endpoint, why }) => [endpoint, why])).toEqual([["candidate", "rpm"]]);
    expect(Date.now() - started).toBeLessThan(15_000);
  });

  test("serial order skips the blocks of the one that was given up", async () => {
    const { baseUrl } = await serve((socket) => socket.write(plainAnswer(CHAT_BODY)));
    const dead = await serve(() => {});
    await dead.close();
    const { exchanges, stopped, reason } = await captureFrom({
      baseUrl,
      cases: CASES,
      settings: { order: "serial", giveUpAfter: 3 },
      candidate: { baseUrl: dead.baseUrl },
    });
    expect(stopped).toMatchObject([{ endpoint: "candidate", kind: "failures", after: 3, last: "ECONNREFUSED" }]);
    expect([of(exchanges, "baseline").length, of(exchanges, "candidate").length, reason]).toEqual([8, 3, "stopped"]);
  });

  test("a run that is interrupted after it gave one up says interrupted", async () => {
    const { baseUrl } = await serve((socket) => socket.write(plainAnswer(CHAT_BODY)));
    const dead = await serve((socket) => socket.write(plainAnswer("{}", "401 Unauthorized")));
    let answers = 0;
    const { reason, stopped } = await captureFrom({
      baseUrl,
      cases: CASES,
      candidate: { baseUrl: dead.baseUrl },
      settings: { rounds: 2, spreadMs: 120_000 },
      onExchange: ({ endpoint }, stop) => {
        if (endpoint === "baseline" && ++answers === CASES.length) stop();
      },
    });
    expect([reason, stopped.length]).toEqual(["interrupted", 1]);
  });
});
