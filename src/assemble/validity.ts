/** Could this machine be trusted with this run? */
import { formatDurationMs } from "../core/duration.js";
import {
  MAX_STALLED_SHARE,
  type MachineFigure,
  machineFigures,
  passedLimits,
  shownFigure,
} from "../measure/machine.js";
import type { ScoredExchange } from "../measure/scored.js";
import { droppedRows } from "../recording/own-rows.js";
import type { HeaderLine, MachineLine, RecordingFrame } from "../recording/recording.js";
import type { Processes } from "../recording/shard-segments.js";
import { ARRIVALS_DROPPED } from "../report/invalidity.js";
import type { Summary } from "../report/summary.js";
import { machinesOf, stalledShards, unseenMachines } from "./shard-validity.js";
import { rounded } from "./tails.js";

type Validity = Summary["validity"];

interface Dropping extends Pick<RecordingFrame, "dropped"> {
  readonly header: { readonly capture?: Pick<HeaderLine["capture"], "arrivals">; readonly plan?: HeaderLine["plan"] };
}

/** @param frame of the recording: machines of shards are looked at one by one too */
export function validityOf(
  machine: readonly MachineLine[],
  exchanges: readonly ScoredExchange[],
  frame: Processes & Dropping,
): Validity {
  const machines = machinesOf(machine, frame);
  const lags = exchanges
    .map(({ scalars }) => scalars.get("send_lag"))
    .flatMap((scalar) => (scalar !== undefined && "value" in scalar ? [scalar.value] : []))
    .sort((a, b) => a - b);
  const p99 = lags.length === 0 ? null : (lags[Math.ceil(0.99 * lags.length) - 1] as number);
  const figures = [...machineFigures(machine, p99), ...droppedFigures(frame, exchanges)].map((figure) => ({
    ...figure,
    value: rounded(figure.value),
  }));
  // A run that was killed in its first second left no window to judge it by.
  const unseen = unseenMachines(machines, exchanges, frame);
  return {
    ok: machine.length > 0 && unseen.length === 0 && figures.every(({ ok }) => ok),
    notes: [...clockNotes(machines), ...shardNotes(unseen, stalledShards(machines, MAX_STALLED_SHARE))],
    figures,
  };
}

/** Beyond this, what was sent is not the load that was asked for. */
const MAX_DROPPED = 0.01;

const ROLES = ["baseline", "candidate"] as const;

/**
 * Of an open loop alone, and of the endpoint that dropped the larger share: what the other kept up with, or what came outside
 * phase warm, is no part of the load that it was to have.
 */
function droppedFigures(frame: Dropping, exchanges: readonly ScoredExchange[]): MachineFigure[] {
  if (frame.header.capture?.arrivals === undefined) return [];
  const [baseline, candidate] = ROLES.map((role) => droppedShare(role, frame, exchanges)) as [number, number];
  const [value, who] = candidate > baseline ? [candidate, "candidate"] : [baseline, "baseline"];
  return [
    {
      name: ARRIVALS_DROPPED,
      value,
      limit: MAX_DROPPED,
      unit: "share",
      ok: value <= MAX_DROPPED,
      remedy: `the ${who} answers fewer than come: lower capture.arrivals.rate, or raise maxInFlight`,
    },
  ];
}

/** Of the arrivals of phase warm at one endpoint. */
function droppedShare(
  role: (typeof ROLES)[number],
  { header: { plan = [] }, dropped }: Dropping,
  exchanges: readonly ScoredExchange[],
): number {
  const ofLoad = ({ endpoint, phase }: Pick<ScoredExchange, "endpoint" | "phase">) =>
    endpoint === role && phase === "warm";
  const rows = droppedRows(dropped);
  const count = plan.filter((row) => rows.has(row.id) && ofLoad(row)).length;
  return count === 0 ? 0 : count / (count + exchanges.filter(ofLoad).length);
}

/** One line for each way in which a wall clock was set, of each shard. */
export function clockNotes(machines: ReadonlyMap<number | null, readonly MachineLine[]>): string[] {
  return [...machines]
    .sort(([a], [b]) => (a ?? 0) - (b ?? 0))
    .flatMap(([shard, lines]) => {
      const steps = lines.flatMap(({ wallStepMs }) => (wallStepMs === undefined ? [] : [wallStepMs]));
      const whose = shard === null ? "" : ` of shard ${shard}`;
      return [
        ...clockNote(
          whose,
          "back",
          steps.filter((step) => step < 0),
        ),
        ...clockNote(
          whose,
          "forward",
          steps.filter((step) => step > 0),
        ),
      ];
    });
}

function clockNote(whose: string, words: string, own: readonly number[]): string[] {
  if (own.length === 0) return [];
  const by = formatDurationMs(Math.abs(own.reduce((sum, step) => sum + step, 0)));
  const often = own.length === 1 ? "" : ` in ${own.length} steps`;
  return [
    `the wall clock${whose} was set ${words} by ${by}${often} during the run: stamps are of a monotonic clock and unaffected, times of day are not`,
  ];
}

function shardNotes(unseen: readonly number[], stalled: ReturnType<typeof stalledShards>): string[] {
  return [
    ...unseen.map((shard) => `shard ${shard} recorded nothing by which its machine could be judged`),
    ...stalled.map(
      ({ shard, share }) =>
        `${shownFigure(share, "share")} of the reads of shard ${shard} fell into event-loop stalls, above the limit of ${shownFigure(MAX_STALLED_SHARE, "share")}: its latencies are late`,
    ),
  ];
}

/** The limits that were passed, by how much, and what to change; null when the machine could be trusted. */
const NOTHING = "nothing was recorded by which this machine could be judged";

export function invalidReason({ ok, notes, figures }: Validity): string | null {
  if (ok) return null;
  return passedLimits(figures) ?? notes.find((note) => note.includes("recorded nothing by which")) ?? NOTHING;
}
