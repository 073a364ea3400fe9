/** Captures small plans with the built capture room: a worker thread cannot be started from TypeScript. */
import { createServer, type Socket } from "node:net";
import { capture as builtCapture } from "../../dist/capture/capture.js";
import { accessOf } from "../../src/capture/access.js";
import type { CaptureEnd, MorePlan } from "../../src/capture/messages.js";
import type { HttpProxy } from "../../src/config/proxies.js";
import type { CaptureSettings, EndpointSettings } from "../../src/config/settings.js";
import type { GoldenCase } from "../../src/golden/golden-set.js";
import { buildPlan } from "../../src/plan/build.js";
import type { Plan } from "../../src/plan/plan.js";
import type {
  BegunLine,
  DroppedLine,
  Exchange,
  MachineLine,
  PauseLine,
  StoppedLine,
} from "../../src/recording/recording.js";
import { QUICK } from "../config/capture-settings.js";
import { endpointSettings } from "../config/endpoint-settings.js";

export const CASE: GoldenCase = {
  id: "case",
  category: "chat",
  tags: [],
  detects: "",
  api: "chat",
  variants: ["stream"],
  repeat: 1,
  prefix: "shared",
  request: { messages: [{ role: "user", content: "hello" }] },
  expect: {},
};

export interface CaptureOptions {
  readonly baseUrl: string;
  readonly settings?: Partial<CaptureSettings>;
  readonly cases?: readonly GoldenCase[];
  readonly endpoint?: Partial<EndpointSettings>;
  /** Beyond what both endpoints have. */
  readonly candidate?: Partial<EndpointSettings>;
  /** In place of the one that is built from cases and settings. */
  readonly plan?: (built: Plan) => Plan;
  /** Estimated tokens of every row. */
  readonly tokens?: number;
  readonly apiKey?: string;
  readonly proxy?: HttpProxy;
  /** Ends it, whenever that is. */
  readonly stop?: AbortSignal;
  readonly onExchange?: (exchange: Exchange, stop: () => void, drain: (message: string) => void) => void;
  readonly onReleased?: (stop: () => void, drain: (message: string) => void) => void;
  /** What follows when all that was planned has ended. */
  readonly more?: () => MorePlan | null;
}

export interface Captured {
  readonly exchanges: Exchange[];
  readonly machine: MachineLine[];
  readonly pauses: PauseLine[];
  readonly stopped: StoppedLine[];
  readonly begun: BegunLine[];
  readonly dropped: DroppedLine[];
  readonly plan: Plan;
  readonly end: CaptureEnd;
  readonly reason: CaptureEnd["reason"];
  readonly originNs: bigint;
}

/** Both endpoints are the same server. Exchanges come by id. */
export async function captureFrom(options: CaptureOptions): Promise<Captured> {
  const settings = { ...QUICK, ...options.settings };
  const endpoint = (role: "baseline" | "candidate"): EndpointSettings =>
    endpointSettings(role, {
      baseUrl: options.baseUrl,
      ...options.endpoint,
      ...(role === "candidate" ? options.candidate : {}),
    });
  const endpoints = { baseline: endpoint("baseline"), candidate: endpoint("candidate") };
  const set = { name: "t", cases: options.cases ?? [CASE] };
  const built = buildPlan({ set, endpoints, capture: settings, seed: 1, userAgent: "test" });
  const plan = options.plan?.(built) ?? built;
  const access = (role: "baseline" | "candidate") => accessOf(endpoints[role], options.apiKey, options.proxy ?? null);
  const exchanges: Exchange[] = [];
  const machine: MachineLine[] = [];
  const pauses: PauseLine[] = [];
  const stopped: StoppedLine[] = [];
  const begun: BegunLine[] = [];
  const dropped: DroppedLine[] = [];
  const stop = new AbortController();
  const drain = new AbortController();
  const originNs = process.hrtime.bigint();
  const end = await builtCapture(
    {
      plan,
      runId: "run",
      endpoints: { baseline: access("baseline"), candidate: access("candidate") },
      settings,
      originNs,
      ...(options.more === undefined ? {} : { goesOn: true }),
      ...(options.tokens === undefined ? {} : { tokens: plan.rows.map(() => options.tokens as number) }),
    },
    0,
    {
      onReleased: () =>
        options.onReleased?.(
          () => stop.abort(),
          (message) => drain.abort(message),
        ),
      onExchange: (exchange) => {
        exchanges.push(exchange as Exchange);
        options.onExchange?.(
          exchange as Exchange,
          () => stop.abort(),
          (message) => drain.abort(message),
        );
      },
      onMachine: (line) => machine.push(line),
      onPause: (line) => pauses.push(line),
      onStopped: (line) => stopped.push(line),
      onBegun: (line) => begun.push(line),
      onDropped: (line) => dropped.push(line),
      onIdle: async () => options.more?.() ?? null,
    },
    {
      stop: AbortSignal.any([stop.signal, ...(options.stop === undefined ? [] : [options.stop])]),
      drain: drain.signal,
    },
  );
  exchanges.sort((a, b) => a.id - b.id);
  return { exchanges, machine, pauses, stopped, begun, dropped, plan, end, reason: end.reason, originNs };
}

export interface RawServer {
  readonly baseUrl: string;
  /** Every request head and body that came, in order. */
  readonly requests: string[];
  close(): Promise<void>;
}

/** A server of raw bytes. `answer` is called for each whole request (head, and body by content-length). */
export async function rawServer(answer: (socket: Socket, request: string, count: number) => void): Promise<RawServer> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    let pending = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      for (;;) {
        const headEnd = pending.indexOf("\r\n\r\n");
        if (headEnd < 0) return;
        const length = Number(/content-length: (\d+)/i.exec(pending.subarray(0, headEnd).toString())?.[1] ?? 0);
        const end = headEnd + 4 + length;
        if (pending.length < end) return;
        const request = pending.subarray(0, end).toString();
        pending = pending.subarray(end);
        requests.push(request);
        answer(socket, request, requests.length);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** A whole answer with a length, on a connection that stays open. */
export function plainAnswer(body: string, status = "200 OK", headers = ""): string {
  return `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

export const SSE_HEAD = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

export const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
export const LAST_CHUNK = "0\r\n\r\n";

export const CHAT_BODY = JSON.stringify({
  id: "c",
  model: "m",
  choices: [{ index: 0, message: { role: "assistant", content: "hi" }, finish_reason: "stop" }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
});
