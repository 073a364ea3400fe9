/** Endpoints of raw bytes on loopback: one that answers well, and pieces of those that do not. */
import type { Socket } from "node:net";
import { CHAT_BODY, chunk, LAST_CHUNK, plainAnswer, SSE_HEAD } from "../capture/harness.js";

export type Answer = (socket: Socket, request: string, count: number) => void;

export const delta = (text: string, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", model: "m", choices: [{ index: 0, delta: text === "" ? {} : { content: text }, finish_reason: finish }] })}\n\n`;

export const DONE = "data: [DONE]\n\n";

/** The events of a whole stream. */
export const EVENTS: readonly string[] = [delta("Oslo"), delta(" it is."), delta("", "stop"), DONE];

export const isStream = (request: string): boolean => request.includes('"stream":true');

/** A whole answer: a stream or a body, as was asked for. */
export const well: Answer = (socket, request) => {
  socket.write(isStream(request) ? `${SSE_HEAD}${EVENTS.map(chunk).join("")}${LAST_CHUNK}` : plainAnswer(CHAT_BODY));
};

/** Answers the first requests well, and the others as given. */
export const after =
  (requests: number, then: Answer): Answer =>
  (socket, request, count) =>
    (count <= requests ? well : then)(socket, request, count);

export const status =
  (line: string, headers = "", body = '{"error":{"message":"no"}}'): Answer =>
  (socket) => {
    socket.write(plainAnswer(body, line, headers));
  };

/** A body with its length, under a content type. */
export const body =
  (bytes: string | Buffer, headers = "content-type: application/json\r\n"): Answer =>
  (socket) => {
    const content = Buffer.from(bytes as string);
    socket.write(`HTTP/1.1 200 OK\r\n${headers}content-length: ${content.length}\r\n\r\n`);
    socket.write(content);
  };

/** One chunked stream of server-sent events, complete. */
export const stream =
  (...events: readonly string[]): Answer =>
  (socket) => {
    socket.write(SSE_HEAD);
    for (const event of events) socket.write(chunk(event));
    socket.write(LAST_CHUNK);
  };

/** Writes one piece after the other, as often as the time says, until the socket closes. */
export function drip(socket: Socket, everyMs: number, piece: (index: number) => string | null): void {
  let index = 0;
  const timer = setInterval(() => {
    const text = piece(index++);
    if (text === null) clearInterval(timer);
    else socket.write(text);
  }, everyMs);
  socket.on("close", () => clearInterval(timer));
}
