/** Whole probes over sockets: planned, sent, recorded, read back, judged. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  type FinishedProbe,
  type ProbeOptions,
  type ProbeSummary,
  parseSettings,
  prepareProbe,
  probe,
  type RunProbeOptions,
  score,
  scoreProbe,
  startSimProcess,
  writeProbe,
} from "../../dist/index.js";
import { chunk, plainAnswer, type RawServer, SSE_HEAD } from "../capture/harness.js";
import { isStory, oneSlotServer, plainServer, sse } from "./servers.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-probe-"));
afterAll(() => rmSync(folder, { recursive: true }));
const goldens = join(folder, "set.yaml");
writeFileSync(
  goldens,
  `name: small
defaults: { temperature: 0, max_tokens: 20, stream: true }
cases:
  - id: one
    category: chat
    detects: nothing
    request: { messages: [{ role: user, content: hello }], stop: "6" }
    expect: { contains: hello }
`,
);

interface Where {
  readonly baseline: { readonly baseUrl: string };
  readonly candidate: { readonly baseUrl: string };
  readonly more?: string;
  readonly capture?: string;
}

function probed(
  name: string,
  where: Where,
  options: ProbeOptions = {},
  run: RunProbeOptions = {},
): Promise<FinishedProbe> {
  const endpoint = ({ baseUrl }: { readonly baseUrl: string }): string =>
    `{ baseUrl: "${baseUrl}", models: { default: m, embeddings: e }${where.more ?? ""} }`;
  const settings = parseSettings(
    `goldens: ${goldens}
endpoints:
  baseline: ${endpoint(where.baseline)}
  candidate: ${endpoint(where.candidate)}
capture: { ${where.capture ?? "concurrency: 2"} }
`,
    folder,
  );
  return probe(prepareProbe(settings, options), { resultsFolder: join(folder, name), ...run });
}

const verdicts = ({ features }: ProbeSummary, role: "baseline" | "candidate") =>
  Object.fromEntries(features.map((feature) => [feature.id, feature[role].verdict]));
const seen = ({ features }: ProbeSummary, id: string, role: "baseline" | "candidate") =>
  features.find((feature) => feature.id === id)?.[role];

async function withServers<T>(
  servers: readonly Promise<RawServer>[],
  use: (servers: RawServer[]) => Promise<T>,
): Promise<T> {
  const open = await Promise.all(servers);
  try {
    return await use(open);
  } finally {
    await Promise.all(open.map((server) => server.close()));
  }
}

describe("a probe of the simulated endpoint", () => {
  it("is recorded, and judged from the file", { timeout: 120_000 }, async () => {
    const sims = await Promise.all([startSimProcess({ tier: "a100x2" }), startSimProcess({ tier: "h100x2", seed: 2 })]);
    const [baseline, candidate] = sims as [(typeof sims)[0], (typeof sims)[0]];
    try {
      const finished = await probed("sim", { baseline, candidate });
      const { summary, recording } = finished;
      expect(verdicts(summary, "candidate")).toMatchObject({
        chat: "supported",
        stream: "supported",
        "stream-usage": "supported",
        "max-tokens": "supported",
        logprobs: "supported",
        "top-logprobs": "supported",
        embeddings: "supported",
        "embeddings-dimensions": "supported",
        models: "supported",
        images: "not tried",
      });
      expect(summary.probe).toMatchObject({ ended: "complete", recorded: summary.probe.planned });
      expect(scoreProbe(recording)).toEqual(summary);
      expect(JSON.parse(readFileSync(writeProbe(summary, finished.folder), "utf8"))).toEqual(
        JSON.parse(JSON.stringify(summary)),
      );
      expect(() => score(recording)).toThrow(
        /recording\.jsonl: this is the recording of a probe; judge it with twintail probe --from/,
      );
      const [header, segment, ...rest] = readFileSync(recording, "utf8").trim().split("\n");
      writeFileSync(join(folder, "turned.jsonl"), `${[header, segment, ...rest.reverse()].join("\n")}\n`);
      expect(scoreProbe(join(folder, "turned.jsonl"))).toEqual(summary);
    } finally {
      await Promise.all(sims.map((sim) => sim.stop()));
    }
  });
});

describe("a server that knows chat alone", () => {
  it("ignores whatever it does not know", { timeout: 60_000 }, async () => {
    await withServers([plainServer(), plainServer()], async ([baseline, candidate]) => {
      const { summary } = await probed("plain", { baseline, candidate } as Where);
      expect(verdicts(summary, "candidate")).toMatchObject({
        chat: "supported",
        stream: "supported",
        "stream-usage": "ignored",
        tools: "ignored",
        "tool-choice-required": "ignored",
        "json-object": "ignored",
        "json-schema": "ignored",
        logprobs: "ignored",
        n: "ignored",
        seed: "unclear",
        vision: "ignored",
        "bad-key": "ignored",
        "unknown-field": "ignored",
        embeddings: "broken",
        responses: "broken",
      });
      expect(summary.lost).toEqual([]);
    });
  });

  it("is asked once with a key that cannot be valid, and its own key reaches no file", {
    timeout: 60_000,
  }, async () => {
    const key = "sk-very-secret-0123456789";
    const keys = new Map<string, number>();
    const guarded = (): Promise<RawServer> =>
      plainServer((socket, { authorization }) => {
        keys.set(authorization ?? "none", (keys.get(authorization ?? "none") ?? 0) + 1);
        if (authorization === `Bearer ${key}`) return false;
        const error = {
          error: { message: `Incorrect API key ${authorization}`, type: "auth", code: "invalid_api_key" },
        };
        socket.write(plainAnswer(JSON.stringify(error), "401 Unauthorized", `x-echo: ${key}\r\n`));
        return true;
      });
    await withServers([guarded()], async ([server]) => {
      const where = { baseline: server, candidate: server, more: ", apiKeyEnv: KEY" } as unknown as Where;
      const finished = await probed("keys", where, {}, { environment: { KEY: key } });
      writeProbe(finished.summary, finished.folder);
      expect(verdicts(finished.summary, "candidate")["bad-key"]).toBe("supported");
      expect(keys.size).toBe(2);
      expect([...keys].find(([sent]) => sent !== `Bearer ${key}`)?.[1]).toBe(2);
      for (const name of readdirSync(finished.folder)) {
        const path = join(finished.folder, name);
        expect([name, readFileSync(path, "utf8").includes("very-secret")]).toEqual([name, false]);
        expect(statSync(path).mode & 0o077).toBe(0);
      }
    });
  });

  it("is asked again after a 503, and judged by what it says then", { timeout: 60_000 }, async () => {
    let refused = 0;
    const once = plainServer((socket, { body }) => {
      if (body.stop === undefined || refused > 0) return false;
      refused++;
      socket.write(plainAnswer("{}", "503 Service Unavailable", "retry-after-ms: 1\r\n"));
      return true;
    });
    const always = plainServer((socket, { body }) => {
      if (body.logprobs === undefined) return false;
      socket.write(plainAnswer('{"error": {"message": "upstream_error"}}', "502 Bad Gateway", "retry-after-ms: 1\r\n"));
      return true;
    });
    await withServers([once, always], async ([baseline, candidate]) => {
      const { summary } = await probed("again", { baseline, candidate } as Where);
      expect(seen(summary, "stop", "baseline")).toMatchObject({ attempts: 2, status: 200, error: null });
      expect(seen(summary, "logprobs", "candidate")).toMatchObject({ verdict: "rejected", attempts: 2, status: 502 });
      expect(summary.endpoints.candidate.answered).toBe(true);
    });
  });
});

describe("cancelled streams", () => {
  it("free their slot, or make the next request wait", { timeout: 120_000 }, async () => {
    await withServers([oneSlotServer(true, 400), oneSlotServer(false, 60)], async ([baseline, candidate]) => {
      const { summary } = await probed("cancel", { baseline, candidate } as Where, { cancelStreams: 2 });
      const [frees, holds] = [seen(summary, "cancel-frees", "baseline"), seen(summary, "cancel-frees", "candidate")];
      expect([frees?.verdict, frees?.seen]).toEqual([
        "supported",
        expect.stringMatching(/behind k = 2 cancelled streams/),
      ]);
      expect([holds?.verdict, holds?.seen]).toEqual([
        "broken",
        expect.stringMatching(/^queued behind cancelled streams/),
      ]);
    });
  });

  it("tell nothing where there is room for all", { timeout: 60_000 }, async () => {
    const roomy = plainServer((socket, request) => {
      if (!isStory(request)) return false;
      socket.write(SSE_HEAD);
      const timer = setInterval(() => socket.write(chunk(sse("word "))), 20);
      socket.on("close", () => clearInterval(timer));
      return true;
    });
    await withServers([roomy, plainServer()], async ([baseline, candidate]) => {
      const { summary } = await probed("roomy", { baseline, candidate } as Where);
      expect(seen(summary, "cancel-frees", "baseline")?.seen).toMatch(/k is too small to tell/);
      expect(seen(summary, "cancel-frees", "candidate")?.seen).toMatch(/0 of 12 streams were still running/);
    });
  });
});

describe("a long stream", () => {
  it("is cut by a proxy after its time, or lives on through a silence that is longer than the idle deadline", {
    timeout: 120_000,
  }, async () => {
    const writer = (endsAfterMs: number | null, silentMs: number) =>
      plainServer((socket, request) => {
        if (!isStory(request)) return false;
        socket.write(SSE_HEAD);
        // Enough reads for the streams that are left early, which are not what this is about.
        for (let read = 1; read <= 4; read++) setTimeout(() => socket.write(chunk(sse("Once "))), read * 20);
        const timer = setInterval(() => socket.write(chunk(sse("word "))), silentMs);
        if (endsAfterMs !== null) setTimeout(() => socket.destroy(), endsAfterMs);
        socket.on("close", () => clearInterval(timer));
        return true;
      });
    await withServers([writer(null, 900), writer(600, 50)], async ([baseline, candidate]) => {
      const capture = "concurrency: 2, timeouts: { idle: 400ms }";
      const { summary } = await probed("long", { baseline, candidate, capture } as Where, {
        longStreamMs: 2_500,
        cancelStreams: 1,
      });
      const [alive, cut] = [seen(summary, "long-stream", "baseline"), seen(summary, "long-stream", "candidate")];
      expect([alive?.verdict, alive?.seen]).toEqual([
        "supported",
        expect.stringMatching(/^alive at 2\.5 s: .*longest silence (?:[89]\d\d ms|1\.\d+ s)/),
      ]);
      expect([cut?.verdict, cut?.seen]).toEqual([
        "broken",
        expect.stringMatching(/^cut 2 times, after \d+ ms and \d+ ms, without a finish reason/),
      ]);
      expect(cut?.attempts).toBe(2);
    });
  });
});

describe("an endpoint that sleeps", () => {
  it("is woken by the first request, under the cap of its wake", { timeout: 60_000 }, async () => {
    let asked = 0;
    const sleeper = plainServer((socket) => {
      if (++asked > 2) return false;
      socket.write(
        plainAnswer('{"error": {"message": "Loading model"}}', "503 Service Unavailable", "retry-after-ms: 1\r\n"),
      );
      return true;
    });
    await withServers([sleeper], async ([server]) => {
      const more = ", wake: { budget: 20s, cap: 20s }";
      // Both endpoints are the one server: whichever asks while it sleeps is told to wait.
      const { summary } = await probed("sleep", { baseline: server, candidate: server, more } as unknown as Where);
      const wakes = [summary.endpoints.baseline.wake, summary.endpoints.candidate.wake];
      expect(wakes.map((wake) => wake?.ok)).toEqual([true, true]);
      expect(wakes.reduce((total, wake) => total + (wake?.attempts ?? 0), 0)).toBe(4);
      expect(verdicts(summary, "candidate").chat).toBe("supported");
    });
  });
});

describe("an interrupt", () => {
  it("keeps what was recorded, and leaves the rest not tried", { timeout: 60_000 }, async () => {
    const stop = new AbortController();
    await withServers([plainServer()], async ([server]) => {
      const where = { baseline: server, candidate: server } as unknown as Where;
      let ended = 0;
      const onExchange = (): void => {
        if (++ended === 6) stop.abort();
      };
      const { summary, interrupted } = await probed("stopped", where, {}, { stop: stop.signal, onExchange });
      expect(interrupted).toBe(true);
      expect(summary.probe.ended).toBe("interrupted");
      expect(summary.probe.recorded).toBeLessThan(summary.probe.planned);
      expect(verdicts(summary, "candidate")).toMatchObject({
        chat: expect.any(String),
        "long-stream": "not tried",
        "cancel-frees": "not tried",
      });
    });
  });
});
