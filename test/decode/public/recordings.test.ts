/**
 * Every recording of the other projects that `test/recordings/public/README.md` names, decoded and held against what their
 * suites state and against a plain client of ours. Their bytes are not in this repository:
 *
 *   node scripts/public-recordings.mjs CLONES public.jsonl
 *   TWINTAIL_PUBLIC_RECORDINGS=$PWD/public.jsonl npx vitest run test/decode/public
 */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../src/core/random.js";
import { decodeAttempt } from "../../../src/decode/decode.js";
import { readNaively } from "./naive-client.js";
import { attemptOf, bytesOf, type PublicRecording, readRecordings } from "./recordings.js";
import { withoutTimes } from "./without-times.js";

/** How many there are at the commits that the README names: recordings, and those of which something is stated. */
const COUNTS = JSON.parse(
  readFileSync(new URL("../../recordings/public/counts.json", import.meta.url), "utf8"),
) as Record<string, { readonly recordings: number; readonly stated: number }>;

const RECORDINGS = readRecordings(process.env.TWINTAIL_PUBLIC_RECORDINGS);

type Field =
  | "content"
  | "reasoning"
  | "refusal"
  | "calls"
  | "finishReason"
  | "inputTokens"
  | "outputTokens"
  | "dimensions"
  | "error";

interface Disagreement {
  readonly field: Field;
  readonly by: string;
  readonly decoded: unknown;
  readonly told: unknown;
}

interface Known {
  readonly field: Field;
  /** What comes out instead, where it is short. */
  readonly decoded?: unknown;
  readonly why: string;
}

const BUILT_IN: Known = {
  field: "calls",
  decoded: [],
  why: "a built-in tool of /responses, which no golden case can ask for; the suite's client names it as a call",
};
const INT8 = "Perplexity sends integers of 8 bits, as the suite states; a plain client takes them for floats of 32";

/** Where a suite or the plain client says something else than the decoder, each looked at. */
const KNOWN: Readonly<Record<string, Known>> = {
  "openai-phase.1.chunks.txt": {
    field: "content",
    why: "its deltas were cut by hand; the rest is in the events that tell each part whole, which the plain client leaves out",
  },
  "openai-apply-patch-tool-delete.1.chunks.txt": BUILT_IN,
  "openai-apply-patch-tool.1.chunks.txt": BUILT_IN,
  "openai-apply-patch-tool.1.json": BUILT_IN,
  "openai-local-shell-tool.1.chunks.txt": BUILT_IN,
  "openai-local-shell-tool.1.json": BUILT_IN,
  "openai-shell-tool.1.chunks.txt": BUILT_IN,
  "openai-shell-tool.1.json": BUILT_IN,
  "xai-x-search-tool.chunks.txt": {
    field: "calls",
    why: "xAI tells of searches that it ran itself as `custom_tool_call`; nothing but its name says so",
  },
  "embedding_perplexity_int8_embeddings_perplexity_pplx-embed-v1-0_6b_decodes_a_single_text_into_int8_vectors.yml": {
    field: "dimensions",
    decoded: [1024],
    why: INT8,
  },
  "embedding_perplexity_int8_embeddings_perplexity_pplx-embed-v1-0_6b_handles_multiple_texts_with_custom_dimensions.yml":
    { field: "dimensions", decoded: [256, 256, 256], why: INT8 },
};

const decode = (recording: PublicRecording, cuts?: readonly number[]) =>
  decodeAttempt(attemptOf(recording, cuts), recording.api, recording.variant);

/** The output tokens as the endpoint counted them: the decoder adds reasoning that stood beside. */
function outputTokensSent(made: ReturnType<typeof decode>): number | null {
  const { usage } = made;
  if (usage === null || usage.outputTokens === null) return null;
  return usage.reasoningAdded ? usage.outputTokens - (usage.reasoningTokens ?? 0) : usage.outputTokens;
}

