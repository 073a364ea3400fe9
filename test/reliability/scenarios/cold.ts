/** Endpoints that scale to zero: the first contact is the trial, however long it is put off. */
import { createServer } from "node:net";
import { expect } from "vitest";
import { plainAnswer } from "../../capture/harness.js";
import { lastOf, type Place, type Recorded } from "../place.js";
import type { Scenario } from "../scenario.js";
import { well } from "../servers.js";

const area = "cold" as const;
/** Long enough that no answer on a busy machine breaks them. */
const WARM = { connect: "3s", firstByte: "3s", idle: "3s", total: "5s" };
const WAKE = (cap: string) => ({ wake: { budget: cap, cap } });

async function woken(place: Place, candidate: string, cap = "20s", onPlan: () => void = () => {}): Promise<Recorded> {
  return await place.recorded({
    baseline: await place.healthy(),
    candidate,
    of: { candidate: { ...WAKE(cap), streamUsage: true } },
    // The plan is printed right before the first request.
    onOutput: (text) => {
      if (text.includes("requests")) onPlan();
    },
    capture: { timeouts: WARM },
  });
}

const trialOf = ({ summary }: Recorded) => summary.cold.candidate[0] ?? expect.fail("no cold trial");

export const COLD: readonly Scenario[] = [
  {
    area,
    fault: "a first request that is held while the endpoint wakes, longer than every timeout",
    outcome: "waited for up to `wake.cap`: the timeouts of other phases do not cut a wake",
    run: async (place) => {
      const sim = await place.sim({ wakeMs: 6_000, startCold: true });
      const recorded = await woken(place, sim.baseUrl);
      expect(trialOf(recorded)).toMatchObject({ verdict: "cold", attempts: 1 });
      expect(trialOf(recorded).wakeMs).toBeGreaterThan(5_500);
      expect(recorded.code).toBe(0);
    },
  },
  {
    area,
    fault: "503 `Loading model` until the endpoint is awake",
    outcome: "asked again until it answers; every refusal is an attempt of the trial, and none of them an error rate",
    run: async (place) => {
      const sim = await place.sim({ wakeMs: 1_500, startCold: true, wakeMode: "503" });
      const recorded = await woken(place, sim.baseUrl);
      expect(trialOf(recorded).attempts).toBeGreaterThan(1);
      expect(trialOf(recorded).wakeMs).toBeGreaterThan(1_000);
      expect(recorded.summary.rates.errors?.candidate).toMatchObject({ count: 0, of: 12 });
    },
  },
  {
    area,
    fault: "an endpoint that wakes from refusing connections, and is down when the run begins",
    outcome: "left alone before its trial, which asks again until somebody listens",
    run: async (place) => {
      // A port that was free a moment ago: the endpoint begins to listen there after the first refusals.
      const port = await new Promise<number>((resolve) => {
        const probe = createServer().listen(0, "127.0.0.1", () => {
          const { port: free } = probe.address() as { port: number };
          probe.close(() => resolve(free));
        });
      });
      let begun = false;
      const recorded = await woken(place, `http://127.0.0.1:${port}/v1`, "10s", () => {
        if (begun) return;
        begun = true;
        setTimeout(() => void place.sim({ port }), 1_200);
      });
      expect(trialOf(recorded).attempts).toBeGreaterThan(1);
      expect(trialOf(recorded).parts.refusedMs).toBeGreaterThan(0);
      expect(recorded.summary.rates.errors?.candidate).toMatchObject({ count: 0, of: 12 });
    },
  },
  {
    area,
    fault: "an endpoint that never wakes",
    outcome: "given up at `wake.cap`, and the run goes on to its end",
    run: async (place) => {
      const asleep = await place.server((socket) => socket.write(plainAnswer("{}", "503 Service Unavailable")));
      const recorded = await woken(place, asleep.baseUrl, "1500ms");
      expect(trialOf(recorded)).toMatchObject({ verdict: "failed", wakeMs: null });
      expect(recorded.summary.run.recorded).toBe(recorded.header.plan.length);
      expect(lastOf(recorded).some((attempt) => attempt.status === 200)).toBe(false);
    },
  },
  {
    area,
    fault: "an endpoint that sleeps, beside one that is down",
    outcome: "the one that is down is named; the sleeping one gets no connection, so that nothing wakes it",
    run: async (place) => {
      const sleeping = await place.server(well);
      const gone = await place.server();
      await gone.close();
      const ran = await place.run({
        baseline: gone.baseUrl,
        candidate: sleeping.baseUrl,
        of: { candidate: WAKE("5s") },
      });
      expect(ran.err).toContain("endpoints.baseline.baseUrl: cannot reach");
      expect([ran.code, sleeping.requests]).toEqual([2, []]);
    },
  },
  {
    area,
    fault: "`twintail wake` against an endpoint that puts its first request off",
    outcome: "the trial, its parts and its warm references beside it; budget and cap kept or broken",
    run: async (place) => {
      const sim = await place.sim({ wakeMs: 1_200, startCold: true, wakeMode: "503" });
      const config = place.config({
        baseline: await place.healthy(),
        candidate: sim.baseUrl,
        of: { candidate: WAKE("20s") },
        gates: [],
      });
      const ran = await place.twintail(["wake", config, "--out", `${place.folder}/wakes`]);
      expect(ran.out).toMatch(/candidate woke in .* within its budget of 20 s/);
      expect(ran.out).toContain("HTTP 503");
      expect(ran.code).toBe(0);
    },
  },
  {
    area,
    fault: "six minutes of silence before the first byte of a wake, past every default of the libraries below",
    outcome: "waited for: the answer is a cold trial like any other",
    slow: true,
    run: async (place) => {
      const sim = await place.sim({ wakeMs: 360_000, startCold: true });
      const recorded = await woken(place, sim.baseUrl, "10m");
      expect(trialOf(recorded)).toMatchObject({ verdict: "cold", attempts: 1 });
      expect(trialOf(recorded).wakeMs).toBeGreaterThan(355_000);
    },
  },
];
