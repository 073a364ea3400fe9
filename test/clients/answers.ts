/** Recordings made by hand for this room: one warm answer a case and endpoint, each a drift that endpoints show. */
import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { Api, Variant } from "../../src/golden/golden-set.js";
import { encodeBytes } from "../../src/recording/reads.js";
import type { Attempt, Exchange } from "../../src/recording/recording.js";
import { aCase } from "../check/build.js";
import {
  type AttemptParts,
  attempt,
  content,
  DONE,
  event,
  exchange,
  finish,
  headerLine,
  usage,
} from "../recording/exchange-builder.js";

/** One case: what the candidate answered, and the baseline where it matters. */
export interface RecordedCase {
  readonly candidate: Attempt;
  readonly baseline?: Attempt;
  readonly api?: Api;
  readonly variant?: Variant;
  readonly request?: Readonly<Record<string, unknown>>;
}

export function writeRecording(file: string, cases: Readonly<Record<string, RecordedCase>>): string {
  const exchanges: Exchange[] = [];
  const requests: Record<
    string,
    { method: "POST"; path: string; headers: Record<string, string>; body: Readonly<Record<string, unknown>> }
  > = {};
  for (const [caseId, { candidate, baseline, variant = "stream", request = {} }] of Object.entries(cases)) {
    requests[caseId] = {
      method: "POST",
      path: "/",
      headers: {},
      body: { model: "m", messages: [{ role: "user", content: "hello" }], ...request },
    };
    for (const [endpoint, given] of Object.entries({ candidate, baseline }) as ["candidate" | "baseline", Attempt?][]) {
      if (given === undefined) continue;
      exchanges.push(
        exchange([given], { id: exchanges.length, endpoint, arm: endpoint, caseId, variant, requestId: caseId }),
      );
    }
  }
  const golden = Object.entries(cases).map(([id, { api = "chat" }]) => ({ ...aCase({}), id, api }));
  const header = { ...headerLine(golden, exchanges), requests };
  writeFileSync(file, [header, ...exchanges].map((line) => `${JSON.stringify(line)}\n`).join(""));
  return file;
}

/** A stream of the given texts, one read each. */
export function stream(texts: readonly string[], more: AttemptParts = {}): Attempt {
  return attempt({ reads: texts.map((text, index) => [index + 1, text]), ...more });
}

/** Compressed as a proxy does that was not asked to, in two reads. */
export function gzipped(text: string): Attempt {
  const bytes = gzipSync(text);
  const reads = [bytes.subarray(0, 40), bytes.subarray(40)];
  return attempt({
    reads: reads.map((read, index) => [index + 1, encodeBytes(read)]),
    headers: [
      ["content-type", "text/event-stream"],
      ["content-encoding", "gzip"],
    ],
  });
}

/** The same bytes cut at every byte. */
export function bytewise(text: string): Attempt {
  return attempt({ reads: [...Buffer.from(text)].map((byte, index) => [index, encodeBytes(Uint8Array.of(byte))]) });
}

export function body(value: unknown, more: AttemptParts = {}): Attempt {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return attempt({ reads: [[1, text]], headers: [["content-type", "application/json"]], ...more });
}

/** With an id, as events of a real server have: the helper of `openai` passes over one without. */
export const USAGE = usage(5, 2).replace("{", '{"id":"c",');

export const CLEAN = [
  event({ role: "assistant", content: "" }),
  content("Good "),
  content("evening."),
  finish(),
  USAGE,
  DONE,
];

/** One piece of a tool call; keys that are undefined are not sent. */
export function toolPiece(
  index: number | undefined,
  id: string | undefined,
  name: string | undefined,
  args: unknown,
): string {
  return event({ tool_calls: [{ index, id, type: "function", function: { name, arguments: args } }] });
}

export const TOOLS = {
  tools: ["get_weather", "get_time"].map((name) => ({
    type: "function",
    function: { name, parameters: { type: "object", properties: { city: { type: "string" } } } },
  })),
};
