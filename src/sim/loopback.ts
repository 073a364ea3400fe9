/** An HTTP server that only this machine can reach. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

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
        server.once("error", reject);
        server.listen(port, host, () => {
          server.off("error", reject);
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
