import { describe, expect, test } from "vitest";
import { SweepBook } from "../../src/capacity/sweep-book.js";
import type { LoadSettings } from "../../src/config/settings.js";
import { sampleOf } from "../../src/measure/sample.js";
import { measureAll } from "../../src/measure/scored.js";
import type { Exchange, MachineLine, PointLine, SweepFacts } from "../../src/recording/recording.js";
import { attempt, content, DONE, exchange, finish, headerLine, MS, usage } from "../recording/exchange-builder.js";

const LOAD: LoadSettings = {
  loop: { kind: "closed" },
  points: [2],
  from: 1,
  to: 8,
  settleMs: 1_000,
  windowMs: 12_000,
  maxInFlight: 4,
  whenFull: "drop",
};
const CASE = { api: "chat" } as const;
const HEADER = headerLine();

/** Begun at 10 s: the window is from 11 s to 23 s. */
function bookOf(load: Partial<LoadSettings> = {}): SweepBook {
  const facts: SweepFacts = { roles: ["baseline"], together: true, load: { ...LOAD, ...load } };
  const book = new SweepBook(facts);
  for (const line of machine()) book.machine(line);
  return book;
}

const plan = Array.from({ length: 50 }, (_, id) => ({ ...exchange([]), id, phase: "sweep:0" as const }));
const point: PointLine = {
  type: "point",
  segment: 0,
  point: { index: 0, roles: ["baseline"], load: 2, settleMs: 1_000, windowMs: 12_000 },
  plan,
  requests: {},
};
const begun = { type: "begun", segment: 0, phase: "sweep:0", atNs: 10_000 * MS } as const;

function machine(): MachineLine[] {
  return Array.from({ length: 30 }, (_, second) => ({
    type: "machine",
    segment: 0,
    fromNs: second * 1_000 * MS,
    toNs: (second + 1) * 1_000 * MS,
    stalls: [],
    busyShare: 0.1,
    reads: 10,
    stalledReads: 0,
    maxReadsPerTurn: 1,
  }));
}

/** Four tokens by usage in four events, the first after 100 ms, then one each `gapMs`. Sent 10 ms after `atMs`. */
function answered(id: number, atMs: number, gapMs = 100, more: Partial<Exchange> = {}): Exchange {
  const reads = [0, 1, 2, 3].map((n) => [100 + n * gapMs, content("word")] as const);
  const end = [100 + 3 * gapMs, finish() + usage(40, 4) + DONE] as const;
  return exchange([attempt({ dispatchedMs: atMs, reads: [...reads, end], reused: true })], {
    id,
    phase: "sweep:0",
    ...more,
  });
}

const failed = (id: number, atMs: number, status = 500): Exchange =>
  exchange([attempt({ dispatchedMs: atMs, status, reads: [[5, "{}"]] })], { id, phase: "sweep:0" });

function add(book: SweepBook, ...exchanges: readonly Exchange[]): void {
  for (const each of exchanges) {
    const sample = sampleOf(each, CASE, HEADER);
    book.add(sample, measureAll(sample));
  }
}

function only(book: SweepBook) {
  const [measured, ...rest] = book.measured();
  if (measured === undefined || rest.length > 0) throw new Error("one point is due");
  return measured;
}

describe("a closed loop whose requests ran out", () => {
  const three = { ...point, plan: plan.slice(0, 3) };
  const released = (id: number, atMs: number): Exchange => answered(id, atMs, 100, { releasedAtNs: atMs * MS });

  test("before its time was over is not trusted, and says how fast it was", () => {
    const book = bookOf();
    book.point(three);
    book.begun(begun);
    add(book, released(0, 11_000), released(1, 12_000), released(2, 13_000));
    const { trusted, usedUpPerS, notes } = only(book);
    // Three within three seconds of its beginning.
    expect([trusted, usedUpPerS]).toEqual([false, 1]);
    expect(notes[0]).toMatch(/were used up before its time was over/);
  });

  test("with every lane busy at its end is whole, and so is one that has some left", () => {
    for (const [planned, atMs] of [
      [three, [11_000, 22_800, 22_900]],
      [point, [11_000, 12_000, 13_000]],
    ] as const) {
      const book = bookOf();
      book.point(planned);
      book.begun(begun);
      add(book, ...atMs.map((ms, id) => released(id, ms)));
      expect(only(book)).toMatchObject({ trusted: true, usedUpPerS: null });
    }
  });
});

