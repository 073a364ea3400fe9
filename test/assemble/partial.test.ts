/** What is said of recordings that are not whole: counted from what is there, in round numbers. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Exchange } from "../../src/recording/recording.js";
import { partialLine } from "../../src/report/facts.js";
import { score } from "../../src/score.js";
import { aCase } from "../check/build.js";
import { attempt, content, exchange, finish, headerLine, usage } from "../recording/exchange-builder.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-partial-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

const ROUNDS = 4;
const CASES = 5;
const cases = Array.from({ length: CASES }, (_, index) => ({ ...aCase({}), id: `c${index}` }));

const answered = () =>
  attempt({
    reads: [
      [50, content("abcd")],
      [60, finish() + usage(5, 1)],
    ],
  });
const refused = () => attempt({ status: 401, reads: [[5, "{}"]], headers: [["content-type", "application/json"]] });

/** Four rounds of five cases: 40 planned requests, 20 pairs. */
const planned: readonly Exchange[] = Array.from({ length: ROUNDS * CASES }, (_, pairId) =>
  (["baseline", "candidate"] as const).map((endpoint, side) =>
    exchange([answered()], {
      id: 2 * pairId + side,
      pairId,
      caseId: `c${pairId % CASES}`,
      round: Math.floor(pairId / CASES),
      endpoint,
      arm: endpoint,
    }),
  ),
).flat();

function scored(exchanges: readonly Exchange[], tail: readonly object[], gates: readonly string[] = []) {
  const judge = { gates: gates.map((text) => ({ text, line: 1, column: 1 })) };
  const header = { ...headerLine(cases, planned), judge };
  const segment = { type: "segment", hrtimeOriginNs: "0", wallClockMs: 0, bootId: "b", host: "h", shard: null };
  const machine = { type: "machine", segment: 0, fromNs: 0, toNs: 1e9, stalls: [], busyShare: 0.1 };
  const window = { ...machine, reads: 100, stalledReads: 0, maxReadsPerTurn: 1 };
  const segments = [0, 1].map((id) => ({ ...segment, id }));
  const lines = [header, ...segments, ...exchanges, window, ...tail];
  const file = join(folder, `${files++}.jsonl`);
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return score(file).summary;
}

const end = (reason: string, more: object = {}) => ({ type: "end", segment: 0, atNs: 2e9, reason, ...more });
const stopped = (after: number, last: string, kind = "key refused") => ({
  type: "stopped",
  segment: 0,
  endpoint: "candidate",
  atNs: 1e9,
  kind,
  after,
  last,
});

describe("a whole run", () => {
  it("has nothing to tell", () => {
    const { run } = scored(
      planned,
      [end("complete")].map((line) => ({ ...line, segment: 1 })),
    );
    expect(run).toMatchObject({ partial: false, ended: "complete", stillHolds: [] });
  });
});

describe("a candidate that was given up in the third round", () => {
  // Its last two requests were refused; of rounds 3 and 4 it was sent three of ten.
  const there = planned
    .filter(({ endpoint, pairId }) => endpoint === "baseline" || pairId < 13)
    .map((each) => (each.endpoint === "candidate" && each.pairId > 10 ? { ...each, attempts: [refused()] } : each));
  const summary = scored(
    there,
    [stopped(2, "HTTP 401"), { ...end("stopped"), segment: 1 }].map((line) => ({ ...line, segment: 1 })),
    ["errors rate < 0.5", "ttfa shift < 1.2"],
  );

  it("says who is whole, which rounds are, and what gates can still do", () => {
    expect(summary.run.stopped).toEqual([
      { endpoint: "candidate", kind: "key refused", after: 2, last: "HTTP 401", notSent: 7 },
    ]);
    expect(summary.run.stillHolds.slice(0, 3)).toEqual([
      "The baseline's own figures are whole: all its 20 planned requests ran to their end.",
      "The candidate's figures are of 13 of its 20 planned requests, 2 of which failed.",
      "Side by side, 11 of 20 planned pairs have both their answers; rounds 1 and 2 of 4 are whole.",
    ]);
    expect(summary.run.stillHolds[3]).toMatch(/^Of 2 gates .*: a run that is not whole can fail, but not pass\.$/);
    expect(summary.run.stillHolds).toHaveLength(4);
  });

  it("cannot pass, and says that requests were not sent, not that they failed", () => {
    expect(summary.verdict).not.toBe("pass");
    const said = [summary.verdictReason, ...summary.judgement.notes].join("; ");
    expect(said).toContain(
      "33 of 40 planned requests ran to their end; 7 were not sent since the candidate was given up (HTTP 401)",
    );
  });
});

describe("an open loop that dropped arrivals of the candidate", () => {
  const ids = planned.filter(({ endpoint, pairId }) => endpoint === "candidate" && pairId >= 12).map(({ id }) => id);
  const dropped = { type: "dropped", segment: 0, atNs: 1e9, ids };
  const there = planned.filter(({ id }) => !ids.includes(id));

  it("lacks nothing: what was dropped is a figure of its own", () => {
    const { run } = scored(there, [dropped, { ...end("complete"), segment: 1 }]);
    expect(run).toMatchObject({ partial: false, planned: 40, dropped: 8, recorded: 32, stillHolds: [] });
  });

  it("and was then given up did not have them to send any more", () => {
    const before = there.filter(({ endpoint, pairId }) => endpoint === "baseline" || pairId < 10);
    const { run } = scored(before, [
      dropped,
      { ...stopped(2, "HTTP 401"), segment: 1 },
      { ...end("stopped"), segment: 1 },
    ]);
    expect(run).toMatchObject({ partial: true, stopped: [{ notSent: 2 }] });
    // The line at the top counts as the sentences below it do.
    expect(partialLine(run)).toBe("Partial run, an endpoint was given up: 30 of 32 planned requests ran to their end");
    expect(run.stillHolds.slice(1, 3)).toEqual([
      "The candidate's figures are of 10 of its 12 planned requests.",
      "Side by side, 10 of 12 planned pairs have both their answers; rounds 1 and 2 of 3 are whole.",
    ]);
  });
});

describe("what is left of a run", () => {
  it("without one pair, or without one answer of a side, says so", () => {
    const baseline = planned.filter(({ endpoint }) => endpoint === "baseline");
    expect(scored(baseline, []).run.stillHolds).toEqual([
      "The baseline's own figures are whole: all its 20 planned requests ran to their end.",
      "Nothing is known of the candidate: none of its 20 planned requests ran to its end.",
      "None of 20 planned pairs has both its answers, so nothing can be said of the two side by side.",
    ]);
  });

  it("names rounds that are not in a row, and leaves broken pairs out of them", () => {
    const there = planned
      .filter(({ round }) => round !== 1)
      .map((each) => (each.pairId === 15 ? { ...each, pairBroken: true as const } : each));
    const { run } = scored(there, []);
    expect(run).toMatchObject({ ended: "killed", partial: true });
    expect(run.stillHolds[2]).toBe(
      "Side by side, 14 of 20 planned pairs have both their answers; rounds 1 and 3 of 4 are whole.",
    );
  });

  it("has no whole round where each lacks one answer", () => {
    const there = planned.filter(({ endpoint, pairId }) => endpoint === "baseline" || pairId % CASES !== 2);
    expect(scored(there, []).run.stillHolds[2]).toBe(
      "Side by side, 16 of 20 planned pairs have both their answers; no round is whole.",
    );
  });
});
