/** Every behaviour that a profile is documented to have, shown. */
import { describe, expect, test } from "vitest";
import type { SimOptions } from "../../src/sim/options.js";
import { PROFILES, type ProfileName } from "../../src/sim/profiles/catalogue.js";
import { chat, endpoint, INSTANT } from "./endpoint.js";
import { jsonEvents, send, speaker } from "./spoken.js";

const KEY = { authorization: "Bearer any-key" };
const BASTION: Partial<SimOptions> = { profile: "bastion", transientShare: 0 };
const MODEL = { model: "gpt-oss-20b" };
const asked = (more: object = {}): object => ({ ...MODEL, messages: [{ role: "user", content: "Count" }], ...more });

interface ErrorBody {
  readonly error: { readonly message: string; readonly type: string; readonly code: string | null };
}

async function bastion(
  path: string,
  body: unknown,
  options: Partial<SimOptions> = {},
): Promise<{ status: number; headers: Headers; error: ErrorBody["error"] }> {
  const { post } = await endpoint({ ...BASTION, ...options });
  const response = await post(path, body, undefined, KEY);
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    error: response.ok ? ({} as never) : (JSON.parse(text) as ErrorBody).error,
  };
}

const SHOWN: Readonly<Record<ProfileName, Readonly<Record<string, () => Promise<void>>>>> = {
  bastion: {
    "responses-stateless": async () => {
      expect(await bastion("/responses", { ...MODEL, input: "x" })).toMatchObject({
        status: 400,
        error: { message: expect.stringContaining("store") },
      });
      expect((await bastion("/responses", { ...MODEL, input: "x", store: false })).status).toBe(200);
    },
    "pass-through-502": async () => {
      const schema = { response_format: { type: "json_schema", json_schema: { name: "a", schema: {} } } };
      for (const more of [schema, { logprobs: true }, { parallel_tool_calls: false }, { n: 2 }, { min_p: 0.1 }]) {
        expect(await bastion("/chat/completions", asked(more))).toMatchObject({
          status: 502,
          error: { type: "upstream_error", code: "upstream_error" },
        });
      }
      const tools = [{ type: "function", function: { name: "f" } }];
      expect(
        (await bastion("/chat/completions", asked({ tools, response_format: { type: "json_object" } }))).status,
      ).toBe(200);
    },
    redirect: async () => {
      const { redirectPort, baseUrl } = await endpoint(BASTION);
      const plain = `http://127.0.0.1:${redirectPort}/v1/models`;
      const answer = await fetch(plain, { headers: KEY, redirect: "manual" });
      expect(answer.status).toBe(308);
      expect(answer.headers.get("location")).toBe(`${baseUrl}/models`);
      expect((await fetch(`${baseUrl}/models`, { headers: KEY })).status).toBe(200);
      // fetch follows, and drops the key on the way to another origin.
      expect((await fetch(plain, { headers: KEY })).status).toBe(401);
      const real = await endpoint({ ...BASTION, redirect: "https" });
      const there = await fetch(`http://127.0.0.1:${real.redirectPort}/v1/models`, { redirect: "manual" });
      expect(there.headers.get("location")).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/v1\/models$/);
    },
    "key-required": async () => {
      const { baseUrl } = await endpoint(BASTION);
      expect((await fetch(`${baseUrl}/models`)).status).toBe(401);
      const probe = { authorization: "Bearer sk-twintail-probe-not-a-valid-key" };
      expect((await fetch(`${baseUrl}/models`, { headers: probe })).status).toBe(401);
    },
    "insufficient-funds": async () => {
      const { post } = await endpoint({ ...BASTION, credit: 2 });
      const statuses = [];
      for (let i = 0; i < 4; i++)
        statuses.push((await post("/chat/completions", asked({ seed: i }), undefined, KEY)).status);
      expect(statuses).toEqual([200, 200, 402, 402]);
      const refused = (await (await post("/chat/completions", asked(), undefined, KEY)).json()) as ErrorBody;
      expect(refused.error.code).toBe("insufficient_funds");
    },
    "unknown-model": async () => {
      expect(await bastion("/chat/completions", asked({ model: "gpt-4o" }))).toMatchObject({
        status: 404,
        error: { code: "model_not_found" },
      });
    },
    "upload-limit": async () => {
      expect(
        (await bastion("/chat/completions", asked({ user: "x".repeat(2_000) }), { maxBodyBytes: 1_000 })).status,
      ).toBe(413);
      expect((await bastion("/chat/completions", asked(), { maxBodyBytes: 1_000 })).status).toBe(200);
    },
    "rate-limit": async () => {
      const { post } = await endpoint({ ...BASTION, rpm: 2 });
      for (let i = 0; i < 2; i++)
        expect((await post("/chat/completions", asked({ seed: i }), undefined, KEY)).status).toBe(200);
      const limited = await post("/chat/completions", asked(), undefined, KEY);
      expect(limited.status).toBe(429);
      expect(limited.headers.get("retry-after")).toMatch(/^(?:[1-9]|[1-5]\d|60)$/);
      expect(((await limited.json()) as ErrorBody).error.code).toBe("rate_limit_exceeded");
    },
    transient: async () => {
      const { post } = await endpoint({ ...BASTION, transientShare: 0.5 });
      const statuses = await Promise.all(
        Array.from(
          { length: 60 },
          async (_, seed) => (await post("/chat/completions", asked({ seed, max_tokens: 1 }), undefined, KEY)).status,
        ),
      );
      expect(new Set(statuses)).toEqual(new Set([200, 502, 503]));
      expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(15);
      expect(PROFILES.bastion.defaults({ tier: "h100x2" }).transientShare).toBeGreaterThan(0);
    },
    "speech-path": async () => {
      expect((await bastion("/audio/speech", { ...MODEL, input: "hi", voice: "v" })).status).toBe(404);
      const { baseUrl } = await endpoint(BASTION);
      const riva = await fetch(`${new URL(baseUrl).origin}/api/v1/tts/text_to_audio`, {
        method: "POST",
        headers: KEY,
        body: JSON.stringify({ text: "hi" }),
      });
      expect(riva.headers.get("content-type")).toBe("audio/wav");
      expect(
        Buffer.from(await riva.arrayBuffer())
          .subarray(0, 4)
          .toString(),
      ).toBe("RIFF");
    },
    embeddings: async () => {
      expect((await bastion("/embeddings", { model: "bge-m3", input: "x" })).status).toBe(200);
    },
    models: async () => {
      const { baseUrl } = await endpoint(BASTION);
      const list = (await (await fetch(`${baseUrl}/models`, { headers: KEY })).json()) as { data: { id: string }[] };
      const ids = list.data.map((model) => model.id);
      expect(ids).toContain("gpt-oss-120b");
      expect(ids.some((id) => id.startsWith("gpt-4"))).toBe(false);
    },
  },
  spot: {
    "wake-held": async () => {
      const { post } = await endpoint({ profile: "spot", timeScale: 0.001 }); // 480 ms
      const startMs = performance.now();
      expect((await post("/chat/completions", chat("x"))).status).toBe(200);
      expect(performance.now() - startMs).toBeGreaterThan(470);
      const warmMs = performance.now();
      await (await post("/chat/completions", chat("y"))).text();
      expect(performance.now() - warmMs).toBeLessThan(400);
    },
    "wake-capped": async () => {
      const { post } = await endpoint({ profile: "spot", timeScale: 0.0005, wakeMs: 60_000 }); // the cap is 300 ms
      const startMs = performance.now();
      expect((await post("/chat/completions", chat("x"))).status).toBe(504);
      expect(performance.now() - startMs).toBeGreaterThan(295);
    },
    "sleeps-again": async () => {
      const { post } = await endpoint({ profile: "spot", wakeMs: 300, idleAfterMs: 100 });
      await (await post("/chat/completions", chat("x"))).text();
      await new Promise((resolve) => setTimeout(resolve, 200));
      const startMs = performance.now();
      await (await post("/chat/completions", chat("y"))).text();
      expect(performance.now() - startMs).toBeGreaterThan(290);
    },
    "tier-rate": async () => {
      for (const [tier, rate] of [
        ["h100x2", 118.9],
        ["a100x2", 106.6],
      ] as const) {
        const { post } = await endpoint({ profile: "spot", tier, engine: {}, wakeMs: 0 });
        const response = await post("/chat/completions", chat("Count from 1 to 900", { max_tokens: 90 }));
        const atMs: number[] = [];
        for await (const _ of response.body ?? []) atMs.push(performance.now());
        const seconds = ((atMs.at(-1) ?? 0) - (atMs[0] ?? 0)) / 1_000;
        expect(90 / seconds / rate).toBeGreaterThan(0.75);
        expect(90 / seconds / rate).toBeLessThan(1.25);
      }
    },
    "refused-features": async () => {
      const { post } = await endpoint({ profile: "spot", wakeMs: 0 });
      const image = [{ role: "user", content: [{ type: "image_url", image_url: { url: "data:," } }] }];
      for (const more of [{ logprobs: true }, { n: 2 }, { messages: image }]) {
        expect((await post("/chat/completions", chat("x", more))).status).toBe(400);
      }
    },
    "ignored-features": async () => {
      const { post } = await endpoint({ profile: "spot", wakeMs: 0 });
      const more = { seed: 1, parallel_tool_calls: false, logit_bias: {}, reasoning_effort: "high", unheard_of: true };
      expect((await post("/chat/completions", chat("x", more))).status).toBe(200);
    },
    "json-unenforced": async () => {
      const { post } = await endpoint({ profile: "spot", wakeMs: 0 });
      const response_format = { type: "json_object" };
      const body = await post(
        "/chat/completions",
        chat("Answer in plain prose, not in JSON", { stream: false, stream_options: undefined, response_format }),
      );
      const { choices } = (await body.json()) as { choices: { message: { content: string } }[] };
      expect(choices[0]?.message.content).not.toMatch(/^\{/);
    },
    "models-awake": async () => {
      const { baseUrl, post } = await endpoint({ profile: "spot", timeScale: 0.001, wakeMode: "503" });
      expect((await fetch(`${baseUrl}/models`)).status).toBe(200);
      expect((await post("/chat/completions", chat("x"))).status).toBe(503);
    },
  },
  gateway: {
    "merged-events": async () => {
      const say = await speaker({
        profile: "gateway",
        engine: { ...INSTANT, decodeTokensPerS: 100 },
        upstreamRetryShare: 0,
      });
      const { reads } = await say.stream("Count from 1 to 60");
      expect(reads.length).toBeLessThan(8); // 600 ms of tokens in writes 200 ms apart
      expect(jsonEvents(reads[1] ?? "").length).toBeGreaterThan(10);
    },
    "stream-cut": async () => {
      const say = await speaker({
        profile: "gateway",
        engine: { ...INSTANT, decodeTokensPerS: 100 },
        timeScale: 0.01,
        upstreamRetryShare: 0,
      }); // 600 ms
      const long = await say.stream("Count from 1 to 400");
      expect(long.broken).toBe(true);
      expect(long.text).not.toContain('"finish_reason":"stop"');
      expect(jsonEvents(long.text).length).toBeGreaterThan(20);
      expect((await say.stream("Count from 1 to 9")).broken).toBe(false);
    },
    "idle-cut": async () => {
      const say = await speaker({ profile: "gateway", timeScale: 0.01, upstreamRetryShare: 0, streamCapMs: 60_000 }); // 300 ms
      const stalled = await say.stream("Count", {}, { stall: { atEvent: 5, ms: 2_000 } });
      expect(stalled.broken).toBe(true);
      expect(stalled.readsMs.length).toBeLessThan(3);
      expect((await say.stream("Count", {}, { stall: { atEvent: 5, ms: 20 } })).broken).toBe(false);
    },
    "body-timeout": async () => {
      const say = await speaker({
        profile: "gateway",
        engine: { ...INSTANT, decodeTokensPerS: 100 },
        timeScale: 0.005,
      }); // 300 ms
      expect((await say.body("Count from 1 to 200")).status).toBe(504);
    },
    "doubled-v1": async () => {
      const { baseUrl } = await endpoint({ profile: "gateway" });
      expect(baseUrl).toMatch(/\/v1\/v1$/);
      const wrong = await send(`${new URL(baseUrl).origin}/v1/chat/completions`, chat("x"));
      expect(wrong.status).toBe(404);
      expect(wrong.text).toContain("/v1/v1/chat/completions");
    },
    "usage-on-finish": async () => {
      const say = await speaker({ profile: "gateway" });
      const events = jsonEvents((await say.stream("Count")).text);
      expect(events.filter((event) => event.usage !== undefined)).toHaveLength(1);
      expect(events.at(-1)).toMatchObject({ choices: [{ finish_reason: "stop" }], usage: { completion_tokens: 14 } });
    },
    "empty-events": async () => {
      const say = await speaker({ profile: "gateway" });
      const events = jsonEvents((await say.stream("Count")).text) as {
        choices: { delta: object; finish_reason: string | null }[];
      }[];
      const empty = events.filter(
        ({ choices }) => JSON.stringify(choices[0]?.delta) === "{}" && choices[0]?.finish_reason === null,
      );
      expect(empty).toHaveLength(1); // 14 tokens, one for every 8
    },
    "upstream-retries": async () => {
      const ask = async (upstreamRetryShare: number) => {
        const say = await speaker({
          profile: "gateway",
          engine: { ...INSTANT, decodeTokensPerS: 200 },
          upstreamRetryShare,
        });
        const { headers, readsMs, text } = await say.stream("Count from 1 to 60");
        const { usage } = jsonEvents(text).at(-1) as { usage: { cost: number; attempts: number } };
        return {
          attempts: headers["x-gateway-attempts"],
          cost: Number(headers["x-gateway-cost"]),
          usage,
          endMs: readsMs.at(-1) ?? 0,
        };
      };
      const [once, twice] = [await ask(0), await ask(1)];
      expect([once.attempts, twice.attempts]).toEqual(["1", "2"]);
      expect(twice.cost / once.cost).toBeCloseTo(2);
      expect(twice.usage.cost / once.usage.cost).toBeCloseTo(2);
      expect(twice.usage.attempts).toBe(2);
      expect(twice.endMs).toBeGreaterThan(590); // twice 60 tokens at 200 a second
    },
  },
};

describe.each(Object.values(PROFILES))("$name", ({ name, behaviours }) => {
  const shown = SHOWN[name as ProfileName];
  test("shows all that it documents", () => {
    expect(Object.keys(shown).sort()).toEqual(Object.keys(behaviours).sort());
  });
  test.each(Object.entries(behaviours))("%s: %s", async (id) => {
    await shown[id]?.();
  });
});
