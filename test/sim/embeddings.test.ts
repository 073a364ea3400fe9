import { expect, test } from "vitest";
import { endpoint } from "./endpoint.js";

interface Body {
  readonly data: { readonly embedding: number[]; readonly index: number }[];
  readonly usage: { readonly prompt_tokens: number };
  readonly model: string;
}

test("unit vectors of 256 dimensions that depend on the text alone", async () => {
  const one = await endpoint({ seed: 1 });
  const two = await endpoint({ seed: 2, tier: "a100x2" });
  const request = { model: "e", input: ["a dog", "a cat"] };
  const body = (await (await one.post("/embeddings", request)).json()) as Body;
  const [dog = [], cat = []] = body.data.map((row) => row.embedding);
  expect(dog).toHaveLength(256);
  expect(Math.hypot(...dog)).toBeCloseTo(1, 5);
  expect(dog).not.toEqual(cat);
  expect(body).toMatchObject({ model: "e", usage: { prompt_tokens: 4, total_tokens: 4 } });
  expect(((await (await two.post("/embeddings", request)).json()) as Body).data).toEqual(body.data);
});

test("base64 holds the same numbers, and dimensions are heeded", async () => {
  const { post } = await endpoint();
  const request = { model: "e", input: "a dog", dimensions: 8 };
  const floats = (await (await post("/embeddings", request)).json()) as Body;
  const packed = (await (await post("/embeddings", { ...request, encoding_format: "base64" })).json()) as {
    data: { embedding: string }[];
  };
  const bytes = Buffer.from(packed.data[0]?.embedding ?? "", "base64");
  const unpacked = Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
  expect(unpacked).toEqual(floats.data[0]?.embedding);
  expect(unpacked).toHaveLength(8);
});

test.each([
  [{}],
  [{ input: [] }],
  [{ input: [{}] }],
  [{ input: "x", dimensions: 0 }],
  [{ input: "x", encoding_format: "hex" }],
])("%j is refused", async (more) => {
  const { post } = await endpoint();
  const response = await post("/embeddings", { model: "e", ...more });
  expect(response.status).toBe(400);
});
