/** Gates against what a plan can give them, as a run prepares it: nothing is sent. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { parseSettings } from "../../src/config/load.js";
import type { Settings } from "../../src/config/settings.js";
import { TwintailError } from "../../src/core/errors.js";
import { STREAMED } from "../../src/gate/planned.js";
import { METRICS } from "../../src/measure/catalogue.js";
import { sampleOf } from "../../src/measure/sample.js";
import { prepareRun } from "../../src/run.js";
import { attempt, exchange, headerLine } from "../recording/exchange-builder.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-gates-"));
afterAll(() => rmSync(folder, { recursive: true }));
const BUNDLED = fileURLToPath(new URL("../../goldens/migration.yaml", import.meta.url));
writeFileSync(
  join(folder, "small.yaml"),
  `name: small
cases:
  - { id: one, category: chat, tags: [quick], detects: x, request: { messages: [{ role: user, content: hello }] }, stream: true, expect: {} }
`,
);

interface Options {
  readonly set?: string;
  readonly rounds?: number;
  readonly candidate?: string;
  readonly more?: string;
  readonly change?: (settings: Settings) => Settings;
}

/** What is warned of, or the error's message. */
function told(
  gate: string,
  { set = BUNDLED, rounds = 10, candidate = "", more = "", change = (same) => same }: Options = {},
): string[] | string {
  const text = `goldens: ${set}
endpoints:
  baseline: { baseUrl: "http://127.0.0.1:1/v1", models: { default: m, embeddings: e } }
  candidate: { baseUrl: "http://127.0.0.1:2/v1", models: { default: m, embeddings: e }${candidate} }
capture: { rounds: ${rounds} }
${more}
gates:
  - ${gate}
`;
  try {
    return [...prepareRun(change(parseSettings(text, folder))).gateWarnings];
  } catch (error) {
    expect(error).toBeInstanceOf(TwintailError);
    return (error as TwintailError).message;
  }
}

const DEFAULTS = [
  "ttfa shift < 1.20",
  "ttfa slow_share diff < 0.05",
  "char_rate shift > 0.90",
  "tool_calls drop < 0.05",
  "errors rate < 0.02",
  "broken_streams rate < 0.02",
];

