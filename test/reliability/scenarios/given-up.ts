/** Asking on would cost time or lock an account: an endpoint that only fails is given up, and the other one goes on. */
import { expect } from "vitest";
import { lastOf, nothingUnseen, type Place, type Recorded, unharmed } from "../place.js";
import type { Scenario } from "../scenario.js";
import { type Answer, after, status, well } from "../servers.js";

const area = "failing" as const;

/** Six good answers, one request at a time, and then so. */
async function failingAfter6(place: Place, answer: Answer, capture: object = {}): Promise<Recorded> {
  const dying = await place.server(after(6, answer));
  const recorded = await place.recorded({
    baseline: await place.healthy(),
    candidate: dying.baseUrl,
    capture: { concurrency: 1, ...capture },
  });
  unharmed(recorded);
  nothingUnseen(recorded, "candidate", dying);
  return recorded;
}

/** Given up after so many failures: the rest was not sent, and the report says what still holds. */
function givenUp(recorded: Recorded, kind: string, last: string, failures: number): void {
  const { run } = recorded.summary;
  const notSent = 12 - 6 - failures;
  expect(run).toMatchObject({ ended: "stopped", partial: true });
  expect(run.stopped).toEqual([{ endpoint: "candidate", kind, after: failures, last, notSent }]);
  expect(lastOf(recorded)).toHaveLength(6 + failures);
  const said = recorded.out.replace(/\s+/g, " ");
  expect(said).toContain(`The candidate was given up after ${failures} exchanges in a row`);
  expect(said).toContain(`${notSent} of 12 requests were not sent to it`);
  expect(said).toContain("The baseline's own figures are whole: all its 12 planned requests ran to their end.");
  expect(said).toContain("6 of 12 planned pairs have both their answers; rounds 1 and 2 of 4 are whole.");
  expect(recorded.summary.verdict).not.toBe("pass");
  expect([1, 3]).toContain(recorded.code);
}

export const GIVEN_UP: readonly Scenario[] = [
  {
    area,
    fault: "a key that is revoked in the middle of a run: 401 from then on",
    outcome:
      "that endpoint is given up after three in a row, the other one goes on to its end, and the report says what still holds",
    waits: "capture that gives endpoints up",
    run: async (place) => {
      givenUp(await failingAfter6(place, status("401 Unauthorized")), "key refused", "HTTP 401", 3);
    },
  },
  {
    area,
    fault: "credit that is spent in the middle of a run: 402 from then on",
    outcome: "the same, named as spent credit",
    waits: "capture that gives endpoints up",
    run: async (place) => {
      givenUp(await failingAfter6(place, status("402 Payment Required")), "credit spent", "HTTP 402", 3);
    },
  },
  {
    area,
    fault: "5xx from some moment on",
    outcome: "given up after `capture.giveUpAfter` exchanges in a row that failed",
    waits: "capture that gives endpoints up",
    run: async (place) => {
      const recorded = await failingAfter6(place, status("503 Service Unavailable"), { giveUpAfter: 4 });
      givenUp(recorded, "failures", "HTTP 503", 4);
    },
  },
  {
    area,
    fault: "429 from some moment on, whatever is waited",
    outcome: "each is asked again as `retry` says, and the endpoint is given up after `capture.giveUpAfter` of them",
    waits: "capture that gives endpoints up",
    run: async (place) => {
      const recorded = await failingAfter6(place, status("429 Too Many Requests", "retry-after: 0.02\r\n"), {
        giveUpAfter: 4,
        retry: { attempts: 2, on: [429] },
      });
      givenUp(recorded, "failures", "HTTP 429", 4);
      expect(recorded.summary.retries.candidate).toMatchObject({ exchanges: 10, attempts: 14 });
    },
  },
  {
    area,
    fault: "an endpoint that hangs from some moment on",
    outcome: "given up after `capture.giveUpAfter` timeouts in a row, not waited for to the end of the plan",
    waits: "capture that gives endpoints up",
    alone: true,
    run: async (place) => {
      const recorded = await failingAfter6(place, () => {}, {
        giveUpAfter: 3,
        timeouts: { connect: "10s", firstByte: "800ms", idle: "10s", total: "15s" },
      });
      givenUp(recorded, "failures", "timeout: first byte", 3);
    },
  },
  {
    area,
    fault: "failures with answers between them",
    outcome: "nobody is given up: what fails now and then is measured",
    run: async (place) => {
      const flaky = await place.server((socket, request, count) =>
        (count % 3 === 0 ? well : status("401 Unauthorized"))(socket, request, count),
      );
      const recorded = await place.recorded({
        baseline: await place.healthy(),
        candidate: flaky.baseUrl,
        capture: { concurrency: 1, giveUpAfter: 3 },
      });
      unharmed(recorded);
      expect(recorded.summary.run).toMatchObject({ ended: "complete", stopped: [], recorded: 24 });
    },
  },
  {
    area,
    fault: "both keys are refused from the start",
    outcome: "both endpoints are given up and the run ends; nothing was compared, and the exit code says so",
    waits: "capture that gives endpoints up",
    run: async (place) => {
      const refusing = [
        await place.server(status("401 Unauthorized")),
        await place.server(status("401 Unauthorized")),
      ] as const;
      const recorded = await place.recorded({
        baseline: refusing[0].baseUrl,
        candidate: refusing[1].baseUrl,
        capture: { concurrency: 1 },
      });
      expect(refusing.map(({ requests }) => requests.length)).toEqual([3, 3]);
      expect(recorded.summary.run.stopped.map(({ endpoint, notSent }) => [endpoint, notSent])).toEqual([
        ["baseline", 9],
        ["candidate", 9],
      ]);
      expect(recorded.summary.verdict).not.toBe("pass");
      expect([1, 4]).toContain(recorded.code);
    },
  },
];
