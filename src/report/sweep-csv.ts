/** One row a load and endpoint, as spreadsheets read them: every figure of `sweep.json`, in the units of its names. */
import type { EndpointRole } from "../config/settings.js";
import { type CsvColumn, csvText } from "./csv-text.js";
import { sweptSides } from "./sweep-decision.js";
import type { SweepInterval, SweepPoint, SweepSummary, SweepTail, SweptEndpoint } from "./sweep-summary.js";

interface Row {
  readonly side: EndpointRole;
  readonly endpoint: SweptEndpoint;
  readonly point: SweepPoint;
}

type TailName =
  | "ttft"
  | "ttft_intended"
  | "chunk_gap"
  | "e2e"
  | "e2e_intended"
  | "decode_rate"
  | "char_rate"
  | "send_lag";

const LOWER = ["p50", "p90", "p95", "p99", "max", "mean"] as const;
const HIGHER = ["p50", "p10", "p5", "p1", "min", "mean"] as const;

/** The unit stands in the name. */
const TAILS: readonly (readonly [name: TailName, unit: string, cells: typeof LOWER | typeof HIGHER])[] = [
  ["ttft", "ms", LOWER],
  ["ttft_intended", "ms", LOWER],
  ["chunk_gap", "ms", LOWER],
  ["e2e", "ms", LOWER],
  ["e2e_intended", "ms", LOWER],
  ["decode_rate", "tokens_per_s", HIGHER],
  ["char_rate", "characters_per_s", HIGHER],
  ["send_lag", "ms", LOWER],
];

const COLUMNS: readonly CsvColumn<Row>[] = [
  ["endpoint", ({ side }) => side],
  ["tier", ({ endpoint }) => endpoint.tier],
  ["index", ({ point }) => point.index],
  ["load", ({ point }) => point.load],
  ["settle_ms", ({ point }) => point.settleMs],
  ["window_ms", ({ point }) => point.windowMs],
  ["requests", ({ point }) => point.requests],
  ["offered_per_s", ({ point }) => point.offeredPerS],
  ["sent_per_s", ({ point }) => point.sentPerS],
  ...interval("throughput_per_s", ({ throughput }) => throughput),
  ...interval("output_tokens_per_s", ({ outputTokensPerS }) => outputTokensPerS),
  ["input_tokens_per_s", ({ point }) => point.inputTokensPerS],
  ["in_flight", ({ point }) => point.inFlight],
  ...TAILS.flatMap(([name, unit, cells]): CsvColumn<Row>[] => {
    const tail = ({ point }: Row): SweepTail | null => point[name];
    return [
      [`${name}_n`, (row) => tail(row)?.n ?? null],
      [`${name}_failed`, (row) => tail(row)?.failed ?? null],
      ...cells.map((cell): CsvColumn<Row> => [`${name}_${cell}_${unit}`, (row) => tail(row)?.[cell] ?? null]),
    ];
  }),
  ["errors", ({ point }) => point.errors.count],
  ["errors_of", ({ point }) => point.errors.of],
  ["http_429", ({ point }) => point.errors.http429],
  ["dropped", ({ point }) => point.dropped],
  ["cached_share", ({ point }) => point.cachedShare],
  ["good_per_s", ({ point }) => point.slo.goodPerS],
  ["slo", ({ point }) => point.slo.state],
  ["state", ({ point }) => point.state],
  ["trusted", ({ point }) => String(point.trusted)],
  ["notes", ({ point }) => point.notes.join("; ")],
];

function interval(name: string, of: (point: SweepPoint) => SweepInterval | null): CsvColumn<Row>[] {
  return [
    [name, ({ point }) => of(point)?.value ?? null],
    [`${name}_lo`, ({ point }) => of(point)?.lo ?? null],
    [`${name}_hi`, ({ point }) => of(point)?.hi ?? null],
  ];
}

export function renderSweepCsv(summary: SweepSummary): string {
  const rows = sweptSides(summary).flatMap((side) => {
    const endpoint = summary.endpoints[side];
    return (endpoint.sweep?.points ?? []).map((point): Row => ({ side, endpoint, point }));
  });
  return csvText(COLUMNS, rows);
}
