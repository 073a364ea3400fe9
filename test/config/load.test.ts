import { describe, expect, it } from "vitest";
import { resolveKeys } from "../../src/config/keys.js";
import { isLoopback, parseSettings } from "../../src/config/load.js";

const config = (change: (text: string) => string = (text) => text): string =>
  change(`goldens: goldens/set.yaml
endpoints:
  baseline:
    baseUrl: https://a.example/v1/
    apiKeyEnv: KEY_A
    models: { default: m }
  candidate:
    baseUrl: https://b.example/v1
    apiKeyEnv: KEY_B
    models: { default: m }
`);

describe("a configuration", () => {
  it("has every default applied, and durations in ms", () => {
    const settings = parseSettings(
      config((text) => `${text}capture: { spread: 2h, timeouts: { connect: 3s } }\n`),
      "/x",
    );
    expect(settings.goldens).toBe("/x/goldens/set.yaml");
    expect(settings.endpoints.baseline.baseUrl).toBe("https://a.example/v1");
    expect(settings.capture.rounds).toBe(12);
    expect(settings.capture.spreadMs).toBe(7_200_000);
    expect(settings.capture.timeouts).toEqual({
      connectMs: 3_000,
      firstByteMs: 120_000,
      idleMs: 60_000,
      totalMs: 600_000,
    });
    expect(settings.capture.retry).toEqual({ attempts: 3, on: [429, "5xx", "network"] });
  });

  it("keeps gates with their places", () => {
    const settings = parseSettings(
      config((text) => `${text}gates:\n  - ttfa shift < 1.20\n`),
      "/x",
    );
    expect(settings.judge.gates).toEqual([{ text: "ttfa shift < 1.20", line: 12, column: 5 }]);
  });

  it("has loads for a sweep, and arrivals of a run where it asks for them", () => {
    const { load, capture } = parseSettings(config(), "/x");
    expect(load).toEqual({
      loop: { kind: "closed" },
      points: "auto",
      from: 1,
      to: 256,
      settleMs: 10_000,
      windowMs: 30_000,
      maxInFlight: 512,
      whenFull: "drop",
    });
    expect(capture.arrivals).toBeUndefined();
    const open = parseSettings(
      config(
        (text) =>
          `${text}load: { shape: gamma, burstiness: 0.5, points: [0.5, 2], mix: { chat: 2 }, slo: ttft p95 < 1s }\ncapture: { arrivals: { rate: 4, toRate: 8 } }\n`,
      ),
      "/x",
    );
    expect(open.load).toMatchObject({
      loop: { kind: "open", shape: { kind: "gamma", burstiness: 0.5 } },
      points: [0.5, 2],
      mix: { chat: 2 },
      slo: { text: "ttft p95 < 1s", line: 11 },
    });
    expect(open.capture.arrivals).toEqual({
      shape: { kind: "poisson" },
      rate: 4,
      toRate: 8,
      maxInFlight: 512,
      whenFull: "drop",
    });
  });

  const mistakes: [string, (text: string) => string, RegExp][] = [
    [
      "an unknown key",
      (t) =>
        t.replace(
          "    models: { default: m }\n  candidate",
          "    model: { default: m }\n    models: { default: m }\n  candidate",
        ),
      /^twintail\.yaml:6:5: unknown key "model" in "endpoints\.baseline"; did you mean "models"\?$/,
    ],
    [
      "arrivals beside another order of releases",
      (t) => `${t}capture: { order: serial, arrivals: { rate: 2 } }\n`,
      /^twintail\.yaml:11:27: arrivals say when each pair goes, and so does order: serial; leave one of them out$/,
    ],
    [
      "arrivals without a rate",
      (t) => `${t}capture: { arrivals: { shape: constant } }\n`,
      /there is no rate; give rate, in pairs a second/,
    ],
    [
      "bursts that come evenly",
      (t) => `${t}capture: { arrivals: { shape: constant, rate: 2, burstiness: 2 } }\n`,
      /^twintail\.yaml:11:50: arrivals of shape constant have no burstiness; write shape: gamma, or leave it out$/,
    ],
    [
      "a faster trace that is none",
      (t) => `${t}capture: { arrivals: { rate: 2, speed: 7 } }\n`,
      /arrivals of shape poisson have no speed; write shape: trace/,
    ],
    [
      "a trace of a closed loop",
      (t) => `${t}load: { trace: a.jsonl }\n`,
      /^twintail\.yaml:11:9: a closed loop has no trace; write shape: trace, or leave it out$/,
    ],
    [
      "bursts of a sweep that has none",
      (t) => `${t}load: { shape: poisson, burstiness: 2 }\n`,
      /arrivals of shape poisson have no burstiness; write shape: gamma/,
    ],
    [
      "fewer places to wait for than threads",
      (t) => `${t}capture: { workers: 4, arrivals: { rate: 2, maxInFlight: 3, whenFull: wait } }\n`,
      /^twintail\.yaml:11:45: 4 threads have no place each among 3 in flight; raise maxInFlight/,
    ],
    ["bursts without their size", (t) => `${t}load: { shape: gamma }\n`, /arrivals of shape gamma need burstiness/],
    ["a trace that is not there", (t) => `${t}load: { shape: trace, trace: none.csv }\n`, /cannot read \/x\/none\.csv/],
    ["half a request in flight", (t) => `${t}load: { points: [1, 2.5] }\n`, /2\.5 cannot be in flight/],
    ["a sweep that ends before it begins", (t) => `${t}load: { from: 9, to: 3 }\n`, /would begin at 9 and end at 3/],
    [
      "threads that would share a limit",
      (t) => `${t.replace("KEY_B\n", "KEY_B\n    limits: { rpm: 60 }\n")}capture: { workers: 2 }\n`,
      /limits of the candidate are kept by one capture thread, and there are 2/,
    ],
    [
      "a retry of what only fails faster when it is repeated",
      (t) => `${t}capture: { retry: { on: [408] } }\n`,
      /capture\.retry\.on.*429, a status from 500 to 599, 5xx or network/,
    ],
    [
      "HTTP/2 without TLS",
      (t) =>
        t.replace("https://b.example/v1", "http://b.example/v1\n    http2: true").replace("    apiKeyEnv: KEY_B\n", ""),
      /http2 needs TLS/,
    ],
    [
      "a path that is an address",
      (t) => t.replace("https://b.example/v1", "https://b.example/v1\n    paths: { chat: https://c.example/chat }"),
      /"https:\/\/c\.example\/chat" is not a path below the base address; begin it with \//,
    ],
    [
      "a certificate file that is not there",
      (t) => t.replace("https://b.example/v1", "https://b.example/v1\n    caFile: no.pem"),
      /cannot read \/x\/no\.pem: .*mend the path/,
    ],
    [
      "a key in a header of twintail's own",
      (t) => t.replace("https://b.example/v1", "https://b.example/v1\n    apiKeyHeader: content-length"),
      /"content-length" cannot carry a key/,
    ],
    ["bad YAML", (t) => `${t}capture: [`, /^twintail\.yaml:\d+:\d+: not valid YAML/],
    [
      "a missing endpoint",
      (t) => t.slice(0, t.indexOf("  candidate")),
      /"endpoints\.candidate" is missing; expected a map/,
    ],
    [
      "a wrong type",
      (t) => `${t}capture: { rounds: many }\n`,
      /^twintail\.yaml:11:20: "capture\.rounds" is "many"; expected a/,
    ],
    [
      "a bad duration",
      (t) => `${t}capture: { spread: 2 hours }\n`,
      /"capture\.spread" is "2 hours"; expected a duration such as/,
    ],
    [
      "a misspelt choice",
      (t) => `${t}capture: { order: randon }\n`,
      /is "randon"; expected "random" or "serial", did you mean "random"\?/,
    ],
    [
      "an API path in the base address",
      (t) => t.replace("a.example/v1/", "a.example/v1/chat/completions"),
      /^twintail\.yaml:4:14: the address ends in an API path/,
    ],
    ["a key in the address", (t) => t.replace("https://a.", "https://user:pw@a."), /carries a user name or password/],
    [
      "a key over plain http",
      (t) => t.replace("https://a.", "http://a."),
      /a key would be sent to a\.example in the clear; use https/,
    ],
    [
      "a secret header",
      (t) => t.replace("apiKeyEnv: KEY_B", "headers: { Authorization: Bearer x }"),
      /header "Authorization" looks like a secret/,
    ],
    [
      "a header that cannot be sent",
      (t) => t.replace("apiKeyEnv: KEY_B", 'headers: { "x y": a }'),
      /header "x y" cannot be sent as "a"; use letters/,
    ],
    [
      "a field that the plan needs",
      (t) => t.replace("apiKeyEnv: KEY_B", "omit: [messages]"),
      /omit changes "messages", which every request needs/,
    ],
    ["maxCost without prices", (t) => `${t}capture: { maxCost: 5 }\n`, /maxCost is set but the baseline has no price/],
  ];
  it.each(mistakes)("refuses %s with its place", (_name, change, message) => {
    let said = "";
    try {
      parseSettings(config(change), "/x");
    } catch (error) {
      said = (error as Error).message;
    }
    expect(said).toMatch(message);
  });

  it("accepts a key over http on loopback only", () => {
    expect(["127.0.0.1", "127.9.9.9", "localhost", "[::1]"].every(isLoopback)).toBe(true);
    expect(["10.0.0.1", "localhost.example", "128.0.0.1", "[::2]"].some(isLoopback)).toBe(false);
  });
});

