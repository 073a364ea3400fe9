/** Cold trials side by side, as every format shows them: a block a trial, a row a figure, a column an endpoint. */
import type { EndpointRole } from "../config/settings.js";
import { coldPartList, putOffWords, SIDES } from "./facts.js";
import { formatCount, formatMs, formatPlainMs, formatSignificant, plural } from "./numbers.js";
import type { ColdTrial, Summary } from "./summary.js";

export interface ColdRow {
  readonly label: string;
  readonly cells: Readonly<Record<EndpointRole, string>>;
}

/** What one trial took of both endpoints. */
export interface ColdBlock {
  readonly name: string;
  readonly rows: readonly ColdRow[];
  /** What is to be said of a side beside its figures. */
  readonly notes: readonly { readonly side: EndpointRole; readonly text: string }[];
}

/** More trials than this have a row each, without their parts. */
const IN_FULL = 4;

/** Empty when no trial came to its end. */
export function coldBlocks({ cold }: Summary): ColdBlock[] {
  const trials = [...new Set(SIDES.flatMap((side) => cold[side].map(({ trial }) => trial)))].sort((a, b) => a - b);
  const of = (side: EndpointRole, trial: number) => cold[side].find((each) => each.trial === trial);
  const blocks = trials.map((trial): ColdBlock => {
    const found = { baseline: of("baseline", trial), candidate: of("candidate", trial) };
    const cell = (pick: (one: ColdTrial, side: EndpointRole) => string) => {
      const cellOf = (side: EndpointRole): string => {
        const one = found[side];
        return one === undefined ? "" : pick(one, side);
      };
      return { baseline: cellOf("baseline"), candidate: cellOf("candidate") };
    };
    const none = (side: EndpointRole): string => (cold.promised[side] === null ? "never sleeps" : "no trial ended");
    const first = cell((one) => formatMs(one.wakeMs, "no token"));
    const wake = {
      baseline: first.baseline || none("baseline"),
      candidate: first.candidate || none("candidate"),
    };
    const notes = SIDES.flatMap((side) => {
      const text = found[side]?.note ?? "";
      return text === "" ? [] : [{ side, text }];
    });
    const name = `trial ${trial + 1}`;
    if (trials.length > IN_FULL) {
      const short = cell((one, side) => inShort(one, side, cold));
      const cells = { baseline: short.baseline || wake.baseline, candidate: short.candidate || wake.candidate };
      return { name, rows: [{ label: name, cells }], notes };
    }
    return { name, rows: [{ label: "wake", cells: wake }, ...rowsOf(cell, found, cold)], notes };
  });
  return blocks;
}

type Cells = (pick: (one: ColdTrial, side: EndpointRole) => string) => ColdRow["cells"];

function rowsOf(
  cell: Cells,
  found: Readonly<Record<EndpointRole, ColdTrial | undefined>>,
  cold: Summary["cold"],
): ColdRow[] {
  const parts = SIDES.flatMap((side) => (found[side] === undefined ? [] : coldPartList(found[side])));
  const names = [...new Set(PART_ORDER.filter((name) => parts.some((part) => part.name === name)))];
  const rows = [
    { label: "reads as", cells: cell((one, side) => readsAs(one, side, cold)) },
    { label: "promise", cells: cell((one, side) => promiseWords(one, cold.promised[side])) },
    { label: "asleep", cells: cell(({ asleepBy }) => ASLEEP[asleepBy]) },
    { label: "attempts", cells: cell((one) => attemptWords(one)) },
    ...names.map((name) => ({
      label: `· ${name}`,
      cells: cell((one) => formatMs(coldPartList(one).find((part) => part.name === name)?.ms ?? null, "–")),
    })),
    { label: "whole answer", cells: cell(({ e2eMs }) => formatMs(e2eMs, "–")) },
    { label: "then warm", cells: cell(({ warmTtftMs }) => warmTtftMs.map((ms) => formatMs(ms)).join(", ") || "–") },
  ];
  return rows.filter(({ cells }) => SIDES.some((side) => cells[side] !== "" && cells[side] !== "–"));
}

const PART_ORDER = ["refused", "put off", "503s", "connect", "request", "headers", "first token"];
const ASLEEP = { assumed: "taken for granted", idle: "left idle before", "scale-down": "scaled down before" } as const;

