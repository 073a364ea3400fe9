/**
 * The three systems that the simulator plays, met by a run or a probe as their candidate: each behaviour that a profile
 * documents is found and named, and nothing else is. A clean pair gives no finding above a note.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  parseSettings,
  prepareProbe,
  prepareRun,
  probe,
  run,
  type SimOptions,
  type SimProcess,
  startSimProcess,
} from "../dist/index.js";
import type { ProbeSummary } from "../src/report/probe-summary.js";
import type { Summary } from "../src/report/summary.js";
import { PROFILES, type ProfileName } from "../src/sim/profiles/catalogue.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-profiles-"));
const goldens = join(folder, "set.yaml");
const words = (count: number): string => Array.from({ length: count }, (_, index) => `word${index % 10}`).join(" ");
writeFileSync(
  goldens,
  `name: profiles
defaults: { temperature: 0, max_tokens: 400, stream: true }
cases:
  - { id: oslo, category: chat, detects: x, request: { messages: [{ role: user, content: Norway? }] }, expect: {}, reference: ${words(12)} }
  - { id: paris, category: chat, detects: x, request: { messages: [{ role: user, content: France? }] }, expect: {}, reference: ${words(14)} }
  - { id: rome, category: chat, detects: x, stream: both, request: { messages: [{ role: user, content: Italy? }] }, expect: {}, reference: ${words(16)} }
  - { id: long, category: chat, detects: x, tags: [solo], request: { messages: [{ role: user, content: Go on. }] }, expect: {}, reference: ${words(120)} }
  - { id: long-body, category: chat, detects: x, stream: false, request: { messages: [{ role: user, content: Go on and on. }] }, expect: {}, reference: ${words(130)} }
  - id: schema
    category: json
    detects: x
    request:
      messages: [{ role: user, content: "Name and age?" }]
      response_format: { type: json_schema, json_schema: { name: p, schema: { type: object } } }
    expect: {}
    reference: '{"name":"Ann","age":7}'
  - id: logprobs
    category: logprobs
    detects: x
    request: { messages: [{ role: user, content: "Yes or no?" }], logprobs: true }
    expect: {}
    reference: "Yes"
  - id: vector
    category: embeddings
    detects: x
    api: embeddings
    request: { input: a text }
    expect: {}
`,
);

const started: SimProcess[] = [];
async function sim(options: Omit<SimOptions, "tier"> = {}): Promise<SimProcess> {
  const process = await startSimProcess({ tier: "h100x2", goldens, ...options });
  started.push(process);
  return process;
}

let baseline: SimProcess;
beforeAll(async () => {
  baseline = await sim({ seed: 7 });
});
afterAll(async () => {
  await Promise.all(started.map((each) => each.stop()));
  rmSync(folder, { recursive: true });
});

const MODELS: Readonly<Record<ProfileName, { default: string; embeddings: string | null }>> = {
  bastion: { default: "gpt-oss-120b", embeddings: "bge-m3" },
  spot: { default: "qwen3-coder", embeddings: "qwen3-coder" },
  gateway: { default: "m", embeddings: null },
};

interface Met {
  /** Options of the simulated system. */
  readonly options?: Omit<SimOptions, "tier" | "profile">;
  /** Changes of the candidate's settings. */
  readonly candidate?: object | ((process: SimProcess) => object);
  readonly capture?: object;
  readonly key?: string | null;
  /** Start of another system, where the same is met twice. */
  readonly process?: SimProcess;
}

async function settingsOf(profile: ProfileName | null, met: Met) {
  const process = met.process ?? (await sim({ seed: 2, ...(profile === null ? {} : { profile }), ...met.options }));
  const models = profile === null ? { default: "m", embeddings: "e" } : MODELS[profile];
  const changes = typeof met.candidate === "function" ? met.candidate(process) : met.candidate;
  const key = met.key === null ? {} : { apiKeyEnv: "KEY" };
  return parseSettings(
    JSON.stringify({
      goldens,
      endpoints: {
        baseline: { baseUrl: baseline.baseUrl, models: { default: "m", embeddings: "e" } },
        candidate: { baseUrl: process.baseUrl, models, ...key, ...changes },
      },
      capture: { rounds: 3, concurrency: 6, seed: 5, warmup: 0, solo: { requests: 0 }, ...met.capture },
    }),
    folder,
  );
}

