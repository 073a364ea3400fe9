/**
 * `compare.json`: did an endpoint get worse from one run to another? Its JSON Schema is generated from here and published
 * with the package.
 */
import { z } from "zod";
import { difference, shift } from "./decision.js";

const number = z.number();
const maybe = z.number().nullable();
const notes = z.array(z.string());
const count = z.strictObject({ count: z.int(), of: z.int() });
const severity = z.enum(["breaks", "differs", "note"]);

const times = <T extends z.ZodType>(inner: T) => z.strictObject({ older: inner, newer: inner });

const run = z.strictObject({
  runId: z.string(),
  createdAt: z.string(),
  host: z.string(),
  rounds: z.int(),
  twintail: z.string(),
});

const endpointFacts = z.strictObject({
  baseUrl: z.string(),
  models: z.record(z.string(), z.string().nullable()),
  /** As the endpoint named them in its answers. */
  modelsSeen: z.array(z.string()),
  systemFingerprints: z.array(z.string()),
});

/** One thing that got worse, or may have. */
const change = z.strictObject({
  endpoint: z.enum(["baseline", "candidate"]),
  kind: z.enum(["rate", "case", "finding", "latency", "answers"]),
  /** A rate, a case, a rule, a metric. */
  about: z.string(),
  /** On latency and on answers never more than `inconclusive`: two nights are two moments. */
  result: z.enum(["fail", "inconclusive"]),
  reason: z.string(),
});

/** `ratio` and `difference` are newer against older. */
const endpointChange = z.strictObject({
  facts: times(endpointFacts),
  pairs: z.int(),
  metrics: z.record(
    z.string(),
    z.strictObject({
      unit: z.string(),
      better: z.enum(["lower", "higher", "neither"]),
      p50: times(maybe),
      shift,
      slowShare: times(count).extend({ difference: difference.nullable() }).nullable(),
    }),
  ),
  rates: z.record(
    z.string(),
    times(count).extend({ better: z.enum(["lower", "higher"]), of: z.string(), difference: difference.nullable() }),
  ),
  /** Do answers differ more between the runs than between rounds of one? Null with fewer than two rounds. */
  answers: z
    .strictObject({
      p: maybe,
      within: times(number),
      between: number,
      excess: number,
      reads: z.enum(["alike", "differ", "unknown"]),
      mostDiffering: z.array(z.string()),
    })
    .nullable(),
  /** Cases that went from met to unmet or back. */
  cases: z.array(
    z.strictObject({
      caseId: z.string(),
      direction: z.enum(["regressed", "improved"]),
      met: times(count),
      severity,
      /** One run in every round, the other in at most half. */
      consistent: z.boolean(),
      p: maybe,
      detail: z.string(),
    }),
  ),
  findings: z.strictObject({
    new: z.array(
      z.strictObject({
        rule: z.string(),
        severity,
        message: z.string(),
        exchanges: count,
        p: maybe,
        evidence: z.string(),
      }),
    ),
    gone: z.array(z.string()),
  }),
  /** Cold trials, ms; null where no token came. */
  wakes: times(z.array(maybe)),
});

const runComparisonSchema = z.strictObject({
  schemaVersion: z.literal(1),
  verdict: z.enum(["pass", "fail", "inconclusive"]),
  /** One sentence without its full stop. */
  verdictReason: z.string(),
  older: run,
  newer: run,
  /** What the two runs do not have in common, and what makes one of them doubtful. */
  said: notes,
  endpoints: z.strictObject({ baseline: endpointChange.nullable(), candidate: endpointChange.nullable() }),
  /** What decided the verdict, failures first. */
  changes: z.array(change),
  /**
   * The candidate's change against the baseline's change from the same run to the same run; null where not both endpoints
   * were compared. What moved both of them is not in it.
   */
  relative: z
    .record(z.string(), z.strictObject({ unit: z.string(), better: z.enum(["lower", "higher", "neither"]), shift }))
    .nullable(),
});

export type RunComparison = z.infer<typeof runComparisonSchema>;
export type EndpointChange = z.infer<typeof endpointChange>;
export type RunChange = z.infer<typeof change>;
export type ComparedRun = z.infer<typeof run>;

/** The JSON Schema (2020-12). */
export function runComparisonJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(runComparisonSchema), title: "twintail compare.json" };
}
