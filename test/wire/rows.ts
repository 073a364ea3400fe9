/** Every row of the wire catalogue as bytes. Written by us after the shapes that providers send. */
import type { WireRow } from "./row.js";
import { bodyRows } from "./rows/bodies.js";
import { completionsRows } from "./rows/completions.js";
import { embeddingsRows } from "./rows/embeddings.js";
import { errorRows } from "./rows/errors.js";
import { eventRows, framingRows } from "./rows/framing.js";
import { reasoningRows } from "./rows/reasoning.js";
import { responsesRows } from "./rows/responses.js";
import { splitCallRows } from "./rows/split-calls.js";
import { streamErrorRows } from "./rows/stream-errors.js";
import { toolCallRows } from "./rows/tool-calls.js";
import { usageRows } from "./rows/usage.js";

export const WIRE_ROWS: readonly WireRow[] = [
  ...framingRows,
  ...eventRows,
  ...usageRows,
  ...streamErrorRows,
  ...toolCallRows,
  ...splitCallRows,
  ...reasoningRows,
  ...bodyRows,
  ...errorRows,
  ...completionsRows,
  ...embeddingsRows,
  ...responsesRows,
];