describe("keys", () => {
  const settings = parseSettings(config(), "/x");

  it("come from the environment by name", () => {
    expect(resolveKeys(settings, { KEY_A: "a-key-0123", KEY_B: " b-key-0123\n" })).toEqual({
      baseline: "a-key-0123",
      candidate: "b-key-0123",
    });
  });

  it("that are missing are named with their variable", () => {
    expect(() => resolveKeys(settings, { KEY_A: "a-key-0123" })).toThrow(
      "endpoints.candidate.apiKeyEnv: the environment variable KEY_B is not set; export KEY_B=… before the run",
    );
  });

  it("are not sent to two hosts", () => {
    expect(() => resolveKeys(settings, { KEY_A: "same-key", KEY_B: "same-key" })).toThrow(
      /one key would be sent to two hosts/,
    );
  });

  it("that are placeholders are for this machine alone", () => {
    expect(() => resolveKeys(settings, { KEY_A: "none", KEY_B: "b-key-012345" })).toThrow(
      /KEY_A has 4 characters: too short for a key/,
    );
    const local = parseSettings(
      config((t) => t.replaceAll(/https:\/\/[ab]\.example/g, "http://127.0.0.1:8080")),
      "/x",
    );
    expect(resolveKeys(local, { KEY_A: "none", KEY_B: "x" })).toEqual({ baseline: "none", candidate: "x" });
  });

  it("never appear in the message about them", () => {
    expect(() => resolveKeys(settings, { KEY_A: "ключ-secret", KEY_B: "b" })).toThrow(
      /^(?!.*secret).*cannot be sent in a header/,
    );
  });
});
