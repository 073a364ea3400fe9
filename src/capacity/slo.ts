/**
 * What an answer has to keep for its load to count as good: `ttft p95 < 1s and decode_rate p5 > 20 and errors < 1%`. Written
 * in the words of gates, of one endpoint, with limits that a load can break.
 */
import type { GateText, LoadSettings } from "../config/settings.js";
import { parseDurationMs } from "../core/duration.js";
import { Cursor, hint, shown } from "../gate/cursor.js";
import { percentOf } from "../gate/question.js";
import type { Token } from "../gate/tokens.js";
import { METRICS } from "../measure/catalogue.js";
import type { Metric } from "../measure/metric.js";

export interface Slo {
  /** As it was written. */
  readonly text: string;
  readonly terms: readonly SloTerm[];
}

/** `limit` is in the metric's own unit; of rates a share. */
export type SloTerm = {
  readonly text: string;
  readonly op: "<" | "<=" | ">" | ">=";
  readonly limit: number;
} & SloSubject;

type SloSubject =
  /** `q` from 0 to 1, on the scale of values: 0.95 is slow for a latency, 0.05 for a rate. */
  | { readonly kind: "quantile"; readonly metric: Metric; readonly q: number }
  | { readonly kind: "max" | "min" | "mean"; readonly metric: Metric }
  | { readonly kind: "rate"; readonly rate: SloRate };

export type SloRate = "errors" | "http_429";

const METRIC_NAMES: ReadonlySet<string> = new Set([
  "ttft",
  "ttfa",
  "ttft_intended",
  "chunk_gap",
  "stall",
  "tpot",
  "e2e",
  "e2e_intended",
  "decode_rate",
  "char_rate",
]);
const SLO_METRICS = METRICS.filter(({ name }) => METRIC_NAMES.has(name));
const FROM_SCHEDULE: ReadonlySet<string> = new Set(["ttft_intended", "e2e_intended"]);
const RATES: readonly SloRate[] = ["errors", "http_429"];
const NAMES = [...SLO_METRICS.map(({ name }) => name), ...RATES];
const TAKES = ["p50", "p90", "p95", "p99", "max", "min", "mean"] as const;

export interface SloPlace {
  /** The configuration that it stands in, for places of mistakes. */
  readonly file?: string | undefined;
  /** Loads that it is for; a closed loop has no intended times. */
  readonly loop?: LoadSettings["loop"]["kind"];
}

/** @throws TwintailError with the column of the first mistake. */
export function parseSlo(source: GateText, { file, loop = "open" }: SloPlace = {}): Slo {
  const cursor = new Cursor(source, file, "slo");
  const terms: SloTerm[] = [];
  for (;;) {
    const from = cursor.peek();
    const term = parseTerm(cursor);
    if (loop === "closed" && term.kind !== "rate" && FROM_SCHEDULE.has(term.metric.name)) {
      throw cursor.error(from, `${term.metric.name} needs a schedule, and a closed loop has none`, "use ttft or e2e");
    }
    const joint = cursor.peek();
    terms.push({ ...term, text: source.text.slice(from.at, joint.at).trim() });
    if (joint.kind === "end") return { text: source.text.trim(), terms };
    cursor.take();
    if (joint.kind !== "word" || joint.text.toLowerCase() !== "and") {
      throw cursor.error(joint, `${shown(joint)} follows a limit`, `join terms with "and"`);
    }
  }
}

type Unnamed<T> = T extends unknown ? Omit<T, "text"> : never;

function parseTerm(cursor: Cursor): Unnamed<SloTerm> {
  const name = cursor.take();
  if (name.kind !== "word") {
    const cause = name.kind === "end" ? "a metric or a rate is due" : `a term cannot begin with ${shown(name)}`;
    throw cursor.error(name, cause, `write one such as "ttft p95 < 1s"`);
  }
  const rate = RATES.find((each) => each === name.text);
  const metric = SLO_METRICS.find((each) => each.name === name.text);
  if (rate !== undefined) {
    if (cursor.peek().text === "rate") cursor.take();
    const op = operatorOf(cursor, name, "lower");
    return { kind: "rate", rate, op, limit: shareOf(cursor, op) };
  }
  if (metric === undefined) {
    const cause = `"${name.text}" is nothing that a load is held against`;
    throw cursor.error(name, cause, hint(name.text, NAMES, `use ${NAMES.join(", ")}`));
  }
  const take = takeOf(cursor, metric);
  const op = operatorOf(cursor, name, metric.better);
  return { metric, ...take, op, limit: metric.unit === "ms" ? msOf(cursor, op) : numberOf(cursor, metric, op) };
}

