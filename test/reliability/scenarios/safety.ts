/** On production endpoints: what a run may cost and send is said before, and what is dangerous is refused. */
import { mkdirSync } from "node:fs";
import { expect } from "vitest";
import { plainAnswer } from "../../capture/harness.js";
import { complete, lastOf, nothingUnseen, type Place, type RunOptions, unharmed, wholeRecording } from "../place.js";
import type { Scenario } from "../scenario.js";
import { isStream, status, well } from "../servers.js";

const area = "safety" as const;
const PRICE = { price: { inputPerMTok: 100, outputPerMTok: 100_000 } };
const KEY = "sk-safety-0123456789abcdef";

/** Refused in one line before anything was sent or written. */
async function refused(place: Place, options: Partial<RunOptions>, message: RegExp): Promise<void> {
  const servers = [await place.server(), await place.server()] as const;
  const ran = await place.run({ baseline: servers[0].baseUrl, candidate: servers[1].baseUrl, ...options });
  expect(ran.err).toMatch(message);
  expect([ran.code, ran.out, ran.folder]).toEqual([2, "", null]);
  expect(servers.map(({ requests }) => requests)).toEqual([[], []]);
}

export const SAFETY: readonly Scenario[] = [
  {
    area,
    fault: "a plan that may cost more than `capture.maxCost`",
    outcome: "refused with both sums; nothing is sent",
    run: (place) =>
      refused(
        place,
        { endpoint: PRICE, capture: { maxCost: 1 } },
        /capture\.maxCost: the run may cost up to \$\d+\.\d\d, above maxCost \$1\.00; lower /,
      ),
  },
  {
    area,
    fault: "`maxCost` without prices",
    outcome: "refused: a limit that cannot be computed is none",
    run: (place) => refused(place, { capture: { maxCost: 1 } }, /maxCost.*price/s),
  },
  {
    area,
    fault: "nights that would cost more than `capture.maxCostPerMonth` together",
    outcome: "refused before the night that passes it",
    run: async (place) => {
      mkdirSync(`${place.folder}/history`);
      await refused(
        place,
        {
          endpoint: PRICE,
          capture: { maxCostPerMonth: 0.5 },
          flags: ["--history", `${place.folder}/history`],
        },
        /maxCostPerMonth/,
      );
    },
  },
  {
    area,
    fault: "one key for two hosts",
    outcome: "refused, both hosts named, the key not",
    run: async (place) => {
      await refused(
        place,
        { endpoint: { apiKeyEnv: "KEY" }, environment: { KEY } },
        /endpoints: one key would be sent to two hosts, 127\.0\.0\.1:\d+ and 127\.0\.0\.1:\d+; give each endpoint the key/,
      );
    },
  },
  {
    area,
    fault: "a key over plain `http://` to another machine",
    outcome: "refused when the configuration is read",
    run: (place) =>
      refused(
        place,
        { candidate: "http://inference.example/v1", of: { candidate: { apiKeyEnv: "KEY" } }, environment: { KEY } },
        /in the clear.*https/,
      ),
  },
  {
    area,
    fault: "a key that is not set, or holds a line break",
    outcome: "named by its variable; its value is in no message",
    run: async (place) => {
      const of = { candidate: { apiKeyEnv: "CANDIDATE_KEY" } };
      await refused(
        place,
        { of, environment: {} },
        /the environment variable CANDIDATE_KEY is not set; export CANDIDATE_KEY=/,
      );
      await refused(
        place,
        { of, environment: { CANDIDATE_KEY: "sk-line\nx-injected: 1" } },
        /the value of CANDIDATE_KEY cannot be sent in a header; look for a line break/,
      );
    },
  },
  {
    area,
    fault: "a redirect to another host",
    outcome: "recorded as what it is and never followed, so the key goes nowhere else",
    run: async (place) => {
      const elsewhere = await place.server();
      const redirecting = await place.server((socket) =>
        socket.write(plainAnswer("", "307 Temporary Redirect", `location: ${elsewhere.baseUrl}/chat/completions\r\n`)),
      );
      const recorded = await place.recorded({
        baseline: await place.healthy(),
        candidate: redirecting.baseUrl,
        of: { candidate: { apiKeyEnv: "KEY" } },
        environment: { KEY },
      });
      unharmed(recorded);
      complete(recorded, "candidate");
      expect(elsewhere.requests).toEqual([]);
      expect(redirecting.requests.every((request) => request.includes(KEY))).toBe(true);
      expect(lastOf(recorded).map((attempt) => attempt.status)).toEqual(Array.from({ length: 12 }, () => 307));
      expect(recorded.code).toBe(1);
    },
  },
  {
    area,
    fault: "a request that is refused for good (400)",
    outcome: "sent once: no 4xx but 429 is asked again, whatever `retry.on` says of others",
    run: async (place) => {
      const refusing = await place.server(status("400 Bad Request"));
      const recorded = await place.recorded({
        baseline: await place.healthy(),
        candidate: refusing.baseUrl,
        capture: { retry: { attempts: 5, on: [429, "5xx", "network"] } },
      });
      expect(refusing.requests).toHaveLength(12);
      nothingUnseen(recorded, "candidate", refusing);
    },
  },
  {
    area,
    fault: "`--dry-run`",
    outcome: "prints requests, tokens, minutes and cost, and sends nothing",
    run: async (place) => {
      const server = await place.server();
      const ran = await place.run({
        baseline: server.baseUrl,
        candidate: server.baseUrl,
        endpoint: PRICE,
        flags: ["--dry-run"],
      });
      expect([ran.code, ran.folder, server.requests]).toEqual([0, null, []]);
      for (const word of ["requests", "tokens", "about ", "$"]) expect(ran.out).toContain(word);
    },
  },
  {
    area,
    fault: "a run that is started",
    outcome: "what it will send and may cost is printed before its first paid request",
    run: async (place) => {
      const server = await place.server();
      let before: number | null = null;
      const ran = await place.run({
        baseline: server.baseUrl,
        candidate: server.baseUrl,
        endpoint: PRICE,
        onOutput: (text) => {
          if (/requests/.test(text)) before ??= server.requests.length;
        },
      });
      expect(before).toBe(0);
      expect([ran.code, server.requests.length]).toEqual([0, 24]);
    },
  },
  {
    area,
    fault: "an interrupt (Ctrl-C) in the middle of a run",
    outcome:
      "ends cleanly with exit code 130; what was answered is scored, what was in flight is recorded as cut by the user",
    run: async (place) => {
      const slow = await place.server((socket, request, count) => {
        if (count === 7) place.interrupt();
        if (count < 7) well(socket, isStream(request) ? request : "", count);
      });
      const ran = await place.run({ baseline: slow.baseUrl, candidate: slow.baseUrl, capture: { concurrency: 1 } });
      const recorded = wholeRecording({ ...ran, folder: ran.folder ?? "" });
      expect(ran.code).toBe(130);
      expect(recorded.summary.run).toMatchObject({ ended: "interrupted", partial: true, recorded: 6 });
      const cut = recorded.exchanges.filter(({ attempts }) => attempts.at(-1)?.outcome.kind === "cancelled");
      expect(cut.length).toBeGreaterThan(0);
      expect(ran.out).toContain("Partial run, interrupted");
    },
  },
];
