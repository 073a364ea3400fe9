/** A plan as `run --dry-run` prints it: what will be sent, and what that will take. */
import { arrivalsText } from "../capacity/shape-text.js";
import type { Settings } from "../config/settings.js";
import { formatDurationMs } from "../core/duration.js";
import { printableLine } from "../core/printable.js";
import { ASSUMED_RATE, ASSUMED_TTFT_MS } from "../plan/estimate.js";
import { rowsToSend } from "../plan/plan.js";
import { shardName } from "../plan/shard.js";
import { gridLines } from "../report/terminal/grid.js";
import type { PreparedRun } from "../run.js";
import { startLine } from "./shard-flags.js";

function counted(count: number, noun: string): string {
  return `${count} ${count === 1 ? noun : `${noun}s`}`;
}

/** The whole plan: phases, tokens, minutes and cost; then every release in order when `rows` is set. */
export function planText(prepared: PreparedRun, rows: boolean): string {
  const { settings, golden, plan, estimate } = prepared;
  const number = (value: number): string => value.toLocaleString("en-US");
  const money = (value: number | null): string =>
    value === null ? "no price" : `$${value.toFixed(value < 1 ? 4 : 2)}`;
  const sides = ["baseline", "candidate"] as const;
  const of = (pick: (side: (typeof estimate.endpoints)["baseline"]) => string): string[] =>
    sides.map((side) => pick(estimate.endpoints[side]));
  const sent = rowsToSend(plan);
  const rounds = new Set(sent.flatMap(({ phase, round }) => (phase === "warm" ? [round] : []))).size;
  const phases = [...new Set(plan.blocks.map(({ phase }) => phase))].map((phase) => [
    `  ${phase}`,
    ...sides.map((side) => number(sent.filter((row) => row.phase === phase && row.endpoint === side).length)),
  ]);
  const { arrivals } = settings.capture;
  const lines = [
    `Plan of ${printableLine(golden.set.name, 60)}: ${counted(golden.set.cases.length, "case")}, ${counted(rounds, "round")}, ${arrivals === undefined ? `concurrency ${settings.capture.concurrency}` : arrivalsText(arrivals)}, order ${settings.capture.order}, prefix ${settings.capture.prefix}, seed ${plan.seed}`,
    ...shardLines(prepared),
    ...sides.map((side) => `${side.padEnd(9)} ${settings.endpoints[side].baseUrl}`),
    "",
    ...gridLines(
      [
        ["", ...sides],
        ["requests", ...of((side) => number(side.requests))],
        ...phases,
        ["input tokens ≈", ...of((side) => number(side.inputTokens))],
        ["output tokens ≈", ...of((side) => number(side.outputTokens))],
        ["output tokens at most", ...of((side) => number(side.maxOutputTokens))],
        ["cost ≈", ...of((side) => money(side.cost))],
        ["cost at most, all retried", ...of((side) => money(side.maxCost))],
      ],
      ["left", "right", "right"],
    ),
    "",
    `about ${formatDurationMs(estimate.minutes * 60_000)}, if a stream gives ${ASSUMED_RATE} tokens/s after ${ASSUMED_TTFT_MS} ms; input at 4 characters a token`,
  ];
  if (estimate.limitedBy !== null) {
    const { endpoint, limit, minutesWithout } = estimate.limitedBy;
    lines.push(
      `limits.${limit} of the ${endpoint} stretches it: without limits about ${formatDurationMs(minutesWithout * 60_000)}`,
    );
  }
  for (const { caseId, endpoint, reason } of plan.notTested)
    lines.push(`not tested: ${caseId} at ${endpoint}: ${reason}`);
  if (rows) lines.push("", ...releaseLines(plan));
  return `${lines.join("\n")}\n`;
}

/** What a part of a run sends, beside what the table below counts of it. */
function shardLines({ settings, plan, shard, sent }: PreparedRun): string[] {
  if (shard === undefined) return [];
  const lanes = plan.blocks.find(({ phase }) => phase === "warm")?.concurrency ?? 0;
  const { arrivals, concurrency } = settings.capture;
  const inFlight =
    arrivals === undefined
      ? `${counted(lanes, "pair")} in flight of ${concurrency}`
      : `at most ${lanes} in flight at each endpoint, of ${arrivals.maxInFlight}`;
  const start = startLine(shard, Date.now());
  const asleep = (["baseline", "candidate"] as const).filter((side) => settings.endpoints[side].wake !== undefined);
  return [
    `${shardName(shard)}: ${inFlight}; what follows is of this shard alone`,
    ...(start === null ? [] : [start]),
    ...partLines(settings, sent),
    "no cold trial and no solo request: another shard would wake or load the endpoint",
    ...asleep.map((side) => `the ${side} scales to zero: wake it first, with twintail wake`),
  ];
}

/** Limits of the whole run, and this shard's part of each. */
function partLines(whole: Settings, sent: Settings = whole): string[] {
  const parts = [
    ["capture.maxRequests", whole.capture.maxRequests, sent.capture.maxRequests],
    ["capture.maxCost", whole.capture.maxCost, sent.capture.maxCost],
    ...(["baseline", "candidate"] as const).flatMap((side) =>
      (["rpm", "tpm"] as const).map(
        (name) =>
          [
            `endpoints.${side}.limits.${name}`,
            whole.endpoints[side].limits?.[name],
            sent.endpoints[side].limits?.[name],
          ] as const,
      ),
    ),
  ] as const;
  return parts.flatMap(([name, of, part]) =>
    of === undefined || part === undefined ? [] : [`${name}: ${Number(part.toPrecision(4))} of ${of}`],
  );
}

function releaseLines(plan: PreparedRun["plan"]): string[] {
  const lines: string[] = [];
  for (const [index, block] of plan.blocks.entries()) {
    lines.push(`block ${index + 1}: ${block.phase}, ${block.releases.length} releases, ${block.concurrency} in flight`);
    for (const release of block.releases) {
      const first = plan.rows[release.rows[0] ?? 0];
      if (first === undefined) continue;
      const arms = release.rows.map((id) => plan.rows[id]?.arm).join(" → ");
      const wait = release.notBeforeMs > 0 ? `, not before ${formatDurationMs(release.notBeforeMs)}` : "";
      lines.push(
        `  ${String(first.pairId).padStart(4)}  round ${first.round + 1}  ${printableLine(first.caseId, 40)} (${first.variant}): ${arms}${wait}`,
      );
    }
  }
  return lines;
}
