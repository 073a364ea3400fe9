/** Does a plan made from these settings send what was sent before? The first row in which it does not is named. */
import { canonicalJson } from "../core/digest.js";
import { TwintailError } from "../core/errors.js";
import type { PlannedRequest, RequestTemplate } from "./plan.js";

export interface Rows {
  readonly rows: readonly PlannedRequest[];
  /** Null where the bodies were not kept: a request is then known by its id alone, which is a digest of all of it. */
  readonly requests: Readonly<Record<string, RequestTemplate>> | null;
}

const COMPARED = ["caseId", "round", "repeat", "variant", "arm", "cancel", "nonce", "maxTokens"] as const;
const IDENTITY = ["id", "pairId", "endpoint", "phase", ...COMPARED] as const;

/**
 * Each row of `before` has its like at the same place in `now`, which may go on.
 * @throws TwintailError
 */
export function refuseOtherRows(before: Rows, now: Rows): void {
  for (const [index, row] of before.rows.entries()) {
    const other = now.rows[index];
    refuseOtherRow(row, other, COMPARED);
    if (other === undefined || row.requestId === other.requestId) continue;
    const path = pathIn(row, other, before, now);
    if (path !== null) throw differs(row, `its request differs at ${path}`);
  }
}

/**
 * The rows are the same, ids and requests included.
 * @throws TwintailError
 */
export function refuseOtherPlan(before: Rows, now: Rows): void {
  for (const [index, row] of before.rows.entries()) {
    const other = now.rows[index];
    refuseOtherRow(row, other, IDENTITY);
    if (row.requestId === other?.requestId) continue;
    const path = other === undefined ? null : pathIn(row, other, before, now);
    throw differs(row, path === null ? "its request differs" : `its request differs at ${path}`);
  }
  const more = now.rows[before.rows.length];
  if (more !== undefined) throw differs(more, "it was not planned at all");
}

function refuseOtherRow(
  row: PlannedRequest,
  other: PlannedRequest | undefined,
  fields: readonly (keyof PlannedRequest)[],
): void {
  const field = fields.find((name) => canonicalJson(row[name] ?? null) !== canonicalJson(other?.[name] ?? null));
  if (other !== undefined && field === undefined) return;
  throw differs(row, `${field ?? "the row"} is ${JSON.stringify(other?.[field ?? "id"]) ?? "none"} now`);
}

function pathIn(row: PlannedRequest, other: PlannedRequest, before: Rows, now: Rows): string | null {
  if (before.requests === null || now.requests === null) return null;
  return differingPath(before.requests[row.requestId], now.requests[other.requestId]);
}

function differs({ caseId, endpoint, round }: PlannedRequest, how: string): TwintailError {
  return new TwintailError({
    cause: `case "${caseId}" of round ${round + 1} would not be sent to the ${endpoint} as it was: ${how}`,
    place: `endpoints.${endpoint}`,
    remedy: "use the configuration of that run, or run anew",
  });
}

/** Where two values first differ, as `body.messages.0.content`; null when they are equal. */
export function differingPath(one: unknown, other: unknown, path: readonly string[] = []): string | null {
  if (canonicalJson(one) === canonicalJson(other)) return null;
  if (!isContainer(one) || !isContainer(other) || path.length === 8) return path.join(".") || "its beginning";
  for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
    const inner = differingPath(one[key], other[key], [...path, key]);
    if (inner !== null) return inner;
  }
  return path.join(".") || "its beginning";
}

function isContainer(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
