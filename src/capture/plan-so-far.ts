/** What a capture has been given to send: a sweep's plan goes on while it is sent. */
import type { Plan, PlannedRequest, RequestTemplate } from "../plan/plan.js";
import { bodyOf } from "../plan/request.js";
import type { MorePlan } from "./messages.js";

/** Serialised before the request is due. */
export type RequestBytes = string | Uint8Array | null;

export class PlanSoFar {
  readonly seed: number;
  readonly #rows: PlannedRequest[];
  readonly #requests: Map<string, RequestTemplate>;
  /** Estimated tokens by row; empty where no limit needs them. */
  readonly #tokens: number[];

  constructor({ seed, rows, requests }: Pick<Plan, "seed" | "rows" | "requests">, tokens: readonly number[] = []) {
    this.seed = seed;
    this.#rows = [...rows];
    this.#requests = new Map(Object.entries(requests));
    this.#tokens = [...tokens];
  }

  row(id: number): PlannedRequest {
    const row = this.#rows[id];
    if (row === undefined) throw new Error(`row ${id} is not in the plan`);
    return row;
  }

  request({ requestId }: PlannedRequest): RequestTemplate {
    const request = this.#requests.get(requestId);
    if (request === undefined) throw new Error(`request ${requestId} is not in the plan`);
    return request;
  }

  body(row: PlannedRequest): RequestBytes {
    const request = this.request(row);
    if (request.method === "GET") return null;
    return request.raw === undefined ? JSON.stringify(bodyOf(request, row)) : Buffer.from(request.raw, "base64");
  }

  /** Estimated tokens of a row; 0 where no limit needs them. */
  tokens({ id }: PlannedRequest): number {
    return this.#tokens[id] ?? 0;
  }

  grow({ rows, requests, tokens = [] }: MorePlan): void {
    for (const row of rows) this.#rows.push(row);
    for (const [id, request] of Object.entries(requests)) this.#requests.set(id, request);
    for (const each of tokens) this.#tokens.push(each);
  }
}
