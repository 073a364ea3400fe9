/** Cold starts that nobody planned: told by evidence alone, kept apart, and never a way to look faster. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../src/core/random.js";
import type { Attempt, Exchange, HeaderLine, ResumeLine } from "../../src/recording/recording.js";
import type { Summary } from "../../src/report/summary.js";
import { score } from "../../src/score.js";
import { aCase } from "../check/build.js";
import { attempt, content, exchange, finish, headerLine, MS } from "../recording/exchange-builder.js";

const MINUTE = 60_000;
const WAKE = { idleAfterMs: 15 * MINUTE, budgetMs: 480_000, capMs: 600_000 };
const CASES = ["a", "b", "c"];

type Side = "baseline" | "candidate";

/** One request of a run: released at `atMs`, first token after `ttftMs`; null is a failure. */
interface Asked {
  readonly atMs: number;
  readonly ttftMs: number | null;
  readonly caseId?: string;
  readonly round?: number;
  readonly phase?: Exchange["phase"];
  readonly segment?: number;
  /** Attempts before, each put off for a second. */
  readonly before?: readonly Attempt[];
}

const answered = (atMs: number, ttftMs: number | null): Attempt =>
  ttftMs === null
    ? attempt({ dispatchedMs: atMs, status: 500 })
    : attempt({
        dispatchedMs: atMs,
        reads: [
          [ttftMs, content("Oslo")],
          [ttftMs + 200, finish()],
        ],
      });

function exchangesOf(side: Side, asked: readonly Asked[]): Exchange[] {
  return asked.map(({ atMs, ttftMs, caseId = "a", round = 0, phase = "warm", segment = 0, before = [] }, pairId) =>
    exchange(
      [
        ...before.map((each) => ({ ...each, backoff: { ms: 1_000, from: "exponential" as const } })),
        answered(atMs + 1_000 * before.length, ttftMs),
      ],
      {
        id: 2 * pairId + (side === "baseline" ? 0 : 1),
        pairId,
        endpoint: side,
        arm: side,
        caseId,
        round,
        phase,
        segment,
        releasedAtNs: (atMs - 1) * MS,
      },
    ),
  );
}

interface Options {
  readonly wake?: HeaderLine["endpoints"]["baseline"]["wake"];
  readonly baseline?: readonly Asked[];
  readonly order?: "as written" | "shuffled";
  /** Wall-clock origins of the segments, ms. */
  readonly segments?: readonly number[];
  readonly resumes?: readonly ResumeLine[];
  readonly gates?: readonly string[];
}

