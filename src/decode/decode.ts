/** Recorded bytes → {@link Completion}. A pure function: the same attempt always gives the same completion. */
import type { Api, Variant } from "../golden/golden-set.js";
import { decodeBytes } from "../recording/reads.js";
import type { Attempt } from "../recording/recording.js";
import type { Anomaly } from "./anomaly.js";
import { apiErrorIn } from "./api-error.js";
import { ChatAccumulator } from "./chat.js";
import type { ApiError, Completion } from "./completion.js";
import { embeddingsFacts } from "./embeddings.js";
import { parseJson } from "./json.js";
import { lexSse } from "./sse.js";

export function decodeAttempt(attempt: Attempt, api: Api, variant: Variant): Completion {
  const reads = attempt.reads.map(([, bytes]) => decodeBytes(bytes));
  if (attempt.status !== undefined && (attempt.status < 200 || attempt.status >= 300)) {
    return { ...EMPTY, error: statusError(Buffer.concat(reads).toString("utf8")) };
  }
  if (api === "embeddings") return decodeEmbeddings(reads);
  return variant === "stream" ? decodeStream(attempt, reads) : decodeBody(attempt, reads);
}

function decodeStream(attempt: Attempt, reads: readonly Buffer[]): Completion {
  const stream = lexSse(reads);
  const chat = new ChatAccumulator();
  for (const { kind, evidence, read } of stream.anomalies) chat.note(kind, evidence, read);
  if (stream.events.length === 0) {
    const text = Buffer.concat(reads).toString("utf8");
    const json = parseJson(text);
    if (json === undefined) {
      const { error, anomalies } = notJson(text, attempt);
      return { ...EMPTY, error, anomalies: [...chat.finish().anomalies, ...anomalies] };
    }
    chat.note("body-for-stream", text);
    chat.body(json);
    return chat.finish();
  }
  for (const event of stream.events) chat.event(event, attempt.reads[event.read]?.[0] ?? attempt.endedAtNs);
  return chat.finish();
}

function decodeBody(attempt: Attempt, reads: readonly Buffer[]): Completion {
  const text = Buffer.concat(reads).toString("utf8");
  const json = parseJson(text);
  if (json === undefined) return { ...EMPTY, ...notJson(text, attempt) };
  const chat = new ChatAccumulator();
  chat.body(json);
  return chat.finish();
}

function decodeEmbeddings(reads: readonly Buffer[]): Completion {
  const text = Buffer.concat(reads).toString("utf8");
  const json = parseJson(text);
  return json === undefined ? { ...EMPTY, ...notJson(text) } : { ...EMPTY, ...embeddingsFacts(json) };
}

/** What a body that is no JSON says: nothing at all, a page for people, or half an answer. */
function notJson(text: string, attempt?: Attempt): { error: ApiError | null; anomalies: readonly Anomaly[] } {
  if (text.trim() === "") return { error: null, anomalies: [{ kind: "empty-body", evidence: "" }] };
  const coding = attempt?.headers?.find(([name]) => name === "content-encoding")?.[1].toLowerCase();
  if (coding !== undefined && coding !== "identity") {
    return {
      error: {
        message: `the body is compressed (${coding.slice(0, 20)}) although identity was asked for`,
        type: null,
        code: "body-not-json",
        codeType: "absent",
        envelope: "plain",
        inBand: true,
      },
      anomalies: [{ kind: "compressed-body", evidence: `content-encoding: ${coding.slice(0, 100)}` }],
    };
  }
  const html = /^\s*<(!doctype|html|head|body)/i.test(text);
  const kind = html ? "html-body" : "body-not-json";
  const message = html ? `a page of HTML in place of JSON${titleOf(text)}` : "the body is not JSON";
  const cut = attempt !== undefined && attempt.outcome.kind !== "complete";
  return {
    error: cut
      ? null
      : { message, type: null, code: kind, codeType: "absent", envelope: html ? "html" : "plain", inBand: true },
    anomalies: [{ kind, evidence: text.slice(0, 200) }],
  };
}

function titleOf(html: string): string {
  const title = /<title[^>]*>([^<]{1,100})/i.exec(html)?.[1]?.trim();
  return title === undefined || title === "" ? "" : ` titled "${title}"`;
}

function statusError(text: string): ApiError {
  const known = apiErrorIn(parseJson(text), false);
  if (known !== null) return known;
  const page = /^\s*</.test(text) ? `a page of HTML${titleOf(text)}` : text.trim().slice(0, 200);
  const envelope = page === "" ? "empty" : text.trimStart().startsWith("<") ? "html" : "plain";
  return { message: page || "no body", type: null, code: null, codeType: "absent", envelope, inBand: false };
}

const EMPTY: Completion = {
  content: null,
  reasoning: "",
  refusal: null,
  toolCalls: [],
  finishReason: null,
  usage: null,
  model: null,
  id: null,
  systemFingerprint: null,
  logprobs: null,
  choices: 0,
  dimensions: null,
  error: null,
  anomalies: [],
  eventCount: 0,
  commentCount: 0,
  firstEventAtNs: null,
  tokenEvents: [],
  done: false,
};