/** Arguments as JSON, since suites write them again; a call without any has the empty object. */
function argumentsValue(text: string): unknown {
  if (text === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function disagreements(made: ReturnType<typeof decode>, recording: PublicRecording): Disagreement[] {
  const found: Disagreement[] = [];
  const compare = (by: string, field: Field, decoded: unknown, told: unknown) => {
    if (!isDeepStrictEqual(decoded, told)) found.push({ field, by, decoded, told });
  };
  const naive = readNaively(recording);
  compare("a plain client", "error", made.error?.message ?? null, naive.error?.slice(0, 500) ?? null);
  if (recording.status !== 200) return found;
  const sent = outputTokensSent(made);
  compare("a plain client", "content", made.content ?? "", naive.content);
  compare("a plain client", "reasoning", made.reasoning, naive.reasoning);
  compare("a plain client", "refusal", made.refusal ?? "", naive.refusal);
  const calls = made.toolCalls.map(({ name, argumentsText }) => ({ name, arguments: argumentsText ?? "" }));
  compare("a plain client", "calls", calls, naive.calls);
  compare("a plain client", "inputTokens", made.usage?.inputTokens ?? null, naive.inputTokens);
  compare("a plain client", "outputTokens", sent, naive.outputTokens);
  compare("a plain client", "dimensions", made.dimensions ?? [], naive.dimensions);
  if (naive.error === null) compare("a plain client", "finishReason", made.finishReason, naive.finishReason);

  for (const stated of recording.stated) {
    const { by } = stated;
    if (stated.content !== undefined) compare(by, "content", made.content ?? "", stated.content);
    if (stated.reasoning !== undefined) compare(by, "reasoning", made.reasoning, stated.reasoning);
    if (stated.calls !== undefined) compare(by, "calls", calls.map(callTold), stated.calls.map(callTold));
    if (stated.inputTokens !== undefined) compare(by, "inputTokens", made.usage?.inputTokens, stated.inputTokens);
    // Some clients leave reasoning that was counted beside out of the sum, some add it.
    if (stated.outputTokens !== undefined && stated.outputTokens !== sent) {
      compare(by, "outputTokens", made.usage?.outputTokens, stated.outputTokens);
    }
    // Theirs is the status of the response as it was sent, ours is in the words of chat.
    const { finishReason } = stated;
    if (finishReason !== undefined && !(recording.api === "responses" && finishReason === "completed")) {
      compare(by, "finishReason", made.finishReason, finishReason);
    }
  }
  return found;
}

function callTold(call: { readonly name: string; readonly arguments: string }): unknown {
  return [call.name, argumentsValue(call.arguments)];
}

describe.skipIf(RECORDINGS.length === 0).each(Object.keys(COUNTS))("%s", (repository) => {
  const all = RECORDINGS.filter((recording) => recording.repository === repository);
  const named = all.map((recording) => [`${recording.path} ${recording.ordinal}`, recording] as const);

  it("has all its recordings", () => {
    const stated = all.filter((recording) => recording.stated.length > 0).length;
    expect({ recordings: all.length, stated }).toEqual(COUNTS[repository]);
  });

  it.each(named)("%s", (_name, recording) => {
    const made = decode(recording);
    expect(made.anomalies.some(({ kind }) => /-not-json$|^html-body$/.test(kind))).toBe(
      readNaively(recording).broken > 0,
    );

    const known = KNOWN[basename(recording.path)];
    const found = disagreements(made, recording);
    expect(found.filter(({ field }) => field !== known?.field)).toEqual([]);
    if (known === undefined) return;
    // One that was mended has to leave the table.
    expect(found.map(({ field }) => field)).toContain(known.field);
    if (known.decoded !== undefined) for (const { decoded } of found) expect(decoded).toEqual(known.decoded);
  });

  it("decodes the same however the bytes are cut into reads", () => {
    for (const recording of all) {
      const random = seededRandom(recording.digest, "cuts");
      const { length } = bytesOf(recording);
      const cuts = Array.from({ length: 1 + random.int(60) }, () => random.int(length + 1)).sort((a, b) => a - b);
      expect(withoutTimes(decode(recording, cuts)), recording.path).toEqual(withoutTimes(decode(recording)));
    }
  });
});
