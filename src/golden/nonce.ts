/**
 * The nonce line that keeps a prefix cache from answering for the GPU: the plan writes it, `sim` and the request
 * key look through it.
 */
import type { Api } from "./golden-set.js";

const NONCE_LINE = /^\[ref [0-9a-f]{8}\]\n/;

type Body = Readonly<Record<string, unknown>>;

/** Puts a nonce of 8 hexadecimal digits before the first prompt text. Embeddings have no prefix to share: unchanged. */
export function withNonce(api: Api, body: Body, nonce: string): Body {
  return mapFirstText(api, body, (text) => `[ref ${nonce}]\n${text}`);
}

/** The body as the golden set wrote it. */
export function withoutNonce(api: Api, body: Body): Body {
  return mapFirstText(api, body, (text) => text.replace(NONCE_LINE, ""));
}

function mapFirstText(api: Api, body: Body, change: (text: string) => string): Body {
  switch (api) {
    case "chat":
      return { ...body, messages: mapMessages(body.messages, change) };
    case "completions":
      return typeof body.prompt === "string" ? { ...body, prompt: change(body.prompt) } : body;
    case "responses":
      if (typeof body.instructions === "string") return { ...body, instructions: change(body.instructions) };
      return { ...body, input: typeof body.input === "string" ? change(body.input) : mapMessages(body.input, change) };
    case "embeddings":
      return body;
  }
}

function mapMessages(messages: unknown, change: (text: string) => string): unknown {
  if (!Array.isArray(messages) || messages.length === 0) return messages;
  const [first, ...rest] = messages as { content?: unknown }[];
  if (typeof first !== "object" || first === null) return messages;
  if (typeof first.content === "string") return [{ ...first, content: change(first.content) }, ...rest];
  if (!Array.isArray(first.content)) return messages;
  const parts = first.content as { text?: unknown }[];
  const textAt = parts.findIndex((part) => typeof part?.text === "string");
  if (textAt < 0) return messages;
  const content = parts.map((part, index) =>
    index === textAt ? { ...part, text: change(part.text as string) } : part,
  );
  return [{ ...first, content }, ...rest];
}