function scored(candidate: readonly Asked[], options: Options = {}): Summary {
  const { wake = WAKE, baseline = candidate.map((each) => ({ ...each, ttftMs: 300, before: [] })) } = options;
  const exchanges = [...exchangesOf("baseline", baseline), ...exchangesOf("candidate", candidate)];
  const plain = headerLine(
    CASES.map((id) => ({ ...aCase({ icontains: "oslo" }), id })),
    exchanges,
  );
  const header = {
    ...plain,
    endpoints: {
      ...plain.endpoints,
      candidate: { ...plain.endpoints.candidate, ...(wake === undefined ? {} : { wake }) },
    },
  };
  const segments = (options.segments ?? [0]).map((wallClockMs, id) => ({
    type: "segment",
    id,
    hrtimeOriginNs: "0",
    wallClockMs,
    bootId: "b",
    host: "h",
    shard: null,
  }));
  const window = { fromNs: 0, toNs: 1e9, stalls: [], busyShare: 0, reads: 1, stalledReads: 0, maxReadsPerTurn: 1 };
  const machine = { type: "machine", segment: 0, ...window };
  const end = { type: "end", segment: 0, atNs: 1, reason: "complete" };
  const rest = [...segments, machine, ...exchanges, ...(options.resumes ?? []), end];
  const lines = [header, ...(options.order === "shuffled" ? seededRandom(4, "lines").shuffle(rest) : rest)];
  const folder = mkdtempSync(join(tmpdir(), "twintail-unplanned-"));
  try {
    const file = join(folder, "recording.jsonl");
    writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    const gates = options.gates?.map((text) => ({ text, line: 0, column: 1 }));
    return score(file, gates === undefined ? {} : { gates }).summary;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Rounds of three cases each, one after another, two minutes apart; warm answers take 300 ms. */
const rounds = (count: number, startMs = 10_000, from = 0): Asked[] =>
  Array.from({ length: count }, (_, round) =>
    CASES.map(
      (caseId, index): Asked => ({
        atMs: startMs + 2 * MINUTE * round + 5_000 * index,
        ttftMs: 300,
        caseId,
        round: from + round,
      }),
    ),
  ).flat();

const found = (summary: Summary) => summary.cold.unplanned.candidate;
const tailOf = (summary: Summary) => summary.metrics.ttft?.warm?.candidate;

/** Six warm rounds, twenty minutes of nothing, and three more; what changes is the first after the pause. */
const PAUSE_MS = 10_000 + 2 * MINUTE * 6 + 20 * MINUTE;
const afterPause = (change: Partial<Asked>): Asked[] => {
  const later = rounds(3, PAUSE_MS, 6);
  return [...rounds(6), ...later.map((each, index) => (index === 0 ? { ...each, ...change } : each))];
};

describe("the first answer after a long quiet", () => {
  it("is kept out of tails, slow shares, pairs and medians, and its answer is checked", () => {
    const summary = scored(afterPause({ ttftMs: 90_000 }));
    expect(found(summary)).toEqual([
      {
        exchangeId: 37,
        caseId: "a",
        round: 6,
        ttftMs: 90_011,
        usualMs: 300,
        evidence: "the first answer after 21 min 49 s without a request",
      },
    ]);
    expect(tailOf(summary)).toMatchObject({ n: 26, max: 300 });
    expect(summary.metrics.ttft?.warm?.baseline?.n).toBe(27);
    expect(summary.metrics.ttft?.warm?.slow_share?.candidate).toMatchObject({ count: 0, of: 26 });
    expect(summary.metrics.ttft?.warm?.shift).toMatchObject({
      pairs: 26,
      ratio: 1,
      dropped: { baseline: 0, candidate: 1 },
    });
    expect(summary.rates.expectations?.candidate).toMatchObject({ count: 27, of: 27 });
    expect(summary.parity.pairs).toBe(27);
    expect(summary.rates.errors?.candidate).toMatchObject({ count: 0, of: 27 });
  });

  it("makes a shift inconclusive where it drops more than 2 points of pairs", () => {
    const { shift } = scored(afterPause({ ttftMs: 90_000 })).metrics.ttft?.warm ?? {};
    expect(shift?.reads).toBe("unknown");
    expect(shift?.notes.join()).toMatch(/differ by more than 2 points/);
  });

  it("sizes no timeout but the cold one", () => {
    const many = [...rounds(40), ...rounds(2, 10_000 + 2 * MINUTE * 40 + 20 * MINUTE, 40)];
    const asked = many.map((each) => (each.round === 40 && each.caseId === "a" ? { ...each, ttftMs: 90_000 } : each));
    const { timeouts } = scored(asked);
    const of = (name: string) => timeouts.suggested.find(({ timeout }) => timeout === name)?.ms ?? 0;
    expect(of("first byte")).toBeLessThan(5_000);
    expect(of("total")).toBeLessThan(5_000);
    expect(of("cold")).toBeGreaterThan(600_000);
    // A client with a timeout of a minute would have been cut off all the same.
    expect(timeouts.cuts.find(({ limitMs }) => limitMs === 60_000)?.total.candidate.count).toBe(1);
  });

  it("is the same in any order of lines", () => {
    const asked = afterPause({ ttftMs: 90_000 });
    expect(scored(asked, { order: "shuffled" })).toEqual(scored(asked));
  });

  it("that was asked for together with others takes them along", () => {
    const asked = afterPause({ ttftMs: 90_000 }).map((each, index) =>
      index === 19 ? { ...each, ttftMs: 85_500 } : each,
    );
    expect(found(scored(asked)).map(({ exchangeId, evidence }) => [exchangeId, evidence])).toEqual([
      [37, expect.stringMatching(/^the first answer after/)],
      [39, expect.stringMatching(/^asked while it woke, after 21 min 49 s/)],
    ]);
  });

  it("a failure in it stays a failure", () => {
    const summary = scored(afterPause({ ttftMs: null }));
    expect(found(summary)).toEqual([]);
    expect(tailOf(summary)).toMatchObject({ n: 27, failed: 1 });
    expect(summary.rates.errors_final?.candidate.count).toBe(1);
  });

  it("what was asked after a failure that woke nobody is still its cold start", () => {
    const later = rounds(3, PAUSE_MS, 6);
    const asked = [
      ...rounds(6),
      ...later.map((each, index) =>
        index === 0 ? { ...each, ttftMs: null } : index === 1 ? { ...each, ttftMs: 80_000 } : each,
      ),
    ];
    expect(found(scored(asked)).map(({ caseId }) => caseId)).toEqual(["b"]);
  });
});

describe("stays in its tail", () => {
  it.each<[string, Asked[], Options]>([
    ["where the endpoint is not known to sleep", afterPause({ ttftMs: 90_000 }), { wake: null as never }],
    ["where nobody knows when it falls asleep", afterPause({ ttftMs: 90_000 }), { wake: { budgetMs: 1, capMs: 2 } }],
    ["where the pause was too short", afterPause({ ttftMs: 90_000 }), { wake: { ...WAKE, idleAfterMs: 25 * MINUTE } }],
    ["within three times its usual time", afterPause({ ttftMs: 880 }), {}],
    [
      "where another answer came right before",
      afterPause({ ttftMs: 300 }).map((each, i) => (i === 20 ? { ...each, ttftMs: 90_000 } : each)),
      {},
    ],
  ])("%s", (_, asked, options) => {
    const given = options.wake === null ? { ...options, wake: undefined } : options;
    const summary = options.wake === null ? withoutWake(asked) : scored(asked, given);
    expect(found(summary)).toEqual([]);
    expect(tailOf(summary)?.n).toBe(27);
    expect(tailOf(summary)?.max).toBe(Math.max(...asked.map(({ ttftMs }) => ttftMs ?? 0)));
  });

  function withoutWake(asked: readonly Asked[]): Summary {
    return scored(asked, { wake: {} as never, baseline: asked.map((each) => ({ ...each, ttftMs: 300 })) });
  }
});

describe("other evidence", () => {
  it("what the endpoint said in an earlier attempt", () => {
    const loading = (message: string): Attempt =>
      attempt({ dispatchedMs: PAUSE_MS, status: 503, reads: [[1, JSON.stringify({ error: { message } })]] });
    const said = (message: string) =>
      found(
        scored(
          rounds(6).map((each, index) => (index === 4 ? { ...each, before: [loading(message)] } : each)),
          { baseline: rounds(6) },
        ),
      );
    expect(said("Loading model")).toEqual([
      expect.objectContaining({ exchangeId: 9, evidence: "it said so: HTTP 503: Loading model" }),
    ]);
    expect(said("The engine is overloaded")).toEqual([]);
  });

  const trial: Asked[] = [
    { atMs: 1_000, ttftMs: 60_000, phase: "cold" },
    { atMs: 62_000, ttftMs: 300, phase: "warmup" },
  ];
  /** Every request alone, 70 s after the one before. */
  const alone = Array.from({ length: 18 }, (_, index): Asked => {
    const round = Math.floor(index / 3);
    return { atMs: 100_000 + 70_000 * index, ttftMs: 300, caseId: CASES[index % 3] as string, round };
  });
  const SLOW = 7;
  const slowAtMs = 100_000 + 70_000 * SLOW;
  const withTrial = (slowMs: number, more: readonly Asked[] = []): Summary => {
    const warm = alone.map((each, index) => (index === SLOW ? { ...each, ttftMs: slowMs } : each));
    return scored([...trial, ...warm, ...more], { wake: { budgetMs: 480_000, capMs: 600_000 } });
  };

  it("half a planned wake or more in which nobody was given a first token", () => {
    const [one] = found(withTrial(40_000));
    expect(one).toMatchObject({
      caseId: "b",
      round: 2,
      evidence: "no first token for 40 s, where its planned wake took 1 min",
    });
  });

  it("is none where it is shorter than half of it, or where another was answered meanwhile", () => {
    expect(found(withTrial(29_000))).toEqual([]);
    const meanwhile = { atMs: slowAtMs + 10_000, ttftMs: 300, caseId: "c", round: 9 };
    expect(found(withTrial(40_000, [meanwhile]))).toEqual([]);
  });

  it("is none where nothing had been asked for a moment alone: nobody falls asleep in less than half of what waking takes", () => {
    const quick: Asked[] = [
      { atMs: 1_000, ttftMs: 1_000, phase: "cold" },
      { atMs: 3_000, ttftMs: 50, phase: "warmup" },
    ];
    // One after another, as with a concurrency of 1: every seventh stalls for 700 ms.
    let atMs = 10_000;
    const stalling = Array.from({ length: 42 }, (_, index): Asked => {
      const ttftMs = index % 7 === 3 ? 700 : 50;
      const asked = { atMs, ttftMs, caseId: CASES[index % 3] as string, round: Math.floor(index / 3) };
      atMs += ttftMs + 230;
      return asked;
    });
    const summary = scored([...quick, ...stalling], { wake: { budgetMs: 480_000, capMs: 600_000 } });
    expect(found(summary)).toEqual([]);
    expect(tailOf(summary)).toMatchObject({ n: 42, max: 700 });
  });

  it("is none where other requests were in flight when it was asked", () => {
    const long = { atMs: slowAtMs - 100, ttftMs: 50, caseId: "c", round: 9 };
    expect(found(withTrial(40_000, [long]))).toEqual([]);
  });
});

describe("gates about times, where many answers were kept apart", () => {
  const GATES = ["ttfa p90 < 2s", "ttfa mean < 2s", "ttfa max < 2s", "ttfa slow_share rate < 0.1"];
  const loading = (atMs: number): Attempt =>
    attempt({ dispatchedMs: atMs, status: 503, reads: [[1, JSON.stringify({ error: { message: "Loading model" } })]] });
  /** Every `nth` of 60 answers is a cold start of a minute and a half, the others take `warmMs`. */
  const judged = (nth: number, gates: readonly string[], warmMs = 300): Summary["gates"] => {
    const warm = rounds(20).map((each) => ({ ...each, ttftMs: warmMs }));
    const asked = warm.map((each, index) =>
      index % nth === 1 ? { ...each, ttftMs: 90_000, before: [loading(each.atMs)] } : each,
    );
    return scored(asked, { gates, baseline: rounds(20) }).gates;
  };
  const results = (...given: Parameters<typeof judged>) => judged(...given).map(({ result }) => result);

  it("cannot be passed by what is left", () => {
    expect(results(1_000, GATES)).toEqual(Array(4).fill("pass"));
    expect(results(6, GATES)).toEqual(Array(4).fill("inconclusive"));
    expect(results(6, ["ttfa slow_share diff < 0.2", "ttfa ratio(p50) < 1.5"])).toEqual(Array(2).fill("inconclusive"));
    expect(judged(6, GATES)[0]?.reason).toMatch(
      /^ttfa p90 .* would pass, but 10 of 60 requests of the candidate were cold starts that nobody planned/,
    );
  });

  it("can be failed by it all the same", () => {
    expect(results(6, ["ttfa p90 < 100ms", "ttfa mean < 100ms", "ttfa max < 100ms"])).toEqual(Array(3).fill("fail"));
  });

  it("say nothing of it where they ask for the other side, or for what no wake can touch", () => {
    expect(results(6, ["baseline.ttfa p90 < 2s", "errors diff < 1"])).toEqual(["pass", "pass"]);
  });
});

describe("several segments", () => {
  const second = rounds(2, 10_000, 6).map((each, index) => ({
    ...each,
    segment: 1,
    ...(index === 0 ? { ttftMs: 90_000 } : {}),
  }));
  const resume = (prelude: ResumeLine["prelude"]): ResumeLine => ({
    type: "resume",
    segment: 1,
    createdAt: "2026-01-01T01:00:00.000Z",
    missing: 6,
    repairedBytes: 0,
    prelude,
    versions: { twintail: "0", node: "0", undici: "0" },
  });

  it("the quiet between them is measured on the wall clock", () => {
    const hour = scored([...rounds(6), ...second], { segments: [0, 60 * MINUTE] });
    expect(found(hour)[0]?.evidence).toBe("the first answer after 49 min 49 s without a request");
    expect(found(scored([...rounds(6), ...second], { segments: [0, 20 * MINUTE] }))).toEqual([]);
  });

  it("none, where a resume woke the endpoint first", () => {
    const woken = [{ endpoint: "candidate" as const, attempts: 3, ms: 60_000, outcome: "HTTP 200" }];
    const given = { segments: [0, 60 * MINUTE], resumes: [resume(woken)] };
    expect(found(scored([...rounds(6), ...second], given))).toEqual([]);
    expect(found(scored([...rounds(6), ...second], { ...given, resumes: [resume([])] }))).toHaveLength(1);
  });
});
