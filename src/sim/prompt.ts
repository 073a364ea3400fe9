/** The toy tokenizer's view of a request: how many prompt tokens it is. */
import { countTokens } from "./tokens.js";

type Body = Readonly<Record<string, unknown>>;

/** What a chat template adds to each message, and to open the answer. */
const MESSAGE_TOKENS = 3;
const IMAGE_TOKENS = 256;

/** Prompt tokens of a chat request: messages, tools and response format. */
export function chatPromptTokens(body: Body): number {
  let tokens = MESSAGE_TOKENS;
  for (const message of Array.isArray(body.messages) ? body.messages : []) tokens += messageTokens(message);
  if (body.tools !== undefined) tokens += countTokens(JSON.stringify(body.tools));
  if (body.response_format !== undefined) tokens += countTokens(JSON.stringify(body.response_format));
  return tokens;
}

/** Prompt tokens of one prompt or input: a text, or token ids. */
export function textTokens(input: unknown): number {
  if (typeof input === "string") return countTokens(input);
  return Array.isArray(input) ? input.length : 0;
}

function messageTokens(message: unknown): number {
  if (typeof message !== "object" || message === null) return MESSAGE_TOKENS;
  const { role, content, tool_calls, ...rest } = message as Body;
  let tokens = MESSAGE_TOKENS + contentTokens(content);
  if (tool_calls !== undefined) tokens += countTokens(JSON.stringify(tool_calls));
  for (const value of Object.values(rest)) if (typeof value === "string") tokens += countTokens(value);
  return role === undefined ? tokens : tokens + 1;
}

function contentTokens(content: unknown): number {
  if (typeof content === "string") return countTokens(content);
  if (!Array.isArray(content)) return 0;
  let tokens = 0;
  for (const part of content as ({ type?: unknown; text?: unknown } | null)[]) {
    // An image's base64 is not text: counting it would make a small picture a long prompt.
    tokens += part?.type === "image_url" ? IMAGE_TOKENS : textTokens(part?.text);
  }
  return tokens;
}
