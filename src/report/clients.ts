/** What client libraries made of a recording: the one structure that its table and its JSON are drawn from. */

import { z } from "zod";
import { printableJson } from "../core/printable.js";

export const CLIENT_VERDICTS = ["parsed", "lost", "thrown", "swallowed", "error", "not tested"] as const;

const verdict = z
  .enum(CLIENT_VERDICTS)
  .describe(
    "parsed: the client gave all that was sent. lost: it gave less or other. thrown: it threw. swallowed: the exchange failed, " +
      "and it said nothing. error: the endpoint answered an error, and the client threw its own error with it.",
  );
const endpoint = z.enum(["baseline", "candidate"]);
const variant = z.enum(["stream", "body"]);
const count = z.int().min(0);

const loss = z.object({
  what: z.string().describe("`usage`, `tool call 2: id`, `37 of 40 characters of content`, `error message`"),
  sent: z.string(),
  got: z.string(),
});

const result = z.object({
  client: z.string().describe("The `id` of a client."),
  call: z.string().describe("`chat.completions.create`, `streamText`, …"),
  endpoint,
  caseId: z.string(),
  variant,
  round: count,
  exchange: count.describe("The id of the exchange in the recording."),
  verdict,
  new: z
    .boolean()
    .describe("On the candidate alone: the baseline's answer to this case was parsed, and never fared so."),
  lost: z.array(loss),
  thrown: z
    .object({
      name: z.string(),
      message: z.string(),
      where: z.string(),
      status: z.int().nullable(),
      code: z.string().nullable(),
    })
    .nullable(),
  failure: z.string().nullable().describe("How the exchange itself failed; null when it did not."),
  unguarded: z.string().nullable().describe("What code that reads `choices[0].delta` unguarded would have thrown."),
  note: z.string().nullable(),
});

const row = z.object({
  client: z.string(),
  call: z.string(),
  endpoint,
  verdicts: z.record(verdict, count),
  unguarded: count.describe("Answers at which code that reads `choices[0].delta` unguarded would have thrown."),
});

export const clientsSchema = z.object({
  schemaVersion: z.literal(1),
  run: z.object({ id: z.string(), goldenSet: z.string(), node: z.string() }),
  clients: z.array(
    z.object({
      id: z.string().describe("`openai 6.49.0`"),
      asked: z.string().describe("As it was asked for: `openai@latest`."),
      packages: z.record(z.string(), z.string()).describe("Exact versions."),
      unusable: z.string().nullable().describe("Why it did not run; null when it did."),
    }),
  ),
  table: z.array(row),
  results: z.array(result),
  notReplayed: z.array(z.object({ endpoint, caseId: z.string(), variant, reason: z.string() })),
});

export type ClientVerdict = (typeof CLIENT_VERDICTS)[number];
export type ClientLoss = z.output<typeof loss>;
export type ClientResult = z.output<typeof result>;
export type ClientRow = z.output<typeof row>;
export type ClientsReport = z.output<typeof clientsSchema>;

/** The report as JSON text, with a line feed at the end. */
export function renderClientsJson(report: ClientsReport): string {
  return `${printableJson(report)}\n`;
}

/** The JSON Schema (2020-12) of that text. */
export function clientsJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(clientsSchema), title: "twintail clients --json" };
}

/** Verdicts that an application would feel. */
export function isBad({ verdict }: Pick<ClientResult, "verdict">): boolean {
  return verdict === "lost" || verdict === "thrown" || verdict === "swallowed";
}
