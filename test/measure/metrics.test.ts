import { describe, expect, it } from "vitest";
import { METRICS } from "../../src/measure/catalogue.js";
import { sampleOf } from "../../src/measure/sample.js";
import type { Attempt, Exchange, HeaderLine } from "../../src/recording/recording.js";
import { attempt, content, DONE, event, exchange, finish, MS, usage } from "../recording/exchange-builder.js";

const header = {
  endpoints: { baseline: { price: { inputPerMTok: 2, cachedInputPerMTok: 1, outputPerMTok: 4 } }, candidate: {} },
} as unknown as HeaderLine;

/** What one metric says of an exchange: its values, or its reason with ∞ where it failed. */
function measured(
  name: string,
  attempts: Attempt | Attempt[],
  more: Partial<Exchange> = {},
): readonly number[] | string {
  const metric = METRICS.find((each) => each.name === name);
  if (metric === undefined) throw new Error(`no metric ${name}`);
  const measurement = metric.measure(sampleOf(exchange([attempts].flat(), more), { api: "chat" }, header));
  if ("none" in measurement) return measurement.failed ? `∞ ${measurement.none}` : measurement.none;
  return measurement.values.map((value) => Math.round(value * 1e6) / 1e6);
}

/** A stream of `n` one-token events, the first after 200 ms, then one each 10 ms. */
const steady = (n: number, more: Record<string, unknown> = {}, text = "abcd") =>
  attempt({
    reads: [
      ...Array.from({ length: n }, (_, index) => [200 + 10 * index, content(text)] as const),
      [200 + 10 * n, `${finish()}${usage(50, n, more)}${DONE}`],
    ],
  });

describe("latencies, from the request being written", () => {
  const reasoned = attempt({
    reads: [
      [20, event({ role: "assistant", content: "" })],
      [100, event({ reasoning: "hm" })],
      [250, content("yes")],
      [300, finish()],
    ],
    endedMs: 310,
  });

  it("ttfe is the first event, ttft the first token, ttfa the first that answers, e2e the end", () => {
    expect(["ttfe", "ttft", "ttfa", "e2e"].map((name) => measured(name, reasoned))).toEqual([
      [20],
      [100],
      [250],
      [310],
    ]);
  });

  it("connect is DNS + TCP + TLS, and nothing on a kept-alive connection", () => {
    expect(measured("connect", reasoned)).toEqual([9]);
    expect(measured("connect", attempt({ reused: true, reads: [[1, finish()]] }))).toBe("connection reused");
  });

  it("send_lag is this machine's: released to dispatched", () => expect(measured("send_lag", reasoned)).toEqual([1]));

  it("send_lag in open loop counts from the intended time, less what was waited for a place", () => {
    const { dispatchedAtNs } = reasoned;
    const intendedAtNs = dispatchedAtNs - 30 * MS;
    expect(measured("send_lag", reasoned, { intendedAtNs })).toEqual([30]);
    expect(measured("send_lag", reasoned, { intendedAtNs, waitedNs: 28 * MS })).toEqual([2]);
  });

  it("intended latencies exist in open loop only, and span attempts", () => {
    expect(measured("ttft_intended", reasoned)).toBe("closed loop");
    expect(measured("ttft_intended", reasoned, { intendedAtNs: 50 * MS })).toEqual([160]);
    expect(measured("e2e_intended", reasoned, { intendedAtNs: 50 * MS })).toEqual([370]);
  });

  it("end with the last byte where a server leaves the connection open, and nothing failed", () => {
    const open = attempt({
      reads: [
        [100, content("a")],
        [200, finish()],
      ],
      outcome: { kind: "timeout", phase: "idle", afterMs: 5_000 },
      endedMs: 5_200,
    });
    expect(measured("e2e", open)).toEqual([200]);
  });

  it("have no value in a body, and infinity after a failure", () => {
    const body = attempt({
      reads: [[80, JSON.stringify({ choices: [{ message: { content: "x" }, finish_reason: "stop" }] })]],
    });
    expect(measured("ttft", body, { variant: "body" })).toBe("not streamed");
    expect(measured("e2e", body, { variant: "body" })).toEqual([80]);
    const timeout = attempt({ outcome: { kind: "timeout", phase: "firstByte", afterMs: 1_000 } });
    for (const name of ["ttft", "ttfa", "e2e", "chunk_gap", "decode_rate", "char_rate"])
      expect(measured(name, timeout)).toBe("∞ timeout");
    expect(measured("ttft", attempt({ status: 500 }))).toBe("∞ http_5xx");
  });

  it("a token that came before the break still has its time, the rest is infinity", () => {
    const broken = attempt({
      reads: [
        [100, content("a")],
        [120, content("b")],
      ],
      outcome: { kind: "network", phase: "body", code: "ECONNRESET", message: "" },
    });
    expect(measured("ttft", broken)).toEqual([100]);
    expect(measured("e2e", broken)).toBe("∞ broken_stream");
    expect(measured("stall", broken)).toBe("∞ broken_stream");
  });
});

describe("gaps, between reads", () => {
  const coalesced = attempt({
    reads: [
      [100, content("a")],
      [110, content("b") + content("c")],
      [150, content("d")],
      [160, finish()],
    ],
  });

  it("events that share a read have no gap, and the finish event is no token", () => {
    expect(measured("chunk_gap", coalesced)).toEqual([10, 40]);
    expect(measured("stall", coalesced)).toEqual([40]);
  });

  it("need two reads", () =>
    expect(measured("chunk_gap", attempt({ reads: [[100, content("a") + content("b") + finish()]] }))).toMatch(
      /fewer than two reads/,
    ));
});

