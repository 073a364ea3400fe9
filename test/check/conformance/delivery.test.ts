/** Rules about reads and time: streams with stamps, as they come through a proxy that buffers and as they come without. */
import { describe, expect, test } from "vitest";
import { RULES } from "../../../src/check/conformance/rules.js";
import type { WatchedExchange } from "../../../src/check/conformance/watch.js";
import { content, DONE, finish } from "../../recording/exchange-builder.js";
import { aUsage } from "../build.js";
import { ASKED, findingsOf, openaiEvents, rulesSeen, stream } from "./exchanges.js";

type Reads = [ms: number, text: string][];

/** `count` events, then the end; `at` says when each event is sent. */
function arriving(count: number, at: (index: number) => number): Reads {
  const reads: Reads = Array.from({ length: count }, (_, index) => [at(index), content(`w${index} `)]);
  const last = at(count - 1);
  return [...reads, [last, finish() + DONE]];
}

/** The same bytes through a buffer: `blocks` reads from `fromMs` on, 1 ms apart unless told otherwise. */
function buffered(reads: Reads, blocks: number, fromMs: number, gapMs = 1): Reads {
  const per = Math.ceil(reads.length / blocks);
  return Array.from({ length: blocks }, (_, block) => [
    fromMs + block * gapMs,
    reads
      .slice(block * per, (block + 1) * per)
      .map(([, text]) => text)
      .join(""),
  ]);
}

const body = { model: "a-model" };
const quiet = { body };
const at = (id: number, reads: Reads): WatchedExchange => stream(id, reads, quiet);
/** What is found about delivery; how these short events are framed is not looked at here. */
const DELIVERY = new Set(RULES.filter(({ subject }) => subject === "delivery").map(({ id }) => id));
const seen = (...exchanges: WatchedExchange[]): string[] =>
  rulesSeen(...exchanges).filter((rule) => DELIVERY.has(rule) && rule !== "completion-id-repeated");

