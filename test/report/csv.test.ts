/** `exchanges.csv`: read back by the rules of RFC 4180, and no formula to any spreadsheet. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { csvLines } from "../../src/report/csv.js";
import type { ExchangeRow } from "../../src/report/report.js";
import { emptyReport } from "./sample-extremes.js";

const ROW: ExchangeRow = {
  id: 7,
  pairId: 3,
  caseId: "capital",
  endpoint: "candidate",
  arm: "candidate",
  phase: "warm",
  round: 0,
  variant: "stream",
  outcome: "ok",
  attempts: 1,
  status: 200,
  ttftMs: 120.5,
  ttfaMs: null,
  e2eMs: 900,
  stallMs: 0,
  decodeRate: 55,
  charRate: 210,
  inputTokens: 9,
  outputTokens: 12,
  reasoningTokens: null,
  cachedTokens: 0,
  finishReason: "stop",
};

const csv = (...rows: Partial<ExchangeRow>[]): string => {
  const report = emptyReport();
  const exchanges = rows.map((row) => ({ ...ROW, ...row }));
  return [...csvLines({ ...report, details: { ...report.details, exchanges } })].join("");
};

/** A reader of RFC 4180. */
function parsed(text: string): string[][] {
  const rows: string[][] = [];
  let cells: string[] = [];
  for (const [, quoted, plain = "", end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    if (end === "" && plain === "" && quoted === undefined && cells.length === 0) break;
    cells.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    rows.push(cells);
    cells = [];
  }
  return rows;
}

test("has one row an exchange, and empty cells for what is not known", () => {
  const [head = [], row = []] = parsed(csv({}));
  expect(Object.fromEntries(head.map((name, index) => [name, row[index]]))).toMatchObject({
    id: "7",
    pair: "3",
    round: "1",
    case: "capital",
    endpoint: "candidate",
    ttft_ms: "120.5",
    ttfa_ms: "",
    output_tokens: "12",
    finish_reason: "stop",
  });
  expect(csv({}, { id: 8 }).split("\r\n")).toHaveLength(4);
});

test("no cell is a formula, whatever an endpoint or a golden set calls things", () => {
  for (const start of ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", " =", "\u0000=", "\ufeff@"]) {
    const caseId = `${start}HYPERLINK("http://x","y")`;
    const [, row = []] = parsed(csv({ caseId }));
    expect(row[3], JSON.stringify(start)).toMatch(/^'/);
  }
  const [, row = []] = parsed(csv({ caseId: "-5", outcome: "+1.5" }));
  expect([row[3], row[8]]).toEqual(["-5", "+1.5"]);
});

test("every row has every column, without control characters, whatever the texts hold", () => {
  const text = fc.string({ unit: "binary", maxLength: 40 });
  fc.assert(
    fc.property(text, text, text, (caseId, outcome, finishReason) => {
      const written = csv({ caseId, outcome, finishReason }, {});
      const rows = parsed(written);
      expect(rows).toHaveLength(3);
      expect(new Set(rows.map(({ length }) => length)).size).toBe(1);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      expect(written.replaceAll("\r\n", "")).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      for (const cell of rows[1] ?? [])
        expect(/^[=+\-@＝＋－＠]/.test(cell) && !/^[+-]?[\d.]+$/.test(cell)).toBe(false);
    }),
  );
});
