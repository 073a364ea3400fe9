/** What an endpoint sends may be anything: a judgement never throws, and never takes long. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { probeSummarySchema } from "../../src/report/probe-summary.js";
import { renderProbeTerminal } from "../../src/report/probe-terminal.js";
import { body, IDEAL, judged, type Replies, type Reply, streamed } from "./replies.js";

const KEYS = [
  "choices",
  "message",
  "delta",
  "content",
  "tool_calls",
  "function",
  "arguments",
  "data",
  "embedding",
  "b64_json",
  "output",
  "text",
  "logprobs",
  "top_logprobs",
  "usage",
  "prompt_tokens",
  "error",
  "id",
  "index",
  "finish_reason",
  "model",
];

/** JSON whose keys are those that features look at, with any value under them. */
const json: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    fc.constantFrom<unknown>(null, true, -1, 1e300, "", "stop", '{"a":', "\u0000\u001b[2J"),
    tie("list"),
    tie("map"),
  ),
  list: fc.array(tie("value"), { maxLength: 3 }),
  map: fc.dictionary(fc.constantFrom(...KEYS), tie("value"), { maxKeys: 6 }),
})).value;

const reply: fc.Arbitrary<Reply> = fc.oneof(
  fc.tuple(json, fc.constantFrom(200, 200, 200, 302, 400, 401, 500)).map(([value, status]) => body(value, status)),
  fc
    .array(json, { maxLength: 4 })
    .map((events) => streamed(events.map((event) => `data: ${JSON.stringify(event)}\n\n`))),
  fc.string().map((text) => body(text)),
);

const replies: fc.Arbitrary<Replies> = fc.record(
  Object.fromEntries(Object.keys(IDEAL).map((caseId) => [caseId, reply])),
);

describe("any answer at all", () => {
  it("gives a summary of the published shape, and a screen", { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(replies, (given) => {
        const summary = judged(given, {}, { options: { longStreamMs: 1_000 } });
        expect(probeSummarySchema.safeParse(summary).error).toBeUndefined();
        expect(renderProbeTerminal(summary, { columns: 80, color: false })).not.toContain("\u001b");
      }),
      { numRuns: 60 },
    );
  });

  it("nested as deep as a parser takes is judged", () => {
    const deep = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;
    const nested = JSON.stringify({
      choices: [
        {
          index: 0,
          finish_reason: "stop",
          message: {
            content: null,
            tool_calls: [{ id: "a", function: { name: "get_weather", arguments: `{"city":${deep}}` } }],
          },
        },
      ],
      data: "DEEP",
      output: "DEEP",
    }).replaceAll('"DEEP"', deep);
    const given = Object.fromEntries(Object.keys(IDEAL).map((caseId) => [caseId, body(nested)]));
    expect(judged(given).features.length).toBeGreaterThan(30);
  });

  it("of many megabytes is judged in a moment", () => {
    const long = "<tool_call".repeat(400_000);
    const given = Object.fromEntries(
      ["tools.call", "stop.stop", "seed.same", "vision.colour", "json-object.against"].map((caseId) => [
        caseId,
        body({ choices: [{ index: 0, message: { content: long }, finish_reason: "stop" }] }),
      ]),
    );
    const started = performance.now();
    judged(given);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