describe("streams that are held back", () => {
  const slow = arriving(100, (index) => 27 + index * 4.7);

  test("100 events in 5 reads, all at the end", () => {
    const [finding] = findingsOf([at(0, buffered(slow, 5, 491))]).filter(({ rule }) => rule === "stream-buffered");
    expect(finding).toMatchObject({ severity: "differs", endpoint: "candidate", exchanges: { count: 1, of: 1 } });
    expect(finding?.evidence).toMatch(/^100 token events in 5 reads, the first after 491 ms, the last after 49\d ms$/);
  });

  test("the same events as they were sent", () => {
    expect(seen(at(0, slow))).toEqual([]);
  });

  test("an answer of three tokens after a long wait", () => {
    expect(
      seen(
        at(
          0,
          buffered(
            arriving(3, () => 490),
            1,
            490,
          ),
        ),
      ),
    ).toEqual([]);
  });

  test("a whole answer in one turn of a loopback", () => {
    expect(
      seen(
        at(
          0,
          buffered(
            arriving(100, () => 3),
            2,
            3,
          ),
        ),
      ),
    ).toEqual([]);
  });

  test("several tokens an event are one event and one read", () => {
    const events: Reads = Array.from({ length: 25 }, (_, index) => [300 + index * 3, content("four tokens in one ")]);
    expect(seen(at(0, [...events, [380, finish() + DONE]]))).toEqual([]);
  });

  test("a fast model after a long prompt: what is said at length begins no later", () => {
    const fast = (id: number, count: number, waitMs: number) =>
      at(
        id,
        buffered(
          arriving(count, () => 0),
          Math.max(1, Math.floor(count / 6)),
          waitMs,
          3,
        ),
      );
    const answers = [fast(0, 100, 480), fast(1, 120, 520), fast(2, 90, 500), fast(3, 4, 470), fast(4, 5, 510)];
    expect(seen(...answers)).toEqual([]);
  });

  /** A burst of blocks of six events, a millisecond apart: faster than any engine, if not by much. */
  const burst = (id: number, count: number, waitMs: number, gapMs = 1) =>
    at(
      id,
      buffered(
        arriving(count, () => 0),
        Math.max(1, Math.floor(count / 6)),
        waitMs,
        gapMs,
      ),
    );
  const held = (id: number, count: number) => burst(id, count, 27 + count * 12);
  const mixed = [held(0, 100), held(1, 120), held(2, 90), held(3, 24), held(4, 25), held(5, 26)];

  test("a buffer: the longer the answer, the later it begins, also where blocks take some milliseconds", () => {
    const [finding] = findingsOf(mixed).filter(({ rule }) => rule === "stream-buffered");
    expect(finding).toMatchObject({ exchanges: { count: 6, of: 6 } });
    expect(finding?.evidence).toContain("later than short ones");
    expect(findingsOf([...mixed].reverse())).toEqual(findingsOf(mixed));
  });

  test("one or two answers of another length say nothing of how waits grow", () => {
    expect(seen(...mixed.slice(0, 5))).toEqual([]);
    expect(seen(...mixed.slice(0, 3), burst(3, 4, 30), burst(4, 5, 30), burst(5, 6, 30))).toEqual([]);
  });

  test("an engine that emits bursts and waits longer for longer prompts", () => {
    const mid = Array.from({ length: 10 }, (_, id) => burst(id, 30, 400 + id, 5));
    const longer = [10, 11, 12].map((id) => burst(id, 300, 640 + id, 3));
    expect(seen(...mid, burst(20, 2, 380), burst(21, 300, 640, 3))).toEqual([]);
    expect(seen(...mid, ...longer, burst(20, 2, 380))).toEqual([]);
  });

  test("several events a token are no more tokens", () => {
    const letters = mixed.map(({ exchange, ...rest }) => ({
      ...rest,
      exchange,
      completion: { ...rest.completion, usage: aUsage({ outputTokens: Math.ceil(rest.completion.eventCount / 4) }) },
    }));
    expect(seen(...letters)).toEqual([]);
  });

  test("one stream of ten that was held back is no property of the endpoint", () => {
    const streams = Array.from({ length: 10 }, (_, id) => at(id, id === 4 ? buffered(slow, 5, 491) : slow));
    expect(seen(...streams)).toEqual([]);
  });

  test("nor is it where long answers begin late for another reason", () => {
    const late = arriving(100, (index) => 400 + index * 10);
    const streams = Array.from({ length: 10 }, (_, id) => at(id, id === 4 ? buffered(slow, 5, 491) : late));
    expect(
      seen(
        ...streams,
        at(
          10,
          arriving(4, (index) => 30 + index * 10),
        ),
      ),
    ).toEqual([]);
  });

  test("the order of exchanges does not matter", () => {
    const streams = Array.from({ length: 9 }, (_, id) => at(id, buffered(slow, 3 + (id % 3), 480 + id * 5)));
    expect(findingsOf([...streams].reverse())).toEqual(findingsOf(streams));
  });
});

test("events in bunches: many a read, and reads far apart", () => {
  const steady = arriving(100, (index) => 50 + index * 10);
  const bunched: Reads = buffered(steady, 10, 150, 100);
  expect(seen(at(0, bunched))).toEqual(["events-in-bunches"]);
  expect(seen(at(0, steady))).toEqual([]);
  expect(seen(at(0, buffered(steady, 34, 60, 30)))).toEqual([]);
  // As near together as turns of an event loop.
  expect(seen(at(0, buffered(steady, 10, 150, 20)))).toEqual([]);
});

describe("bytes that are no tokens", () => {
  const [role = "", ...rest] = openaiEvents("chatcmpl-1", ["a", "b"]);

  test("long before the first token", () => {
    const early = (ms: number) =>
      seen(
        stream(
          0,
          [
            [ms, role],
            [4000, rest.join("")],
          ],
          { body: { ...ASKED, model: "gpt-4o" } },
        ),
      );
    expect(early(100)).toEqual(["first-bytes-not-tokens"]);
    expect(early(3900)).toEqual([]);
  });

  test("a silence of more than five seconds that comments keep alive", () => {
    const pings = (ms: number): Reads => [
      [10, role + content("a")],
      [ms / 2, ": ping\n\n"],
      [ms, rest.join("")],
    ];
    const asked = { body: { ...ASKED, model: "gpt-4o" } };
    expect(rulesSeen(stream(0, pings(6000), asked))).toContain("silence-kept-alive");
    expect(rulesSeen(stream(0, pings(4000), asked))).not.toContain("silence-kept-alive");
    expect(
      rulesSeen(
        stream(
          0,
          [
            [10, role + content("a")],
            [6000, rest.join("")],
          ],
          asked,
        ),
      ),
    ).not.toContain("silence-kept-alive");
  });
});

