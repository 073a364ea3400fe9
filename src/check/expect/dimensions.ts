import { shown } from "../evidence.js";
import { expectation } from "./expectation.js";

/** `dimensions`: every vector of an embeddings answer has this length. */
export const dimensions = expectation("dimensions", (expected, { completion }) => {
  const seen = completion.dimensions;
  if (seen === null || seen.length === 0)
    return { met: false, detail: `expected ${expected} dimensions, got no vector` };
  const other = seen.find((length) => length !== expected);
  return { met: other === undefined, detail: `expected ${expected} dimensions, got ${shown(other)}` };
});
