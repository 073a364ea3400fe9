/**
 * The simulated endpoint's HTTP side: routes, bodies, and the faults that need no answer. Listens on loopback
 * only. It does not know who measures it.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { errorMessage } from "../core/errors.js";
import type { GoldenSet } from "../golden/golden-set.js";
import { Answerer, type Answering } from "./answerer.js";
import type { Route } from "./dialect.js";
import { Draws } from "./draws.js";
import { rateLimitHeaders, retryAfterHeaders, sendError } from "./error-envelope.js";
import { FAULT_HEADER, FaultChooser } from "./faults.js";
import { Gatekeeper } from "./gatekeeper.js";
import { loopbackServer } from "./loopback.js";
import { imageAnswer, type MediaAnswer, rivaSpeechAnswer, speechAnswer, transcriptionAnswer } from "./media.js";
import { checkSimOptions, type SimOptions } from "./options.js";
import { redirectHandler } from "./redirect.js";
import { MAX_BODY_BYTES, parseJsonBody, readBody } from "./request-body.js";
import { invalidRequest, RequestError, simulatedError } from "./request-error.js";
import { openSendLog, type SendLog } from "./send-log.js";
import { unlessStalled } from "./stall.js";
import { type System, systemOf } from "./system.js";

type Body = Readonly<Record<string, unknown>>;

const HTML_PAGE =
  "<!DOCTYPE html>\n<html><head><title>Simulated page</title></head><body><h1>Simulated</h1></body></html>\n";

/** Paths under the dialect's base path; Riva's stands at the root. */
const PATHS: ReadonlyMap<string, PostRoute> = new Map<string, PostRoute>([
  ["/chat/completions", "chat"],
  ["/completions", "completions"],
  ["/embeddings", "embeddings"],
  ["/responses", "responses"],
  ["/images/generations", "images"],
  ["/audio/transcriptions", "transcriptions"],
  ["/audio/speech", "speech"],
]);
const RIVA_PATH = "/api/v1/tts/text_to_audio";

type PostRoute = Exclude<Route, "models">;
type JsonRoute = Exclude<PostRoute, "transcriptions">;

const ANSWERS: Readonly<Record<JsonRoute, (answerer: Answerer, answering: Answering, body: Body) => void>> = {
  chat: (answerer, answering, body) => answerer.chat(answering, body),
  completions: (answerer, answering, body) => answerer.completion(answering, body),
  responses: (answerer, answering, body) => answerer.responses(answering, body),
  embeddings: (answerer, answering, body) => answerer.embeddings(answering, body),
  images: (_, { response }, body) => sendMedia(response, imageAnswer(body)),
  speech: (_, { response }, body) => sendMedia(response, speechAnswer(body)),
  "riva-tts": (_, { response }, body) => sendMedia(response, rivaSpeechAnswer(body)),
};

export interface SimServer {
  /** Where the API begins, `/v1` for most dialects. */
  readonly basePath: string;
  /** Resolves to the port; rejects when it is taken. */
  listen(): Promise<number>;
  /** The port that redirects; undefined without one, and before `listen`. */
  readonly redirectPort: number | undefined;
  /** Ends every connection and closes the log. */
  close(): Promise<void>;
}

/** A simulated endpoint in this process. @throws TwintailError when the options are wrong. */
export function createSimServer(given: SimOptions, goldenSet?: GoldenSet, environment = process.env): SimServer {
  const system = systemOf(checkSimOptions(given));
  const { options, dialect } = system;
  const log = openSendLog(options.logFile);
  const answerer = new Answerer(system, goldenSet);
  const { schedule } = answerer;
  const server = loopbackServer(
    unlessStalled(schedule, requestHandler(system, answerer, log, environment)),
    options.host,
    () => answerer.accepts(),
  );
  let port = 0;
  const redirecting =
    options.redirect === undefined
      ? undefined
      : loopbackServer(
          unlessStalled(
            schedule,
            redirectHandler(options.redirect, () => port),
          ),
          options.host,
        );
  let redirectPort: number | undefined;
  return {
    basePath: dialect.basePath,
    get redirectPort() {
      return redirectPort;
    },
    listen: async () => {
      port = await server.listen(options.port ?? 0);
      redirectPort = await redirecting?.listen(0);
      return port;
    },
    close: async () => {
      await Promise.all([server.close(), redirecting?.close()]);
      log.close();
    },
  };
}

