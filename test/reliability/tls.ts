/** Endpoints behind TLS, on loopback, and a proxy. */
import { readFileSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { createServer as createHttps, type Server } from "node:https";
import { type AddressInfo, createServer as createTcp, connect as dial, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { CHAT_BODY } from "../capture/harness.js";
import type { Place } from "./place.js";

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export const TRUSTED = file("../capture/certificates/certificate.pem");
export const EXPIRED = file("./certificates/expired.pem");
export const ELSEWHERE = file("./certificates/elsewhere.pem");
const KEY = readFileSync(file("../capture/certificates/key.pem"), "utf8");

interface Listening {
  readonly port: number;
}

interface Listener {
  on(event: "connection", listener: (socket: Socket) => void): unknown;
  listen(port: number, host: string, done: () => void): unknown;
  address(): unknown;
  close(): unknown;
}

/** Listens until the place is closed. */
export async function listening(place: Place, server: Listener): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  place.defer(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port };
}

/** Answers every request with a whole body. */
export async function secureServer(
  place: Place,
  certificate: string,
): Promise<{ readonly baseUrl: string; readonly port: number; readonly server: Server; requests(): number }> {
  let requests = 0;
  const server = createHttps({ key: KEY, cert: readFileSync(certificate, "utf8") }, (request, response) => {
    requests++;
    request.resume();
    request.on("end", () => response.writeHead(200, { "content-type": "application/json" }).end(CHAT_BODY));
  });
  server.on("tlsClientError", () => {});
  const { port } = await listening(place, server);
  return { baseUrl: `https://127.0.0.1:${port}/v1`, port, server, requests: () => requests };
}

export function useCertificate(server: Server, certificate: string): void {
  server.setSecureContext({ key: KEY, cert: readFileSync(certificate, "utf8") });
}

/** Takes connections and says nothing; past the first ones, where an upstream is given. */
export async function silentPort(place: Place, upstream?: { readonly port: number; readonly connections: number }) {
  let connections = 0;
  const server = createTcp((socket) => {
    connections++;
    if (upstream === undefined || connections > upstream.connections) return;
    const to = dial(upstream.port, "127.0.0.1");
    to.on("error", () => socket.destroy());
    socket.on("close", () => to.destroy());
    socket.pipe(to).pipe(socket);
  });
  return await listening(place, server);
}

/** A proxy that refuses every tunnel with this status. */
export async function refusingProxy(place: Place, status: number): Promise<Listening> {
  const proxy = createHttp();
  proxy.on("connect", (_request, client: Socket) => {
    client.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
  });
  return await listening(place, proxy);
}

/** Speaks http and no TLS, as a real server does: what it cannot read, it refuses. */
export async function plainServer(place: Place): Promise<Listening> {
  return await listening(
    place,
    createHttp((_request, response) => response.end("{}")),
  );
}
