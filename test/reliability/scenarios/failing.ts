/** An endpoint that worked and then fails: every failure is recorded, the other side stays whole. */
import type { Socket } from "node:net";
import { expect } from "vitest";
import { startSimProcess } from "../../../dist/index.js";
import { chunk, plainAnswer, SSE_HEAD } from "../../capture/harness.js";
import { complete, lastOf, nothingUnseen, unharmed } from "../place.js";
import type { Scenario } from "../scenario.js";
import { after, delta, status, stream, well } from "../servers.js";
import { EXPIRED, secureServer, TRUSTED, useCertificate } from "../tls.js";

const area = "failing" as const;

export const FAILING: readonly Scenario[] = [
  {
    area,
    fault: "connections are refused from the middle of a run",
    outcome: "each is a recorded network failure of phase connect, and the run goes on with the other endpoint",
    run: async (place) => {
      const healthy = await place.healthy();
      const dying = await place.server((socket, request, count) => {
        well(socket, request, count);
        if (count === 6) void dying.close();
      });
      const recorded = await place.recorded({
        baseline: healthy,
        candidate: dying.baseUrl,
        capture: { concurrency: 1 },
      });
      unharmed(recorded);
      complete(recorded, "candidate");
      const codes = lastOf(recorded).map(({ outcome }) => ("code" in outcome ? outcome.code : outcome.kind));
      expect(codes.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => "complete"));
      expect(codes.slice(7)).toEqual(codes.slice(7).map(() => "ECONNREFUSED"));
      expect(recorded.summary.failures.candidate.map((group) => group.class).join()).toContain("network");
    },
  },
  {
    area,
    fault: "a server that restarts on the same port",
    outcome: "what met the restart is asked again and answered; its attempts stay apart in the recording",
    run: async (place) => {
      const first = await place.sim({ seed: 1 });
      const port = Number(new URL(first.baseUrl).port);
      let restarted: Promise<unknown> | null = null;
      const baseline = await place.server((socket, request, count) => {
        if (count === 4) {
          // Its answer waits until the other server is gone, so that this pair's mate has met the gap.
          void first.stop().then(() => {
            restarted = startSimProcess({ tier: "h100x2", port, seed: 2 }).then((sim) => place.defer(() => sim.stop()));
          });
        }
        well(socket, request, count);
      });
      const recorded = await place.recorded({
        baseline: baseline.baseUrl,
        candidate: first.baseUrl,
        capture: { concurrency: 1, retry: { attempts: 4, on: ["network"] } },
      });
      await restarted;
      unharmed(recorded);
      complete(recorded, "candidate");
      const own = recorded.exchanges.filter(({ endpoint }) => endpoint === "candidate");
      expect(own.some(({ attempts }) => attempts.length > 1)).toBe(true);
      expect(lastOf(recorded).every(({ status: code, outcome }) => code === 200 && outcome.kind === "complete")).toBe(
        true,
      );
      expect(recorded.summary.retries.candidate.recovered).toBeGreaterThan(0);
    },
  },
  {
    area,
    fault: "a server that closes each kept-alive connection without saying so",
    outcome: "the dead socket is asked again at once on a fresh one and counts as no failure of the endpoint",
    run: async (place) => {
      const healthy = await place.healthy();
      const closing = await place.server((socket, request, count) => {
        well(socket, request, count);
        setImmediate(() => socket.destroy());
      });
      const recorded = await place.recorded({ baseline: healthy, candidate: closing.baseUrl });
      complete(recorded, "candidate");
      unharmed(recorded);
      expect(recorded.summary.rates.errors?.candidate).toMatchObject({ count: 0, of: 12 });
      expect(recorded.code).toBe(0);
    },
  },
  {
    area,
    fault: "a connection that is reset in the middle of a stream",
    outcome: "a broken stream with the bytes that came; nothing of it counts as an answer",
    run: async (place) => {
      const healthy = await place.healthy();
      const breaking = await place.server((socket) => {
        socket.write(`${SSE_HEAD}${chunk(delta("Oslo"))}`, () => setTimeout(() => socket.resetAndDestroy(), 30));
      });
      const recorded = await place.recorded({ baseline: healthy, candidate: breaking.baseUrl });
      unharmed(recorded);
      complete(recorded, "candidate");
      for (const { outcome, reads } of lastOf(recorded)) {
        expect(outcome).toMatchObject({ kind: "network", phase: "body" });
        expect(reads.length).toBe(1);
      }
      expect(recorded.summary.rates.broken_streams?.candidate).toMatchObject({ count: 12, of: 12 });
      expect(recorded.code).toBe(1);
    },
  },
  {
    area,
    fault: "a connection that is closed before it answers",
    outcome: "recorded as a network failure of phase headers",
    run: async (place) => {
      const healthy = await place.healthy();
      const closing = await place.server((socket) => socket.destroy());
      const recorded = await place.recorded({ baseline: healthy, candidate: closing.baseUrl });
      unharmed(recorded);
      complete(recorded, "candidate");
      for (const { outcome } of lastOf(recorded)) expect(outcome).toMatchObject({ kind: "network", phase: "headers" });
      expect(recorded.code).toBe(1);
    },
  },
  {
    area,
    fault: "500 to every request",
    outcome:
      "12 failures of one class with the server's own words; the gate fails, and nothing is invented about latency",
    run: async (place) => {
      const healthy = await place.healthy();
      const broken = await place.server(
        status("500 Internal Server Error", "", '{"error":{"message":"disk on fire"}}'),
      );
      const recorded = await place.recorded({ baseline: healthy, candidate: broken.baseUrl });
      unharmed(recorded);
      nothingUnseen(recorded, "candidate", broken);
      const { failures, metrics } = recorded.summary;
      expect(failures.candidate).toMatchObject([
        { class: "HTTP 500", message: "HTTP 500: disk on fire", exchanges: 12 },
      ]);
      expect(metrics.ttft?.warm?.shift?.ratio ?? null).toBeNull();
      expect(recorded.code).toBe(1);
    },
  },
  {
    area,
    fault: "429 with `Retry-After` to every request",
    outcome:
      "each is asked again no sooner than it asks for, as often as `retry.attempts` says; every attempt is recorded",
    run: async (place) => {
      const healthy = await place.healthy();
      const busy = await place.server(status("429 Too Many Requests", "retry-after: 0.05\r\n"));
      const recorded = await place.recorded({
        baseline: healthy,
        candidate: busy.baseUrl,
        capture: { retry: { attempts: 3, on: [429] } },
      });
      unharmed(recorded);
      nothingUnseen(recorded, "candidate", busy);
      for (const { endpoint, attempts } of recorded.exchanges) {
        if (endpoint === "baseline") continue;
        expect(attempts.map(({ backoff }) => backoff)).toEqual([
          { ms: 50, from: "retry-after" },
          { ms: 50, from: "retry-after" },
          undefined,
        ]);
        const waits = attempts.slice(1).map((each, index) => each.dispatchedAtNs - (attempts[index]?.endedAtNs ?? 0));
        for (const ns of waits) expect(ns).toBeGreaterThanOrEqual(49e6);
      }
      expect(recorded.summary.retries.candidate).toMatchObject({ attempts: 36, recovered: 0 });
    },
  },
  {
    area,
    fault: "503 that passes: every request is refused once",
    outcome: "asked again and answered; retried requests are in no paired latency, since they met a calmer moment",
    run: async (place) => {
      const healthy = await place.healthy();
      const seen = new Map<Socket, number>();
      let refusals = 0;
      const flaky = await place.server((socket, request, count) => {
        const next = (seen.get(socket) ?? 0) + 1;
        seen.set(socket, next);
        if (next % 2 === 0) return well(socket, request, count);
        refusals++;
        socket.write(plainAnswer("{}", "503 Service Unavailable", "retry-after: 0.01\r\n"));
      });
      const recorded = await place.recorded({
        baseline: healthy,
        candidate: flaky.baseUrl,
        capture: { concurrency: 1, retry: { attempts: 2, on: ["5xx"] } },
        gates: ["errors_final rate < 0.3"],
      });
      expect(refusals).toBe(12);
      nothingUnseen(recorded, "candidate", flaky);
      expect(recorded.summary.retries.candidate).toMatchObject({ attempts: 24, recovered: 12 });
      expect(recorded.summary.rates.errors_final?.candidate).toMatchObject({ count: 0, of: 12 });
      expect(recorded.summary.metrics.e2e?.warm?.shift?.pairs ?? 0).toBe(0);
      expect(recorded.code).toBe(0);
    },
  },
  {
    area,
    fault: "a certificate that is replaced by an expired one in the middle of a run",
    outcome: "new connections fail in phase tls and are recorded so; what was answered before stays",
    run: async (place) => {
      const secure = await secureServer(place, TRUSTED);
      const baseline = await place.server((socket, request, count) => {
        if (count === 6) useCertificate(secure.server, EXPIRED);
        well(socket, request, count);
      });
      const recorded = await place.recorded({
        baseline: baseline.baseUrl,
        candidate: secure.baseUrl,
        of: { candidate: { caFile: TRUSTED } },
        capture: { concurrency: 1 },
      });
      unharmed(recorded);
      complete(recorded, "candidate");
      const outcomes = lastOf(recorded).map(({ outcome }) => outcome);
      expect(outcomes.slice(0, 3).map(({ kind }) => kind)).toEqual(["complete", "complete", "complete"]);
      for (const outcome of outcomes.slice(-3)) expect(outcome).toMatchObject({ kind: "network", phase: "tls" });
    },
  },
  {
    area,
    fault: "an error in a stream that began with 200",
    outcome: "a failure all the same, with the words of the error",
    run: async (place) => {
      const healthy = await place.healthy();
      const failing = await place.server(
        stream(delta("Oslo"), 'data: {"error":{"message":"the engine died","code":500}}\n\n'),
      );
      const recorded = await place.recorded({ baseline: healthy, candidate: failing.baseUrl });
      unharmed(recorded);
      expect(recorded.summary.rates.errors?.candidate).toMatchObject({ count: 12, of: 12 });
      expect(JSON.stringify(recorded.summary.failures.candidate)).toContain("the engine died");
      expect(recorded.code).toBe(1);
    },
  },
  {
    area,
    fault: "a gateway's page of HTML in place of an answer",
    outcome: "recorded byte for byte, named as a page with its title",
    run: async (place) => {
      const healthy = await place.healthy();
      const page = "<!doctype html><title>Bad gateway</title>";
      const gateway = await place.server((socket) =>
        socket.write(
          `HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\ncontent-length: ${page.length}\r\n\r\n${page}`,
        ),
      );
      const recorded = await place.recorded({ baseline: healthy, candidate: gateway.baseUrl });
      unharmed(recorded);
      for (const { reads } of lastOf(recorded)) expect(reads.map(([, bytes]) => bytes).join("")).toBe(page);
      expect(JSON.stringify(recorded.summary.failures.candidate)).toContain("Bad gateway");
    },
  },
  {
    area,
    fault: "both endpoints fail from the middle on",
    outcome: "the run comes to its end, and what was answered before is judged",
    run: async (place) => {
      const broken = await Promise.all([0, 1].map(() => place.server(after(6, status("500 Internal Server Error")))));
      const [baseline, candidate] = broken.map(({ baseUrl }) => baseUrl);
      const recorded = await place.recorded({ baseline: baseline ?? "", candidate: candidate ?? "" });
      complete(recorded, "baseline");
      complete(recorded, "candidate");
      expect(recorded.summary.run.ended).toBe("complete");
      expect(recorded.summary.rates.errors_final).toMatchObject({
        baseline: { count: 6, of: 12 },
        candidate: { count: 6, of: 12 },
      });
    },
  },
];
