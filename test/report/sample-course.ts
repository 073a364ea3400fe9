/** Reports of runs that did not go as planned. */
import type { Report } from "../../src/report/report.js";
import type { Summary } from "../../src/report/summary.js";
import { sampleReport } from "./sample-report.js";

/** The sample report with other facts about how its run went. */
export function reportOfCourse(run: Partial<Summary["run"]>, notes: readonly string[] = []): Report {
  const { summary, details } = sampleReport();
  const validity = { ...summary.validity, notes: [...notes] };
  return { details, summary: { ...summary, run: { ...summary.run, ...run }, validity } };
}

/** Everything at once: given up, ended at a limit, taken up again, paused, masked, and a clock that was set. */
export function roughReport(): Report {
  const report = reportOfCourse(
    {
      kind: "run",
      labels: [],
      ended: "limit",
      endedMessage: "maxRequests 600 was reached",
      planned: 912,
      recorded: 600,
      partial: true,
      store: "redacted",
      stopped: [{ endpoint: "candidate", kind: "key refused", after: 3, last: "HTTP 401", notSent: 312 }],
      resumed: { times: 2, brokenPairs: 2, repairedBytes: 412 },
      limitPausesMs: { baseline: 0, candidate: 34_000 },
      stillHolds: [
        "The baseline's own figures are whole: all its 456 planned requests ran to their end.",
        "The candidate's figures are of 144 of its 456 planned requests, 3 of which failed.",
        "Side by side, 141 of 456 planned pairs have both their answers; rounds 1 to 3 of 12 are whole.",
        "Of 6 gates 1 failed, 5 are undecided: a run that is not whole can fail, but not pass.",
      ],
    },
    ["its clock was set forward by 2.0 s", "it slept for 3 min"],
  );
  const { baseline, candidate } = report.summary.endpoints;
  const endpoints = { baseline: { ...baseline, exchanges: 456 }, candidate: { ...candidate, exchanges: 144 } };
  return { ...report, summary: { ...report.summary, endpoints } };
}
