/**
 * The shapes of answers that other projects recorded from real endpoints, written again with our own words: see
 * `test/recordings/shapes/README.md`. What each has to decode to was written by hand beside its bytes.
 */
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AnomalyKind } from "../../../src/decode/anomaly.js";
import type { Completion } from "../../../src/decode/completion.js";
import { decodeAttempt } from "../../../src/decode/decode.js";
import { attemptOf, type PublicRecording } from "./recordings.js";
import { withoutTimes } from "./without-times.js";

interface Shape {
  readonly file: string;
  readonly api: PublicRecording["api"];
  readonly variant: PublicRecording["variant"];
  readonly status: number;
  readonly contentType: string;
  /** The recordings that have this shape. */
  readonly seen: readonly string[];
  /** What has to come out: only what is named is compared. */
  readonly expect: {
    readonly content?: string;
    readonly reasoning?: string;
    readonly calls?: readonly (readonly [id: string, name: string, argumentsText: string | null])[];
    readonly finishReason?: string | null;
    readonly inputTokens?: number | null;
    readonly outputTokens?: number | null;
    readonly reasoningTokens?: number;
    readonly cachedTokens?: number;
    readonly model?: string;
    readonly id?: string;
    readonly done?: boolean;
    readonly dimensions?: readonly number[];
    readonly error?: string;
    readonly envelope?: string;
    readonly code?: string | null;
    readonly codeType?: string;
    readonly type?: string | null;
  };
  /** Facts that have to be recorded; others may be. */
  readonly anomalies: readonly AnomalyKind[];
  /** Facts that would be wrong. */
  readonly not: readonly AnomalyKind[];
}

const FOLDER = new URL("../../recordings/shapes/", import.meta.url);
const SHAPES = JSON.parse(readFileSync(new URL("shapes.json", FOLDER), "utf8")) as Shape[];

/** Every shape is JSON in a framing that we know. */
const NEVER = /^(event|body)-not-json$|^choices-missing$|^html-body$/;

function recordingOf({ file, api, variant, status, contentType }: Shape): PublicRecording {
  const b64 = readFileSync(new URL(file, FOLDER)).toString("base64");
  const headers = [["content-type", contentType]] as const;
  return {
    repository: "",
    path: file,
    ordinal: 0,
    api,
    variant,
    endpoint: "",
    status,
    headers,
    framing: "as recorded",
    stated: [],
    digest: "",
    b64,
  };
}

/** The completion in the words of the expectation. */
function told(made: Completion): Shape["expect"] {
  return {
    content: made.content ?? "",
    reasoning: made.reasoning,
    calls: made.toolCalls.map(({ id, name, argumentsText }) => [id ?? "", name, argumentsText] as const),
    finishReason: made.finishReason,
    inputTokens: made.usage?.inputTokens ?? null,
    outputTokens: made.usage?.outputTokens ?? null,
    ...(typeof made.usage?.reasoningTokens === "number" ? { reasoningTokens: made.usage.reasoningTokens } : {}),
    ...(typeof made.usage?.cachedTokens === "number" ? { cachedTokens: made.usage.cachedTokens } : {}),
    ...(made.model === null ? {} : { model: made.model }),
    ...(made.id === null ? {} : { id: made.id }),
    done: made.done,
    ...(made.dimensions === null ? {} : { dimensions: made.dimensions }),
    ...(made.error === null
      ? {}
      : {
          error: made.error.message,
          envelope: made.error.envelope,
          code: made.error.code,
          codeType: made.error.codeType,
          type: made.error.type,
        }),
  };
}

it("every file of the folder is one of the shapes", () => {
  const files = readdirSync(FOLDER).filter((name) => name !== "shapes.json" && name !== "README.md");
  expect(files.sort()).toEqual(SHAPES.map(({ file }) => file).sort());
});

describe.each(SHAPES)("$file", (shape) => {
  const recording = recordingOf(shape);
  const whole = decodeAttempt(attemptOf(recording), shape.api, shape.variant);

  it("decodes to what it says", () => {
    expect(told(whole)).toMatchObject(shape.expect);
    if (shape.expect.error === undefined) expect(whole.error).toBeNull();
  });

  it("records how it departs", () => {
    const kinds = whole.anomalies.map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining([...shape.anomalies]));
    expect(kinds.filter((kind) => shape.not.includes(kind) || NEVER.test(kind))).toEqual([]);
  });

  it("is the same however it is cut into reads", () => {
    const { length } = Buffer.from(recording.b64 ?? "", "base64");
    fc.assert(
      fc.property(fc.array(fc.nat(length), { maxLength: 40 }), (places) => {
        const cuts = [...places].sort((a, b) => a - b);
        const again = decodeAttempt(attemptOf(recording, cuts), shape.api, shape.variant);
        expect(withoutTimes(again)).toEqual(withoutTimes(whole));
      }),
      { numRuns: 30 },
    );
  });
});