describe("what one load measured, in round numbers", () => {
  test("what was sent within the window has latencies and errors; what ended within it is throughput", () => {
    const book = bookOf();
    book.point(point);
    book.begun(begun);
    // Sent before the window and ended in it; both within; sent in it and ended after; none of it.
    add(book, answered(0, 10_900), answered(1, 12_000), failed(2, 13_000), answered(3, 22_900), answered(4, 23_500));
    const { requests, errors, throughput, sentPerS, offeredPerS, tail } = only(book);
    expect({ requests, errors, sentPerS, offeredPerS }).toEqual({
      requests: 3,
      errors: { count: 1, of: 3, http429: 0 },
      sentPerS: 3 / 12,
      offeredPerS: null,
    });
    expect(throughput.value).toBe(2 / 12);
    expect(tail("ttft")).toMatchObject({ n: 3, failed: 1, min: 100, max: 100 });
  });

  test("tokens count when they came, in flight is an integral over the window", () => {
    const book = bookOf();
    book.point(point);
    book.begun(begun);
    // Events at 22.110, 22.510, 22.910 and 23.310 s: three of four tokens. In flight from 22.0 to the end: one second of twelve.
    add(book, answered(0, 22_000, 400));
    // From 12.0 to 12.41 s.
    add(book, answered(1, 12_000));
    const { outputTokensPerS, inFlight, inputTokensPerS } = only(book);
    expect(outputTokensPerS?.value).toBeCloseTo(7 / 12, 9);
    expect(inputTokensPerS).toBeCloseTo(40 / 12, 9);
    expect(inFlight).toBeCloseTo((1 + 0.41) / 12, 6);
  });

  test("retries: the first attempt is an error, the answer that came in the end counts", () => {
    const book = bookOf();
    book.point(point);
    book.begun(begun);
    const again = answered(0, 13_000);
    add(book, {
      ...again,
      attempts: [attempt({ dispatchedMs: 12_000, status: 429, reads: [[5, "{}"]] }), ...again.attempts],
    });
    expect(only(book)).toMatchObject({
      errors: { count: 1, of: 1, http429: 1 },
      throughput: { value: 1 / 12 },
      state: "rate-limited",
    });
  });

  test("a 429 while it settles is enough", () => {
    const book = bookOf();
    book.point(point);
    book.begun(begun);
    add(book, failed(0, 10_200, 429), ...Array.from({ length: 20 }, (_, id) => answered(id + 1, 11_100 + 500 * id)));
    expect(only(book)).toMatchObject({ state: "rate-limited", errors: { count: 0, http429: 0 }, refused: 1 });
  });

  test("an exchange that a stop cut is in no figure", () => {
    const book = bookOf();
    book.point(point);
    book.begun(begun);
    const cut = answered(0, 12_000);
    add(book, {
      ...cut,
      attempts: cut.attempts.map((each) => ({ ...each, outcome: { kind: "cancelled", by: "user" } })),
    });
    expect(only(book)).toMatchObject({ requests: 0, inFlight: 0, errors: { count: 0, of: 0 }, outputTokensPerS: null });
  });

  test("dropped arrivals were offered, and belong to the load under which they came", () => {
    const book = bookOf({ loop: { kind: "open", shape: { kind: "constant" } } });
    book.point(point);
    book.begun(begun);
    add(
      book,
      ...Array.from({ length: 6 }, (_, id) =>
        answered(id, 11_500 + 1_000 * id, 100, { intendedAtNs: (11_400 + 1_000 * id) * MS }),
      ),
    );
    book.dropped({ type: "dropped", segment: 0, atNs: 12_000 * MS, ids: [20, 21] });
    book.dropped({ type: "dropped", segment: 0, atNs: 10_500 * MS, ids: [22] });
    book.dropped({ type: "dropped", segment: 0, atNs: 15_000 * MS, ids: [999] });
    const { dropped, offeredPerS, sentPerS, tail } = only(book);
    expect([dropped, offeredPerS, sentPerS]).toEqual([2, 8 / 12, 6 / 12]);
    // From the intended time, 100 ms before it was handed over and 110 before it was sent.
    expect(tail("ttft_intended")?.max).toBe(210);
    expect(tail("send_lag")?.max).toBe(100);
  });

  test("a wait for a place that was asked for is no send lag", () => {
    const book = bookOf({ loop: { kind: "open", shape: { kind: "constant" } }, whenFull: "wait" });
    book.point(point);
    book.begun(begun);
    add(book, answered(0, 15_000, 100, { intendedAtNs: 12_000 * MS, waitedNs: 2_999 * MS }));
    const { tail, waited } = only(book);
    expect([tail("send_lag")?.max, tail("ttft_intended")?.max, waited]).toEqual([1, 3_110, 1]);
  });

  test("answers without usage count as the average of the others", () => {
    const book = bookOf();
    book.point(point);
    book.begun(begun);
    const { attempts, ...row } = answered(1, 14_000);
    const mute = attempts.map((each) => ({
      ...each,
      reads: each.reads.map(
        ([at, bytes]) => [at, String(bytes).replace(/data: \{"choices":\[\],"usage.*\n\n/, "")] as const,
      ),
    }));
    add(book, answered(0, 12_000), { ...row, attempts: mute });
    expect(only(book).outputTokensPerS?.value).toBeCloseTo(8 / 12, 9);
    expect(only(book).notes).toContain("usage came with 1 of 2 answers: the others are taken as their average");
  });

  test("a failure without a value is infinite only where its case has one", () => {
    const book = bookOf();
    book.point(point);
    book.begun(begun);
    add(book, answered(0, 12_000), failed(1, 13_000), { ...failed(2, 14_000), caseId: "silent" });
    const { tail } = only(book);
    expect([tail("chunk_gap")?.n, tail("chunk_gap")?.failed, tail("ttft")?.failed]).toEqual([2, 1, 2]);
  });

  test("a busy second within the window is not to be trusted, one before it is", () => {
    const trusted = (second: number): boolean => {
      const facts: SweepFacts = { roles: ["baseline"], together: true, load: LOAD };
      const book = new SweepBook(facts);
      for (const [index, line] of machine().entries())
        book.machine(index === second ? { ...line, busyShare: 0.99 } : line);
      book.point(point);
      book.begun(begun);
      add(book, answered(0, 12_000));
      return only(book).trusted;
    };
    expect([trusted(5), trusted(15)]).toEqual([true, false]);
    const unwatched = new SweepBook({ roles: ["baseline"], together: true, load: LOAD });
    unwatched.point(point);
    unwatched.begun(begun);
    expect(only(unwatched).trusted).toBe(false);
  });
});

test("lines in any order give the same, and it may be read at any time", () => {
  const exchanges = [answered(0, 10_900), answered(1, 12_000), failed(2, 13_000), answered(3, 22_900)];
  const figures = (book: SweepBook) => {
    const { tail, ...rest } = only(book);
    return { ...rest, ttft: tail("ttft")?.mean, gaps: tail("chunk_gap")?.n };
  };
  const live = bookOf();
  live.point(point);
  live.begun(begun);
  for (const each of exchanges) {
    add(live, each);
    live.measured();
  }
  const late = bookOf();
  add(late, ...exchanges.toReversed());
  expect(late.measured()).toEqual([]);
  late.begun(begun);
  late.point(point);
  expect(figures(late)).toEqual(figures(live));
});

test("what an endpoint calls its models is kept, cut and counted", () => {
  const book = bookOf();
  add(book, answered(0, 12_000));
  expect([book.modelsSeen("baseline"), book.modelsSeen("candidate")]).toEqual([["m"], []]);
});
