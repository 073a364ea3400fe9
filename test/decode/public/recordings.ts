/** Recordings of other projects, made by `scripts/public-recordings.mjs`. Their bytes are not kept in this repository. */
import { existsSync, readFileSync } from "node:fs";
import type { Attempt } from "../../../src/recording/recording.js";

/** What the suite that a recording comes from says of it: only the fields that it states. */
export interface Stated {
  /** Where: a snapshot, a span, or the next request of the same conversation. */
  readonly by: string;
  readonly content?: string;
  readonly reasoning?: string;
  readonly calls?: readonly { readonly id?: string; readonly name: string; readonly arguments: string }[];
  readonly finishReason?: string;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
}

export interface PublicRecording {
  readonly repository: string;
  readonly path: string;
  /** Which exchange of its file. */
  readonly ordinal: number;
  readonly api: "chat" | "completions" | "responses" | "embeddings";
  readonly variant: "stream" | "body";
  /** Host and path; empty where the source does not say. */
  readonly endpoint: string;
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  /** Whether the events stand in their own framing, or in one that was put back. */
  readonly framing: "as recorded" | "put back";
  readonly stated: readonly Stated[];
  /** The first 16 hexadecimal digits of SHA-256 over the bytes. */
  readonly digest: string;
  readonly text?: string;
  readonly b64?: string;
}

/** Recordings of one JSON Lines file; none where the file is absent. */
export function readRecordings(path: string | undefined): PublicRecording[] {
  if (path === undefined || !existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as PublicRecording);
}

export function bytesOf(recording: PublicRecording): Buffer {
  return recording.b64 === undefined ? Buffer.from(recording.text ?? "") : Buffer.from(recording.b64, "base64");
}

/** The attempt that capture would have recorded, its body cut at these places; one read where there are none. */
export function attemptOf(recording: PublicRecording, cuts: readonly number[] = []): Attempt {
  const bytes = bytesOf(recording);
  const edges = [0, ...cuts, bytes.length];
  const reads = edges.slice(1).map((end, index) => {
    const piece = bytes.subarray(edges[index], end);
    return [2_000_000 + index, { b64: piece.toString("base64") }] as const;
  });
  return {
    dispatchedAtNs: 0,
    reused: true,
    sentAtNs: 1_000_000,
    headersAtNs: 1_500_000,
    status: recording.status,
    headers: recording.headers,
    reads,
    endedAtNs: 3_000_000 + reads.length,
    outcome: { kind: "complete" },
  };
}
