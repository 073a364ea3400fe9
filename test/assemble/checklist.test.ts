/** Every item of the checklist: what verifies it, what fails it, and what leaves it open. */
import { describe, expect, test } from "vitest";
import type { GoldenCase } from "../../src/golden/golden-set.js";
import type { Attempt, Exchange, HeaderLine } from "../../src/recording/recording.js";
import type { Summary } from "../../src/report/summary.js";
import { attempt, content, DONE, event, finish, usage } from "../recording/exchange-builder.js";
import { answer, asked, golden, type Side, summaryOf, withEndpoint } from "./recorded.js";

const status = ({ checklist }: Summary, id: string) => checklist.find((item) => item.id === id)?.status;
const why = ({ checklist }: Summary, id: string) => checklist.find((item) => item.id === id)?.why ?? "";

const ok = (dispatchedMs: number): Attempt => answer(100, dispatchedMs);
const refused = (dispatchedMs: number): Attempt =>
  attempt({
    dispatchedMs,
    status: 400,
    headers: [["content-type", "application/json"]],
    reads: [[5, '{"error":{"message":"no","type":"invalid_request_error","code":null}}']],
  });
const both = (
  count: number,
  baseline: Parameters<typeof asked>[2],
  candidate: Parameters<typeof asked>[2],
  more?: (index: number) => Partial<Exchange>,
) => [...asked("baseline", count, baseline, more), ...asked("candidate", count, candidate, more)];
/** The header with one body for every request. */
const sending =
  (body: Record<string, unknown>) =>
  (header: HeaderLine): HeaderLine => ({
    ...header,
    requests: { r: { method: "POST", path: "/v1/chat/completions", headers: {}, body } },
  });

test("every item has an answer with its evidence, once", () => {
  const { checklist } = summaryOf(both(3, ok, ok));
  expect(new Set(checklist.map(({ id }) => id)).size).toBe(checklist.length);
  for (const { id, item, why: evidence } of checklist)
    expect([id, item !== "", evidence !== ""]).toEqual([id, true, true]);
  expect([...new Set(checklist.map(({ group }) => group))]).toEqual([
    "parity",
    "reliability",
    "streaming",
    "latency",
    "cost",
    "privacy",
  ]);
});

describe("a completion, streamed and whole", () => {
  const body = (dispatchedMs: number): Attempt =>
    attempt({
      dispatchedMs,
      headers: [["content-type", "application/json"]],
      reads: [
        [
          50,
          '{"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}',
        ],
      ],
    });

  test("each variant is an item of its own", () => {
    const streamed = summaryOf(asked("candidate", 2, ok));
    expect([status(streamed, "completion"), status(streamed, "streamed-completion")]).toEqual([
      "not tested",
      "verified",
    ]);
    const whole = summaryOf(asked("candidate", 2, body, () => ({ variant: "body" })));
    expect([status(whole, "completion"), status(whole, "streamed-completion")]).toEqual(["verified", "not tested"]);
  });

  test("a case that never works fails it, one that failed once does not", () => {
    const cases = (index: number) => ({ caseId: index % 2 === 0 ? "works" : "broken", round: index >> 1 });
    const sides = (candidate: Parameters<typeof asked>[2]) => summaryOf(both(4, ok, candidate, cases));
    const never = sides((dispatchedMs, index) => (index % 2 === 0 ? ok(dispatchedMs) : refused(dispatchedMs)));
    expect(status(never, "streamed-completion")).toBe("failed");
    expect(why(never, "streamed-completion")).toBe("never worked: broken; 2 of 4 requests did");
    expect(
      status(
        sides((dispatchedMs, index) => (index === 1 ? refused(dispatchedMs) : ok(dispatchedMs))),
        "streamed-completion",
      ),
    ).toBe("verified");
  });

  test("what the baseline cannot do either is said to be so", () => {
    expect(why(summaryOf(both(2, refused, refused)), "streamed-completion")).toContain("nor on the baseline");
  });
});

