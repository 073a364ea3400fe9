import { request } from "node:http";
import { gunzipSync } from "node:zlib";
import type { SimOptions } from "../../src/sim/options.js";
import { endpoint } from "./endpoint.js";
import { goldenCase, goldenSet, user } from "./golden-cases.js";

export const GOLDENS = goldenSet(
  goldenCase("count", user("Count"), { content: "one two three four five six seven eight nine ten eleven twelve" }),
  goldenCase("think", user("Think"), { content: "Done.", reasoning_content: "First this, then that." }),
  goldenCase("smile", user("Smile"), { content: "Here 😀 it is" }),
  goldenCase("tools", user("Weather in Oslo and Rome"), {
    tool_calls: [
      { name: "get_weather", arguments: { city: "Oslo" } },
      { name: "get_weather", arguments: { city: "Rome" } },
    ],
  }),
);

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** As sent, a byte order mark and a compression included. */
  readonly bytes: Buffer;
  readonly text: string;
  /** The body did not end as its framing promised. */
  readonly broken: boolean;
  /** The connection was reset, not merely closed. */
  readonly reset: boolean;
  /** When the headers and each read came, ms from sending. */
  readonly headersMs: number;
  readonly readsMs: readonly number[];
  readonly reads: readonly string[];
}

/** One request whose answer nothing decodes on the way. */
export function send(url: string, body: unknown, headers: Record<string, string> = {}): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const startMs = performance.now();
    const sent = request(url, {
      method: body === undefined ? "GET" : "POST",
      headers: { "content-type": "application/json", ...headers },
    });
    // A reset in the middle is told on the request as well: what came before it is the answer.
    let answered = false;
    let reset = false;
    sent.on("error", (error) => {
      if (!answered) reject(error);
      reset ||= error.message === "read ECONNRESET";
    });
    sent.on("response", (response) => {
      answered = true;
      const headersMs = performance.now() - startMs;
      const chunks: Buffer[] = [];
      const readsMs: number[] = [];
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        readsMs.push(performance.now() - startMs);
      });
      response.on("error", () => {});
      response.on("close", () => {
        const bytes = Buffer.concat(chunks);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          bytes,
          text: bytes.toString("utf8"),
          broken: !response.complete,
          reset,
          headersMs,
          readsMs,
          reads: chunks.map((chunk) => chunk.toString("utf8")),
        });
      });
    });
    sent.end(body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body));
  });
}

/** The data of each event, in whatever framing; `[DONE]` and what is no JSON are left out. */
export function jsonEvents(text: string): Record<string, unknown>[] {
  return text
    .replace(/^\u{FEFF}/u, "")
    .split(/\r?\n\r?\n/)
    .flatMap((event) => {
      const data = event
        .split(/\r?\n/)
        .flatMap((line) => (line.startsWith("data:") ? [line.slice(5)] : []))
        .join("\n");
      return data === "" || data.includes("[DONE]") ? [] : [JSON.parse(data) as Record<string, unknown>];
    });
}

export interface Speaker {
  stream(prompt: string, more?: object, fault?: object): Promise<RawAnswer>;
  body(prompt: string, more?: object): Promise<RawAnswer>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<RawAnswer>;
  get(path: string, headers?: Record<string, string>): Promise<RawAnswer>;
  /** Base address with the dialect's own path. */
  readonly baseUrl: string;
}

/** A simulated endpoint that is asked in raw bytes. */
export async function speaker(options: Partial<SimOptions>): Promise<Speaker> {
  const { baseUrl } = await endpoint(options, GOLDENS);
  const chat = (prompt: string, more: object): object => ({
    model: "m-latest",
    messages: [{ role: "user", content: prompt }],
    ...more,
  });
  return {
    baseUrl,
    stream: (prompt, more = {}, fault = {}) =>
      send(`${baseUrl}/chat/completions`, chat(prompt, { stream: true, ...more }), {
        "x-twintail-sim": JSON.stringify(fault),
      }),
    body: (prompt, more = {}) => send(`${baseUrl}/chat/completions`, chat(prompt, more)),
    post: (path, body, headers) => send(`${baseUrl}${path}`, body, headers),
    get: (path, headers) => send(`${baseUrl}${path}`, undefined, headers),
  };
}

export const USAGE = { stream_options: { include_usage: true } };

/** Whole gzip members one after another, as text. */
export const gunzipped = (bytes: Buffer): string => gunzipSync(bytes).toString("utf8");