/** `cold, 36 × warm`. */
function readsAs(one: ColdTrial, side: EndpointRole, cold: Summary["cold"]): string {
  const times = timesWarm(one, cold.warmTtftP50[side]);
  return times === null ? one.verdict : `${one.verdict}, ${times}`;
}

/** A wake as a multiple of the warm time to first token; null where either is not known. */
function timesWarm({ wakeMs, warmTtftMs }: ColdTrial, warmP50: number | null): string | null {
  const sorted = [...warmTtftMs].sort((a, b) => a - b);
  const warm = sorted[(sorted.length - 1) >> 1] ?? warmP50;
  if (wakeMs === null || warm === null || warm <= 0) return null;
  const times = wakeMs / warm;
  return `${times >= 100 ? formatCount(times) : formatSignificant(times)} × warm`;
}

/** `within its budget of 8 min`, `over its budget of 8 min, within its cap of 10 min`. */
function promiseWords({ budget, cap }: ColdTrial, promised: Summary["cold"]["promised"]["baseline"]): string {
  if (promised === null || (budget === null && cap === null)) return "–";
  const limits = [
    ["budget", budget, promised.budgetMs],
    ["cap", cap, promised.capMs],
  ] as const;
  // Who keeps the budget keeps the cap.
  const said = limits.filter(([name, held]) => held !== null && !(name === "cap" && budget === "kept"));
  return said
    .map(([name, held, ms]) => `${name} of ${formatPlainMs(ms)} ${held === "kept" ? "kept" : "broken"}`)
    .join(", ");
}

function attemptWords(one: ColdTrial): string {
  const putOff = putOffWords(one);
  return putOff === "" ? formatCount(one.attempts) : `${formatCount(one.attempts)}: ${putOff}`;
}

function inShort(one: ColdTrial, side: EndpointRole, cold: Summary["cold"]): string {
  const { budget } = one;
  const parts = [
    formatMs(one.wakeMs, "no token"),
    readsAs(one, side, cold),
    budget === null ? "" : `budget ${budget}`,
    one.attempts === 1 ? "" : plural(one.attempts, "attempt"),
  ];
  return parts.filter((part) => part !== "").join(", ");
}

/** The wakes of an endpoint together: `6 wakes, median 4 min [3 min 40 s, 4 min 12 s] at 95 %`. Null where they are too few. */
export function intervalWords({ interval }: Summary["cold"], side: EndpointRole): string | null {
  const found = interval[side];
  if (found === null) return null;
  const { n, p50, lower, upper, confidence, notes } = found;
  const bound = (ms: number | null): string => formatMs(ms, "not known");
  const says = `${plural(n, "wake")}, median ${bound(p50)} [${bound(lower)}, ${bound(upper)}] at ${Math.round(100 * confidence)} %`;
  return [says, ...notes].join("; ");
}

/** `warm ttft p50 of the baseline 83 ms; budget 8 min, cap 10 min`, without what is not known. */
export function sleepLine({ promised, warmTtftP50 }: Summary["cold"], side: EndpointRole): string {
  const warm = formatMs(warmTtftP50[side], "not known");
  const promise = promised[side];
  const limits =
    promise === null ? "" : `; budget ${formatPlainMs(promise.budgetMs)}, cap ${formatPlainMs(promise.capMs)}`;
  return `warm ttft p50 ${warm}${limits}`;
}

export interface UnplannedRow {
  readonly side: EndpointRole;
  /** `chat-short, round 5`. */
  readonly place: string;
  /** `2 min 1 s instead of 362 ms`. */
  readonly took: string;
  readonly evidence: string;
}

/** Cold starts that nobody planned, every one. */
export function unplannedRows({ cold }: Summary): UnplannedRow[] {
  return SIDES.flatMap((side) =>
    cold.unplanned[side].map(({ caseId, round, ttftMs, usualMs, evidence }) => ({
      side,
      place: `${caseId}, round ${round + 1}`,
      took: `${formatMs(ttftMs, "not known")}${usualMs === null ? "" : ` instead of ${formatMs(usualMs)}`}`,
      evidence,
    })),
  );
}
