/** Connections with their phases stamped: DNS, TCP, TLS, and whether a request found one open. */
import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { createSecureContext, rootCertificates, type SecureContext } from "node:tls";
import { buildConnector, Client } from "undici";
import type { HttpProxy } from "../config/proxies.js";
import type { Clock } from "./clock.js";
import { watchResets } from "./http2-resets.js";

/** What one connection went through. Mutable while it is being made. */
export interface ConnectionStamps {
  dnsEndAtNs?: number;
  tcpEndAtNs?: number;
  tlsEndAtNs?: number;
  /** Of the proxy, where there is one. */
  remoteAddress?: string;
  /** A request has used it: the next one finds it open. */
  used: boolean;
  /** HTTP/2: the code of the reset that ended the stream in flight; cleared by who reads it. */
  resetCode?: number;
}

/** Where a connection leads, and through what. */
export interface Route {
  /** Scheme, host and port of the endpoint. */
  readonly origin: string;
  readonly proxy?: HttpProxy;
  /** PEM certificates to trust beside the usual ones. */
  readonly ca?: string;
  /** Offer HTTP/2; the server chooses. */
  readonly http2?: boolean;
}

const stampsOfSocket = new WeakMap<object, ConnectionStamps>();

export interface TimedClient {
  readonly client: Client;
  /** The path as it is sent: absolute when a proxy forwards plain http. */
  path(path: string): string;
  /** Headers that the route needs; never recorded. */
  readonly headers: Readonly<Record<string, string>>;
  /** Stamps of the connection made or being made last. */
  latest(): ConnectionStamps | null;
  /** Ends the client and its socket, also one that is still connecting: undici would wait for that one. */
  abandon(): void;
}

// undici's types call the connector void, but it returns the socket, and the phases are events of the socket.
type Connect = (options: buildConnector.Options, callback: buildConnector.Callback) => Socket;

/** NAT tables and load balancers forget a silent connection after a minute or more; an endpoint may wake for ten. */
const KEEP_ALIVE_MS = 30_000;

function connector(options: buildConnector.BuildOptions): Connect {
  const alive = { keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS };
  return buildConnector({ timeout: 0, ...alive, ...options }) as unknown as Connect;
}

const contexts = new Map<string, SecureContext>();

/** Made once: parsing all root certificates for each connection would hold the thread for tens of ms. */
function trusting(ca: string): SecureContext {
  const known = contexts.get(ca);
  if (known !== undefined) return known;
  const context = createSecureContext({ ca: [...rootCertificates, ca] });
  contexts.set(ca, context);
  return context;
}

/** Does beforehand what would hold up the first connection. */
export function prepareRoute({ ca }: Route): void {
  if (ca !== undefined) trusting(ca);
}

