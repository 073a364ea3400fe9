/** What counts as "in between" where a recording has several segments, each with a clock of its own. */
import { describe, expect, it } from "vitest";
import type { ScoredExchange } from "../../src/measure/scored.js";
import { nameUnsupported } from "../../src/measure/unsupported.js";

const S = 1e9;
const badGateway = { kind: "http_5xx", status: 502, message: "HTTP 502" } as const;
let ids = 0;

const sent = (caseId: string, segment: number, atS: number, failed: boolean): ScoredExchange =>
  ({
    id: ids++,
    caseId,
    segment,
    endpoint: "candidate",
    phase: "warm",
    cancelled: null,
    failure: failed ? badGateway : null,
    attemptFailures: [failed ? badGateway : null],
    releasedAtNs: atS * S,
    endedAtNs: (atS + 0.5) * S,
  }) as unknown as ScoredExchange;
/** Sixty answers of other cases, two a second. */
const answered = (segment: number, fromS: number): ScoredExchange[] =>
  Array.from({ length: 60 }, (_, index) => sent(`other-${index % 10}`, segment, fromS + index / 2, false));

const kinds = (exchanges: readonly ScoredExchange[]) =>
  new Set(nameUnsupported(exchanges, { header: {}, segments: [] }).flatMap(({ failure }) => failure?.kind ?? []));

describe("a case that fails in two segments", () => {
  it("is an unsupported feature where others were answered after the first and before the second", () => {
    for (const fromS of [7, 3_600]) {
      const exchanges = [sent("x", 0, 5, true), ...answered(0, fromS), sent("x", 1, 0, true)];
      expect(kinds(exchanges)).toEqual(new Set(["unsupported_feature"]));
      expect(kinds([...exchanges].reverse())).toEqual(new Set(["unsupported_feature"]));
    }
  });

  it("may be an outage where others were answered before both or after both, whatever the clocks say", () => {
    const before = [...answered(0, 1_000), sent("x", 0, 2_000, true), sent("x", 1, 5_000, true)];
    expect(kinds(before)).toEqual(new Set(["http_5xx"]));
    const after = [sent("x", 0, 2_000, true), sent("x", 1, 3_000, true), ...answered(1, 4_000)];
    expect(kinds(after)).toEqual(new Set(["http_5xx"]));
    // By stamps alone these answers would lie in between.
    const apart = [sent("x", 0, 2_000, true), sent("x", 1, 5_000, true), ...answered(2, 3_000)];
    expect(kinds(apart)).toEqual(new Set(["http_5xx"]));
  });
});
