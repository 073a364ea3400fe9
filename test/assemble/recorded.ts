/** Recordings written by hand and scored: exchanges of one side or both, with the settings that matter. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GoldenCase } from "../../src/golden/golden-set.js";
import type { Attempt, Exchange, HeaderLine } from "../../src/recording/recording.js";
import type { Report } from "../../src/report/report.js";
import type { Summary } from "../../src/report/summary.js";
import { score } from "../../src/score.js";
import { aCase } from "../check/build.js";
import { attempt, content, exchange, finish, headerLine, usage } from "../recording/exchange-builder.js";

export type Side = "baseline" | "candidate";

export const golden = (id: string, more: Partial<GoldenCase> = {}): GoldenCase => ({ ...aCase({}), id, ...more });

/** Says `abcd`, 10 ms after the first byte says that it is done, and counts 1,000 and 100 tokens. */
export const answer = (firstMs: number, dispatchedMs: number, reused = true): Attempt =>
  attempt({
    dispatchedMs,
    reused,
    reads: [
      [firstMs, content("abcd")],
      [firstMs + 10, finish() + usage(1_000, 100)],
    ],
  });

/** One exchange after the other of one side, each beginning a minute after the one before. */
export function asked(
  side: Side,
  count: number,
  make: (dispatchedMs: number, index: number) => Attempt | Attempt[],
  more: (index: number) => Partial<Exchange> = () => ({}),
): Exchange[] {
  return Array.from({ length: count }, (_, index) => {
    const attempts = [make(60_000 * index + 100, index)].flat();
    const between = attempts.map((each, ordinal) =>
      ordinal < attempts.length - 1 ? { ...each, backoff: { ms: 1_000, from: "exponential" as const } } : each,
    );
    const id = 2 * index + (side === "baseline" ? 0 : 1);
    const row = { id, pairId: index, endpoint: side, arm: side, caseId: "a", round: index };
    return exchange(between, { ...row, ...more(index) });
  });
}

/** @param change of the header that fits the exchanges */
export function summaryOf(
  exchanges: readonly Exchange[],
  change: (header: HeaderLine) => HeaderLine = (header) => header,
  cases: readonly GoldenCase[] = [...new Set(exchanges.map(({ caseId }) => caseId))].map((id) => golden(id)),
): Summary {
  return reportOf(exchanges, change, cases).summary;
}

/** The page's details too. */
export function reportOf(
  exchanges: readonly Exchange[],
  change: (header: HeaderLine) => HeaderLine = (header) => header,
  cases: readonly GoldenCase[] = [...new Set(exchanges.map(({ caseId }) => caseId))].map((id) => golden(id)),
): Report {
  const folder = mkdtempSync(join(tmpdir(), "twintail-assemble-"));
  try {
    const header = change(headerLine(cases, exchanges));
    const segment = {
      type: "segment",
      id: 0,
      hrtimeOriginNs: "0",
      wallClockMs: 0,
      bootId: "b",
      host: "h",
      shard: null,
    };
    const file = join(folder, "recording.jsonl");
    writeFileSync(file, [header, segment, ...exchanges].map((line) => `${JSON.stringify(line)}\n`).join(""));
    return score(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The header with facts of an endpoint changed. */
export function withEndpoint(header: HeaderLine, side: Side, facts: Partial<HeaderLine["endpoints"]["baseline"]>) {
  return { ...header, endpoints: { ...header.endpoints, [side]: { ...header.endpoints[side], ...facts } } };
}
