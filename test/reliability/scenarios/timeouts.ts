/** Whoever waits for an endpoint has an end of waiting: one a phase, and one for the whole run. */
import { expect } from "vitest";
import type { Exchange } from "../../../src/recording/recording.js";
import { chunk, SSE_HEAD } from "../../capture/harness.js";
import { complete, lastOf, nothingUnseen, type Recorded, unharmed } from "../place.js";
import type { Scenario } from "../scenario.js";
import { delta, drip, isStream, well } from "../servers.js";
import { secureServer, silentPort, TRUSTED } from "../tls.js";

/** Every request waits at the same time, so that a limit of a busy machine's length is waited for once. */
const LIMIT_MS = 1_200;
const LIMIT = `${LIMIT_MS}ms`;

type Phase = Extract<Exchange["attempts"][number]["outcome"], { kind: "timeout" }>["phase"];

/** Every answer of the candidate ran into this deadline; the run failed for it, and the baseline is whole. */
function timedOut(recorded: Recorded, phase: Phase): void {
  unharmed(recorded);
  complete(recorded, "candidate");
  for (const { outcome } of lastOf(recorded)) expect(outcome).toEqual({ kind: "timeout", phase, afterMs: LIMIT_MS });
  expect(recorded.summary.rates.timeouts?.candidate).toMatchObject({ count: 12, of: 12 });
  expect([recorded.code, recorded.summary.verdict]).toEqual([1, "fail"]);
}

const area = "timeouts" as const;

