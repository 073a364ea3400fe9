/** Two runs with known truth, written by hand. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { GoldenCase } from "../../src/golden/golden-set.js";
import type { Attempt, Exchange, HeaderLine } from "../../src/recording/recording.js";
import { attempt, content, exchange, finish, headerLine, usage } from "../recording/exchange-builder.js";

export const CASES: readonly GoldenCase[] = ["one", "two", "three", "four"].map((id) => ({
  id,
  category: "c",
  tags: [],
  detects: "",
  api: "chat",
  variants: ["stream"],
  repeat: 1,
  prefix: "unique",
  request: { messages: [] },
  expect: { contains: "abcd" },
}));

export interface AnswerParts {
  readonly ttftMs: number;
  readonly text?: string;
  readonly model?: string;
  /** Raw text before the answer's first event. */
  readonly before?: string;
}

/** Six pieces of text, 10 ms apart. */
export function answer({ ttftMs, text = "abcd", model = "m", before = "" }: AnswerParts): Attempt {
  // Stamps are whole nanoseconds.
  const first = Math.round(ttftMs);
  const named = (event: string): string => event.replace('"model":"m"', `"model":${JSON.stringify(model)}`);
  return attempt({
    reads: [
      ...Array.from({ length: 6 }, (_, index) => {
        const event = named(content(text));
        return [first + 10 * index, index === 0 ? before + event : event] as const;
      }),
      [first + 60, named(finish()) + usage(10, 6)],
    ],
  });
}

export const failed = (): Attempt => attempt({ status: 500, reads: [[5, "{}"]] });

export type Answers = (place: {
  readonly role: "baseline" | "candidate";
  readonly caseId: string;
  readonly round: number;
}) => Attempt;

/** A few per cent that differ from round to round and case to case, the same for both endpoints and all runs. */
export function wobble(caseId: string, round: number): number {
  return 1 + 0.02 * Math.sin(7 * round + caseId.length * 3);
}

/** All usual: 1 s to the first token, with a wobble of its own for each run. */
export const usual =
  (night = 0): Answers =>
  ({ caseId, round }) =>
    answer({ ttftMs: 1_000 * wobble(caseId, round + 31 * night) });

export interface RunParts {
  readonly rounds?: number;
  readonly header?: Partial<HeaderLine>;
  readonly host?: string;
  readonly cases?: readonly GoldenCase[];
}

/** Writes a recording into `folder` and gives its path. */
export function writeRun(folder: string, name: string, answers: Answers, parts: RunParts = {}): string {
  const { rounds = 10, cases = CASES } = parts;
  const exchanges: Exchange[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const { id: caseId } of cases) {
      const pairId = exchanges.length / 2;
      for (const role of ["baseline", "candidate"] as const) {
        const place = { role, caseId, round };
        const id = exchanges.length;
        exchanges.push(exchange([answers(place)], { id, pairId, caseId, round, endpoint: role, arm: role }));
      }
    }
  }
  const header = { ...headerLine(cases, exchanges), runId: name, ...parts.header };
  const host = parts.host ?? "bench-02";
  const segment = { type: "segment", id: 0, hrtimeOriginNs: "0", wallClockMs: 0, bootId: "b", host, shard: null };
  const end = { type: "end", segment: 0, atNs: 1, reason: "complete" };
  const machine = {
    type: "machine",
    segment: 0,
    fromNs: 0,
    toNs: 1e9,
    stalls: [],
    busyShare: 0.1,
    reads: 100,
    stalledReads: 0,
    maxReadsPerTurn: 1,
  };
  const path = join(folder, `${name}.jsonl`);
  const lines = [header, segment, ...exchanges, machine, end];
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return path;
}
