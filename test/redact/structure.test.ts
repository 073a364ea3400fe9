/** What a mask must not change: how an answer is decoded, counted and timed. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AnomalyKind } from "../../src/decode/anomaly.js";
import type { Completion } from "../../src/decode/completion.js";
import { decodeAttempt } from "../../src/decode/decode.js";
import { failureOf } from "../../src/decode/failure.js";
import { countCharacters } from "../../src/decode/json.js";
import type { Api, Variant } from "../../src/golden/golden-set.js";
import { sampleOf } from "../../src/measure/sample.js";
import { measureAll } from "../../src/measure/scored.js";
import { readRecording } from "../../src/recording/reader.js";
import { decodeBytes } from "../../src/recording/reads.js";
import type { Attempt } from "../../src/recording/recording.js";
import { storedExchange } from "../../src/redact/exchange.js";
import { attempt, exchange } from "../recording/exchange-builder.js";
import { WIRE_ROWS } from "../wire/rows.js";
import { APIS, cutAt, generatedStream, VARIANTS } from "../wire/streams.js";

const RECORDINGS = join(import.meta.dirname, "../recordings");
const SHAPES = join(RECORDINGS, "shapes");

/**
 * Facts that compare one text with another: texts that differ may have one shape. Deltas and the final response, or reasoning
 * under two names, then no longer differ.
 */
const OF_EQUAL_TEXTS: ReadonlySet<AnomalyKind> = new Set(["final-differs", "reasoning-twice"]);
/** A whole message that comes after deltas is held against them too. */
const COMPARED: ReadonlySet<AnomalyKind> = new Set([...OF_EQUAL_TEXTS, "body-for-stream"]);

function shapeOf(completion: Completion) {
  return {
    tokenEvents: completion.tokenEvents,
    content: completion.content === null ? null : countCharacters(completion.content),
    reasoning: countCharacters(completion.reasoning),
    refusal: completion.refusal === null ? null : countCharacters(completion.refusal),
    toolCalls: completion.toolCalls.map(({ id, index, name, argumentsText, firstAtNs, lastAtNs, ...rest }) => ({
      ...{ id, index, name, firstAtNs, lastAtNs },
      argumentsText: argumentsText === null ? null : countCharacters(argumentsText),
      parsed: "arguments" in rest,
    })),
    finishReason: completion.finishReason,
    usage: completion.usage,
    model: completion.model,
    id: completion.id,
    systemFingerprint: completion.systemFingerprint,
    logprobs: completion.logprobs,
    choices: completion.choices,
    dimensions: completion.dimensions,
    error: completion.error === null ? null : { ...completion.error, message: completion.error.message === "" },
    eventCount: completion.eventCount,
    commentCount: completion.commentCount,
    firstEventAtNs: completion.firstEventAtNs,
    done: completion.done,
    anomalies: completion.anomalies
      .filter(({ kind }) => !OF_EQUAL_TEXTS.has(kind))
      .map(({ kind, read }) => [kind, read]),
  };
}

function sizes(made: Attempt) {
  return made.reads.map(([at, bytes]) => [at, decodeBytes(bytes).length]);
}

function expectSameShape(made: Attempt, api: Api, variant: Variant, modes = ["redacted", "metadata"] as const): void {
  const before = decodeAttempt(made, api, variant);
  for (const store of modes) {
    const [masked] = storedExchange(exchange([made]), [], store).attempts;
    if (masked === undefined) throw new Error("no attempt");
    const after = decodeAttempt(masked, api, variant);
    expect(shapeOf(after), store).toEqual(shapeOf(before));
    expect(failureOf(masked, after, api)?.kind, store).toBe(failureOf(made, before, api)?.kind);
    if (masked.openedFrom === undefined) expect(sizes(masked), store).toEqual(sizes(made));
  }
}

function inReads(bytes: Buffer, cuts: readonly number[], more: Parameters<typeof attempt>[0]): Attempt {
  const reads = cutAt(bytes, cuts).map((piece, index) => [index + 1, { b64: piece.toString("base64") }] as const);
  return attempt({ ...more, reads });
}

describe("a mask keeps the shape", () => {
  it.each(
    WIRE_ROWS.filter(({ heavy }) => !heavy).map((row) => [`${row.row} (${row.api}, ${row.variant})`, row] as const),
  )("of the row %s", (_name, row) => {
    const bytes = Buffer.from(row.bytes);
    expectSameShape(inReads(bytes, [], row), row.api, row.variant);
    expectSameShape(inReads(bytes, [3, bytes.length >> 1], row), row.api, row.variant);
  });

  const shapes = JSON.parse(readFileSync(join(SHAPES, "shapes.json"), "utf8")) as {
    file: string;
    api: Api;
    variant: Variant;
    status: number;
    contentType: string;
  }[];
  it.each(shapes.map((shape) => [shape.file, shape] as const))(
    "of %s",
    (file, { api, variant, status, contentType }) => {
      const headers = [["content-type", contentType]] as const;
      expectSameShape(inReads(readFileSync(join(SHAPES, file)), [], { status, headers }), api, variant);
    },
  );

  it.each(APIS.flatMap((api) => VARIANTS.map((variant) => [api, variant] as const)))(
    "of a generated %s %s, wherever its reads are cut",
    (api, variant) => {
      fc.assert(
        fc.property(generatedStream(api), fc.array(fc.nat(), { maxLength: 8 }), (text, cuts) => {
          const made = inReads(Buffer.from(text), cuts, {});
          fc.pre(!decodeAttempt(made, api, variant).anomalies.some(({ kind }) => COMPARED.has(kind)));
          expectSameShape(made, api, variant);
        }),
        { numRuns: 80 },
      );
    },
  );

  it.each(["llama-cpp.jsonl", "llama-cpp-apis.jsonl"])("and every measurement of %s", (file) => {
    readRecording(join(RECORDINGS, file), (recorded, header) => {
      const golden = header.goldenSet.cases.find(({ id }) => id === recorded.caseId);
      if (golden === undefined) throw new Error(recorded.caseId);
      const before = sampleOf(recorded, golden, header);
      for (const store of ["redacted", "metadata"] as const) {
        const after = sampleOf(storedExchange(recorded, [], store), golden, header);
        expect(measureAll(after), store).toEqual(measureAll(before));
        expect(shapeOf(after.completion), store).toEqual(shapeOf(before.completion));
        expect(after.bucket).toBe(before.bucket);
      }
    });
  });
});
