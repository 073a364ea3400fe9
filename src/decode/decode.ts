/** Recorded bytes → {@link Completion}. A pure function: the same attempt always gives the same completion. */
import type { Api, Variant } from "../golden/golden-set.js";
import { decodeBytes } from "../recording/reads.js";
import type { Attempt } from "../recording/recording.js";
import { AnomalyLog } from "./anomaly-log.js";
import { plainError } from "./api-error.js";
import { type BodyText, bodyJson, openText, statusError, unreadable } from "./body.js";
import { chatDialect } from "./chat.js";
import type { ApiError, Completion } from "./completion.js";
import { completionsDialect } from "./completions.js";
import { openReads } from "./compression.js";
import { type Dialect, EMPTY_ANSWER } from "./dialect.js";
import { embeddingsDialect } from "./embeddings.js";
import { responsesDialect } from "./responses.js";
import { lexSse } from "./sse.js";
import { readStream, type StreamFacts } from "./stream.js";
import { noteCharacters } from "./utf8.js";

/** A new API is its dialect and a line here. */
const DIALECTS: Readonly<Record<Api, (log: AnomalyLog) => Dialect>> = {
  chat: chatDialect,
  completions: completionsDialect,
  responses: responsesDialect,
  embeddings: embeddingsDialect,
};

export function decodeAttempt(attempt: Attempt, api: Api, variant: Variant): Completion {
  const log = new AnomalyLog();
  if (attempt.status === undefined) return { ...EMPTY_ANSWER, ...NOT_STREAMED, commentCount: 0, anomalies: [] };
  const { pieces, problem } = openReads(
    attempt,
    attempt.reads.map(([, bytes]) => decodeBytes(bytes)),
    log,
  );
  let whole: BodyText | null = null;
  const text = (): BodyText => {
    whole ??= openText(Buffer.concat(pieces));
    return whole;
  };
  if (attempt.status < 200 || attempt.status >= 300) {
    const error = problem === null ? statusError(text()) : plainError(problem, "plain", false);
    return failed(error, log);
  }
  const complete = attempt.outcome.kind === "complete";
  if (problem !== null) return failed(complete ? plainError(problem, "plain", true, "body-not-json") : null, log);

  const ended = complete || attempt.outcome.kind === "network";
  const dialect = DIALECTS[api](log);
  const atNs = (read: number): number => attempt.reads[read]?.[0] ?? attempt.endedAtNs;
  const { facts, comments, error } = (variant === "stream" ? readAsStream : readAsBody)(
    { pieces, text, atNs, ended, complete },
    dialect,
    log,
  );
  const answer = dialect.finish(ended, facts.done);
  const said = [answer.content ?? "", answer.reasoning, ...answer.toolCalls.map((call) => call.argumentsText ?? "")];
  noteCharacters(pieces, said, ended, log);
  return {
    ...answer,
    error: answer.error ?? error,
    anomalies: log.list(),
    eventCount: facts.eventCount,
    commentCount: comments,
    firstEventAtNs: facts.firstEventAtNs,
  };
}

interface Opened {
  readonly pieces: readonly Buffer[];
  /** All of it, which most streams never need. */
  readonly text: () => BodyText;
  readonly atNs: (read: number) => number;
  /** The endpoint ended the answer, by closing it well or badly. */
  readonly ended: boolean;
  /** It closed it well. */
  readonly complete: boolean;
}

interface Read {
  readonly facts: StreamFacts;
  readonly comments: number;
  readonly error: ApiError | null;
}

const NOT_STREAMED: StreamFacts = { eventCount: 0, firstEventAtNs: null, done: false };

function readAsStream({ pieces, text, atNs, ended, complete }: Opened, dialect: Dialect, log: AnomalyLog): Read {
  const stream = lexSse(pieces);
  const { comments } = stream;
  // JSON in no field may be a stray error in a stream, or the whole body.
  if (!stream.events.some(({ outside }) => outside === undefined)) {
    const json = bodyJson(text(), log);
    if (json !== undefined) {
      log.note("body-for-stream", text().text);
      dialect.body(json);
      return { facts: NOT_STREAMED, comments, error: null };
    }
    // Comments and nothing else are a stream that was kept alive and said nothing.
    const silent = comments > 0 && text().start === text().text.length;
    if (stream.events.length === 0 && !silent) {
      return { facts: NOT_STREAMED, comments, error: unreadable(text(), complete, log) };
    }
  }
  return { facts: readStream(stream, atNs, dialect, log, ended), comments, error: null };
}

function readAsBody({ pieces, text, atNs, ended, complete }: Opened, dialect: Dialect, log: AnomalyLog): Read {
  const json = bodyJson(text(), log);
  if (json !== undefined) {
    dialect.body(json);
    return { facts: NOT_STREAMED, comments: 0, error: null };
  }
  const stream = lexSse(pieces);
  if (!stream.events.some(({ outside }) => outside === undefined)) {
    return { facts: NOT_STREAMED, comments: 0, error: unreadable(text(), complete, log) };
  }
  log.note("stream-for-body", stream.events[0]?.data ?? "", stream.events[0]?.read);
  return { facts: readStream(stream, atNs, dialect, log, ended), comments: stream.comments, error: null };
}

function failed(error: ApiError | null, log: AnomalyLog): Completion {
  return { ...EMPTY_ANSWER, ...NOT_STREAMED, commentCount: 0, error, anomalies: log.list() };
}
