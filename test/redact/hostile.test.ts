/** How long it takes to look for texts in a body that was made to make that long. */
import { expect, it } from "vitest";
import { textsIn } from "../../src/redact/text-scan.js";

const times = (count: number, of: (index: number) => string): string =>
  Array.from({ length: count }, (_, i) => of(i)).join(",");

it.each([
  [
    "an element that says its place ten thousand times",
    `{"choices":[{${times(10_000, (i) => `"k${i % 20}":"x"`)},${times(10_000, (i) => `"index":${1 + (i % 2)}`)}}]}`,
  ],
  [
    "elements within elements that all say their places, and all their texts in the innermost",
    `[${'{"a":['.repeat(90)}${times(100_000, () => '"x"')}${'],"index":1}'.repeat(90)}]`,
  ],
  [
    "an event of /responses with its texts at the greatest depth",
    `{"type":"response.x","output_index":1,"a":${"[".repeat(150)}${times(200_000, () => '"x"')}${"]".repeat(150)}}`,
  ],
])("is linear for %s", (_, body) => {
  const started = performance.now();
  expect(textsIn(Buffer.from(body)).streams.length).toBeGreaterThan(0);
  expect(performance.now() - started).toBeLessThan(2_000);
});

it("puts the pieces of a text together by the place that its element says, before it or behind it", () => {
  const body = Buffer.from(
    'data: {"choices":[{"index":1,"text":"one "}]}\n\ndata: {"choices":[{"text":"text","index":1}]}\n\n',
  );
  const [stream] = textsIn(body).streams;
  expect(stream?.spans).toHaveLength(6);
});