const environment = { KEY: "sk-a-key-of-the-test" };
async function summaryOf(profile: ProfileName | null, met: Met = {}): Promise<Summary> {
  const { report } = await run(prepareRun(await settingsOf(profile, met)), { resultsFolder: folder, environment });
  return report.summary;
}

async function probeOf(profile: ProfileName, met: Met = {}): Promise<ProbeSummary> {
  const prepared = prepareProbe(await settingsOf(profile, met), { all: true });
  return (await probe(prepared, { resultsFolder: folder, environment })).summary;
}

/** Rules above a note that only the candidate shows, or that set the two apart. */
const graver = ({ findings }: Summary): string[] => [
  ...new Set(
    findings
      .filter(({ severity, sides }) => severity !== "note" && sides !== "baseline" && sides !== "both")
      .map(({ rule }) => rule),
  ),
];
const rules = ({ findings }: Summary): string[] =>
  findings.filter(({ sides }) => sides === "candidate" || sides === "pair").map(({ rule }) => rule);
const classes = ({ failures }: Summary): string[] => failures.candidate.map((group) => group.class);
const codeOf = ({ failures }: Summary, name: string): string | null | undefined =>
  failures.candidate.find((group) => group.class === name)?.code;
const verdicts = ({ features }: ProbeSummary, ...ids: string[]) =>
  Object.fromEntries(features.filter(({ id }) => ids.includes(id)).map(({ id, candidate }) => [id, candidate.verdict]));

const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
};

const bastionRun = once(() => summaryOf("bastion", { options: { transientShare: 0.1 }, capture: { rounds: 6 } }));
const bastionProbe = once(() => probeOf("bastion", { options: { transientShare: 0 } }));
const spotRun = once(() =>
  summaryOf("spot", {
    options: { wakeMs: 900, capMs: 5_000, idleAfterMs: 60_000 },
    candidate: { wake: { budget: "5s", cap: "5s" } },
    capture: { warmup: 1, solo: { requests: 2, maxTokens: 200 } },
  }),
);
const spotProbe = once(() => probeOf("spot", { options: { wakeMs: 0 } }));
const gatewayRun = once(() =>
  summaryOf("gateway", {
    options: { streamCapMs: 1_000, upstreamRetryShare: 0 },
    capture: { rounds: 4, retry: { attempts: 1 } },
  }),
);

