/** What a run may use of a production endpoint: kept to while it runs, and a clear stop where it is reached. */
import { expect } from "vitest";
import { CHAT_BODY, plainAnswer } from "../../capture/harness.js";
import { nothingUnseen, unharmed, wholeRecording } from "../place.js";
import type { Scenario } from "../scenario.js";
import { status, well } from "../servers.js";

const area = "safety" as const;

export const LIMITS: readonly Scenario[] = [
  {
    area,
    fault: "`limits.rpm` that the plan would pass",
    outcome: "the endpoint gets no request more in any minute: the run pauses, and the report says for how long",
    waits: "capture that keeps within limits, and a budget while a run is recorded",
    alone: true,
    run: async (place) => {
      const limited = await place.server();
      const baseline = await place.server();
      const ran = await place.run({
        baseline: baseline.baseUrl,
        candidate: limited.baseUrl,
        of: { candidate: { limits: { rpm: 6 } } },
        capture: { concurrency: 2, deadline: "3s" },
      });
      const recorded = wholeRecording({ ...ran, folder: ran.folder ?? "" });
      expect(limited.requests.length).toBeLessThanOrEqual(6);
      expect(limited.requests.length).toBeGreaterThan(3);
      expect(recorded.summary.run.ended).toBe("deadline");
      expect(recorded.summary.run.limitPausesMs.candidate).toBeGreaterThan(100);
      expect(recorded.out.replace(/\s+/g, " ")).toContain("to keep within endpoints.candidate.limits");
    },
  },
  {
    area,
    fault: "`x-ratelimit-remaining-requests` that runs out",
    outcome:
      "the run pauses until the reset that the endpoint names, below `limits.minRemaining`, and then goes on to its end",
    waits: "capture that keeps within limits, and a budget while a run is recorded",
    run: async (place) => {
      const limited = await place.server((socket, _request, count) => {
        const left = count === 6 ? 1 : 90;
        socket.write(
          plainAnswer(
            CHAT_BODY,
            "200 OK",
            `x-ratelimit-limit-requests: 100\r\nx-ratelimit-remaining-requests: ${left}\r\nx-ratelimit-reset-requests: 700ms\r\n`,
          ),
        );
      });
      const recorded = await place.recorded({
        baseline: await place.healthy(),
        candidate: limited.baseUrl,
        of: { candidate: { limits: { minRemaining: 0.1 } } },
        capture: { concurrency: 1 },
      });
      unharmed(recorded);
      expect(recorded.summary.run).toMatchObject({ ended: "complete", recorded: 24 });
      expect(recorded.summary.run.limitPausesMs.candidate).toBeGreaterThan(100);
      expect(recorded.code).toBe(0);
    },
  },
  {
    area,
    fault: "a plan of more requests than `capture.maxRequests`",
    outcome: "refused before anything is sent",
    waits: "capture that keeps within limits, and a budget while a run is recorded",
    run: async (place) => {
      const server = await place.server();
      const ran = await place.run({
        baseline: server.baseUrl,
        candidate: server.baseUrl,
        capture: { maxRequests: 20 },
      });
      expect(ran.err).toMatch(/maxRequests/);
      expect([ran.code, ran.folder, server.requests]).toEqual([2, null, []]);
    },
  },
  {
    area,
    fault: "retries that reach `capture.maxRequests`",
    outcome: "the run stops there, says so, and what was recorded is scored",
    waits: "capture that keeps within limits, and a budget while a run is recorded",
    run: async (place) => {
      const busy = await place.server(status("503 Service Unavailable", "retry-after: 0.01\r\n"));
      const baseline = await place.server();
      const ran = await place.run({
        baseline: baseline.baseUrl,
        candidate: busy.baseUrl,
        capture: { concurrency: 1, maxRequests: 26, retry: { attempts: 3, on: ["5xx"] } },
      });
      const recorded = wholeRecording({ ...ran, folder: ran.folder ?? "" });
      nothingUnseen(recorded, "candidate", busy);
      expect(baseline.requests.length + busy.requests.length).toBeLessThanOrEqual(26);
      expect(recorded.summary.run).toMatchObject({ ended: "limit", partial: true });
      expect(recorded.out).toContain("The run ended at a limit");
      expect(recorded.summary.verdict).not.toBe("pass");
    },
  },
  {
    area,
    fault: "answers that cost more than was planned, past `capture.maxCost`",
    outcome: "the run stops there, says so, and what was recorded is scored",
    waits: "capture that keeps within limits, and a budget while a run is recorded",
    run: async (place) => {
      const dear = await place.server((socket) =>
        socket.write(plainAnswer(CHAT_BODY.replace('"completion_tokens":1', '"completion_tokens":1000000'))),
      );
      const ran = await place.run({
        baseline: await place.healthy(),
        candidate: dear.baseUrl,
        endpoint: { price: { inputPerMTok: 1, outputPerMTok: 1 } },
        capture: { concurrency: 1, maxCost: 3 },
      });
      const recorded = wholeRecording({ ...ran, folder: ran.folder ?? "" });
      nothingUnseen(recorded, "candidate", dear);
      expect(dear.requests.length).toBeLessThan(8);
      expect(recorded.summary.run).toMatchObject({ ended: "limit", partial: true });
      expect(recorded.out).toContain("The run ended at a limit");
    },
  },
  {
    area,
    fault: "a limit that is never reached",
    outcome: "changes nothing: no pause, no line about it",
    run: async (place) => {
      const server = await place.server(well);
      const recorded = await place.recorded({
        baseline: server.baseUrl,
        candidate: server.baseUrl,
        endpoint: { limits: { rpm: 10_000, tpm: 10_000_000, minRemaining: 0.1 } },
        capture: { maxRequests: 1_000 },
      });
      expect(recorded.summary.run).toMatchObject({ ended: "complete", limitPausesMs: { baseline: 0, candidate: 0 } });
      expect(recorded.out).not.toContain("keep within");
    },
  },
];