describe("decode", () => {
  it("100 tokens, one each 10 ms, are 100 tokens/s and 10 ms a token", () => {
    expect(measured("tpot", steady(100))).toEqual([10]);
    expect(measured("decode_rate", steady(100))).toEqual([100]);
  });

  it("characters after the first read count: 99 × 4 in 990 ms are 400 a second", () => {
    expect(measured("char_rate", steady(100))).toEqual([400]);
    expect(measured("char_rate", steady(100, {}, "한국👍x"))).toEqual([400]);
  });

  it("has no value with fewer than 64 tokens, without usage, or in two reads", () => {
    expect(measured("decode_rate", steady(63))).toMatch(/fewer than 64/);
    expect(
      measured(
        "decode_rate",
        attempt({
          reads: [
            [1, content("a")],
            [2, content("b")],
            [3, finish()],
          ],
        }),
      ),
    ).toBe("no usage");
    const twoReads = attempt({
      reads: [
        [1, content("a".repeat(200))],
        [99, content("b".repeat(200)) + finish() + usage(1, 100)],
      ],
    });
    expect(measured("decode_rate", twoReads)).toMatch(/two reads or fewer/);
  });

  it("has no value when one event brings many tokens of few", () => {
    const lumps = attempt({
      reads: [
        ...Array.from({ length: 10 }, (_, index) => [100 + 10 * index, content("x".repeat(40))] as const),
        [300, finish() + usage(1, 100)],
      ],
    });
    expect(measured("decode_rate", lumps)).toMatch(/too few events/);
    const fine = attempt({
      reads: [
        ...Array.from({ length: 100 }, (_, index) => [100 + 10 * index, content("x".repeat(8))] as const),
        [1_200, finish() + usage(1, 200)],
      ],
    });
    // n = 200, n₁ = 2: 990 ms over 198 tokens.
    expect(measured("decode_rate", fine)).toEqual([200]);
  });

  it("has no value where reasoning was streamed as a summary only", () => {
    const details = { completion_tokens_details: { reasoning_tokens: 300 } };
    const summary = attempt({
      reads: [
        [100, event({ reasoning_content: "a short summary" })],
        ...Array.from({ length: 100 }, (_, index) => [5_000 + 10 * index, content("abcd")] as const),
        [6_000, finish() + usage(1, 400, details)],
      ],
    });
    expect(measured("decode_rate", summary)).toBe("reasoning was streamed as a summary");
  });

  it("leaves out reasoning that was hidden: 300 hidden and 100 seen are not 400", () => {
    const hidden = (details: Record<string, unknown>) =>
      attempt({
        reads: [
          ...Array.from({ length: 100 }, (_, index) => [5_000 + 10 * index, content("abcd")] as const),
          [6_000, finish() + usage(1, 400, details)],
        ],
      });
    expect(measured("decode_rate", hidden({ completion_tokens_details: { reasoning_tokens: 300 } }))).toEqual([100]);
    expect(measured("decode_rate", hidden({}))).toMatch(/usage counts more tokens than were streamed/);
  });
});

describe("tool calls, tokens and cost", () => {
  it("tool_call_ms runs from the first piece to the last argument", () => {
    const call = (piece: Record<string, unknown>) => event({ tool_calls: [{ index: 0, ...piece }] });
    const called = attempt({
      reads: [
        [100, call({ id: "a", function: { name: "f", arguments: "" } })],
        [130, call({ function: { arguments: "{" } })],
        [170, call({ function: { arguments: "}" } })],
        [200, finish("tool_calls")],
      ],
    });
    expect(measured("tool_call_ms", called)).toEqual([70]);
    expect(measured("tool_call_ms", steady(3))).toBe("no tool call");
  });

  it("token counts are the endpoint's own; a missing usage is missing, never 0", () => {
    const used = attempt({
      reads: [
        [1, content("a")],
        [
          2,
          finish() +
            usage(1_000, 500, {
              prompt_tokens_details: { cached_tokens: 400 },
              completion_tokens_details: { reasoning_tokens: 100 },
            }),
        ],
      ],
    });
    expect(
      ["input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens"].map((name) => measured(name, used)),
    ).toEqual([[1_000], [500], [400], [100]]);
    expect(measured("output_tokens", attempt({ reads: [[1, content("a") + finish()]] }))).toBe("no usage");
    expect(measured("output_tokens", attempt({ status: 500 }))).toBe("no usage");
  });

  it("cost is usage by price, cached input cheaper, every attempt paid", () => {
    const used = (output: number) =>
      attempt({
        reads: [[1, content("a") + finish() + usage(1_000, output, { prompt_tokens_details: { cached_tokens: 400 } })]],
      });
    // 600 × 2 + 400 × 1 + 500 × 4 = 3,600 per million
    expect(measured("cost", used(500))).toEqual([0.0036]);
    expect(measured("cost", [used(500), used(0)])).toEqual([0.0052]);
    expect(measured("cost", used(500), { endpoint: "candidate" })).toBe("no price");
  });

  it("cost is never negative, whatever a server claims to have cached", () => {
    const odd = attempt({
      reads: [[1, content("a") + finish() + usage(10, 0, { prompt_tokens_details: { cached_tokens: 500 } })]],
    });
    expect(measured("cost", odd)).toEqual([0.00001]);
  });

  it("wake spans every attempt of a cold exchange", () => {
    const refused = attempt({ dispatchedMs: 1_000, status: 503 });
    const answered = attempt({
      dispatchedMs: 9_000,
      reads: [
        [990, content("a")],
        [1_000, finish()],
      ],
    });
    expect(measured("wake", [refused, answered], { phase: "cold", releasedAtNs: 1_000 * MS })).toEqual([9_000]);
    expect(measured("wake", answered)).toBe("not cold");
  });
});
