import { describe, expect, test } from "vitest";
import { FaultChooser } from "../../src/sim/faults.js";
import { chat, contentOf, endpoint, eventsOf } from "./endpoint.js";
import { goldenCase, goldenSet, user } from "./golden-cases.js";

const GOLDENS = goldenSet(goldenCase("count", user("Count"), { content: "one two three four é five" }));

/** The reads of an answer with their times in ms, and whether the transport broke. */
async function readsOf(
  response: Response,
): Promise<{ text: string; reads: { atMs: number; text: string }[]; broken: boolean }> {
  const reads: { atMs: number; text: string }[] = [];
  const decoder = new TextDecoder();
  let broken = false;
  try {
    for await (const chunk of response.body ?? []) {
      reads.push({ atMs: performance.now(), text: decoder.decode(chunk, { stream: true }) });
    }
  } catch {
    broken = true;
  }
  return { text: reads.map((read) => read.text).join(""), reads, broken };
}

describe("one request's fault, by its header", () => {
  test.each([
    [{ status: 429, retryAfterS: 7 }, 429, "7"],
    [{ status: 429 }, 429, "1"],
    [{ status: 500 }, 500, null],
    [{ status: 503 }, 503, "1"],
    [{ status: 504 }, 504, null],
  ])("%j", async (fault, status, retryAfter) => {
    const { post } = await endpoint();
    const response = await post("/chat/completions", chat("Count"), fault);
    expect(response.status).toBe(status);
    expect(response.headers.get("retry-after")).toBe(retryAfter);
    expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining("imulated") } });
  });

  test.each([200, 502])("an HTML page with status %i", async (html) => {
    const { post } = await endpoint();
    const response = await post("/chat/completions", chat("Count"), { html });
    expect(response.status).toBe(html);
    expect(response.headers.get("content-type")).toContain("text/html");
    expect(await response.text()).toMatch(/^<!DOCTYPE html>/);
  });

  test("dropped after three events", async () => {
    const { post } = await endpoint({}, GOLDENS);
    const { text, broken } = await readsOf(await post("/chat/completions", chat("Count"), { dropAfterEvents: 3 }));
    expect(broken).toBe(true);
    expect(contentOf(eventsOf(text).chunks)).toBe("one two");
  });

  test("a dropped body is cut in half", async () => {
    const { post } = await endpoint({}, GOLDENS);
    const response = await post("/chat/completions", chat("Count", { stream: false }), { dropAfterEvents: 0 });
    expect((await readsOf(response)).broken).toBe(true);
  });

  test("stalled before event 3, then on at its own pace", async () => {
    const { post } = await endpoint({}, GOLDENS);
    const { reads, text } = await readsOf(
      await post("/chat/completions", chat("Count"), { stall: { atEvent: 3, ms: 250 } }),
    );
    const late = reads.findIndex((read) => read.text.includes(" three"));
    expect((reads[late]?.atMs ?? 0) - (reads[late - 1]?.atMs ?? 0)).toBeGreaterThan(200);
    expect(contentOf(eventsOf(text).chunks)).toBe("one two three four é five");
  });

  test("merged: four events a write", async () => {
    const { post } = await endpoint({ engine: {} }, GOLDENS);
    const { reads, text } = await readsOf(await post("/chat/completions", chat("Count"), { mergeEvents: 4 }));
    expect(reads.length).toBeLessThanOrEqual(3); // ten events: role, six tokens, finish, usage, done
    expect(reads[0]?.text.match(/data:/g)).toHaveLength(4);
    expect(eventsOf(text).done).toBe(true);
  });

  test("one byte a write changes nothing that is said", async () => {
    const { post } = await endpoint({}, GOLDENS);
    const { reads, text } = await readsOf(await post("/chat/completions", chat("Count"), { oneByteWrites: true }));
    expect(contentOf(eventsOf(text).chunks)).toBe("one two three four é five");
    expect(reads.length).toBeGreaterThan(20);
    const body = await post("/chat/completions", chat("Count", { stream: false }), { oneByteWrites: true });
    expect(await body.json()).toMatchObject({ object: "chat.completion" });
  });

  test("no usage, in a stream or a body", async () => {
    const { post } = await endpoint({}, GOLDENS);
    expect(await (await post("/chat/completions", chat("Count"), { noUsage: true })).text()).not.toContain(
      "completion_tokens",
    );
    const body = await post("/chat/completions", chat("Count", { stream: false }), { noUsage: true });
    expect(await body.json()).not.toHaveProperty("usage");
  });

  test("slow headers", async () => {
    const { post } = await endpoint({}, GOLDENS);
    const startMs = performance.now();
    const response = await post("/chat/completions", chat("Count"), { slowHeadersMs: 200 });
    expect(performance.now() - startMs).toBeGreaterThan(195);
    expect(eventsOf(await response.text()).done).toBe(true);
  });

  test("never answered, until the client gives up", async () => {
    const { baseUrl } = await endpoint();
    const hung = fetch(`${baseUrl}/chat/completions`, {
      method: "POST",
      headers: { "x-twintail-sim": '{"hang":true}' },
      body: JSON.stringify(chat("Count")),
      signal: AbortSignal.timeout(200),
    });
    await expect(hung).rejects.toThrow(/timeout/);
  });

  test("endless, until the client hangs up; the engine then forgets it", async () => {
    const { post } = await endpoint({}, GOLDENS);
    const response = await post("/chat/completions", chat("Count"), { endless: true });
    const reader = response.body?.getReader();
    let bytes = 0;
    while (bytes < 200_000) bytes += (await reader?.read())?.value?.length ?? Number.POSITIVE_INFINITY;
    await reader?.cancel();
    expect(bytes).toBeLessThan(Number.POSITIVE_INFINITY);
    expect((await post("/chat/completions", chat("Count"))).status).toBe(200);
  });

  test("a fault that is not known is told so, not ignored", async () => {
    const { post } = await endpoint();
    const response = await post("/chat/completions", chat("Count"), { stahl: 3 });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("stahl");
  });
});

describe("faults by share", () => {
  const bodies = Array.from({ length: 2_000 }, (_, index) => Buffer.from(`body ${index}`));
  const rules = [
    { share: 0.1, status: 429 },
    { share: 0.05, hang: true },
  ];

  test("meet their share of the requests", () => {
    const chooser = new FaultChooser(rules, "1");
    const faults = bodies.map((body) => chooser.choose(undefined, body));
    expect(faults.filter((fault) => fault.status === 429).length / 2_000).toBeCloseTo(0.1, 1);
    expect(faults.filter((fault) => fault.hang === true).length / 2_000).toBeCloseTo(0.05, 1);
  });

  test("depend on seed and body, not on the order of arrival", () => {
    const forward = new FaultChooser(rules, "1");
    const backward = new FaultChooser(rules, "1");
    const one = bodies.map((body) => forward.choose(undefined, body));
    const two = bodies.toReversed().map((body) => backward.choose(undefined, body));
    expect(two.toReversed()).toEqual(one);
    const other = new FaultChooser(rules, "2");
    expect(bodies.map((body) => other.choose(undefined, body))).not.toEqual(one);
  });

  test("a retry of the same body draws anew", () => {
    const chooser = new FaultChooser([{ share: 0.5, status: 500 }], "1");
    const draws = Array.from({ length: 40 }, () => chooser.choose(undefined, Buffer.from("same")).status);
    expect(new Set(draws)).toEqual(new Set([500, undefined]));
  });

  test("an empty header asks for none", () => {
    expect(new FaultChooser([{ share: 1, status: 500 }], "1").choose("{}", Buffer.from("x"))).toEqual({});
  });
});