describe("tool calls", () => {
  const tools = [
    {
      type: "function",
      function: {
        name: "weather",
        parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
      },
    },
  ];
  const tool = golden("a", {
    request: { messages: [], tools },
    expect: { tool_calls: [{ name: "weather", arguments: { city: "Oslo" } }] },
  });
  const calls =
    (city: string) =>
    (dispatchedMs: number): Attempt =>
      attempt({
        dispatchedMs,
        reads: [
          [
            50,
            event({
              role: "assistant",
              tool_calls: [
                { index: 0, id: "c1", type: "function", function: { name: "weather", arguments: `{"city":${city}}` } },
              ],
            }),
          ],
          [60, finish("tool_calls") + usage(10, 10) + DONE],
        ],
      });
  const sides = (count: number, candidate: Parameters<typeof asked>[2]) =>
    summaryOf(both(count, calls('"Oslo"'), candidate), sending({ tools }), [tool]);

  test("a right call verifies one, words or an argument of another type fail it", () => {
    expect(status(sides(3, calls('"Oslo"')), "tool-call")).toBe("verified");
    expect(status(sides(3, calls("7")), "tool-call")).toBe("failed");
    expect(status(sides(3, ok), "tool-call")).toBe("failed");
    expect(status(summaryOf(asked("candidate", 2, ok)), "tool-call")).toBe("not tested");
  });

  test("the rate is verified only where a drop of 5 points is excluded", () => {
    expect(status(sides(80, calls('"Oslo"')), "tool-call-rate")).toBe("verified");
    expect(status(sides(5, calls('"Oslo"')), "tool-call-rate")).toBe("not tested");
    expect(why(sides(5, calls('"Oslo"')), "tool-call-rate")).toMatch(
      /cannot exclude a change for the worse of up to [\d.]+ points/,
    );
    expect(status(sides(30, ok), "tool-call-rate")).toBe("failed");
  });
});

describe("requests", () => {
  const pinned = { temperature: 0, top_p: 1, presence_penalty: 0, frequency_penalty: 0, max_tokens: 64 };
  const sent = (body: Record<string, unknown>, cases?: GoldenCase[]) =>
    summaryOf(asked("candidate", 1, ok), sending(body), cases);

  test("pin every sampling parameter and a limit, or fail", () => {
    const whole = sent(pinned);
    expect([status(whole, "sampling-pinned"), status(whole, "max-tokens")]).toEqual(["verified", "verified"]);
    const { top_p: _, max_tokens: __, ...less } = pinned;
    const bare = sent({ ...less, temperature: null });
    expect([status(bare, "sampling-pinned"), status(bare, "max-tokens")]).toEqual(["failed", "failed"]);
    expect(why(bare, "sampling-pinned")).toBe("left to the server's defaults: temperature in 1 case, top_p in 1 case");
  });

  test("to the Responses API have no penalties, and say store: false", () => {
    const responses = [golden("a", { api: "responses" })];
    const asksFor = (store?: boolean) =>
      sent({ temperature: 0, top_p: 1, max_output_tokens: 64, ...(store === undefined ? {} : { store }) }, responses);
    expect(status(asksFor(false), "sampling-pinned")).toBe("verified");
    expect([undefined, true, false].map((store) => status(asksFor(store), "store-false"))).toEqual([
      "failed",
      "failed",
      "verified",
    ]);
    expect(status(sent(pinned), "store-false")).toBe("not tested");
  });

  test("name the features in use; refusing one fails", () => {
    const used = sent({
      ...pinned,
      seed: 7,
      messages: [{ role: "user", content: [{ type: "image_url" }, null] }, 7],
    });
    expect(status(used, "features")).toBe("not tested");
    expect(why(used, "features")).toContain("seed, pictures");
    const noLogprobs = summaryOf(asked("candidate", 3, ok), sending({ ...pinned, logprobs: true }), [
      golden("a", { request: { messages: [], logprobs: true } }),
    ]);
    expect([status(noLogprobs, "features"), why(noLogprobs, "features")]).toEqual([
      "failed",
      expect.stringContaining("logprobs-missing"),
    ]);
  });
});

describe("golden prompts", () => {
  const cases = (count: number): GoldenCase[] =>
    Array.from({ length: count }, (_, index) => golden(`c${index}`, { expect: { contains: "ab" } }));
  const run = (count: number, rounds: number, bad: (caseIndex: number, round: number) => boolean) => {
    const place = (index: number) => ({ caseId: `c${index % count}`, round: Math.floor(index / count) });
    const wrong = (dispatchedMs: number) =>
      attempt({
        dispatchedMs,
        reads: [
          [50, content("xyz")],
          [60, finish() + usage(1, 1)],
        ],
      });
    const candidate = (dispatchedMs: number, index: number) =>
      bad(index % count, Math.floor(index / count)) ? wrong(dispatchedMs) : ok(dispatchedMs);
    return summaryOf(both(count * rounds, ok, candidate, place), undefined, cases(count));
  };

  test.each([
    [
      "20 cases in 3 rounds without a consistent regression",
      20,
      3,
      (each: number, round: number) => each === 0 && round === 0,
      "verified",
    ],
    [
      "a case that is wrong in two of three rounds",
      20,
      3,
      (each: number, round: number) => each === 0 && round > 0,
      "failed",
    ],
    ["two rounds", 20, 2, () => false, "not tested"],
    ["five cases", 5, 3, () => false, "not tested"],
  ] as const)("%s: %#", (_, count, rounds, bad, expected) => {
    expect(status(run(count, rounds, bad), "golden-prompts")).toBe(expected);
  });
});

