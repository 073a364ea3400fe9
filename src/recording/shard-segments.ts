/** Whose process a segment is, in a recording that was merged from shards: they ran beside one another, each with its own clock. */
import type { EndLine, HeaderLine, SegmentLine } from "./recording.js";

/** What tells the processes of a recording from one another. */
export interface Processes {
  readonly header: Pick<HeaderLine, "shards">;
  readonly segments: readonly SegmentLine[];
}

/** `2/8`, as segments carry it. */
export function shardMark({ index, count }: { readonly index: number; readonly count: number }): string {
  return `${index}/${count}`;
}

/** The shard of a mark, from 1; null for none. */
export function shardOfMark(mark: string | null | undefined): number | null {
  const index = Number(/^(\d{1,6})\/\d{1,6}$/.exec(mark ?? "")?.[1] ?? Number.NaN);
  return Number.isInteger(index) ? index : null;
}

/**
 * The shard of each segment, from 1; null where nothing was sharded. A resume that was killed before its segment began has a
 * number and no line of its own: it goes on the segment before it.
 */
export function shardsOfSegments(
  segments: readonly Pick<SegmentLine, "id" | "shard">[],
): (segment: number) => number | null {
  const marks = [...segments].sort((a, b) => a.id - b.id);
  const known = new Map<number, number | null>();
  return (segment) => {
    const before = known.get(segment);
    if (before !== undefined) return before;
    const shard = shardOfMark(marks.findLast(({ id }) => id <= segment)?.shard);
    known.set(segment, shard);
    return shard;
  };
}

/** The last segment of each process that recorded: of one recording one, of a merged one as many as shards. */
export function lastSegments(
  { header: { shards }, segments }: Processes,
  others: readonly { readonly segment: number }[],
): ReadonlySet<number> {
  const ids = [...segments.map(({ id }) => id), ...others.map(({ segment }) => segment)];
  const most = (all: readonly number[]): number => all.reduce((last, id) => Math.max(last, id), 0);
  if (shards === undefined) return new Set([most(ids)]);
  const shardOf = shardsOfSegments(segments);
  return new Set(
    shards.merged.flatMap(({ index }) => {
      const own = ids.filter((id) => shardOf(id) === index);
      return own.length === 0 ? [] : most(own);
    }),
  );
}

/** Of several ends the one that a run of all of them has. */
const WORST: readonly EndLine["reason"][] = ["failed", "stopped", "interrupted", "deadline", "limit", "complete"];

/**
 * How a recording ended: null when a process was killed, of a merged one also when one of its shards was. Otherwise the end of
 * the last segment, or of all shards' the worst one.
 */
export function endOf(
  { shards }: Pick<HeaderLine, "shards">,
  last: ReadonlySet<number>,
  ends: readonly EndLine[],
): EndLine | null {
  const own = [...last].map((segment) => ends.findLast((end) => end.segment === segment));
  if (own.includes(undefined) || shards?.merged.some(({ end }) => end === null)) return null;
  const ranked = (own as EndLine[]).sort(
    (a, b) => WORST.indexOf(a.reason) - WORST.indexOf(b.reason) || a.segment - b.segment,
  );
  return ranked[0] ?? null;
}