function takeOf(
  cursor: Cursor,
  { name, better }: Metric,
): { kind: "quantile"; q: number } | { kind: "max" | "min" | "mean" } {
  const token = cursor.take();
  const example = better === "higher" ? "p5" : "p95";
  if (token.kind !== "word")
    throw cursor.error(token, `what to take of ${name} is missing`, `write ${name} ${example}`);
  const { text } = token;
  if (text === "max" || text === "min" || text === "mean") return { kind: text };
  if (/^p\d/.test(text)) return { kind: "quantile", q: percentOf(cursor, token, text.slice(1), 1) / 100 };
  throw cursor.error(token, `"${text}" is nothing to take of ${name}`, hint(text, TAKES, `use ${TAKES.join(", ")}`));
}

/** A limit that more load could only keep better would end no sweep. */
function operatorOf(cursor: Cursor, name: Token, better: Metric["better"]): SloTerm["op"] {
  const token = cursor.take();
  const due = better === "higher" ? ">" : "<";
  const { text } = token;
  if (token.kind !== "operator" || !(text === "<" || text === "<=" || text === ">" || text === ">=")) {
    throw cursor.error(token, `a comparison is due, not ${shown(token)}`, `write ${due} or ${due}=`);
  }
  if (!text.startsWith(due)) {
    throw cursor.error(
      token,
      `${name.text} is better when it is ${better}`,
      `did you mean ${text.replace(/[<>]/, due)}?`,
    );
  }
  return text;
}

const NUMBER = /^\d+(?:\.\d+)?$/;

function limitOf(cursor: Cursor, op: string, example: string): Token {
  const token = cursor.take();
  if (token.kind === "word" && token.text.toLowerCase() !== "and") return token;
  throw cursor.error(token, `a limit is due after ${op}, not ${shown(token)}`, `write one such as ${example}`);
}

/** `1s`, `1 s`, `1m30s`. A bare number could be either of seconds and milliseconds. */
function msOf(cursor: Cursor, op: string): number {
  const token = limitOf(cursor, op, "1s or 500ms");
  const after = cursor.peek();
  const apart = NUMBER.test(token.text) && after.kind === "word" && /^(?:ms|s|m|h)$/.test(after.text);
  const text = token.text + (apart ? cursor.take().text : "");
  let ms: number;
  try {
    ms = parseDurationMs(text);
  } catch {
    throw cursor.error(token, `"${token.text}" is no duration`, "write it as 500ms, 1s or 1m30s");
  }
  if (ms > 0) return ms;
  throw cursor.error(token, "nothing takes no time", "write a limit above 0");
}

function shareOf(cursor: Cursor, op: string): number {
  const token = limitOf(cursor, op, "1%");
  const percent = cursor.isSymbol("%");
  if (percent) cursor.take();
  const share = NUMBER.test(token.text) ? Number(token.text) / (percent ? 100 : 1) : Number.NaN;
  if (share === 0 && op === "<")
    throw cursor.error(token, "no load has less than none", "write <= 0, or a share above 0");
  if (share >= 0 && share <= 1) return share;
  const remedy = share > 1 && !percent ? `write ${token.text}% for ${token.text} in a hundred` : "write 1% or 0.01";
  throw cursor.error(token, `"${token.text}" is no share`, remedy);
}

function numberOf(cursor: Cursor, { name, unit }: Metric, op: string): number {
  const token = limitOf(cursor, op, `20, in ${unit}`);
  if (NUMBER.test(token.text) && Number(token.text) > 0) return Number(token.text);
  throw cursor.error(token, `"${token.text}" is no limit of ${name}`, `write a number of ${unit}, without its unit`);
}