describe("usage", () => {
  test("has to come with every answer", () => {
    const silent = (dispatchedMs: number): Attempt =>
      attempt({
        dispatchedMs,
        reads: [
          [50, content("abcd")],
          [60, finish()],
        ],
      });
    expect(status(summaryOf(asked("candidate", 5, ok)), "usage")).toBe("verified");
    expect(status(summaryOf(asked("candidate", 5, (at, index) => (index === 4 ? silent(at) : ok(at)))), "usage")).toBe(
      "failed",
    );
    expect(status(summaryOf(asked("candidate", 5, refused)), "usage")).toBe("not tested");
  });
});

describe("errors", () => {
  const limited =
    (...headers: [string, string][]) =>
    (dispatchedMs: number): Attempt[] => [
      attempt({
        dispatchedMs,
        status: 429,
        headers: [["content-type", "application/json"], ...headers],
        reads: [[5, '{"error":{"message":"slow down","type":"rate_limit","code":"rate_limit_exceeded"}}']],
      }),
      ok(dispatchedMs + 1_500),
    ];

  test("a 429 says when to come back", () => {
    expect(status(summaryOf(asked("candidate", 3, ok)), "retry-after")).toBe("not tested");
    expect(status(summaryOf(asked("candidate", 3, limited(["retry-after", "1"]))), "retry-after")).toBe("verified");
    expect(status(summaryOf(asked("candidate", 3, limited())), "retry-after")).toBe("failed");
    expect(status(summaryOf(asked("candidate", 3, limited(["retry-after", "soon"]))), "retry-after")).toBe("failed");
  });

  test("have OpenAI's shape", () => {
    const detail = (dispatchedMs: number): Attempt =>
      attempt({
        dispatchedMs,
        status: 400,
        headers: [["content-type", "application/json"]],
        reads: [[5, '{"detail":"no"}']],
      });
    expect(status(summaryOf(asked("candidate", 3, refused)), "error-envelope")).toBe("verified");
    expect(status(summaryOf(asked("candidate", 3, detail)), "error-envelope")).toBe("failed");
    expect(status(summaryOf(asked("candidate", 3, ok)), "error-envelope")).toBe("not tested");
  });

  test("are no more than on the baseline, where enough was asked", () => {
    expect(status(summaryOf(both(100, ok, ok)), "errors")).toBe("verified");
    expect(status(summaryOf(both(10, ok, ok)), "errors")).toBe("not tested");
    expect(status(summaryOf(both(40, ok, (at, index) => (index % 2 === 0 ? refused(at) : ok(at)))), "errors")).toBe(
      "failed",
    );
  });

  test("do not quote the key: a word of nothing but asterisks is what is left of one", () => {
    const keyed = (message: string) =>
      summaryOf(
        asked("candidate", 2, (dispatchedMs) =>
          attempt({
            dispatchedMs,
            status: 401,
            headers: [["content-type", "application/json"]],
            reads: [[5, JSON.stringify({ error: { message, type: "auth", code: "invalid_api_key" } })]],
          }),
        ),
        (header) => withEndpoint(header, "candidate", { apiKeyEnv: "KEY" }),
      );
    expect(status(keyed(`bad key ${"*".repeat(40)}.`), "key-not-echoed")).toBe("failed");
    // As providers themselves quote it.
    expect(status(keyed("bad key ************cd12"), "key-not-echoed")).toBe("verified");
    expect(status(keyed("bad key sk-ab************cd"), "key-not-echoed")).toBe("verified");
    expect(status(summaryOf(asked("candidate", 2, refused)), "key-not-echoed")).toBe("not tested");
  });
});