describe("streams that were cut", () => {
  const lost = { kind: "network", phase: "body", code: "ECONNRESET", message: "reset" } as const;
  const cutAt = (id: number, endedMs: number, outcome: typeof lost | { kind: "complete" } = lost): WatchedExchange =>
    stream(
      id,
      [
        [10, content("a")],
        [endedMs - 5, content("b")],
      ],
      { body, endedMs, outcome },
    );
  const ages = (...exchanges: WatchedExchange[]) =>
    findingsOf(exchanges).filter(({ rule }) => rule === "streams-cut-at-one-age");

  test("at one age: a deadline of a hop", () => {
    const streams = [29_800, 29_900, 30_000, 30_100, 30_200, 12_000].map((ms, id) => cutAt(id, ms));
    const [finding] = ages(...streams);
    expect(finding?.evidence).toMatch(/^5 streams were cut between 29\.8 s and 30\.2 s after they were asked for: …/);
    expect(finding).toMatchObject({ severity: "breaks", exchanges: { count: 5, of: 6 } });
    expect(findingsOf([...streams].reverse())).toEqual(findingsOf(streams));
  });

  const closed = [0, 1, 2].map((id) => cutAt(id, 30_000, { kind: "complete" }));
  const whole = stream(9, [[20, openaiEvents("chatcmpl-9", ["a"]).join("")]]);

  test("closed in order, without the finish reason that others have, is cut as well", () => {
    expect(ages(...closed, whole)[0]).toMatchObject({ exchanges: { count: 3, of: 3 } });
    expect(ages(whole, ...closed)).toHaveLength(1);
  });

  test("an endpoint that never sends a finish reason, or ends in another way, cuts nothing", () => {
    expect(ages(...closed)).toEqual([]);
    // What the connection lost is cut nonetheless.
    expect(ages(...closed, ...[3, 4, 5].map((id) => cutAt(id, 30_000)))[0]).toMatchObject({ exchanges: { of: 3 } });
    const withDone = [0, 1, 2].map((id) =>
      stream(id, [
        [10, content("a")],
        [30_000, DONE],
      ]),
    );
    expect(ages(...withDone, whole)).toEqual([]);
  });

  test("an error before the connection was lost is an error, not a cut", () => {
    const failing = [0, 1, 2].map((id) =>
      stream(
        id,
        [
          [10, content("a")],
          [29_000, 'data: {"error":{"message":"out of memory","type":"server_error","code":null}}\n\n'],
        ],
        { body, endedMs: 30_000, outcome: lost },
      ),
    );
    expect(rulesSeen(...failing)).toContain("error-in-stream");
    expect(rulesSeen(...failing)).not.toContain("stream-cut");
    expect(ages(...failing)).toEqual([]);
  });

  test("at one length of silence: an idle deadline", () => {
    const silent = [8_000, 13_000, 31_000].map((ms, id) =>
      stream(id, [[ms - 5_000, content("a")]], { body, endedMs: ms, outcome: lost }),
    );
    expect(ages(...silent)[0]?.evidence).toMatch(/^3 streams were cut between 5\.0 s and 5\.0 s of silence/);
  });

  test("at ages of all kinds, twice only, or at once: no deadline", () => {
    expect(ages(...[5_000, 9_000, 17_000, 33_000].map((ms, id) => cutAt(id, ms)))).toEqual([]);
    expect(ages(cutAt(0, 30_000), cutAt(1, 30_000))).toEqual([]);
    expect(ages(...[30_000, 30_000, 30_000, 4_000, 9_000, 17_000].map((ms, id) => cutAt(id, ms)))).toEqual([]);
    expect(ages(...[0, 1, 2].map((id) => cutAt(id, 200)))).toEqual([]);
  });
});
