/**
 * What became of a run that did not go as planned: who was given up, what ended it, what still holds, and what a reader
 * of its figures must know. Plain sentences from the summary alone, the same in every format; each format escapes them.
 */
import { formatDurationMs } from "../core/duration.js";
import { SIDES } from "./facts.js";
import { formatCount, plural } from "./numbers.js";
import { lackingShards, mergedLine, shardNames } from "./shard-lines.js";
import type { Summary } from "./summary.js";

type Stopped = Summary["run"]["stopped"][number];

/** Longest of these lines that a format shows. */
export const MAX_COURSE_LINE = 600;

/** The most deciding first; empty for a run of which there is nothing to tell. */
export function courseLines(summary: Summary): string[] {
  const { run, validity } = summary;
  const merged = mergedLine(run);
  return [
    ...(merged === null ? [] : [merged]),
    ...lackingLines(run),
    ...run.stopped.map((stopped) => givenUp(stopped, summary)),
    ...endedLine(run),
    ...run.stillHolds,
    ...resumeLine(run),
    ...resumedLine(run),
    ...SIDES.flatMap((side) => pausedLine(side, run)),
    ...storeLine(run),
    ...validity.notes.map((note) => {
      const text = note.replace(/\.$/, "");
      return text.startsWith("shard ") ? `S${text.slice(1)}.` : `The measuring machine: ${text}.`;
    }),
  ];
}

/** The first few: of a hundred shards that were killed alike, each has nothing new to say. */
const MAX_SHARDS_NAMED = 12;

function lackingLines({ shards }: Summary["run"]): string[] {
  const lacking = shards === undefined ? [] : lackingShards(shards);
  const more = lacking.length - MAX_SHARDS_NAMED;
  const named = lacking.slice(0, MAX_SHARDS_NAMED).map((line) => `${line.charAt(0).toUpperCase()}${line.slice(1)}.`);
  return more <= 0 ? named : [...named, `${plural(more, "more shard")} ${more === 1 ? "is" : "are"} not whole.`];
}

function givenUp({ endpoint, kind, after, last, notSent, shards = [] }: Stopped, { endpoints }: Summary): string {
  const row = `${plural(after, "exchange")} in a row`;
  const how = {
    "key refused": `${row} with ${last} (key refused)`,
    "credit spent": `${row} with ${last} (credit spent)`,
    failures: `${row} that failed, the last with ${last}`,
  }[kind];
  const planned = endpoints[endpoint].exchanges + notSent;
  const left =
    notSent === 0
      ? "all that was planned had been sent to it by then"
      : `${formatCount(notSent)} of ${plural(planned, "request")} ${notSent === 1 ? "was" : "were"} not sent to it`;
  const by = shards.length === 0 ? "" : ` by ${shardNames(shards)}`;
  return `The ${endpoint} was given up${by} after ${how}: ${left}.`;
}

function endedLine({ ended, endedMessage }: Summary["run"]): string[] {
  if (endedMessage === null || endedMessage === "") return [];
  const message = endedMessage.replace(/\.$/, "");
  if (ended === "limit") return [`The run ended at a limit: ${message}.`];
  return ended === "failed" ? [`The run ended with an error: ${message}.`] : [];
}

/** What is missing can be sent, whatever ended the run. */
function resumeLine({ partial, kind, shards }: Summary["run"]): string[] {
  if (partial && shards !== undefined) {
    return ["To add what is missing: resume the shard that is not whole (twintail run --resume), and merge again."];
  }
  return partial && kind === "run" ? ["To send what is missing: twintail run --resume, with this run's folder."] : [];
}

function resumedLine({ resumed: { times, brokenPairs, repairedBytes } }: Summary["run"]): string[] {
  if (times === 0) return [];
  const often = times === 1 ? "once" : times === 2 ? "twice" : `${formatCount(times)} times`;
  const parts = [
    `The run was taken up again ${often}`,
    ...(brokenPairs === 0
      ? []
      : [`${plural(brokenPairs, "pair")} of two moments ${brokenPairs === 1 ? "is" : "are"} in no paired figure`]),
    ...(repairedBytes === 0
      ? []
      : [`${plural(repairedBytes, "byte")} of a torn line ${repairedBytes === 1 ? "was" : "were"} removed`]),
  ];
  return [`${parts.join("; ")}.`];
}

function pausedLine(side: (typeof SIDES)[number], { limitPausesMs }: Summary["run"]): string[] {
  const ms = limitPausesMs[side];
  if (!(ms > 0)) return [];
  return [
    `Nothing was sent to the ${side} for ${formatDurationMs(ms)} in all, to keep within endpoints.${side}.limits.`,
  ];
}

function storeLine({ store }: Summary["run"]): string[] {
  if (store === "full") return [];
  const masked = store === "redacted" ? "personal data in answers is masked" : "every word of the answers is masked";
  return [`Stored as ${store}: ${masked} with equal lengths, prompts and expectations are digests; timing is whole.`];
}
