/** What an attempt said does not depend on how its bytes were cut into reads. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Completion } from "../../src/decode/completion.js";
import { decodeAttempt } from "../../src/decode/decode.js";
import type { Api, Variant } from "../../src/golden/golden-set.js";
import { attempt } from "../recording/exchange-builder.js";
import { WIRE_ROWS } from "../wire/rows.js";
import { APIS, cutAt, generatedStream, VARIANTS } from "../wire/streams.js";

type Framing = Pick<Parameters<typeof attempt>[0] & object, "status" | "headers">;

function decodeCut(reads: readonly Buffer[], api: Api, variant: Variant, framing: Framing = {}): Completion {
  const parts = reads.map((bytes, index) => [index + 1, { b64: bytes.toString("base64") }] as const);
  return decodeAttempt(attempt({ ...framing, reads: parts }), api, variant);
}

/** A completion without the moments: the one thing that reads decide. */
function timeless({ firstEventAtNs, tokenEvents, toolCalls, anomalies, ...rest }: Completion) {
  return {
    ...rest,
    begun: firstEventAtNs !== null,
    tokenEvents: tokenEvents.map(({ kind, characters }) => [kind, characters]),
    toolCalls: toolCalls.map(({ firstAtNs, lastAtNs, ...call }) => [call, firstAtNs !== null, lastAtNs !== null]),
    anomalies: anomalies.map(({ kind, evidence, read }) => [kind, evidence, read !== undefined]),
  };
}

const places = fc.array(fc.nat(), { maxLength: 20 });

describe("cutting the same bytes elsewhere changes no completion", () => {
  it.each(WIRE_ROWS.map((row) => [`${row.row} (${row.api}, ${row.variant}, ${row.seenAt})`, row] as const))(
    "of the row %s",
    (_name, row) => {
      const bytes = Buffer.from(row.bytes);
      const whole = timeless(decodeCut([bytes], row.api, row.variant, row));
      const numRuns = row.heavy ? 2 : 25;
      fc.assert(
        fc.property(places, (cuts) => {
          expect(timeless(decodeCut(cutAt(bytes, cuts), row.api, row.variant, row))).toEqual(whole);
        }),
        { numRuns },
      );
    },
  );

  it("of a row in reads of one byte", () => {
    for (const row of WIRE_ROWS.filter(({ bytes }) => bytes.length < 3_000)) {
      const bytes = Buffer.from(row.bytes);
      const single = Array.from(bytes, (_, index) => bytes.subarray(index, index + 1));
      expect(timeless(decodeCut(single, row.api, row.variant, row))).toEqual(
        timeless(decodeCut([bytes], row.api, row.variant, row)),
      );
    }
  });

  it.each(APIS.flatMap((api) => VARIANTS.map((variant) => [api, variant] as const)))(
    "of a generated %s %s",
    (api, variant) => {
      fc.assert(
        fc.property(generatedStream(api), places, (text, cuts) => {
          const bytes = Buffer.from(text);
          expect(timeless(decodeCut(cutAt(bytes, cuts), api, variant))).toEqual(
            timeless(decodeCut([bytes], api, variant)),
          );
        }),
        { numRuns: 400 },
      );
    },
  );

  it("of bytes that are no text", () => {
    fc.assert(
      fc.property(
        generatedStream("chat"),
        fc.uint8Array({ minLength: 1, maxLength: 6 }),
        fc.nat(),
        places,
        (text, odd, place, cuts) => {
          const clean = Buffer.from(text);
          const at = place % (clean.length + 1);
          const bytes = Buffer.concat([clean.subarray(0, at), odd, clean.subarray(at)]);
          expect(timeless(decodeCut(cutAt(bytes, cuts), "chat", "stream"))).toEqual(
            timeless(decodeCut([bytes], "chat", "stream")),
          );
        },
      ),
      { numRuns: 400 },
    );
  });
});

describe("the read of an event", () => {
  it("is the one that completed it, never an earlier one", () => {
    fc.assert(
      fc.property(generatedStream("chat"), places, (text, cuts) => {
        const bytes = Buffer.from(text);
        const reads = cutAt(bytes, cuts);
        const made = decodeCut(reads, "chat", "stream");
        let before = Number.NEGATIVE_INFINITY;
        for (const { read, atNs } of made.tokenEvents) {
          expect(read).toBeGreaterThanOrEqual(before);
          expect(read).toBeLessThan(reads.length);
          expect(atNs).toBe((110 + read + 1) * 1e6);
          before = read;
        }
      }),
      { numRuns: 300 },
    );
  });
});
