/**
 * `probe.json`: what each endpoint does with each feature. Its JSON Schema is generated from here and published with
 * the package.
 */
import { z } from "zod";

export const PROBE_SCHEMA_VERSION = 1;

/**
 * `supported`: the effect was seen. `enforced` and `encouraged`: for JSON Schemas, also against a prompt that asks for
 * something else, or only without one. `ignored`: accepted, and nothing came of it. `rejected`: answered by an error.
 * `broken`: accepted, and what came is wrong. `unclear`: these requests cannot tell. `not tried`: none was sent, or
 * none could have shown it.
 */
const verdictSchema = z.enum([
  "supported",
  "enforced",
  "encouraged",
  "ignored",
  "rejected",
  "broken",
  "unclear",
  "not tried",
]);

export type Verdict = z.infer<typeof verdictSchema>;

const errorSchema = z.strictObject({
  message: z.string(),
  type: z.string().nullable(),
  /** As text, whatever it was sent as. */
  code: z.string().nullable(),
});

const judgementSchema = z.strictObject({
  verdict: verdictSchema,
  /** What was seen, or why nothing was tried. May hold text of the endpoint. */
  seen: z.string(),
  /** HTTP status of the request that decided; null when none answered. */
  status: z.int().nullable(),
  /** The error of that request, in the endpoint's words. */
  error: errorSchema.nullable(),
  /** Exchanges of this feature, with their ids in the recording. */
  exchanges: z.array(z.int()),
  /** Requests sent for it, retries included. */
  attempts: z.int(),
});

const endpointSchema = z.strictObject({
  baseUrl: z.string(),
  models: z.record(z.string(), z.string().nullable()),
  simulated: z.string().nullable(),
  /** False when no chat request succeeded: then features of chat were not tried. */
  answered: z.boolean(),
  /** The first failure of an endpoint that did not answer. */
  failure: z.string().nullable(),
  /** Of an endpoint that scales to zero: what the first request took. */
  wake: z.strictObject({ ok: z.boolean(), ms: z.number(), attempts: z.int(), seen: z.string() }).nullable(),
});

const featureSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  /** Cases of the golden set that ask for it. */
  inUse: z.int(),
  baseline: judgementSchema,
  candidate: judgementSchema,
  /** Whether the verdicts differ; null where one of them says nothing. */
  differs: z.boolean().nullable(),
});

export const probeSummarySchema = z.strictObject({
  schemaVersion: z.literal(PROBE_SCHEMA_VERSION),
  probe: z.strictObject({
    runId: z.string(),
    createdAt: z.string(),
    goldenSet: z.strictObject({ name: z.string(), digest: z.string(), cases: z.int() }),
    planned: z.int(),
    recorded: z.int(),
    ended: z.enum(["complete", "interrupted", "deadline", "stopped", "limit", "failed", "killed"]),
    versions: z.strictObject({ twintail: z.string(), node: z.string(), undici: z.string() }),
  }),
  endpoints: z.strictObject({ baseline: endpointSchema, candidate: endpointSchema }),
  /** In the order of the catalogue. */
  features: z.array(featureSchema),
  /** Features in use that the baseline supports and the candidate does not. */
  lost: z.array(z.string()),
  /** Features in use that the baseline supports, and that are unclear on the candidate. */
  unclear: z.array(z.string()),
});

export type ProbeSummary = z.infer<typeof probeSummarySchema>;
export type FeatureSummary = ProbeSummary["features"][number];
export type JudgementSummary = z.infer<typeof judgementSchema>;
