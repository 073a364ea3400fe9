/** Several choices in one stream, which come in any order. */
import { expect, test } from "vitest";
import { decodeAttempt } from "../../src/decode/decode.js";
import { attempt } from "../recording/exchange-builder.js";

const chunk = (index: number, delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index, delta, finish_reason: finish }] })}\n\n`;
const decoded = (...events: string[]) =>
  decodeAttempt(attempt({ reads: events.map((event, index) => [index, event] as const) }), "chat", "stream");

test("the first is decoded also where another one begins, and ends, before it", () => {
  const answer = decoded(
    chunk(1, { role: "assistant", content: "Lima" }),
    chunk(1, {}, "length"),
    chunk(0, { role: "assistant", content: "Os" }),
    chunk(1, { content: "!" }),
    chunk(0, { content: "lo" }),
    chunk(0, {}, "stop"),
    "data: [DONE]\n\n",
  );
  expect(answer).toMatchObject({ content: "Oslo", finishReason: "stop", choices: 2 });
  expect(answer.tokenEvents.map(({ read }) => read)).toEqual([2, 4]);
});

test("a stream whose only choice has another index is not lost", () => {
  const answer = decoded(chunk(1, { role: "assistant", content: "Oslo" }), chunk(1, {}, "stop"), "data: [DONE]\n\n");
  expect(answer).toMatchObject({ content: "Oslo", finishReason: "stop", choices: 1 });
});
