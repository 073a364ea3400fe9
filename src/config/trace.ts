/**
 * A trace of arrivals, as serving systems publish them: JSON lines (`timestamp`, `input_length`, `output_length`, as Mooncake's
 * have) or CSV with a header line (Azure's `TIMESTAMP,ContextTokens,GeneratedTokens`, BurstGPT's `Timestamp,…,Request tokens,
 * Response tokens`). A time is a date, or a number: seconds in CSV, ms in JSON, unless its name ends in `_s` or `_ms`.
 */
import { TwintailError } from "../core/errors.js";
import type { TraceArrival } from "./settings.js";

const MAX_ARRIVALS = 500_000;

const TIMES = ["timestamp_ms", "timestamp_s", "timestamp", "arrival_time", "arrived_at", "time"];
const INPUTS = ["input_length", "input_tokens", "contexttokens", "context_tokens", "request_tokens", "prompt_tokens"];
const OUTPUTS = [
  "output_length",
  "output_tokens",
  "generatedtokens",
  "generated_tokens",
  "response_tokens",
  "completion_tokens",
];

/**
 * Arrivals from 0 on, in the order of their times.
 * @param speed 2 plays it twice as fast
 * @throws TwintailError with `file:line` of what cannot be read.
 */
export function parseTrace(text: string, file: string, speed = 1): TraceArrival[] {
  // A mark of byte order, as spreadsheets write it, is part of no name.
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const isJson =
    lines
      .find((line) => line.trim() !== "")
      ?.trimStart()
      .startsWith("{") === true;
  const arrivals = isJson ? jsonArrivals(lines, file) : csvArrivals(lines, file);
  if (arrivals.length === 0) {
    throw new TwintailError({
      cause: "the trace holds no arrival",
      place: file,
      remedy: "give JSON lines, or CSV with a header line",
    });
  }
  arrivals.sort((a, b) => a.atMs - b.atMs);
  const first = (arrivals[0] as TraceArrival).atMs;
  const last = (arrivals.at(-1) as TraceArrival).atMs;
  if (last === first && arrivals.length > 1) {
    throw new TwintailError({
      cause: `all ${arrivals.length} arrivals of the trace come at one time`,
      place: file,
      remedy: "give their times, or a trace that has them",
    });
  }
  return arrivals.map((arrival) => ({ ...arrival, atMs: (arrival.atMs - first) / speed }));
}

function jsonArrivals(lines: readonly string[], file: string): TraceArrival[] {
  const arrivals: TraceArrival[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const place = `${file}:${index + 1}`;
    let row: unknown;
    try {
      row = JSON.parse(line);
    } catch (error) {
      throw new TwintailError({ cause: "not a line of JSON", place, remedy: "mend or remove the line", error });
    }
    if (typeof row !== "object" || row === null)
      throw new TwintailError({ cause: "not an arrival", place, remedy: "write an object a line" });
    const fields = new Map(Object.entries(row).map(([name, value]) => [nameOf(name), value as unknown]));
    push(arrivals, fields, 1, place);
  }
  return arrivals;
}

function csvArrivals(lines: readonly string[], file: string): TraceArrival[] {
  let names: string[] | null = null;
  const arrivals: TraceArrival[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const values = cells(line);
    if (names === null) {
      names = values.map(nameOf);
      timeOf(names, `${file}:${index + 1}`);
    } else {
      push(arrivals, new Map(names.map((name, at) => [name, values[at]])), 1_000, `${file}:${index + 1}`);
    }
  }
  return arrivals;
}

/** None of these formats quotes a comma. */
function cells(line: string): string[] {
  return line.split(",").map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
}

function nameOf(name: string): string {
  return name.trim().toLowerCase().replaceAll(" ", "_");
}

function push(arrivals: TraceArrival[], fields: ReadonlyMap<string, unknown>, unitMs: number, place: string): void {
  if (arrivals.length >= MAX_ARRIVALS) {
    throw new TwintailError({
      cause: `more than ${MAX_ARRIVALS} arrivals`,
      place,
      remedy: "cut the trace to the hours that matter",
    });
  }
  const name = timeOf([...fields.keys()], place);
  const unit = name.endsWith("_ms") ? 1 : name.endsWith("_s") ? 1_000 : unitMs;
  const value = fields.get(name);
  const number = typeof value === "number" || (typeof value === "string" && /^-?[\d.]+(?:e[+-]?\d+)?$/i.test(value));
  const atMs = number ? Number(value) * unit : dateMs(String(value));
  if (!Number.isFinite(atMs)) {
    throw new TwintailError({
      cause: `${JSON.stringify(value)} is no time`,
      place,
      remedy: "write a number, or a date such as 2026-01-31T09:00:00Z",
    });
  }
  const [inputTokens, outputTokens] = [INPUTS, OUTPUTS].map((known) => tokensIn(fields, known, place));
  arrivals.push({
    atMs,
    ...(inputTokens === undefined ? {} : { inputTokens }),
    ...(outputTokens === undefined ? {} : { outputTokens }),
  });
}

/** @throws TwintailError when none of them is a time. */
function timeOf(names: readonly string[], place: string): string {
  const name = TIMES.find((each) => names.includes(each));
  if (name !== undefined) return name;
  throw new TwintailError({
    cause: "no column says when",
    place,
    remedy: `name one of them ${TIMES.slice(0, 3).join(", ")}`,
  });
}

/** The engine's own parser takes nearly anything for a date. */
const DATE = /^(\d{4}-\d\d-\d\d)(?:[t ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:z|[+-]\d\d:?\d\d)?)?$/i;

/** Without a zone a date is taken as UTC: only differences count, and no summer time falls into them. */
function dateMs(text: string): number {
  const [, day] = DATE.exec(text) ?? [];
  // A 30 February would be taken for a day in March.
  if (day === undefined || new Date(`${day}T00:00Z`).toJSON()?.startsWith(day) !== true) return Number.NaN;
  const zoned = /(?:z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text.replace(" ", "T")}Z`;
  return Date.parse(zoned.replace(/(\.\d{3})\d+/, "$1"));
}

function tokensIn(fields: ReadonlyMap<string, unknown>, known: readonly string[], place: string): number | undefined {
  const name = known.find((each) => fields.has(each) && fields.get(each) !== "" && fields.get(each) !== null);
  if (name === undefined) return undefined;
  const tokens = Number(fields.get(name));
  if (Number.isFinite(tokens) && tokens >= 0 && tokens <= 10_000_000) return Math.round(tokens);
  throw new TwintailError({
    cause: `${JSON.stringify(fields.get(name))} is no number of tokens`,
    place,
    remedy: `mend ${name}`,
  });
}
