/** A few thousand of the damaged streams of `npm run fuzz`, with the same seed each time. */
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../src/core/random.js";
import { decodeAttempt } from "../../src/decode/decode.js";
import { failureOf } from "../../src/decode/failure.js";
import { attempt } from "../recording/exchange-builder.js";
import { mutatedStream } from "../wire/mutate.js";
import { WIRE_ROWS } from "../wire/rows.js";
import { APIS, VARIANTS } from "../wire/streams.js";

describe("damaged streams", () => {
  it("throw nowhere, and are decoded to what can be written as JSON", () => {
    const random = seededRandom(20_260_101, "fuzz");
    const rows = WIRE_ROWS.filter(({ heavy }) => heavy !== true);
    let said = 0;
    for (let index = 0; index < 4_000; index++) {
      const { row, reads } = mutatedStream(rows, random);
      const parts = reads.map((bytes, read) => [read + 1, { b64: bytes.toString("base64") }] as const);
      const made = attempt({ status: row.status, headers: row.headers, reads: parts });
      const own = index % 2 === 0;
      const api = own ? row.api : (APIS[random.int(APIS.length)] ?? "chat");
      const variant = own ? row.variant : (VARIANTS[random.int(VARIANTS.length)] ?? "body");
      const completion = decodeAttempt(made, api, variant);
      failureOf(made, completion, api);
      for (const call of completion.toolCalls) expect(typeof call.name).toBe("string");
      const { content, reasoning, anomalies, usage, error, tokenEvents } = completion;
      expect(() => JSON.stringify({ content, reasoning, anomalies, usage, error })).not.toThrow();
      for (const { read, characters } of tokenEvents) {
        expect(characters).toBeGreaterThan(0);
        expect(read).toBeLessThan(Math.max(1, reads.length));
      }
      if (content !== null && content !== "") said++;
    }
    // Most damage leaves something to read: were this low, the streams would test nothing but their first bytes.
    expect(said).toBeGreaterThan(500);
  });
});
