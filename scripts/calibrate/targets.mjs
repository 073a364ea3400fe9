/** What the verdicts promise, each with the simulation that shows it. */
import { intervalOf } from "../../dist/compare/estimate.js";
import { RATES } from "../../dist/compare/rates.js";
import { judge } from "../../dist/gate/judge.js";
import { LOOK_ALPHA } from "../../dist/gate/judgement.js";
import { ALIKE, simulate } from "./simulate.mjs";

/** As `twintail init` writes them. */
export const SHIPPED_GATES = [
  "ttfa shift < 1.20",
  "ttfa slow_share diff < 0.06",
  "char_rate shift > 0.90",
  "tool_calls drop < 0.05",
  "errors rate < 0.02",
  "broken_streams rate < 0.02",
];

const percent = (share) => `${(100 * share).toFixed(1)} %`;
const atLeast = (limit) => ({ target: `≥ ${percent(limit)}`, ok: (share, slack) => share >= limit - slack });
const atMost = (limit) => ({ target: `≤ ${percent(limit)}`, ok: (share, slack) => share <= limit + slack });
const within = (low, high) => ({
  target: `${percent(low)} to ${percent(high)}`,
  ok: (share, slack) => share >= low - slack && share <= high + slack,
});
const none = { target: "no target", ok: () => true };

/** Share of runs in which something holds. */
function shareOf(runs, seed, changes, holds) {
  let count = 0;
  for (let run = 0; run < runs; run++) if (holds(simulate(changes, seed + run))) count++;
  return count / runs;
}

const verdictOf = (comparison, gates = SHIPPED_GATES) =>
  judge(
    gates.map((text) => ({ text, line: 1, column: 1 })),
    {
      comparison,
      control: null,
      cases: [],
      findings: [],
      flips: [],
      cold: { baseline: [], candidate: [] },
      invalid: null,
      partial: null,
      quick: false,
      look: 1,
    },
  ).verdict;

const rate = (name) => RATES.find((rule) => rule.name === name);
const fails = (comparison) => comparison.shift("ttfa").bound("lower", LOOK_ALPHA) > 1.2;
const passes = (comparison) => comparison.shift("ttfa").bound("upper", LOOK_ALPHA) < 1.2;
const reads = (comparison) => (intervalOf(comparison.shift("ttfa"))?.lo ?? 0) > 1;
const covers = (truth, estimate) => (comparison) => {
  const interval = intervalOf(estimate(comparison));
  return interval !== null && interval.lo <= truth && truth <= interval.hi;
};
const slowShare = (comparison) => comparison.slowShare("ttfa").difference;
const tools = (comparison) => comparison.rate(rate("tool_calls")).difference;

/** The naive gate: the candidate's p95 of all requests above the baseline's by 10 %. */
const naive = (comparison) => {
  const p95 = (side) => comparison.quantile("ttfa", side, 0.95).value;
  return p95("candidate") > 1.1 * p95("baseline");
};

/** Where a run that was planned for `rounds` is extended twice while it is undecided. */
function looksDecide(changes, seed, bound) {
  for (const rounds of [ALIKE.rounds, ALIKE.rounds * 2, ALIKE.rounds * 3]) {
    const comparison = simulate({ ...changes, rounds: ALIKE.rounds * 3 }, seed).select(({ round }) => round < rounds);
    if (bound(comparison)) return true;
    if (fails(comparison) || passes(comparison)) return false;
  }
  return false;
}

/**
 * One line of the table each: what is simulated, what was promised, and how it is counted.
 * `runs` is a factor of the runs asked for: what takes longer is run less often.
 */