const FOUND: Readonly<Record<ProfileName, Readonly<Record<string, () => Promise<void>>>>> = {
  bastion: {
    "responses-stateless": async () => {
      expect(verdicts(await bastionProbe(), "responses", "responses-stateless")).toEqual({
        responses: "rejected",
        "responses-stateless": "supported",
      });
    },
    "pass-through-502": async () => {
      const summary = await bastionRun();
      const named = summary.failures.candidate.filter((group) => group.class === "unsupported feature");
      expect([...new Set(named.flatMap(({ cases }) => cases))].sort()).toEqual(["logprobs", "schema"]);
      expect(new Set(named.map(({ code }) => code))).toEqual(new Set(["upstream_error"]));
    },
    redirect: async () => {
      const summary = await summaryOf("bastion", {
        candidate: ({ redirectUrl }: SimProcess) => ({ baseUrl: redirectUrl }),
      });
      expect(classes(summary)).toEqual(["HTTP 308"]);
      expect(rules(summary)).toContain("redirect-other-scheme");
    },
    "key-required": async () => {
      const summary = await summaryOf("bastion", { key: null, options: { transientShare: 0 } });
      expect(classes(summary)).toEqual(["HTTP 401"]);
    },
    "insufficient-funds": async () => {
      const summary = await summaryOf("bastion", { options: { credit: 8, transientShare: 0 } });
      expect(codeOf(summary, "HTTP 402")).toBe("insufficient_funds");
      expect(summary.retries.candidate.backoffMs).toBeLessThan(20_000);
    },
    "unknown-model": async () => {
      const summary = await summaryOf("bastion", {
        candidate: { models: { default: "gpt-4o", embeddings: null } },
        options: { transientShare: 0 },
      });
      expect(codeOf(summary, "HTTP 404")).toBe("model_not_found");
    },
    "upload-limit": async () => {
      const summary = await summaryOf("bastion", { options: { maxBodyBytes: 250, transientShare: 0 } });
      expect(classes(summary)).toContain("HTTP 413");
    },
    "rate-limit": async () => {
      const summary = await summaryOf("bastion", {
        options: { rpm: 6, transientShare: 0 },
        capture: { rounds: 1, retry: { attempts: 1 } },
      });
      expect(codeOf(summary, "HTTP 429")).toBe("rate_limit_exceeded");
      expect(rules(summary)).not.toContain("retry-after-form");
    },
    transient: async () => {
      const summary = await bastionRun();
      expect(classes(summary).some((name) => name === "HTTP 503" || name === "HTTP 502")).toBe(true);
      expect(summary.retries.candidate.recovered).toBeGreaterThan(0);
    },
    "speech-path": async () => {
      expect(verdicts(await bastionProbe(), "speech", "riva-speech")).toEqual({
        speech: "rejected",
        "riva-speech": "supported",
      });
    },
    embeddings: async () => {
      expect(verdicts(await bastionProbe(), "embeddings")).toEqual({ embeddings: "supported" });
    },
    models: async () => {
      expect(verdicts(await bastionProbe(), "models")).toEqual({ models: "supported" });
    },
  },
  spot: {
    "wake-held": async () => {
      const { cold } = await spotRun();
      expect(cold.candidate).toMatchObject([{ verdict: "cold", attempts: 1 }]);
      expect(cold.candidate[0]?.wakeMs).toBeGreaterThan(850);
    },
    "wake-capped": async () => {
      const { cold } = await summaryOf("spot", {
        options: { wakeMs: 4_000, capMs: 600 },
        candidate: { wake: { budget: "1s", cap: "1s" } },
        capture: { rounds: 1, retry: { attempts: 1 } },
      });
      expect(cold.candidate).toMatchObject([{ verdict: "failed", wakeMs: null }]);
      expect(cold.candidate[0]?.note).toMatch(/504/);
    },
    "sleeps-again": async () => {
      const process = await sim({ profile: "spot", wakeMs: 700, capMs: 5_000, idleAfterMs: 300 });
      const met: Met = {
        process,
        candidate: { wake: { budget: "5s", cap: "5s" } },
        capture: { rounds: 1, warmup: 1 },
      };
      for (const _time of [1, 2]) {
        const { cold } = await summaryOf("spot", met);
        expect(cold.candidate).toMatchObject([{ verdict: "cold" }]);
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    },
    "tier-rate": async () => {
      const mean = (await spotRun()).metrics.decode_rate?.solo?.candidate?.mean ?? 0;
      expect(mean / 118.9).toBeGreaterThan(0.97);
      expect(mean / 118.9).toBeLessThan(1.03);
    },
    "refused-features": async () => {
      const summary = await spotRun();
      const refused = summary.failures.candidate.filter((group) => group.class === "HTTP 400");
      expect(refused.flatMap(({ cases }) => cases)).toEqual(["logprobs"]);
      expect(verdicts(await spotProbe(), "logprobs", "n", "vision")).toEqual({
        logprobs: "rejected",
        n: "rejected",
        vision: "rejected",
      });
    },
    "ignored-features": async () => {
      expect(verdicts(await spotProbe(), "unknown-field", "reasoning-effort")).toEqual({
        "unknown-field": "ignored",
        "reasoning-effort": "ignored",
      });
    },
    "json-unenforced": async () => {
      expect(["ignored", "encouraged"]).toContain(verdicts(await spotProbe(), "json-schema")["json-schema"]);
    },
    "models-awake": async () => {
      const process = await sim({ profile: "spot", wakeMs: 700, capMs: 5_000 });
      const met: Met = { process, candidate: { wake: { budget: "5s", cap: "5s" } } };
      expect((await fetch(`${process.baseUrl}/models`)).status).toBe(200);
      const prepared = prepareProbe(await settingsOf("spot", met));
      const { summary } = await probe(prepared, { resultsFolder: folder, environment });
      expect(summary.endpoints.candidate.wake?.ms).toBeGreaterThan(650);
      expect(verdicts(summary, "models")).toEqual({ models: "supported" });
    },
  },
  gateway: {
    "merged-events": async () => {
      expect(rules(await gatewayRun())).toContain("fewer-reads");
    },
    "stream-cut": async () => {
      const summary = await gatewayRun();
      expect(rules(summary)).toContain("stream-cut");
      expect(summary.failures.candidate.find((group) => group.class === "broken stream")?.cases).toEqual(["long"]);
    },
    "idle-cut": async () => {
      const summary = await summaryOf("gateway", {
        options: { streamIdleMs: 400, upstreamRetryShare: 0 },
        candidate: { headers: { "x-twintail-sim": '{"stall":{"atEvent":4,"ms":1500}}' } },
        capture: { rounds: 1, retry: { attempts: 1 } },
      });
      expect(classes(summary)).toContain("broken stream");
      expect(rules(summary)).toContain("stream-cut");
    },
    "body-timeout": async () => {
      const summary = await gatewayRun();
      expect(summary.failures.candidate.find((group) => group.class === "HTTP 504")?.cases).toEqual(["long-body"]);
    },
    "doubled-v1": async () => {
      const summary = await summaryOf("gateway", {
        candidate: ({ baseUrl }: SimProcess) => ({ baseUrl: baseUrl.replace("/v1/v1", "/v1") }),
        capture: { rounds: 1 },
      });
      expect(classes(summary)).toEqual(["HTTP 404"]);
      expect(rules(summary)).toContain("path-doubled");
    },
    "usage-on-finish": async () => {
      expect(rules(await gatewayRun())).toContain("usage-on-finish-event");
    },
    "empty-events": async () => {
      expect(rules(await gatewayRun())).toContain("empty-delta");
    },
    "upstream-retries": async () => {
      const summary = await summaryOf("gateway", { options: { upstreamRetryShare: 0.5 }, capture: { rounds: 1 } });
      expect(rules(summary)).toContain("retried-upstream");
    },
  },
};

describe.each(Object.keys(PROFILES) as ProfileName[])("as a candidate, %s", (profile) => {
  test.each(Object.entries(PROFILES[profile].behaviours))("%s: %s", { timeout: 60_000 }, async (name) => {
    const found = FOUND[profile][name];
    expect(found, "every documented behaviour is met").toBeDefined();
    await found?.();
  });
});

describe("nothing is invented", () => {
  test("about a clean pair, nothing above a note", async () => {
    const summary = await summaryOf(null);
    expect(graver(summary)).toEqual([]);
    expect(summary.findings.filter(({ severity }) => severity !== "note")).toEqual([]);
    expect(summary.failures).toEqual({ baseline: [], candidate: [] });
  });

  test.each<[ProfileName, () => Promise<Summary>, string[]]>([
    ["bastion", bastionRun, ["rate-limit-headers-differ"]],
    // Its 400 for logprobs, in the words that clients see.
    ["spot", spotRun, ["rate-limit-headers-differ", "field-rejected"]],
    ["gateway", gatewayRun, ["stream-cut", "fewer-reads", "rate-limit-headers-differ"]],
  ])("about %s, nothing above a note but what it is", async (_name, met, expected) => {
    const summary = await met();
    expect(graver(summary).filter((rule) => !expected.includes(rule))).toEqual([]);
    expect(summary.failures.baseline).toEqual([]);
  });
});
