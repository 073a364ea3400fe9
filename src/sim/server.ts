/**
 * The simulated endpoint's HTTP side: routes, bodies, and the faults that need no answer. Listens on loopback
 * only. It does not know who measures it.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { errorMessage } from "../core/errors.js";
import type { GoldenSet } from "../golden/golden-set.js";
import { Answerer, type Answering } from "./answerer.js";
import { FAULT_HEADER, FaultChooser } from "./faults.js";
import { checkSimOptions, type SimOptions } from "./options.js";
import { parseJsonBody, readBody } from "./request-body.js";
import { invalidRequest, RequestError, sendError, simulatedError } from "./request-error.js";
import { openSendLog, type SendLog } from "./send-log.js";

type Body = Readonly<Record<string, unknown>>;

/** Clients keep connections between rounds; Node's 5 s would make stale sockets look like the endpoint's fault. */
const KEEP_ALIVE_MS = 75_000;

const HTML_PAGE =
  "<!DOCTYPE html>\n<html><head><title>Simulated page</title></head><body><h1>Simulated</h1></body></html>\n";

const ANSWERS: Readonly<Record<string, (answerer: Answerer, answering: Answering, body: Body) => void>> = {
  "/v1/chat/completions": (answerer, answering, body) => answerer.chat(answering, body),
  "/v1/completions": (answerer, answering, body) => answerer.completion(answering, body),
  "/v1/embeddings": (answerer, answering, body) => answerer.embeddings(answering, body),
};

export interface SimServer {
  /** Resolves to the port; rejects when it is taken. */
  listen(): Promise<number>;
  /** Ends every connection and closes the log. */
  close(): Promise<void>;
}

/** A simulated endpoint in this process. @throws TwintailError when the options are wrong. */
export function createSimServer(given: SimOptions, goldenSet?: GoldenSet): SimServer {
  const options = checkSimOptions(given);
  const log = openSendLog(options.logFile);
  const handle = requestHandler(options, new Answerer(options, goldenSet), log);
  const server = createServer({ noDelay: true, keepAliveTimeout: KEEP_ALIVE_MS }, handle);
  return {
    listen: () =>
      new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(options.port ?? 0, options.host ?? "127.0.0.1", () => {
          server.off("error", reject);
          resolve((server.address() as AddressInfo).port);
        });
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          log.close();
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function requestHandler(options: SimOptions, answerer: Answerer, log: SendLog) {
  const faults = new FaultChooser(options.faults ?? [], `${options.seed ?? 1}/${options.tier}`);
  const models = options.models ?? [`sim-${options.tier}`];
  let requests = 0;

  const route = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const ordinal = ++requests;
    const requestId = headerText(request, "x-request-id") ?? `sim-${ordinal}`;
    response.setHeader("x-twintail-simulated", options.tier);
    response.setHeader("x-request-id", requestId);
    const path = (request.url ?? "/").replace(/\?.*$/, "");
    if (path === "/v1/models" || path.startsWith("/v1/models/")) {
      requireMethod(request, "GET");
      sendJson(response, modelsBody(models, path.slice("/v1/models/".length)));
      return;
    }
    const answer = ANSWERS[path];
    if (answer === undefined) throw invalidRequest(`Unknown request URL: ${request.method} ${path}`, null, 404);
    requireMethod(request, "POST");

    const raw = await readBody(request);
    const arrivedMs = answerer.schedule.now();
    const fault = faults.choose(headerText(request, FAULT_HEADER), raw);
    if (fault.hang === true) return;
    if (fault.status !== undefined) throw simulatedError(fault.status, fault.retryAfterS);
    const requestLog = log.open(requestId);
    response.on("close", () => requestLog.flush());
    const answering: Answering = { response, fault, log: requestLog, ordinal, arrivedMs };
    if (fault.html !== undefined) {
      answerer.writer(answering).body(HTML_PAGE, "text/html; charset=utf-8", fault.html, arrivedMs);
      return;
    }
    const body = parseJsonBody(raw);
    if (typeof body.model !== "string") throw invalidRequest("you must provide a 'model'", "model");
    answer(answerer, answering, body);
  };

  return (request: IncomingMessage, response: ServerResponse): void => {
    response.on("error", () => {}); // a client that hung up is no news
    route(request, response).catch((error: unknown) => {
      if (response.destroyed) return;
      if (error instanceof RequestError) sendError(response, error);
      else {
        process.stderr.write(`${request.method} ${request.url}: ${errorMessage(error)}\n`);
        sendError(response, simulatedError(500));
      }
    });
  };
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
  throw invalidRequest(`The model '${id}' does not exist`, "model", 404);
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}
