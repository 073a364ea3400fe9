/**
 * The hot paths right of the seam, and what a peer needs for the same bytes. Every round runs all of them once, so
 * that a ratio compares neighbours in time; figures are medians over rounds.
 */
import { Bench } from "tinybench";
import { cpuUsSince } from "./child-input.mjs";
import { decoding, lexing, recording, scoring } from "./pure-tasks.mjs";
import { median } from "./statistics.mjs";
import { withFolder } from "./temporary.mjs";

const ROUNDS = 5;
const ROUND_MS = 100;

export function pureRows(progress) {
  return withFolder(async (folder) => {
    const groups = [...lexing(), decoding(), recording(), scoring(folder)];
    const samples = new Map(groups.flat().map((task) => [task, []]));
    for (let round = 1; round <= ROUNDS; round++) {
      progress(`pure: round ${round} of ${ROUNDS}`);
      for (const task of groups.flat()) samples.get(task).push(await measured(task));
    }
    return groups.flatMap((group) => rowsOf(group, samples));
  });
}

/** `run` of a task handles `events` events; wall time is the median of its runs, CPU time their mean. */
async function measured({ what, events, run }) {
  let from;
  let cpuUs = 0;
  const bench = new Bench({
    time: ROUND_MS,
    iterations: 1,
    warmupTime: ROUND_MS / 3,
    warmupIterations: 1,
    throws: true,
    setup: () => {
      from = process.cpuUsage();
    },
    teardown: () => {
      cpuUs = cpuUsSince(from);
    },
  });
  bench.add(what, run);
  const [task] = await bench.run();
  return {
    eventsPerS: (1_000 * events) / task.result.latency.p50,
    cpuUsPerEvent: cpuUs / (task.runs * events),
  };
}

/** The first task of a group is ours; the others are its peers. */
function rowsOf(group, samples) {
  const [ours] = group;
  return group.map((task) => {
    const own = samples.get(task);
    const row = {
      part: "pure",
      what: task.what,
      eventsPerS: median(own.map(({ eventsPerS }) => eventsPerS)),
      cpuUsPerEvent: median(own.map(({ cpuUsPerEvent }) => cpuUsPerEvent)),
      notes: task.notes ?? [],
    };
    if (task === ours) return row;
    const ratios = samples.get(ours).map(({ cpuUsPerEvent }, round) => own[round].cpuUsPerEvent / cpuUsPerEvent);
    return { ...row, ratio: median(ratios) };
  });
}