/** One client, one connection, nothing pipelined; every deadline of undici's own is off. */
export function timedClient(route: Route, now: Clock): TimedClient {
  const { origin, proxy } = route;
  if (route.http2 === true) {
    watchResets((socket, code) => {
      const stamps = stampsOfSocket.get(socket);
      if (stamps !== undefined) stamps.resetCode = code;
    });
  }
  const tunnelled = proxy !== undefined && origin.startsWith("https:");
  const forwarded = proxy !== undefined && !tunnelled;
  const connect = connector({
    ...(route.ca === undefined ? {} : { secureContext: trusting(route.ca) }),
    allowH2: route.http2 === true,
  });
  let latest: ConnectionStamps | null = null;
  let latestSocket: Socket | null = null;
  const watch = (socket: Socket, stamps: ConnectionStamps): Socket => {
    latestSocket = socket;
    stampsOfSocket.set(socket, stamps);
    // Prepended: undici's own listener sends the request before a later one would run.
    // A literal address is not looked up: Node emits no such event for it.
    socket.prependOnceListener("lookup", () => {
      stamps.dnsEndAtNs = now();
    });
    socket.prependOnceListener("connect", () => {
      stamps.tcpEndAtNs = now();
      if (socket.remoteAddress !== undefined) stamps.remoteAddress = `${socket.remoteAddress}:${socket.remotePort}`;
    });
    return socket;
  };
  const secure = (socket: Socket, stamps: ConnectionStamps): Socket => {
    socket.prependOnceListener("secureConnect", () => {
      stamps.tlsEndAtNs = now();
    });
    return socket;
  };
  const direct: Connect = (options, callback) => {
    const stamps = begin();
    return secure(watch(connect(options, callback), stamps), stamps);
  };
  const begin = (): ConnectionStamps => {
    latest = { used: false };
    return latest;
  };
  const tunnel = (options: buildConnector.Options, callback: buildConnector.Callback): void => {
    const stamps = begin();
    const toProxy = connector({});
    const opening = openTunnel(proxy as HttpProxy, new URL(origin), (proxyOptions, done) =>
      watch(toProxy(proxyOptions, done), stamps),
    );
    opening.then(
      (socket) => {
        const secured = secure(connect({ ...options, httpSocket: socket }, callback), stamps);
        stampsOfSocket.set(secured, stamps);
        latestSocket = secured;
      },
      (error: Error) => callback(error, null),
    );
  };
  const client = new Client(forwarded ? proxy.origin : origin, {
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 60_000,
    maxHeaderSize: 64 * 1024,
    allowH2: route.http2 === true,
    connect: tunnelled ? tunnel : direct,
  });
  return {
    client,
    path: (path) => (forwarded ? `${origin}${path}` : path),
    headers: forwarded ? { host: new URL(origin).host, ...proxyAuthorization(proxy) } : {},
    latest: () => latest,
    abandon() {
      client.destroy().catch(() => {});
      latestSocket?.destroy();
    },
  };
}

/** Asks the proxy for a connection to the endpoint. The socket that comes is plain: TLS follows on it. */
async function openTunnel(proxy: HttpProxy, target: URL, connect: Connect): Promise<Socket> {
  // Not within the dispatch of the request itself: the CONNECT would be taken for it.
  await Promise.resolve();
  const client = new Client(proxy.origin, { connect, headersTimeout: 0, bodyTimeout: 0 });
  const authority = `${target.hostname}:${target.port || 443}`;
  const { statusCode, socket } = await client.connect({
    path: authority,
    headers: { host: authority, ...proxyAuthorization(proxy) },
  });
  if (statusCode === 200) return socket as Socket;
  socket.on("error", () => {}).destroy();
  await client.close().catch(() => {});
  throw Object.assign(new Error(`the proxy ${proxy.origin} answered ${statusCode} to CONNECT ${authority}`), {
    code: "PROXY_REFUSED",
  });
}

function proxyAuthorization({ authorization }: HttpProxy): Record<string, string> {
  return authorization === undefined ? {} : { "proxy-authorization": authorization };
}

export interface SendEvent {
  readonly connection: ConnectionStamps | undefined;
}

type OnSend = (event: SendEvent) => void;

const sendListeners = new WeakMap<object, OnSend>();
let dispatching: OnSend | null = null;

interface SendHeadersMessage {
  readonly request: object;
  readonly socket: object;
}

subscribe("undici:request:create", (message) => {
  if (dispatching !== null) sendListeners.set((message as SendHeadersMessage).request, dispatching);
});

subscribe("undici:client:sendHeaders", (message) => {
  const { request, socket } = message as SendHeadersMessage;
  sendListeners.get(request)?.({ connection: stampsOfSocket.get(socket) });
});

/** Runs `dispatch`, which hands one request to undici, and calls `onSend` when that request is written to its socket. */
export function dispatchWatched(dispatch: () => void, onSend: OnSend): void {
  dispatching = onSend;
  try {
    dispatch();
  } finally {
    dispatching = null;
  }
}
