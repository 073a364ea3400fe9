/** What the page shows beyond `report.json`: answers side by side, curves, dots, the timeline. */
import type { ParityOutcome, ParityRung } from "../check/finding.js";
import { comparable, type Pair } from "../compare/pairs.js";
import { METRICS } from "../measure/catalogue.js";
import type { Metric } from "../measure/metric.js";
import type { ScoredExchange } from "../measure/scored.js";
import { supportedShare, type Tail } from "../measure/tail.js";
import type { TailBook } from "../measure/tail-book.js";
import { wallClockOf } from "../measure/wall-clock.js";
import type { HeaderLine, RecordingFrame } from "../recording/recording.js";
import { gravest, MAX_PAIRS } from "../report/gravest.js";
import type {
  CaseDots,
  CaseView,
  Details,
  ExchangeRow,
  ExchangeView,
  QuantileCurve,
  TailFile,
  TimelineBar,
} from "../report/report.js";
import { rounded } from "./tails.js";

/** Metrics whose curves and dots are worth a plot. */
const PLOTTED = ["ttft", "ttfa", "e2e", "chunk_gap", "stall", "decode_rate", "char_rate"];
const MAX_REQUEST_TEXT = 6_000;

export interface DetailsInput {
  readonly frame: RecordingFrame;
  readonly exchanges: readonly ScoredExchange[];
  readonly pairs: readonly Pair[];
  readonly parity: ReadonlyMap<number, ParityOutcome>;
  readonly tails: TailBook;
}

export function detailsOf(input: DetailsInput): Details {
  return {
    cases: caseViews(input),
    exchanges: { [Symbol.iterator]: () => rowsOf(input.exchanges) },
    timeline: timelineOf(input.exchanges, input.frame),
    curves: curvesOf(input.tails),
    dots: PLOTTED.flatMap((metric) => dotsOf(metric, input)),
    tailFiles: tailFilesOf(input.tails),
  };
}

function caseViews({ frame, pairs, parity }: DetailsInput): CaseView[] {
  const { header } = frame;
  const byCase = new Map<string, Pair[]>();
  for (const pair of pairs) {
    const either = pair.baseline ?? pair.candidate;
    if (either === null || either.phase !== "warm") continue;
    const list = byCase.get(either.caseId);
    if (list === undefined) byCase.set(either.caseId, [pair]);
    else list.push(pair);
  }
  return header.goldenSet.cases.map((goldenCase) => {
    const own = byCase.get(goldenCase.id) ?? [];
    return {
      id: goldenCase.id,
      category: goldenCase.category,
      detects: goldenCase.detects,
      requestText: header.store === undefined ? requestText(header, own[0]) : "",
      ...pairViews(own, parity),
      notTested: header.notTested
        .filter(({ caseId }) => caseId === goldenCase.id)
        .map(({ endpoint, reason }) => `${endpoint}: ${reason}`),
    };
  });
}

function pairViews(own: readonly Pair[], parity: DetailsInput["parity"]): Pick<CaseView, "pairs" | "left"> {
  const half = (exchange: ScoredExchange | null) =>
    exchange === null ? null : { ok: exchange.failure === null, check: exchange.check ?? UNJUDGED };
  const shown = gravest(own, MAX_PAIRS, ({ pairId, baseline, candidate }) => ({
    baseline: half(baseline),
    candidate: half(candidate),
    parity: parity.get(pairId) ?? null,
  }));
  const pairs = shown.map((pair) => {
    const either = (pair.baseline ?? pair.candidate) as ScoredExchange;
    return {
      pairId: pair.pairId,
      round: either.round,
      variant: either.variant,
      control: pair.control,
      baseline: pair.baseline === null ? null : exchangeView(pair.baseline),
      candidate: pair.candidate === null ? null : exchangeView(pair.candidate),
      parity: parity.get(pair.pairId) ?? null,
    };
  });
  if (shown.length === own.length) return { pairs };
  const known = new Set(shown.map(({ pairId }) => pairId));
  const rungs: Partial<Record<ParityRung, number>> = {};
  for (const { pairId } of own) {
    const rung = known.has(pairId) ? undefined : parity.get(pairId)?.rung;
    if (rung !== undefined) rungs[rung] = (rungs[rung] ?? 0) + 1;
  }
  return { pairs, left: { pairs: own.length - shown.length, rungs } };
}

