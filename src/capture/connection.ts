/** Connections with their phases stamped: DNS, TCP, TLS, and whether a request found one open. */
import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { buildConnector, Client } from "undici";
import type { Clock } from "./clock.js";

/** What one connection went through. Mutable while it is being made. */
export interface ConnectionStamps {
  dnsEndAtNs?: number;
  tcpEndAtNs?: number;
  tlsEndAtNs?: number;
  remoteAddress?: string;
  /** A request has used it: the next one finds it open. */
  used: boolean;
}

const stampsOfSocket = new WeakMap<object, ConnectionStamps>();

export interface TimedClient {
  readonly client: Client;
  /** Stamps of the connection made or being made last. */
  latest(): ConnectionStamps | null;
  /** Ends the client and its socket, also one that is still connecting: undici would wait for that one. */
  abandon(): void;
}

/** One client, one connection, nothing pipelined; every deadline of undici's own is off. */
export function timedClient(origin: string, now: Clock): TimedClient {
  // undici's types call the connector void, but it returns the socket, and the phases are events of the socket.
  const connect = buildConnector({ timeout: 0 }) as unknown as (
    options: buildConnector.Options,
    callback: buildConnector.Callback,
  ) => Socket;
  let latest: ConnectionStamps | null = null;
  let latestSocket: Socket | null = null;
  const client = new Client(origin, {
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 60_000,
    maxHeaderSize: 64 * 1024,
    connect: (options, callback) => {
      const stamps: ConnectionStamps = { used: false };
      latest = stamps;
      const socket = connect(options, callback);
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
      socket.prependOnceListener("secureConnect", () => {
        stamps.tlsEndAtNs = now();
      });
    },
  });
  return {
    client,
    latest: () => latest,
    abandon() {
      client.destroy().catch(() => {});
      latestSocket?.destroy();
    },
  };
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