export const TIMEOUTS: readonly Scenario[] = [
  {
    area,
    fault: "a TLS handshake that never ends, from the second connection on",
    outcome: "`timeouts.connect` ends it; each is recorded as a timeout of phase connect",
    alone: true,
    run: async (place) => {
      const healthy = await place.healthy();
      const secure = await secureServer(place, TRUSTED);
      const { port } = await silentPort(place, { port: secure.port, connections: 1 });
      const recorded = await place.recorded({
        baseline: healthy,
        candidate: `https://127.0.0.1:${port}/v1`,
        of: { candidate: { caFile: TRUSTED } },
        // A connection of its own for each lane, and each reads every certificate that it trusts.
        capture: { concurrency: 4, timeouts: { connect: LIMIT, firstByte: "10s", idle: "10s", total: "15s" } },
      });
      timedOut(recorded, "connect");
      expect(lastOf(recorded).every(({ sentAtNs }) => sentAtNs === undefined)).toBe(true);
    },
  },
  {
    area,
    fault: "requests that are taken and never answered",
    outcome: "`timeouts.firstByte` ends each; the other endpoint's answers are kept whole",
    run: async (place) => {
      const healthy = await place.server();
      const hung = await place.server(() => {});
      const recorded = await place.recorded({
        baseline: healthy.baseUrl,
        candidate: hung.baseUrl,
        capture: { timeouts: { connect: "10s", firstByte: LIMIT, idle: "10s", total: "15s" } },
      });
      timedOut(recorded, "firstByte");
      nothingUnseen(recorded, "candidate", hung);
      nothingUnseen(recorded, "baseline", healthy);
    },
  },
  {
    area,
    fault: "headers, and then no body",
    outcome:
      "the first byte of a body is waited for, not its headers: `timeouts.firstByte` ends it, the status is kept",
    alone: true,
    run: async (place) => {
      const healthy = await place.healthy();
      const hung = await place.server((socket) => socket.write(SSE_HEAD));
      const recorded = await place.recorded({
        baseline: healthy,
        candidate: hung.baseUrl,
        capture: { timeouts: { connect: "10s", firstByte: LIMIT, idle: "10s", total: "15s" } },
      });
      timedOut(recorded, "firstByte");
      for (const { status, headersAtNs } of lastOf(recorded))
        expect([status, headersAtNs]).toEqual([200, expect.any(Number)]);
    },
  },
  {
    area,
    fault: "a stream that falls silent",
    outcome: "`timeouts.idle` ends it, and what came before the silence is recorded with its stamps",
    run: async (place) => {
      const healthy = await place.healthy();
      const silent = await place.server((socket) => socket.write(`${SSE_HEAD}${chunk(delta("Oslo"))}`));
      const recorded = await place.recorded({
        baseline: healthy,
        candidate: silent.baseUrl,
        capture: { timeouts: { connect: "10s", firstByte: "10s", idle: LIMIT, total: "15s" } },
      });
      timedOut(recorded, "idle");
      for (const { reads } of lastOf(recorded)) expect(reads.map(([, bytes]) => bytes).join("")).toBe(delta("Oslo"));
    },
  },
  {
    area,
    fault: "a stream that drips without end, each byte within the idle limit",
    outcome: "`timeouts.total` ends it",
    alone: true,
    run: async (place) => {
      const healthy = await place.healthy();
      const slow = await place.server((socket) => {
        socket.write(SSE_HEAD);
        drip(socket, 40, () => chunk(":"));
      });
      const recorded = await place.recorded({
        baseline: healthy,
        candidate: slow.baseUrl,
        capture: { timeouts: { connect: "10s", firstByte: "10s", idle: "10s", total: LIMIT } },
      });
      timedOut(recorded, "total");
      expect(lastOf(recorded).filter(({ reads }) => reads.length > 1).length).toBeGreaterThan(6);
    },
  },
  {
    area,
    fault: "an endpoint that hangs while no timeout is set, and a `deadline` of the run",
    outcome:
      "the run ends at its deadline; what is in flight is recorded as cut by it, and the report says that it is partial",
    run: async (place) => {
      const healthy = await place.healthy();
      const hung = await place.server(() => {});
      const recorded = await place.recorded({
        baseline: healthy,
        candidate: hung.baseUrl,
        capture: { timeouts: { connect: "0", firstByte: "0", idle: "0", total: "0" }, deadline: "1500ms" },
      });
      const { run } = recorded.summary;
      expect(run).toMatchObject({ ended: "deadline", partial: true });
      for (const { outcome } of lastOf(recorded)) expect(outcome).toEqual({ kind: "cancelled", by: "deadline" });
      expect(recorded.exchanges.some(({ endpoint }) => endpoint === "baseline")).toBe(true);
      expect(recorded.out).toContain("Partial run, ended by its deadline");
      expect(run.stillHolds.join(" ")).toContain("Nothing is known of the candidate");
      expect(recorded.code).toBe(3);
    },
  },
  {
    area,
    fault: "`Retry-After: 3600` on every answer, and a deadline",
    outcome: "no retry waits past the deadline: the failure stands at once",
    run: async (place) => {
      const healthy = await place.healthy();
      const busy = await place.server((socket) =>
        socket.write("HTTP/1.1 429 Too Many Requests\r\nretry-after: 3600\r\ncontent-length: 2\r\n\r\n{}"),
      );
      const recorded = await place.recorded({
        baseline: healthy,
        candidate: busy.baseUrl,
        capture: { retry: { attempts: 3 }, deadline: "20s" },
      });
      unharmed(recorded);
      complete(recorded, "candidate");
      expect(recorded.exchanges.every(({ attempts }) => attempts.length === 1)).toBe(true);
      expect(recorded.summary.run.ended).toBe("complete");
      expect(recorded.code).toBe(1);
    },
  },
  {
    area,
    fault: "a server that is frozen in the middle of a run (SIGSTOP): its connections stay open, nothing answers",
    outcome: "each request ends by its own timeout, the run goes on to its end, and after a thaw it is answered again",
    alone: true,
    run: async (place) => {
      const sim = await place.sim();
      place.defer(() => process.kill(sim.pid, "SIGCONT"));
      const counting = await place.server((socket, request, count) => {
        if (count === 4) process.kill(sim.pid, "SIGSTOP");
        if (count === 9) process.kill(sim.pid, "SIGCONT");
        well(socket, request, count);
      });
      const recorded = await place.recorded({
        baseline: counting.baseUrl,
        candidate: sim.baseUrl,
        capture: { concurrency: 3, timeouts: { connect: LIMIT, firstByte: LIMIT, idle: LIMIT, total: "5s" } },
      });
      unharmed(recorded);
      complete(recorded, "candidate");
      const kinds = lastOf(recorded).map(({ outcome }) => outcome.kind);
      expect(kinds.filter((kind) => kind === "timeout").length).toBeGreaterThanOrEqual(2);
      expect(kinds.filter((kind) => kind === "complete").length).toBeGreaterThanOrEqual(4);
      expect(recorded.summary.run.ended).toBe("complete");
    },
  },
  {
    area,
    fault: "a server that answers only after its request has timed out",
    outcome: "the late answer is nobody's: the next request gets a connection and an answer of its own",
    alone: true,
    run: async (place) => {
      const healthy = await place.healthy();
      const late = await place.server((socket, request, count) => {
        if (count > 1) return well(socket, request, count);
        setTimeout(() => well(socket, isStream(request) ? request : "", count), 2 * LIMIT_MS);
      });
      const recorded = await place.recorded({
        baseline: healthy,
        candidate: late.baseUrl,
        capture: { concurrency: 1, timeouts: { connect: "10s", firstByte: LIMIT, idle: "10s", total: "15s" } },
      });
      complete(recorded, "candidate");
      const [first, ...rest] = lastOf(recorded);
      expect(first?.outcome).toMatchObject({ kind: "timeout" });
      expect(rest.map(({ outcome, reused }, index) => [outcome.kind, index === 0 ? reused : null])).toEqual(
        rest.map((_, index) => ["complete", index === 0 ? false : null]),
      );
    },
  },
];
