import { expect, test } from "vitest";
import { chat, endpoint, eventsOf } from "./endpoint.js";

test("hold: requests wait for one wake and are then answered; afterwards it is warm", async () => {
  const { post } = await endpoint({ wakeMs: 400, startCold: true });
  const startMs = performance.now();
  const waits = await Promise.all(
    ["a", "b", "c"].map(async (content) => {
      const response = await post("/chat/completions", chat(content));
      const waitMs = performance.now() - startMs;
      expect(eventsOf(await response.text()).done).toBe(true);
      return waitMs;
    }),
  );
  for (const waitMs of waits) {
    expect(waitMs).toBeGreaterThanOrEqual(395);
    expect(waitMs).toBeLessThan(800);
  }
  const warmMs = performance.now();
  await post("/chat/completions", chat("d"));
  expect(performance.now() - warmMs).toBeLessThan(300);
});

test("503: refused as loading, with Retry-After, until the wake has ended", async () => {
  const { post } = await endpoint({ wakeMs: 300, startCold: true, wakeMode: "503" });
  const refused = await post("/chat/completions", chat("a"));
  expect(refused.status).toBe(503);
  expect(refused.headers.get("retry-after")).toBe("1");
  expect(await refused.json()).toMatchObject({ error: { message: "Loading model", code: 503 } });
  let response = refused;
  const startMs = performance.now();
  while (response.status === 503 && performance.now() - startMs < 5_000)
    response = await post("/chat/completions", chat("a"));
  expect(response.status).toBe(200);
  expect(performance.now() - startMs).toBeGreaterThan(200);
});

test("a wake longer than the cap ends in 504 at the cap", async () => {
  const { post } = await endpoint({ wakeMs: 5_000, capMs: 150, startCold: true });
  const startMs = performance.now();
  const response = await post("/chat/completions", chat("a"));
  expect(response.status).toBe(504);
  expect(performance.now() - startMs).toBeGreaterThanOrEqual(149);
  expect(performance.now() - startMs).toBeLessThan(2_000);
});

test("the list of models never wakes it", async () => {
  const { baseUrl, post } = await endpoint({ wakeMs: 60_000, startCold: true, wakeMode: "503" });
  expect((await fetch(`${baseUrl}/models`)).status).toBe(200);
  expect((await post("/chat/completions", chat("a"))).headers.get("retry-after")).toBe("60");
});

test("202: accepted without an answer, with Retry-After, until the wake has ended", async () => {
  const { post } = await endpoint({ wakeMs: 300, startCold: true, wakeMode: "202" });
  const accepted = await post("/chat/completions", chat("a"));
  expect(accepted.status).toBe(202);
  expect(accepted.headers.get("retry-after")).toBe("1");
  expect(await accepted.text()).toBe("");
  let response = accepted;
  const startMs = performance.now();
  while (response.status === 202 && performance.now() - startMs < 5_000)
    response = await post("/chat/completions", chat("a"));
  expect(response.status).toBe(200);
  expect(performance.now() - startMs).toBeGreaterThan(200);
});

test("refuse: the first connection starts the wake, and all are closed until it has ended", async () => {
  const { post } = await endpoint({ wakeMs: 300, startCold: true, wakeMode: "refuse" });
  const startMs = performance.now();
  await expect(post("/chat/completions", chat("a"))).rejects.toThrow();
  const answered = async (): Promise<Response> => {
    for (;;) {
      const response = await post("/chat/completions", chat("a")).catch(() => null);
      if (response !== null || performance.now() - startMs > 5_000) return response as Response;
    }
  };
  const response = await answered();
  expect(response.status).toBe(200);
  expect(performance.now() - startMs).toBeGreaterThanOrEqual(299);
});
