import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeAttempt } from "../../src/decode/decode.js";
import { attempt, content, DONE, event, finish } from "../recording/exchange-builder.js";

function decode(...pieces: string[]) {
  const events = [event({ role: "assistant", content: "" }), ...pieces.map(content), finish(), DONE];
  return decodeAttempt(attempt({ reads: events.map((text, index) => [index, text]) }), "chat", "stream");
}

const moments = (made: ReturnType<typeof decode>) =>
  made.tokenEvents.map(({ read, kind, characters }) => [read, kind, characters]);

describe("<think> at the start of the content", () => {
  it("becomes reasoning, and tags are no tokens", () => {
    const made = decode("<think>", "Hm.", " So.", "</think>", "\n\n", "Hello");
    expect([made.reasoning, made.content]).toEqual(["Hm. So.", "Hello"]);
    expect(moments(made)).toEqual([
      [2, "reasoning", 3],
      [3, "reasoning", 4],
      [6, "content", 5],
    ]);
  });

  it("keeps the moment of text that was held back because it might have become a tag", () => {
    const started = decode("<th", "ree", " hearts>");
    expect([started.content, started.reasoning]).toEqual(["<three hearts>", ""]);
    expect(moments(started)).toEqual([
      [1, "content", 3],
      [2, "content", 3],
      [3, "content", 8],
    ]);
    const ended = decode("<think>a </", "b> c</", "think>d");
    expect([ended.reasoning, ended.content]).toEqual(["a </b> c", "d"]);
    expect(moments(ended)).toEqual([
      [1, "reasoning", 4],
      [2, "reasoning", 4],
      [3, "content", 1],
    ]);
  });

  it("is only looked for at the start", () => {
    for (const said of ["Use <think>x</think>.", "\u00a0x<think>y</think>", "<thinking>z</thinking>", "<think", "  "]) {
      expect(decode(said)).toMatchObject({ content: said, reasoning: "" });
    }
  });

  it("that is not closed is reasoning to the end, also when it breaks off inside the tag", () => {
    expect(decode("<think>Hm.</th")).toMatchObject({ content: "", reasoning: "Hm.</th" });
    expect(decode("<think>")).toMatchObject({ content: "", reasoning: "", tokenEvents: [] });
  });

  it("gives the same however the text is cut into events, and loses no character", () => {
    const said = fc.string({
      unit: fc.constantFrom("a", " ", "<", "/", "think", ">", "<think>", "</think>", "é", "👍"),
    });
    fc.assert(
      fc.property(said, fc.array(fc.nat(), { maxLength: 8 }), (text, places) => {
        const ends = [...new Set([...places.map((place) => place % (text.length + 1)), text.length])].sort(
          (a, b) => a - b,
        );
        const pieces = ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end));
        const [whole, cut] = [decode(text), decode(...pieces)];
        expect([cut.content, cut.reasoning]).toEqual([whole.content, whole.reasoning]);
        const counted = cut.tokenEvents.filter(({ kind }) => kind === "reasoning");
        // A pair of surrogates that was cut counts as two.
        expect(counted.reduce((total, { characters }) => total + characters, 0)).toBeGreaterThanOrEqual(
          [...whole.reasoning].length,
        );
        const tagged = /^\s*<think>/.test(text);
        const kept = `${whole.reasoning}${whole.content}`;
        if (tagged)
          expect(kept.replace(/\s/g, "")).toBe(
            text
              .replace(/^\s*<think>/, "")
              .replace("</think>", "")
              .replace(/\s/g, ""),
          );
        else expect([whole.content, whole.reasoning]).toEqual([text, ""]);
      }),
      { numRuns: 500 },
    );
  });
});
