/** Servers of raw bytes that answer every request of a probe, each with one thing of its own. */
import type { Socket } from "node:net";
import { chunk, LAST_CHUNK, plainAnswer, type RawServer, rawServer, SSE_HEAD } from "../capture/harness.js";

export interface ProbeRequestSeen {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | null;
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** Takes the request and returns true, or leaves it to the plain server. */
export type OwnAnswer = (socket: Socket, request: ProbeRequestSeen) => boolean;

/** Speaks chat, streamed or not, and knows nothing else: whatever is asked, it says the same. */
export function plainServer(own: OwnAnswer = () => false): Promise<RawServer> {
  return rawServer((socket, raw) => {
    const request = seen(raw);
    if (!own(socket, request)) answerPlainly(socket, request);
  });
}

const CHOICE = { index: 0, message: { role: "assistant", content: "ready" }, finish_reason: "stop" };

export function answerPlainly(socket: Socket, { body, method }: ProbeRequestSeen): void {
  if (body.stream === true) {
    socket.write(SSE_HEAD + chunk(sse("ready")) + chunk(sse("", "stop")) + chunk("data: [DONE]\n\n") + LAST_CHUNK);
    return;
  }
  const answer =
    method === "GET" ? { object: "list", data: [{ id: "m" }] } : { id: "c", model: "m", choices: [CHOICE] };
  socket.write(plainAnswer(JSON.stringify(answer)));
}

export function sse(content: string, finish: string | null = null): string {
  return `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: finish }] })}\n\n`;
}

function seen(raw: string): ProbeRequestSeen {
  const [head = "", ...rest] = raw.split("\r\n\r\n");
  const text = rest.join("\r\n\r\n");
  const [method = "", path = ""] = head.split(" ");
  let body: Record<string, unknown> = {};
  try {
    body = JSON.parse(text) as Record<string, unknown>;
  } catch {
    // a form, or nothing
  }
  return { method, path, authorization: /^authorization: (.*)$/im.exec(head)?.[1] ?? null, body, text };
}

export const isStory = ({ text }: ProbeRequestSeen): boolean => text.includes("lighthouse");

const TOKEN_MS = 20;

/**
 * One slot for streams; the others wait. `frees`: a stream whose client left ends at once, else it is written to its
 * end, `tokens` of 20 ms.
 */
export function oneSlotServer(frees: boolean, tokens: number): Promise<RawServer> {
  const waiting: (() => void)[] = [];
  let busy = false;
  const release = (): void => {
    busy = false;
    waiting.shift()?.();
  };
  return plainServer((socket, request) => {
    if (request.body.stream !== true) return false;
    const start = (): void => {
      if (frees && socket.destroyed) {
        release();
        return;
      }
      busy = true;
      let left = isStory(request) ? tokens : 1;
      socket.write(SSE_HEAD);
      const timer = setInterval(() => {
        const gone = frees && socket.destroyed;
        if (!gone && left-- > 0) {
          if (!socket.destroyed) socket.write(chunk(sse("word ")));
          return;
        }
        clearInterval(timer);
        if (!socket.destroyed) socket.write(chunk(sse("", "stop")) + LAST_CHUNK);
        release();
      }, TOKEN_MS);
    };
    if (busy) waiting.push(start);
    else start();
    return true;
  });
}
