import { expect, test } from "vitest";
import { decodeAttempt } from "../../../src/decode/decode.js";
import { encodeBytes } from "../../../src/recording/reads.js";
import { WIRE_ROWS } from "../../wire/rows.js";
import { aCase, anAttempt, anExchange } from "../build.js";
import { findingsOf } from "./exchanges.js";

test.each(WIRE_ROWS.filter(({ seenAt }) => /^OpenAI\b/.test(seenAt)))("$row of $seenAt is a note at most", (row) => {
  const { api, variant, status, headers, bytes } = row;
  const attempt = anAttempt({ status, headers, reads: [[1e6, encodeBytes(Buffer.from(bytes))]] });
  const completion = decodeAttempt(attempt, api, variant);
  const exchange = anExchange({ variant, attempts: [attempt] });
  const input = completion.dimensions?.map(() => "text");
  const body = { model: completion.model ?? "m", input, encoding_format: "base64" };
  const findings = findingsOf([{ exchange, completion, golden: { ...aCase({}), api }, body }]);
  expect(findings.filter(({ severity }) => severity !== "note").map(({ rule }) => rule)).toEqual([]);
});
