/** One observation judged: parsed, lost, thrown, swallowed, error or not tested. A pure function. */
import type { ApiError, Completion } from "../decode/completion.js";
import type { Failure } from "../decode/failure.js";
import type { ClientLoss, ClientVerdict } from "../report/clients.js";
import { type FinishWords, lossesOf } from "./losses.js";
import type { Observation, Thrown } from "./observation.js";
import type { SdkName } from "./sdk-choice.js";

export interface Judgement {
  readonly verdict: ClientVerdict;
  readonly lost: readonly ClientLoss[];
}

/** The words of `ai` for the finish reasons that it knows. */
const AI_WORDS: FinishWords = {
  stop: "stop",
  length: "length",
  content_filter: "content-filter",
  function_call: "tool-calls",
  tool_calls: "tool-calls",
};

export function judge(
  sdk: SdkName,
  answer: { readonly completion: Completion; readonly failure: Failure | null; readonly status: number },
  seen: Observation,
): Judgement {
  const { completion, failure, status } = answer;
  const { thrown } = seen;
  if (seen.absent) return { verdict: "not tested", lost: [] };
  if (failure === null) {
    if (thrown !== undefined) return { verdict: "thrown", lost: [] };
    const lost = lossesOf(completion, seen, sdk === "ai" ? AI_WORDS : null);
    return { verdict: lost.length === 0 ? "parsed" : "lost", lost };
  }
  const error = saidBy(failure, completion, status);
  if (thrown === undefined) {
    if (seen.told === undefined || error === null) return { verdict: "swallowed", lost: [] };
    return { verdict: "error", lost: errorLosses(error, seen.told.message, seen.told.code) };
  }
  if (error === null || !isProper(thrown, error, status)) return { verdict: "thrown", lost: [] };
  return { verdict: "error", lost: errorLosses(error, thrown.message, thrown.code) };
}

/** The error that the endpoint itself answered; null when the exchange failed in another way. */
function saidBy(failure: Failure, completion: Completion, status: number): ApiError | null {
  if (status < 200 || status >= 300) return completion.error;
  return failure.kind === "in_band_error" ? completion.error : null;
}

/** The client's own error class with the status; in a stream there is no status, and `ai` hands on the bare message. */
function isProper(thrown: Thrown, error: ApiError, status: number): boolean {
  if (!error.inBand) return thrown.api && thrown.status === status;
  return thrown.api || (thrown.name === "error" && carries(thrown.message, error.message));
}

/** Pages and bare texts are no messages that a client could hand on. */
const WORDLESS = new Set<ApiError["envelope"]>(["html", "plain", "empty"]);

function errorLosses(error: ApiError, message: string, code: string | null): readonly ClientLoss[] {
  const lost: ClientLoss[] = [];
  if (!WORDLESS.has(error.envelope) && !carries(message, error.message)) {
    lost.push({ what: "error message", sent: error.message.slice(0, 200), got: message.slice(0, 200) });
  }
  if (error.code !== null && error.code !== code) {
    lost.push({ what: "error code", sent: error.code, got: code ?? "nothing" });
  }
  return lost;
}

function carries(text: string, message: string): boolean {
  return text.includes(message.slice(0, 200));
}