function requestText(header: HeaderLine, pair: Pair | undefined): string {
  const exchange = pair?.baseline ?? pair?.candidate;
  const body = exchange === null || exchange === undefined ? undefined : header.requests[exchange.requestId]?.body;
  if (body === undefined) return "";
  const text = prettyJson(body);
  return text.length > MAX_REQUEST_TEXT ? `${text.slice(0, MAX_REQUEST_TEXT)}…` : text;
}

/** Empty for a body nested beyond the stack: only a hand-made recording has one. */
function prettyJson(body: unknown): string {
  try {
    return JSON.stringify(body, (_key, value: unknown) => (isLongData(value) ? `${value.slice(0, 60)}…` : value), 2);
  } catch {
    return "";
  }
}

function isLongData(value: unknown): value is string {
  return typeof value === "string" && value.startsWith("data:") && value.length > 100;
}

const UNJUDGED: ExchangeView["check"] = {
  judged: false,
  met: false,
  expectations: [],
  toolCalls: null,
  jsonValid: null,
};

function exchangeView(exchange: ScoredExchange): ExchangeView {
  const { answer } = exchange;
  return {
    ...figuresOf(exchange),
    ok: exchange.failure === null,
    content: answer.content,
    reasoning: answer.reasoning,
    refusal: answer.refusal,
    toolCalls: answer.toolCalls,
    textCut: answer.cut,
    check: exchange.check ?? UNJUDGED,
  };
}

function* rowsOf(exchanges: readonly ScoredExchange[]): Generator<ExchangeRow> {
  for (const exchange of exchanges) yield exchangeRow(exchange);
}

function exchangeRow(exchange: ScoredExchange): ExchangeRow {
  const { pairId, caseId, endpoint } = exchange;
  return { ...figuresOf(exchange), pairId, caseId, endpoint };
}

function figuresOf(exchange: ScoredExchange): Omit<ExchangeRow, "pairId" | "caseId" | "endpoint"> {
  const scalar = (name: string): number | null => {
    const found = exchange.scalars.get(name);
    return found !== undefined && "value" in found ? rounded(found.value) : null;
  };
  const { usage } = exchange;
  return {
    id: exchange.id,
    arm: exchange.arm,
    phase: exchange.phase,
    round: exchange.round,
    variant: exchange.variant,
    outcome: outcomeText(exchange),
    attempts: exchange.attemptFailures.length,
    status: exchange.status,
    ttftMs: scalar("ttft"),
    ttfaMs: scalar("ttfa"),
    e2eMs: scalar("e2e"),
    stallMs: scalar("stall"),
    decodeRate: scalar("decode_rate"),
    charRate: scalar("char_rate"),
    inputTokens: usage?.inputTokens ?? null,
    outputTokens: usage?.outputTokens ?? null,
    reasoningTokens: usage?.reasoningTokens ?? null,
    cachedTokens: usage?.cachedTokens ?? null,
    finishReason: exchange.finishReason,
  };
}

function outcomeText({ failure, cancelled, attemptFailures, bucket }: ScoredExchange): string {
  if (cancelled === "plan") return "cancelled as planned";
  if (cancelled === "user") return "interrupted";
  if (failure !== null) return failure.message;
  const retried = attemptFailures.length - 1;
  if (bucket === "cold") return "ok, a cold start";
  return retried === 0 ? "ok" : `ok after ${retried} failed ${retried === 1 ? "attempt" : "attempts"}`;
}