describe("streams", () => {
  const stream =
    (seconds: number, pieces = 10) =>
    (dispatchedMs: number): Attempt =>
      attempt({
        dispatchedMs,
        reads: [
          ...Array.from(
            { length: pieces },
            (_, index) => [Math.round((1_000 * seconds * (index + 1)) / (pieces + 1)), content("ab ")] as const,
          ),
          [1_000 * seconds, finish() + usage(10, pieces) + DONE],
        ],
      });
  /** Everything in one read, long after it was begun. */
  const held = (dispatchedMs: number): Attempt =>
    attempt({ dispatchedMs, reads: [[5_000, content("ab ").repeat(60) + finish() + usage(10, 60) + DONE]] });

  test("of a minute are verified by one that lasted, and not by short ones", () => {
    expect(status(summaryOf(asked("candidate", 3, stream(61))), "long-stream")).toBe("verified");
    expect(status(summaryOf(asked("candidate", 3, stream(59))), "long-stream")).toBe("not tested");
  });

  test("that come at once in the end are buffered", () => {
    expect(status(summaryOf(both(6, stream(5, 60), stream(5, 60))), "not-buffered")).toBe("verified");
    expect(status(summaryOf(both(6, stream(5, 60), held)), "not-buffered")).toBe("failed");
    expect(status(summaryOf(both(6, ok, ok)), "not-buffered")).toBe("not tested");
  });

  test("do not break, and end with a finish reason", () => {
    const cut = (dispatchedMs: number): Attempt =>
      attempt({
        dispatchedMs,
        reads: [[50, content("ab")]],
        outcome: { kind: "network", phase: "body", code: "ECONNRESET", message: "reset" },
      });
    const whole = summaryOf(asked("candidate", 20, stream(1)));
    expect([status(whole, "streams-hold"), status(whole, "streams-end")]).toEqual(["verified", "verified"]);
    expect(status(summaryOf(asked("candidate", 19, stream(1))), "streams-hold")).toBe("not tested");
    expect(
      status(summaryOf(asked("candidate", 30, (at, index) => (index === 7 ? cut(at) : stream(1)(at)))), "streams-hold"),
    ).toBe("failed");
    const endless = (dispatchedMs: number): Attempt =>
      attempt({
        dispatchedMs,
        reads: [
          [50, content("ab")],
          [60, DONE],
        ],
      });
    expect(status(summaryOf(asked("candidate", 20, endless)), "streams-end")).toBe("failed");
  });
});

describe("latency", () => {
  test("percentiles are known from 299 requests on", () => {
    expect(status(summaryOf(asked("candidate", 299, ok)), "percentiles")).toBe("verified");
    const few = summaryOf(asked("candidate", 100, ok));
    expect([status(few, "percentiles"), why(few, "percentiles")]).toEqual([
      "not tested",
      expect.stringContaining("ttfa p99 (n = 100)"),
    ]);
    const lost = summaryOf(asked("candidate", 299, (at, index) => (index % 10 === 0 ? refused(at) : ok(at))));
    expect(status(lost, "percentiles")).toBe("failed");
  });

  test("timeouts are sized, unless this run's own were reached", () => {
    const fresh = (dispatchedMs: number): Attempt => answer(100, dispatchedMs, false);
    expect(status(summaryOf(asked("candidate", 40, fresh)), "timeouts-sized")).toBe("verified");
    expect(status(summaryOf(asked("candidate", 20, fresh)), "timeouts-sized")).toBe("not tested");
    const waits = (dispatchedMs: number): Attempt =>
      attempt({ dispatchedMs, endedMs: 5_000, outcome: { kind: "timeout", phase: "firstByte", afterMs: 5_000 } });
    const reached = summaryOf(asked("candidate", 40, (at, index) => (index === 0 ? waits(at) : fresh(at))));
    expect([status(reached, "timeouts-sized"), status(reached, "timeouts-and-5xx")]).toEqual(["failed", "failed"]);
  });

  test("the cold path is known within its budget, and not by a trial that was warm", () => {
    const wake = { budgetMs: 100_000, capMs: 600_000 };
    const trial = (wakeMs: number) =>
      summaryOf(
        [
          ...asked("candidate", 5, ok),
          ...asked(
            "candidate",
            1,
            () => answer(wakeMs, 2_000_000),
            () => ({ id: 900, pairId: 900, phase: "cold" }),
          ),
        ],
        (header) => withEndpoint(header, "candidate", { wake }),
      );
    expect(status(trial(90_000), "cold-path")).toBe("verified");
    expect(status(trial(110_000), "cold-path")).toBe("failed");
    expect(status(trial(120), "cold-path")).toBe("not tested");
    expect(status(summaryOf(asked("candidate", 5, ok)), "cold-path")).toBe("not tested");
  });
});

