import { onTestFinished } from "vitest";
import type { GoldenSet } from "../../src/golden/golden-set.js";
import type { SimOptions } from "../../src/sim/options.js";
import { createSimServer } from "../../src/sim/server.js";

/** An engine too fast to wait for: the tests of the wire are not about time. */
export const INSTANT = { decodeTokensPerS: 50_000, prefillTokensPerS: 1e6, tokenJitterMs: 0 };

export interface TestEndpoint {
  readonly baseUrl: string;
  readonly redirectPort: number | undefined;
  post(path: string, body: unknown, fault?: object, headers?: Record<string, string>): Promise<Response>;
}

/** A simulated endpoint in the test's own process, closed when the test ends. */
export async function endpoint(
  options: Partial<SimOptions> = {},
  goldenSet?: GoldenSet,
  environment: Record<string, string> = {},
): Promise<TestEndpoint> {
  const server = createSimServer({ tier: "h100x2", engine: INSTANT, ...options }, goldenSet, environment);
  const baseUrl = `http://127.0.0.1:${await server.listen()}${server.basePath}`;
  onTestFinished(() => server.close());
  return {
    baseUrl,
    redirectPort: server.redirectPort,
    post: (path, body, fault, headers) =>
      fetch(`${baseUrl}${path}`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          ...(fault === undefined ? {} : { "x-twintail-sim": JSON.stringify(fault) }),
          ...headers,
        },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
  };
}

export interface Delta {
  readonly role?: string;
  readonly content?: string;
  readonly reasoning_content?: string;
  readonly refusal?: string | null;
  readonly tool_calls?: {
    readonly index: number;
    readonly id?: string;
    readonly type?: string;
    readonly function: { readonly name?: string; readonly arguments: string };
  }[];
}

export interface Chunk {
  readonly id: string;
  readonly object: string;
  readonly model: string;
  readonly system_fingerprint: string;
  readonly choices: {
    readonly delta: Delta;
    readonly finish_reason: string | null;
    readonly logprobs: { readonly content: { readonly token: string; readonly top_logprobs: unknown[] }[] } | null;
    readonly text?: string;
  }[];
  readonly usage?: Usage | null;
}

export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly completion_tokens_details?: { readonly reasoning_tokens: number };
}

/** The events of a stream, `[DONE]` left out, and whether it came. */
export function eventsOf(text: string): { chunks: Chunk[]; done: boolean } {
  const events = text.split("\n\n").filter((event) => event !== "");
  const done = events.at(-1) === "data: [DONE]";
  const data = done ? events.slice(0, -1) : events;
  return { chunks: data.map((event) => JSON.parse(event.replace(/^data: /, "")) as Chunk), done };
}

export const deltasOf = (chunks: readonly Chunk[]): Delta[] =>
  chunks.flatMap((chunk) => chunk.choices.map((one) => one.delta));

export const contentOf = (chunks: readonly Chunk[]): string =>
  deltasOf(chunks)
    .map((delta) => delta.content ?? "")
    .join("");

/** A chat request; `stream` with usage unless told otherwise. */
export const chat = (content: string, more: object = {}): object => ({
  model: "any-model",
  stream: true,
  stream_options: { include_usage: true },
  messages: [{ role: "user", content }],
  ...more,
});