function timelineOf(exchanges: readonly ScoredExchange[], frame: RecordingFrame): TimelineBar[] {
  const at = wallClockOf(frame);
  const originMs = exchanges.reduce(
    (least, each) => Math.min(least, at(each, each.releasedAtNs)),
    Number.POSITIVE_INFINITY,
  );
  const since = (exchange: ScoredExchange, ns: number): number => Math.round(10 * (at(exchange, ns) - originMs)) / 10;
  return exchanges.map((exchange) => ({
    exchangeId: exchange.id,
    caseId: exchange.caseId,
    endpoint: exchange.endpoint,
    phase: exchange.phase,
    releasedMs: since(exchange, exchange.releasedAtNs),
    firstTokenMs: exchange.firstTokenAtNs === null ? null : since(exchange, exchange.firstTokenAtNs),
    endedMs: since(exchange, exchange.endedAtNs),
    ok: exchange.failure === null,
  }));
}

function plotted(): Metric[] {
  return METRICS.filter(({ name }) => PLOTTED.includes(name));
}

function curvesOf(tails: TailBook): QuantileCurve[] {
  const curves: QuantileCurve[] = [];
  for (const metric of plotted()) {
    for (const phase of tails.phases) {
      for (const endpoint of ["baseline", "candidate"] as const) {
        const tail = tails.tail(endpoint, phase, metric);
        if (tail === null || tail.n < 2) continue;
        curves.push({
          metric: metric.name,
          phase,
          endpoint,
          points: pointsOf(tail),
          supportedQ: rounded(supportedShare(tail.n)) as number,
        });
      }
    }
  }
  return curves;
}

/** Quantiles towards the slow end, evenly spaced on the axis log 1/(1 − q), up to the last value. */
function pointsOf(tail: Tail): (readonly [number, number | null])[] {
  const points: (readonly [number, number | null])[] = [];
  const count = tail.values + tail.failed;
  // The last point is the largest value: nearest rank reaches it beyond 1 − 1/n.
  const decades = Math.log10(2 * count);
  const steps = Math.min(80, Math.max(8, Math.ceil(24 * decades)));
  for (let step = 0; step <= steps; step++) {
    const q = 1 - 10 ** ((-decades * step) / steps);
    const value = tail.quantile(tail.better === "higher" ? 1 - q : q);
    const failedThere = value === null || !Number.isFinite(value) || (tail.better === "higher" && value === 0);
    points.push([Number(q.toFixed(6)), failedThere ? null : rounded(value)]);
  }
  return points;
}

function dotsOf(metric: string, { pairs, frame }: DetailsInput): CaseDots[] {
  const byCase = new Map<string, number[]>();
  for (const { baseline, candidate, control, broken } of pairs) {
    if (control || broken || baseline === null || candidate === null || baseline.phase !== "warm") continue;
    const [a, b] = [comparable(baseline, metric), comparable(candidate, metric)];
    if (a === null || b === null || a <= 0 || b <= 0) continue;
    const ratios = byCase.get(baseline.caseId);
    if (ratios === undefined) byCase.set(baseline.caseId, [b / a]);
    else ratios.push(b / a);
  }
  return frame.header.goldenSet.cases.flatMap(({ id, category }) => {
    const rounds = byCase.get(id);
    if (rounds === undefined) return [];
    const sorted = [...rounds].sort((a, b) => a - b);
    const median = Math.sqrt((sorted[(sorted.length - 1) >> 1] as number) * (sorted[sorted.length >> 1] as number));
    return [
      {
        metric,
        caseId: id,
        category,
        ratio: rounded(median) as number,
        rounds: rounds.map((r) => rounded(r) as number),
      },
    ];
  });
}

/** Of phases that have a tail, and of metrics that have a slow end. */
function tailFilesOf(tails: TailBook): TailFile[] {
  const files: TailFile[] = [];
  for (const metric of METRICS.filter(({ better, unit }) => better !== "neither" && unit !== "USD")) {
    for (const phase of tails.phases.filter((each) => each !== "cold" && each !== "warmup")) {
      for (const endpoint of ["baseline", "candidate"] as const) {
        const text = tails.tail(endpoint, phase, metric)?.percentileText() ?? null;
        if (text !== null) files.push({ name: `${metric.name}.${phase.replaceAll(":", "-")}.${endpoint}.hgrm`, text });
      }
    }
  }
  return files;
}
