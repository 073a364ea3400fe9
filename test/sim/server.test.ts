import { request as httpRequest } from "node:http";
import { expect, test } from "vitest";
import { createSimServer } from "../../src/sim/server.js";
import { chat, endpoint } from "./endpoint.js";

interface ErrorBody {
  readonly error: { readonly message: string; readonly type: string; readonly param: string | null };
}

test.each([
  ["an unknown route", "/nothing", {}, 404],
  ["no JSON", "/chat/completions", "{", 400],
  ["JSON that is no object", "/chat/completions", "[]", 400],
  ["no model", "/chat/completions", { messages: [{ role: "user", content: "x" }] }, 400],
  ["no messages", "/chat/completions", { model: "m" }, 400],
  ["a message without a role", "/chat/completions", { model: "m", messages: [{}] }, 400],
  ["a limit that is no count", "/chat/completions", chat("x", { max_tokens: -1 }), 400],
  ["no prompt", "/completions", { model: "m" }, 400],
])("%s is answered with an error in OpenAI's envelope", async (_, path, body, status) => {
  const { post } = await endpoint();
  const response = await post(path, body);
  expect(response.status).toBe(status);
  expect(response.headers.get("x-twintail-simulated")).toBe("h100x2");
  expect((await response.json()) as ErrorBody).toMatchObject({
    error: { message: expect.any(String), type: "invalid_request_error" },
  });
});

test("a wrong method is 405, and a query is no part of the route", async () => {
  const { baseUrl, post } = await endpoint();
  expect((await fetch(`${baseUrl}/chat/completions`)).status).toBe(405);
  expect((await post("/embeddings?api-version=1", { model: "m", input: "x" })).status).toBe(200);
});

test("models are listed, and found by id", async () => {
  const { baseUrl } = await endpoint({ models: ["one", "org/two"] });
  const list = (await (await fetch(`${baseUrl}/models`)).json()) as { data: { id: string }[] };
  expect(list.data.map((model) => model.id)).toEqual(["one", "org/two"]);
  expect((await fetch(`${baseUrl}/models/org%2Ftwo`)).status).toBe(200);
  expect((await fetch(`${baseUrl}/models/three`)).status).toBe(404);
});

test("the request id comes back", async () => {
  const { post } = await endpoint();
  const response = await post("/embeddings", { model: "m", input: "x" }, undefined, { "x-request-id": "mine-1" });
  expect(response.headers.get("x-request-id")).toBe("mine-1");
});

test("a body past 8 MB is refused before it is read", async () => {
  const { baseUrl } = await endpoint();
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const request = httpRequest(`${baseUrl}/chat/completions`, {
      method: "POST",
      headers: { "content-length": 9 * 1024 * 1024 },
    });
    request.on("response", (response) => {
      resolve(response.statusCode);
      request.destroy();
    });
    request.on("error", reject);
    request.write("{");
  });
  expect(status).toBe(413);
});

test.each(["0.0.0.0", "192.168.1.5", "::", "example.com"])("it will not listen on %s", (host) => {
  expect(() => createSimServer({ tier: "h100x2", host })).toThrow(/not a loopback address/);
});

test("unknown options and tiers are refused by name", () => {
  expect(() => createSimServer({ tier: "h100x2", wakems: 3 } as never)).toThrow(/"wakems" is not known/);
  expect(() => createSimServer({ tier: "h200" } as never)).toThrow(/"tier" must be "h100x2" or "a100x2"/);
  expect(() => createSimServer({ tier: "h100x2", faults: [{ share: 0.7, hang: true }, { share: 0.6 }] })).toThrow(
    /shares together/,
  );
});