describe("gates of a plan", () => {
  it.each(DEFAULTS)("%s can be decided by ten rounds of the bundled set, without a word", (gate) => {
    expect(told(gate)).toEqual([]);
  });

  it.each(["ttft_intended shift < 1.2", "e2e_intended p95 < 20s"])("%s can be decided in an open loop", (gate) => {
    const arrivals = { shape: { kind: "poisson" }, rate: 4, maxInFlight: 9, whenFull: "drop" } as const;
    const change = (settings: Settings): Settings => ({ ...settings, capture: { ...settings.capture, arrivals } });
    expect(told(gate, { change })).toEqual([]);
  });

  it.each<[string, RegExp, Options?]>([
    ["tfta p95 < 5s", /^twintail\.yaml:8:5: "tfta" is no metric/],
    ['"ttfa p95 < 5x"', /^twintail\.yaml:8:18: "x" is no unit/],
    ["'ttfa p95 < 5x'", /^twintail\.yaml:8:18: "x" is no unit/],
    [
      "ttfa{category=tols} p95 < 5s",
      /^twintail\.yaml:8:19: no case of the golden set has category=tols; did you mean "tools"\?$/,
    ],
    ["ttfa{tag=zzzzzzzzzzzz} p95 < 5s", /:8:14: no case of the golden set has tag=zzzzzzzzzzzz; use /],
    [
      "ttfa{case=chat-greeting,category=tools} p95 < 5s",
      /:8:15: no case .* has case=chat-greeting and category=tools together; remove a selector$/,
    ],
    [
      "findings{rule=stream-options-rejectd} new == 0",
      /:8:19: "stream-options-rejectd" is no rule; did you mean "stream-options-rejected"\?/,
    ],
    ["wake max < 8m", /:8:5: wake max has nothing to look at: endpoints\.candidate has no wake, so nothing is woken/],
    [
      "cost shift < 1.2",
      /has nothing to look at: the baseline has no price per token; give endpoints\.baseline\.price/,
    ],
    ["cost p50 < 1", /the baseline has no price|the candidate has no price/],
    [
      "ttft_intended p50 < 1s",
      /needs a schedule, and a closed loop has none; use ttft or e2e, or give capture.arrivals/,
    ],
    ["tool_calls rate > 0.9", /no case of this plan expects a tool call, or none; add one/, { set: "small.yaml" }],
    ["tool_call_ms p50 < 1s", /no streamed case of this plan expects a tool call/, { set: "small.yaml" }],
    ["json_valid rate > 0.9", /expects JSON \(is_json\)/, { set: "small.yaml" }],
    ["flips regressed == 0", /no case of this plan expects anything/, { set: "small.yaml" }],
    ["ttfa{variant=body} p50 < 1s", /no request of this plan is selected/, { set: "small.yaml" }],
    ["ttfa{category=embeddings} p50 < 1s", /no streamed answer of this plan has ttfa/],
    ["ttfa{category=cancel} p50 < 1s", /no streamed answer of this plan has ttfa/],
    ["ttfa ratio(p95) < 1.3", /:8:10: a ratio needs 6 rounds for its interval, and 5 are planned/, { rounds: 5 }],
    ["ttfa ratio(p95) < 1.3", /:8:10: a ratio of p95 takes 59 requests a side, and 10 are/, { set: "small.yaml" }],
    [
      "flips{case=chat-greeting} regressed == 0",
      /a case flips in 3 pairs of answers or more, and 2 are planned/,
      { rounds: 2 },
    ],
    ["ttfa mean < 1s", /a mean needs 6 rounds for its interval, and 1 is planned/, { rounds: 1 }],
    ["ttfa shift < 1.2", /one pair of requests gives a shift no interval/, { rounds: 1, set: "small.yaml" }],
    ["ttfa p50 < 1s", /4 planned requests can neither pass nor fail it: it takes 6/, { rounds: 4, set: "small.yaml" }],
  ])("%s is refused where it cannot be decided", (gate, message, options = {}) => {
    expect(told(gate, options)).toEqual(expect.stringMatching(message));
  });

  it.each<[string, RegExp, Options?]>([
    [
      "ttfa p99 < 5s",
      /^twintail\.yaml:8:5: it can fail, but never pass: \d+ requests are planned, and it takes 408 to have one that bounds p99$/,
    ],
    ["ttfa p99 > 5s", /asks for high values/],
    ["char_rate p1 < 9", /asks for low values/],
    [
      "char_rate p1 > 9",
      /it can fail, but never pass: 10 requests are planned, and it takes 408/,
      { set: "small.yaml" },
    ],
    [
      "ttfa p99 >= 0ms",
      /it can pass, but never fail: 10 requests are planned, and it takes 408/,
      { set: "small.yaml" },
    ],
    [
      "errors rate < 0.02",
      /it can fail, but never pass: none of 10 planned requests would still leave 33\.6 % possible, and it takes 203$/,
      { set: "small.yaml" },
    ],
    ["errors rate < 0", /no number of requests would do/],
    [
      "tool_calls rate > 99%",
      /never pass: all of 110 planned requests would still leave 96\.3 % possible, and it takes 408/,
    ],
    [
      "tool_calls drop < 0.01",
      /two equal endpoints cannot pass it: 110 planned pairs without a difference would still leave 3\.7 % possible, and it takes 408/,
    ],
    ["ttfa slow_share diff < 0.05", /two equal endpoints cannot pass it: 10 planned pairs/, { set: "small.yaml" }],
    ["ttfa shift < 1.2", /one round: its interval is over cases/, { rounds: 1 }],
    [
      "ttfa shift > 1.2",
      /ttfa shift is better when it is lower, and this gate asks for high values; did you mean < 1\.2\?/,
    ],
    ["tool_calls rate < 0.9", /better when it is higher/],
    ["tool_calls drop > 0.05", /better when it is lower/],
    ["flips regressed >= 1", /better when it is lower/],
    ["wake max > 8m", /better when it is lower/, { candidate: ", wake: {}" }],
  ])("%s is warned of", (gate, message, options = {}) => {
    const warnings = told(gate, options);
    expect(warnings).toEqual(expect.arrayContaining([expect.stringMatching(message)]));
  });

  it.each<[string, Options?]>([
    ["wake max < 8m", { candidate: ", wake: {}" }],
    ["wake count >= 1", { candidate: ", wake: {}" }],
    ["baseline.errors rate < 0.02"],
    ["tool_calls diff > -0.05"],
    ["tool_calls diff >= 0"],
    ["retries rate < 2"],
    ["findings{severity=breaks} new == 0"],
    ["findings{rule=stream-options-rejected} new == 0"],
    ["flips{tag=solo} regressed == 0", { more: "" }],
    ["output_tokens shift < 1.1"],
    ["ttfa p95 < 5s"],
    ["e2e max < 1m", { rounds: 1, set: "small.yaml" }],
    ["ttfa shift < 1.2", { rounds: 2, set: "small.yaml" }],
  ])("%s is taken without a word", (gate, options = {}) => {
    expect(told(gate, options)).toEqual([]);
  });

  it("for traffic like these count cases, not requests", () => {
    expect(told("ttfa p95 < 5s", { more: "estimand: traffic-like-these" })).toEqual([
      expect.stringMatching(/it can fail, but never pass: \d\d cases are planned, and it takes 80/),
    ]);
    expect(told("errors rate < 0.02", { more: "estimand: traffic-like-these" })).toEqual([
      expect.stringMatching(/never pass: none of \d\d planned cases would still leave .* possible, and it takes 203/),
    ]);
  });

  it("of latency are not asked by a quick run, and so not refused", () => {
    const quick = (settings: Settings): Settings => ({ ...settings, judge: { ...settings.judge, quick: true } });
    expect(told("ttfa ratio(p95) < 1.3", { rounds: 3 })).toMatch(/needs 6 rounds/);
    expect(told("ttfa ratio(p95) < 1.3", { rounds: 3, change: quick })).toEqual([]);
    expect(told("tool_calls{category=chat} rate > 0.9", { change: quick })).toMatch(/no case/);
  });
});

it("the metrics that only a stream has are those that say so themselves", () => {
  const body = exchange([attempt({ reads: [[5, "{}"]] })], { variant: "body" });
  const sample = sampleOf(body, { api: "chat" }, headerLine());
  const streamed = METRICS.filter((metric) => {
    const measurement = metric.measure(sample);
    return "none" in measurement && measurement.none === "not streamed";
  });
  // A tool call's duration belongs to a stream, too: its measure asks for one first.
  expect(streamed.map(({ name }) => name).sort()).toEqual([...STREAMED].sort());
});
