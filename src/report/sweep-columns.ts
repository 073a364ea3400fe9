/** The columns of a table of loads, in the order in which they are read, each with how soon it gives way. */
import { clockQuantile } from "./sweep-decision.js";
import type { SweepPoint, SweepSummary, SweepTail } from "./sweep-summary.js";

type TailName = "ttft" | "ttft_intended" | "chunk_gap" | "e2e" | "decode_rate";
type QuantileName = "p5" | "p50" | "p95" | "p99";

interface ColumnFacts {
  readonly key: string;
  /** Two lines of a head. */
  readonly head: readonly [string, string];
  /** The unit of its numbers; "" of texts and of bare counts. */
  readonly unit: string;
  /** The higher, the sooner it gives way where there is no room; 0 never does. */
  readonly rank: number;
  readonly side: "left" | "right";
}

/** A number of the point itself. */
interface FigureColumn extends ColumnFacts {
  readonly kind: "figure";
  readonly value: (point: SweepPoint) => number | null;
}

/** A quantile of one of its tails. */
interface TailColumn extends ColumnFacts {
  readonly kind: "tail";
  /** Columns of one family are in one unit: both clocks of a ttft are read against each other. */
  readonly family: string;
  readonly tail: (point: SweepPoint) => SweepTail | null;
  readonly quantile: QuantileName;
  readonly better: "lower" | "higher";
}

interface TextColumn extends ColumnFacts {
  readonly kind: "load" | "interval" | "slo" | "state";
}

export type SweepColumn = FigureColumn | TailColumn | TextColumn;

/** Those that suit the load: a closed loop drops nothing, and has one clock. */
export function sweepColumns({ load, endpoints }: SweepSummary): SweepColumn[] {
  const open = load.axis !== "concurrency";
  const points = [endpoints.baseline, endpoints.candidate].flatMap(({ sweep }) => sweep?.points ?? []);
  const clock = clockQuantile(points);
  const some = (test: (point: SweepPoint) => boolean): boolean => points.some(test);
  return [
    { key: "load", kind: "load", head: ["load", loadHead(load.axis)], unit: "", rank: 0, side: "right" },
    figure("requests", ["", "n"], "", 1, ({ requests }) => requests),
    ...(open ? [figure("offered", ["offered", "/s"], "/s", 14, ({ offeredPerS }) => offeredPerS)] : []),
    figure("throughput", ["requests", "/s"], "/s", 0, ({ throughput }) => throughput.value),
    { key: "interval", kind: "interval", head: ["", "[95 %]"], unit: "", rank: 6, side: "left" },
    figure(
      "outputTokensPerS",
      ["output", "tok/s"],
      "count",
      8,
      ({ outputTokensPerS }) => outputTokensPerS?.value ?? null,
    ),
    tail("ttft", "p50", "ttft", open && clock === "p50" ? 2 : 9),
    tail("ttft", "p95", "ttft", 1),
    tail("ttft", "p99", "ttft", open && clock === "p99" ? 2 : 11),
    ...(open ? [tail("ttft_intended", clock, "intended", 2)] : []),
    tail("chunk_gap", "p99", "chunk gap", 12),
    tail("e2e", "p95", "e2e", 7),
    tail("decode_rate", "p5", "decode", 10),
    figure("errors", ["", "errors"], "", 3, ({ errors }) => errors.count),
    ...(open ? [figure("dropped", ["", "dropped"], "", 4, ({ dropped }) => dropped)] : []),
    figure("inFlight", ["in", "flight"], "mean", open ? 8 : 14, ({ inFlight }) => inFlight),
    ...(some(({ slo }) => slo.goodPerS !== null)
      ? [figure("goodPerS", ["good", "/s"], "/s", 13, ({ slo }) => slo.goodPerS)]
      : []),
    ...(some(({ slo }) => slo.state !== "none")
      ? [{ key: "slo", kind: "slo", head: ["", "SLO"], unit: "", rank: 1, side: "left" } as const]
      : []),
    { key: "state", kind: "state", head: ["", "state"], unit: "", rank: 5, side: "left" },
  ];
}

function loadHead(axis: SweepSummary["load"]["axis"]): string {
  return { concurrency: "in flight", rate: "/s", trace: "" }[axis];
}

function figure(
  key: string,
  head: readonly [string, string],
  unit: string,
  rank: number,
  value: FigureColumn["value"],
): FigureColumn {
  return { key, kind: "figure", head, unit, rank, side: "right", value };
}

function tail(name: TailName, quantile: QuantileName, head: string, rank: number): TailColumn {
  const higher = name === "decode_rate";
  return {
    key: `${name}.${quantile}`,
    kind: "tail",
    family: name.replace("_intended", ""),
    head: [head, quantile],
    unit: higher ? "tokens/s" : "ms",
    rank,
    side: "right",
    tail: (point) => point[name],
    quantile,
    better: higher ? "higher" : "lower",
  };
}
