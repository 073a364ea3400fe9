/** A recording as it would have been written with another `store`. */
import { readFileSync, writeFileSync } from "node:fs";
import type { Store } from "../../src/config/settings.js";
import type { Exchange, HeaderLine, RecordingLine } from "../../src/recording/recording.js";
import { storedExchange } from "../../src/redact/exchange.js";
import { storedHeader } from "../../src/redact/stored-header.js";

export function linesOf(file: string): RecordingLine[] {
  return readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as RecordingLine);
}

/** @param change of each exchange, before it is masked */
export function writeStored(
  from: string,
  to: string,
  store: Store,
  change: (exchange: Exchange) => Exchange = (exchange) => exchange,
): string {
  const lines = linesOf(from).map((line): HeaderLine | RecordingLine => {
    if (line.type === "header") return storedHeader(line, store);
    return line.type === "exchange" ? storedExchange(change(line), [], store) : line;
  });
  writeFileSync(to, `${lines.map((line) => JSON.stringify(line)).join("\n")}\n`);
  return to;
}
