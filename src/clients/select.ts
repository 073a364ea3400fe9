/** Which recorded exchanges are replayed, and what each of them is to a client. */
import { AnomalyLog } from "../decode/anomaly-log.js";
import { type Opened, openReads } from "../decode/compression.js";
import type { Api, GoldenCase } from "../golden/golden-set.js";
import { decodeBytes } from "../recording/reads.js";
import type { Attempt, Exchange, HeaderLine } from "../recording/recording.js";
import type { ServedAnswer } from "./messages.js";
import { standInRequest } from "./stand-in.js";

export interface Selection {
  readonly endpoints: readonly Exchange["endpoint"][];
  /** Every round and arm; otherwise one exchange a case, variant and endpoint. */
  readonly all: boolean;
}

/** An exchange with the attempt whose answer is replayed: the last, since the library's own retries are off. */
export interface Candidate {
  readonly exchange: Exchange;
  readonly attempt: Attempt;
  readonly api: Api;
  readonly request: Readonly<Record<string, unknown>>;
  /** Why it cannot be replayed; null when it can. */
  readonly unfit: string | null;
}

/** Collects exchanges as a recording is read: of each case the earliest that can be replayed, so that memory stays bounded. */
export class ExchangeSelector {
  readonly #selection: Selection;
  readonly #chosen = new Map<string, Candidate>();
  #cases: ReadonlyMap<string, GoldenCase> | null = null;

  constructor(selection: Selection) {
    this.#selection = selection;
  }

  add(exchange: Exchange, header: HeaderLine): void {
    this.#cases ??= new Map(header.goldenSet.cases.map((golden) => [golden.id, golden]));
    const { all, endpoints } = this.#selection;
    if (exchange.phase !== "warm" || !endpoints.includes(exchange.endpoint)) return;
    if (!all && exchange.arm !== exchange.endpoint) return;
    const golden = this.#cases.get(exchange.caseId);
    const attempt = exchange.attempts.at(-1);
    if (golden === undefined || attempt === undefined) return;
    const template = header.requests[exchange.requestId];
    const candidate: Candidate = {
      exchange,
      attempt,
      api: golden.api,
      request:
        header.store === undefined
          ? (template?.body ?? {})
          : standInRequest(template?.body ?? {}, attempt, golden.api, exchange.variant),
      unfit: template?.raw === undefined ? unfitness(exchange, attempt) : "the request is no JSON",
    };
    const key = all ? String(exchange.id) : `${exchange.endpoint} ${exchange.variant} ${exchange.caseId}`;
    const chosen = this.#chosen.get(key);
    if (chosen === undefined || precedes(candidate, chosen)) this.#chosen.set(key, candidate);
  }

  /** In the order of their ids, whatever order the lines were in. */
  chosen(): readonly Candidate[] {
    return [...this.#chosen.values()].sort((a, b) => a.exchange.id - b.exchange.id);
  }
}

function precedes(a: Candidate, b: Candidate): boolean {
  if ((a.unfit === null) !== (b.unfit === null)) return a.unfit === null;
  return a.exchange.id < b.exchange.id;
}

function unfitness({ attempts }: Exchange, attempt: Attempt): string | null {
  const { outcome, status } = attempt;
  if (outcome.kind === "cancelled") return "it was cancelled on purpose";
  if (outcome.kind === "truncated") return `only its first ${outcome.limitBytes} bytes were recorded`;
  if (status === undefined) {
    const said = outcome.kind === "timeout" ? `${outcome.phase} timed out` : outcome.kind;
    return `no answer was recorded (${said}, ${attempts.length} ${attempts.length === 1 ? "attempt" : "attempts"})`;
  }
  if (status < 200 || status > 599) return `no fetch can represent status ${status}`;
  const { problem } = opened(attempt);
  if (problem !== null) return problem;
  return attempt.cutBytes === undefined || attempt.cutBytes === 0 ? null : "only the start of its body was recorded";
}

/** The body as a client's fetch hands it on: decompressed, cut where its reads were. */
function opened(attempt: Attempt): Opened {
  const reads = attempt.reads.map(([, bytes]) => decodeBytes(bytes));
  return openReads(attempt, reads, new AnomalyLog());
}

/** The answer with its read boundaries, and with its broken end where it has one. */
export function servedAnswer(attempt: Attempt): ServedAnswer {
  const { status = 200, outcome } = attempt;
  const headers = (attempt.headers ?? []).filter(([name]) => name !== "content-encoding");
  const answer = { status, headers, reads: opened(attempt).pieces };
  switch (outcome.kind) {
    case "network":
    case "staleConnection": {
      const cause = { message: outcome.message.slice(0, 300), code: outcome.code };
      // The word that the fetch of Node.js has for it.
      return { ...answer, broken: { message: "terminated", cause } };
    }
    case "timeout": {
      const message = `the connection stayed open, and the recording ends after ${outcome.afterMs} ms`;
      return { ...answer, broken: { message, cause: { message, code: "ETIMEDOUT" } } };
    }
    default:
      return { ...answer, broken: null };
  }
}
