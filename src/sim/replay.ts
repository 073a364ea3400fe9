/** Serves a recording as an endpoint: the real answers of a real system, at their own pace, without it. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { errorMessage } from "../core/errors.js";
import { Draws } from "./draws.js";
import { sendError } from "./error-envelope.js";
import { Injector, injectionLabel } from "./inject.js";
import { loopbackServer } from "./loopback.js";
import { API_PATHS, type Miss, ReplayBook } from "./replay/book.js";
import { checkReplayOptions, type ReplayOptions } from "./replay/options.js";
import { play } from "./replay/player.js";
import { parseJsonBody, readBody } from "./request-body.js";
import { invalidRequest, RequestError, simulatedError } from "./request-error.js";
import { StallingSchedule, unlessStalled } from "./stall.js";
import { PacingWheel } from "./wheel.js";

export interface ReplayServer {
  /** The first of those that were recorded. */
  readonly basePath: string;
  /** For people: what is served. */
  readonly label: string;
  readonly cases: readonly string[];
  /** Resolves to the port; rejects when it is taken. */
  listen(): Promise<number>;
  /** Ends every connection. */
  close(): Promise<void>;
}

/** How many case names a hint lists. */
const CASES_NAMED = 20;
const PATHS_NAMED = 5;

/** A replayed endpoint in this process. @throws TwintailError when the options or the recording are wrong. */
export function createReplayServer(given: ReplayOptions): ReplayServer {
  const options = checkReplayOptions(given);
  const book = new ReplayBook(options);
  const schedule = new StallingSchedule(new PacingWheel(), options.inject ?? []);
  const server = loopbackServer(unlessStalled(schedule, requestHandler(options, book, schedule)), options.host);
  return {
    basePath: book.basePaths[0],
    label: labelOf(options, book),
    cases: book.cases,
    listen: () => server.listen(options.port ?? 0),
    close: () => server.close(),
  };
}

function labelOf({ endpoint = "candidate", speed = 1, inject = [] }: ReplayOptions, book: ReplayBook): string {
  const parts = [`replay of ${book.runId}, ${endpoint}: ${book.size} exchanges of ${book.cases.length} cases`];
  if (speed !== 1) parts.push(`at ${speed} times its speed`);
  for (const injection of inject) parts.push(`injected: ${injectionLabel(injection)}`);
  return parts.join("; ");
}

function requestHandler(options: ReplayOptions, book: ReplayBook, schedule: StallingSchedule) {
  const draws = new Draws(`replay/${options.seed ?? 1}`);
  const injector = new Injector(options.inject ?? [], schedule.now());

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = (request.url ?? "/").replace(/\?.*$/, "");
    const has = (under: string): boolean => book.basePaths.some((base) => path === `${base}${under}`);
    if (has("/models") && request.method === "GET") {
      const refused = injector.ofRead(schedule.now());
      if (refused !== null) throw refused;
      sendModels(response, book.models);
      return;
    }
    const api = API_PATHS.find(([under]) => has(under))?.[1];
    if (api === undefined || request.method !== "POST") {
      const under =
        book.basePaths.slice(0, PATHS_NAMED).join(", ") + (book.basePaths.length > PATHS_NAMED ? ", …" : "");
      throw invalidRequest(`Nothing recorded at ${request.method} ${path}; recorded under ${under}`, null, 404);
    }
    const raw = await readBody(request);
    await schedule.answering(); // a stall may have begun while the body came
    const arrivedMs = schedule.now();
    const { error, change, cut } = injector.of(arrivedMs, draws.of(raw));
    if (error !== null) throw error;
    const body = parseJsonBody(raw);
    const exact = book.take(api, body);
    const take = exact === "unknown" && options.fallback === "nearest" ? book.takeNearest(api, body) : exact;
    if (typeof take === "string") throw missing(take, book);
    response.setHeader("x-twintail-replay", encodeURIComponent(take.exchange.caseId));
    play(take.attempt, { response, schedule, arrivedMs, speed: options.speed ?? 1, change, cut });
  };

  return (request: IncomingMessage, response: ServerResponse): void => {
    response.on("error", () => {}); // a client that hung up is no news
    handle(request, response).catch((error: unknown) => {
      if (response.destroyed) return;
      if (!(error instanceof RequestError))
        process.stderr.write(`${request.method} ${request.url}: ${errorMessage(error)}\n`);
      sendError(response, error instanceof RequestError ? error : simulatedError(500));
    });
  };
}

function missing(miss: Miss, { cases }: ReplayBook): RequestError {
  const named = cases.slice(0, CASES_NAMED).join(", ") + (cases.length > CASES_NAMED ? ", …" : "");
  const message =
    miss === "unknown"
      ? `No recorded exchange has this prompt. Recorded cases: ${named}. --fallback nearest answers with one of them`
      : "Every recorded exchange of this request has been served. --loop begins again";
  const code = miss === "unknown" ? "not_recorded" : "recording_exhausted";
  return new RequestError(404, { message, type: "invalid_request_error", param: null, code });
}

function sendModels(response: ServerResponse, models: readonly string[]): void {
  const data = models.map((id) => ({ id, object: "model", created: 0, owned_by: "twintail-replay" }));
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ object: "list", data }));
}