describe("cost and address", () => {
  const prices =
    (baseline: number, candidate: number) =>
    (header: HeaderLine): HeaderLine =>
      (["baseline", "candidate"] as const).reduce(
        (changed: HeaderLine, side: Side) =>
          withEndpoint(changed, side, {
            price: { inputPerMTok: 1, outputPerMTok: side === "baseline" ? baseline : candidate },
          }),
        header,
      );

  test("a candidate that costs more fails, whoever is to pay", () => {
    expect(status(summaryOf(both(3, ok, ok), prices(10, 9)), "cost-compared")).toBe("verified");
    expect(status(summaryOf(both(3, ok, ok), prices(10, 11)), "cost-compared")).toBe("failed");
    expect(status(summaryOf(both(3, ok, ok)), "cost-compared")).toBe("not tested");
  });

  test.each([
    ["https://api.example/v1", "verified"],
    ["http://api.example/v1", "failed"],
    ["http://127.0.0.1:8000/v1", "not tested"],
  ])("%s: %s", (baseUrl, expected) => {
    const summary = summaryOf(asked("candidate", 1, ok), (header) => withEndpoint(header, "candidate", { baseUrl }));
    expect(status(summary, "https")).toBe(expected);
  });

  test("cases without a model are not asked, and an unknown model fails", () => {
    const unmapped = (header: HeaderLine): HeaderLine => ({
      ...header,
      notTested: [{ caseId: "b", endpoint: "candidate", reason: "the candidate maps no model for embeddings" }],
    });
    expect(status(summaryOf(asked("candidate", 1, ok)), "models")).toBe("verified");
    expect(status(summaryOf(asked("candidate", 1, ok), unmapped), "models")).toBe("not tested");
    const unknown = (dispatchedMs: number): Attempt =>
      attempt({
        dispatchedMs,
        status: 404,
        headers: [["content-type", "application/json"]],
        reads: [[5, '{"error":{"message":"no model","type":"invalid_request_error","code":"model_not_found"}}']],
      });
    expect(status(summaryOf(asked("candidate", 1, unknown)), "models")).toBe("failed");
  });
});

describe("nothing is verified of a candidate that was never answered", () => {
  const dead = (dispatchedMs: number): Attempt =>
    attempt({
      dispatchedMs,
      outcome: { kind: "network", phase: "connect", code: "ECONNREFUSED", message: "connect ECONNREFUSED" },
    });
  const unreachable = (dispatchedMs: number): Attempt => {
    const { status: _, headersAtNs: __, headers: ___, ...sent } = dead(dispatchedMs);
    return sent;
  };

  test("its models, the wire, its timeouts, its credit", () => {
    const summary = summaryOf(both(30, ok, unreachable));
    for (const id of ["models", "new-on-the-wire", "timeouts-and-5xx", "credit", "no-redirects", "streams-end"])
      expect([id, status(summary, id)]).toEqual([id, "not tested"]);
  });

  test("a model for every prompt, where one was never answered", () => {
    const cases = (index: number) => ({ caseId: index % 2 === 0 ? "works" : "broken", round: index >> 1 });
    const summary = summaryOf(
      both(6, ok, (dispatchedMs, index) => (index % 2 === 0 ? ok(dispatchedMs) : refused(dispatchedMs)), cases),
    );
    expect([status(summary, "models"), why(summary, "models")]).toEqual(["not tested", "never answered: broken"]);
  });

  test("a lower cost, where half of the requests failed for good", () => {
    const price = { inputPerMTok: 1, outputPerMTok: 10 };
    const summary = summaryOf(
      both(20, ok, (dispatchedMs, index) => (index % 2 === 0 ? ok(dispatchedMs) : refused(dispatchedMs))),
      (header) => withEndpoint(withEndpoint(header, "candidate", { price }), "baseline", { price }),
    );
    expect(status(summary, "cost-compared")).toBe("not tested");
    expect(why(summary, "cost-compared")).toMatch(/but 10 of 20 requests were never answered/);
  });
});

test("golden prompts that expect nothing are no evidence that none regresses", () => {
  const cases = (index: number) => ({ caseId: `c${index % 20}`, round: Math.floor(index / 20) });
  const ids = Array.from({ length: 20 }, (_, index) => `c${index}`);
  const of = (expected: GoldenCase["expect"]) =>
    summaryOf(
      both(60, ok, ok, cases),
      (header) => header,
      ids.map((id) => golden(id, { expect: expected })),
    );
  expect([status(of({}), "golden-prompts"), status(of({ contains: "abcd" }), "golden-prompts")]).toEqual([
    "not tested",
    "verified",
  ]);
});
