/** An HTTP server that only this machine can reach. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { errorCode, errorMessage, TwintailError } from "../core/errors.js";

/** Clients keep connections between rounds; Node's 5 s would make stale sockets look like the endpoint's fault. */
const KEEP_ALIVE_MS = 75_000;

export interface LoopbackServer {
  /** Resolves to the port, 0 takes a free one; rejects when it is taken. */
  listen(port: number): Promise<number>;
  /** Ends every connection. */
  close(): Promise<void>;
}

/**
 * `host` has been checked to be a loopback address.
 * @param accepts whether a connection made now is kept; one that is not is reset
 */
export function loopbackServer(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  host = "127.0.0.1",
  accepts: () => boolean = () => true,
): LoopbackServer {
  const server = createServer({ noDelay: true, keepAliveTimeout: KEEP_ALIVE_MS }, handle);
  server.prependListener("connection", (socket) => {
    if (!accepts()) socket.resetAndDestroy();
  });
  return {
    listen: (port) =>
      new Promise((resolve, reject) => {
        const fail = (error: Error): void => reject(cannotListen(host, port, error));
        server.once("error", fail);
        server.listen(port, host, () => {
          server.off("error", fail);
          resolve((server.address() as AddressInfo).port);
        });
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function cannotListen(host: string, port: number, error: Error): TwintailError {
  const taken = errorCode(error) === "EADDRINUSE";
  return new TwintailError({
    cause: taken ? "the port is taken" : `cannot listen there: ${errorMessage(error)}`,
    place: `${host}:${port}`,
    remedy: taken ? "choose another port; 0 takes a free one" : "choose another address or port",
    error,
  });
}
