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
