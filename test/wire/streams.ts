/** Streams that nobody sent: events of the rows in any order and framing, with noise between them. */
import fc from "fast-check";
import type { Api, Variant } from "../../src/golden/golden-set.js";
import { data, text } from "./row.js";
import { WIRE_ROWS } from "./rows.js";

/** The events of all rows of an API that are text. */
function eventsOf(api: Api): string[] {
  const rows = WIRE_ROWS.filter((row) => row.api === api && row.status === 200 && typeof row.bytes === "string");
  const events = rows.flatMap(({ bytes }) => `${bytes}`.replace(/\r\n?/g, "\n").match(/[\s\S]+?(?:\n\n|$)/g) ?? []);
  return [...new Set(events)];
}

const NOISE = [
  "\n",
  ": ping\n\n",
  ":\n",
  "event: x\n",
  "id: 7\n",
  "retry: 5\n",
  "trace: y\n",
  "data",
  "data:\n\n",
  "\ufeff",
  "}",
  "\ufffd",
  "<think>",
];

/** Text of one event that does not come from a row. */
const said = fc.oneof(
  fc.string({ unit: "grapheme" }).map(text),
  fc.string({ unit: "binary", maxLength: 30 }).map((value) => data(value.replace(/[\r\n]/g, " "))),
  fc.json().map(data),
);

/** The text of a stream of one API. */
export function generatedStream(api: Api): fc.Arbitrary<string> {
  const event = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...eventsOf(api)) },
    { weight: 2, arbitrary: said },
    fc.constantFrom(...NOISE),
  );
  return fc
    .tuple(fc.array(event, { maxLength: 12 }), fc.constantFrom("\n", "\r\n", "\r", "mixed"), fc.nat(3))
    .map(([events, end, torn]) => {
      const whole = events.join("");
      const cut = torn === 0 ? whole.slice(0, -3) : whole;
      let index = 0;
      return cut.replace(/\n/g, () => (end === "mixed" ? (["\n", "\r\n", "\r"][index++ % 3] ?? "\n") : end));
    });
}

/** Cuts bytes at the given places, characters and line ends included; a place may repeat, so a read may be empty. */
export function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

export const APIS: readonly Api[] = ["chat", "completions", "responses", "embeddings"];
export const VARIANTS: readonly Variant[] = ["stream", "body"];