function requestHandler(
  system: System,
  answerer: Answerer,
  log: SendLog,
  environment: Readonly<Record<string, string | undefined>>,
) {
  const { options, dialect, models } = system;
  const seed = `${options.seed ?? 1}/${options.tier}`;
  const faults = new FaultChooser(options.faults ?? [], seed);
  const draws = new Draws(seed);
  const gate = new Gatekeeper(options, environment, answerer.schedule.now());
  let requests = 0;

  const answer = (route: PostRoute, answering: Answering, raw: Buffer, contentType: string | undefined): void => {
    if (route === "transcriptions") {
      sendMedia(answering.response, transcriptionAnswer(raw, contentType));
      return;
    }
    const body = parseJsonBody(raw);
    if (route !== "riva-tts") requireModel(body, route, models, dialect.requests.knownModelsOnly);
    ANSWERS[route](answerer, answering, body);
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const ordinal = ++requests;
    const requestId = headerText(request, "x-request-id") ?? `sim-${ordinal}`;
    response.setHeader("x-twintail-simulated", options.tier);
    response.setHeader("x-request-id", requestId);
    for (const [name, value] of Object.entries(dialect.transport.headers)) response.setHeader(name, value);
    gate.checkKey(request.headers, answerer.schedule.now());
    const path = (request.url ?? "/").replace(/\?.*$/, "");
    const under = path.startsWith(dialect.basePath) ? path.slice(dialect.basePath.length) : "";
    if (dialect.routes.includes("models") && (under === "/models" || under.startsWith("/models/"))) {
      requireMethod(request, "GET");
      sendJson(response, modelsBody(models, under.slice("/models/".length)));
      return;
    }
    const route = path === RIVA_PATH ? "riva-tts" : PATHS.get(under);
    if (route === undefined || !dialect.routes.includes(route)) {
      const hint = doubledHint(path, dialect.basePath);
      throw invalidRequest(`Unknown request URL: ${request.method} ${path}${hint}`, null, 404);
    }
    requireMethod(request, "POST");

    const raw = await readBody(request, options.maxBodyBytes ?? MAX_BODY_BYTES);
    await answerer.schedule.answering(); // a stall may have begun while the body came
    const arrivedMs = answerer.schedule.now();
    const draw = draws.of(raw);
    const fault = faults.choose(headerText(request, FAULT_HEADER), raw, draw);
    if (fault.hang === true) return;
    if (fault.status !== undefined) throw simulatedError(fault.status, fault.retryAfterS);
    for (const [name, value] of Object.entries(rateLimitHeaders(dialect.transport.rateLimits)))
      response.setHeader(name, value);
    const injected = gate.admit(arrivedMs, draw);
    if (dialect.transport.retryAfterOnSuccess) {
      for (const [name, value] of Object.entries(retryAfterHeaders(1, dialect.transport.retryAfter)))
        response.setHeader(name, value);
    }
    const requestLog = log.open(requestId);
    response.on("close", () => requestLog.flush());
    const answering: Answering = { response, fault, injected, draw, log: requestLog, ordinal, arrivedMs };
    if (fault.html !== undefined) {
      answerer.writer(answering).body(HTML_PAGE, "text/html; charset=utf-8", fault.html, arrivedMs);
      return;
    }
    answer(route, answering, raw, headerText(request, "content-type"));
  };

  return (request: IncomingMessage, response: ServerResponse): void => {
    response.on("error", () => {}); // a client that hung up is no news
    handle(request, response).catch((error: unknown) => {
      if (response.destroyed) return;
      if (error instanceof RequestError) sendError(response, error, dialect);
      else {
        process.stderr.write(`${request.method} ${request.url}: ${errorMessage(error)}\n`);
        sendError(response, simulatedError(500), dialect);
      }
    });
  };
}

/** A router under a path of its own names the one that it would have known. */
function doubledHint(path: string, basePath: string): string {
  const known = [...PATHS.keys()].find((one) => path.endsWith(one));
  return basePath === "/v1/v1" && known !== undefined ? `; upstream path ${basePath}${known}` : "";
}

function requireModel(body: Body, route: Route, models: readonly string[], knownOnly: boolean): void {
  const { model } = body;
  if (typeof model !== "string") {
    if (model === undefined && route === "images") return;
    throw invalidRequest("you must provide a 'model'", "model");
  }
  if (knownOnly && !models.includes(model)) throw unknownModel(model);
}

function unknownModel(id: string): RequestError {
  const message = `The model '${id.slice(0, 200)}' does not exist`;
  return new RequestError(404, { message, type: "invalid_request_error", param: "model", code: "model_not_found" });
}

function headerText(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" ? value : value?.[0];
}

function requireMethod(request: IncomingMessage, method: "GET" | "POST"): void {
  if (request.method === method) return;
  throw invalidRequest(`Not allowed to ${request.method} on ${request.url} (HINT: use ${method})`, null, 405);
}

/** The list, or one model of it when its id is given. The list never wakes a cold endpoint. */
function modelsBody(models: readonly string[], id: string): unknown {
  const model = (one: string) => ({ id: one, object: "model", created: 0, owned_by: "twintail-sim" });
  if (id === "") return { object: "list", data: models.map(model) };
  const found = models.find((one) => one === id || encodeURIComponent(one) === id);
  if (found !== undefined) return model(found);
  throw unknownModel(id);
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

function sendMedia(response: ServerResponse, { contentType, bytes }: MediaAnswer): void {
  response.writeHead(200, { "content-type": contentType, "content-length": Buffer.byteLength(bytes) });
  response.end(bytes);
}