export const TARGETS = [
  {
    group: "Alike endpoints, gates as shipped",
    figure: "the run passes",
    ...atLeast(0.9),
    share: (n, s) => shareOf(n, s, {}, (c) => verdictOf(c) === "pass"),
  },
  {
    group: "Alike endpoints, gates as shipped",
    figure: "the run fails",
    ...atMost(0.02),
    share: (n, s) => shareOf(n, s, {}, (c) => verdictOf(c) === "fail"),
  },
  {
    group: "Alike endpoints, gates as shipped",
    figure: "the run passes, where one tool case is right 9 times in 10",
    ...none,
    share: (n, s) => shareOf(n, s, { flakyTool: { baseline: 0.9, candidate: 0.9 } }, (c) => verdictOf(c) === "pass"),
  },
  {
    group: "Alike endpoints, gates as shipped",
    figure: "a gate of p95 + 10 % without bounds fires",
    ...none,
    share: (n, s) => shareOf(n, s, {}, naive),
  },

  {
    group: "Truth at the margin of 1.20",
    figure: "fails",
    ...atMost(0.025),
    share: (n, s) => shareOf(n, s, { ratio: 1.2 }, fails),
  },
  {
    group: "Truth at the margin of 1.20",
    figure: "passes",
    ...atMost(0.025),
    share: (n, s) => shareOf(n, s, { ratio: 1.2 }, passes),
  },
  {
    group: "Truth at the margin of 1.20",
    figure: "fails at one of three looks",
    ...atMost(0.05),
    runs: 0.25,
    share: (n, s) => countOf(n, (run) => looksDecide({ ratio: 1.2 }, s + run, fails)),
  },
  {
    group: "Truth at the margin of 1.20",
    figure: "passes at one of three looks",
    ...atMost(0.05),
    runs: 0.25,
    share: (n, s) => countOf(n, (run) => looksDecide({ ratio: 1.2 }, s + run, passes)),
  },

  {
    group: "Two-sided 95 % intervals cover the truth",
    figure: "shift",
    ...within(0.93, 0.97),
    share: (n, s) =>
      shareOf(
        n,
        s,
        { ratio: 1.1 },
        covers(1.1, (c) => c.shift("ttfa")),
      ),
  },
  {
    group: "Two-sided 95 % intervals cover the truth",
    figure: "shift, 6 rounds",
    ...within(0.93, 0.97),
    share: (n, s) =>
      shareOf(
        n,
        s,
        { rounds: 6 },
        covers(1, (c) => c.shift("ttfa")),
      ),
  },
  {
    group: "Two-sided 95 % intervals cover the truth",
    figure: "shift, 3 rounds: within this moment, offsets of the moment left out",
    ...within(0.93, 0.97),
    share: (n, s) =>
      shareOf(
        n,
        s,
        { rounds: 3, offsetSd: 0 },
        covers(1, (c) => c.shift("ttfa")),
      ),
  },
  {
    group: "Two-sided 95 % intervals cover the truth",
    figure: "tail ratio p95, never too narrow",
    ...atLeast(0.93),
    runs: 0.2,
    share: (n, s) =>
      shareOf(
        n,
        s,
        {},
        covers(1, (c) => c.tailRatios("ttfa", [0.95])[0]),
      ),
  },
  {
    group: "Two-sided 95 % intervals cover the truth",
    figure: "difference of slow shares",
    ...atLeast(0.93),
    share: (n, s) => shareOf(n, s, { stalls: { baseline: 0.04, candidate: 0.04 } }, covers(0, slowShare)),
  },
  {
    group: "Two-sided 95 % intervals cover the truth",
    figure: "difference of tool calls, exact and so never too narrow",
    ...atLeast(0.93),
    share: (n, s) =>
      shareOf(n, s, { flakyTool: { baseline: 0.9, candidate: 0.6 } }, covers(-0.3 / ALIKE.toolCases, tools)),
  },

  {
    group: "True changes are found",
    figure: "`slower` at + 15 %",
    ...atLeast(0.95),
    share: (n, s) => shareOf(n, s, { ratio: 1.15 }, reads),
  },
  {
    group: "True changes are found",
    figure: "`fail` at 1.35 against the gate of 1.20",
    ...atLeast(0.9),
    share: (n, s) => shareOf(n, s, { ratio: 1.35 }, fails),
  },
  {
    group: "True changes are found",
    figure: "stalls 4 → 12 %, by slow_share, 36 cases × 10 rounds",
    ...atLeast(0.85),
    share: (n, s) =>
      shareOf(
        n,
        s,
        { cases: 36, rounds: 10, stalls: { baseline: 0.04, candidate: 0.12 } },
        (c) => intervalOf(slowShare(c)).lo > 0,
      ),
  },
  {
    group: "True changes are found",
    figure: "one tool case goes from all to none",
    ...atLeast(1),
    share: (n, s) => shareOf(n, s, { brokenTool: 3 }, (c) => tools(c).p < 0.05),
  },

  ...[0, 0.1, 0.2, 0.3, 0.5].flatMap((correlation) => [
    {
      group: "The more consecutive rounds move together, the less an interval holds",
      figure: `correlation ${correlation}: the interval covers`,
      ...(correlation <= 0.1 ? within(0.93, 0.97) : none),
      share: (n, s) =>
        shareOf(
          n,
          s,
          { correlation },
          covers(1, (c) => c.shift("ttfa")),
        ),
    },
    {
      group: "The more consecutive rounds move together, the less an interval holds",
      figure: `correlation ${correlation}: fails at the margin`,
      ...(correlation <= 0.1 ? atMost(0.025) : none),
      share: (n, s) => shareOf(n, s, { correlation, ratio: 1.2 }, fails),
    },
    {
      group: "The more consecutive rounds move together, the less an interval holds",
      figure: `correlation ${correlation}: fails at 1.35`,
      ...(correlation <= 0.1 ? atLeast(0.9) : none),
      share: (n, s) => shareOf(n, s, { correlation, ratio: 1.35 }, fails),
    },
  ]),
];

function countOf(runs, holds) {
  let count = 0;
  for (let run = 0; run < runs; run++) if (holds(run)) count++;
  return count / runs;
}

/** Cases × rounds × true ratio → how often it reads `slower`, and how often the gate of 1.20 passes and fails. */
export function powerTable(
  runs,
  seed,
  sizes = { cases: [12, 20, 38], rounds: [3, 6, 12, 24], ratios: [1, 1.1, 1.15, 1.2, 1.35, 1.5] },
) {
  return sizes.cases.flatMap((cases) =>
    sizes.rounds.map((rounds) => ({
      cases,
      rounds,
      cells: sizes.ratios.map((ratio) => {
        const seen = { ratio, slower: 0, pass: 0, fail: 0 };
        for (let run = 0; run < runs; run++) {
          const comparison = simulate(
            { cases, rounds, ratio, toolCases: Math.min(cases, ALIKE.toolCases) },
            seed + run,
          );
          if (reads(comparison)) seen.slower += 1 / runs;
          if (passes(comparison)) seen.pass += 1 / runs;
          if (fails(comparison)) seen.fail += 1 / runs;
        }
        return seen;
      }),
    })),
  );
}
