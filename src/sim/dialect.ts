/**
 * How one family of endpoints departs from OpenAI's own wire, as data: formats, errors and the writer read it, and
 * none of them knows a dialect by name. The catalogue is `dialects/catalogue.ts`.
 */

/** Server-sent events as text. */
export interface Framing {
  readonly lineEnd: "\n" | "\r\n";
  /** One space after `data:`. */
  readonly space: boolean;
  /** The JSON of an event is spread over several `data:` lines. */
  readonly multiLine: boolean;
  /** U+FEFF before the first event. */
  readonly byteOrderMark: boolean;
  /** `[DONE]`: sent, never sent, or sent without the blank line that ends it. */
  readonly done: "sent" | "absent" | "unterminated";
  /** Sent when the stream opens, and again every `everyMs` until the first event. */
  readonly comment: { readonly text: string; readonly everyMs: number } | null;
}

/** The chunks of a chat stream. */
export interface ChunkTraits {
  /**
   * The first event: role and `""`, role and null, role with the first content, or Azure's prompt filter, whose id
   * and model are empty, before the role.
   */
  readonly opening: "role" | "role-null" | "content" | "prompt-filter";
  readonly roleOnEvery: boolean;
  /** Mean tokens an event; sizes vary from 1 to twice as many. 1 sends each token on its own. */
  readonly tokensPerEvent: number;
  /** On an event of its own; so, and the key is absent before; twice; with the last content; or never. */
  readonly finish: "own" | "absent-before" | "twice" | "with-content" | "never";
  readonly id: "stable" | "empty";
  /** `advances`: the time of each event. */
  readonly created: "stable" | "zero" | "advances";
  /** Keys of random text that hide the length of tokens; `obfuscation` goes out where the request asks for it. */
  readonly padding: "none" | "obfuscation" | "p";
  /** An event with an empty delta after so many events; 0 sends none. */
  readonly emptyEventEvery: number;
  /** Characters outside the basic plane come as U+FFFD, as from a detokenizer that splits them. */
  readonly breaksCharacters: boolean;
  /** Keys that stand beside the API's own, in chunks and in bodies. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The same inside each choice. */
  readonly choiceFields: Readonly<Record<string, unknown>>;
}

export interface UsageCounts {
  readonly promptTokens: number;
  /** Reasoning included. */
  readonly completionTokens: number;
  readonly reasoningTokens: number;
  /** How often the upstream was asked. */
  readonly attempts: number;
}

export interface UsageTraits {
  /** An event of its own with `choices: []`, on the finish event, on every event, in `x_groq.usage`, in `choices[0].usage`. */
  readonly place: "event" | "finish" | "every" | "x_groq" | "choice";
  /** Streams carry it only where `stream_options.include_usage` asks. */
  readonly optIn: boolean;
  /** `stream_options.continuous_usage_stats` puts it on every event. */
  readonly continuous: boolean;
  /** `completion_tokens` leaves reasoning out, though `total_tokens` counts it. */
  readonly excludesReasoning: boolean;
  /** `prompt_tokens_details` and `completion_tokens_details`. */
  readonly details: boolean;
  readonly extras: (counts: UsageCounts) => Readonly<Record<string, unknown>>;
}

/** Tool calls, in chunks and in bodies. */
export interface CallTraits {
  readonly index: "sent" | "missing" | "zero";
  /** On the first piece; on every piece; `""` on later ones; never; or one id for all calls. */
  readonly id: "first" | "every" | "empty-later" | "missing" | "shared";
  readonly name: "first" | "every" | "empty-later";
  readonly type: "first" | "every" | "missing";
  /** In fragments, whole in the first piece, or whole as an object. */
  readonly arguments: "fragments" | "whole" | "object";
  /** Pieces of parallel calls alternate. */
  readonly interleaved: boolean;
  readonly onFinishEvent: boolean;
  /** What ends an answer with calls; `tool_calls` by default. */
  readonly finishReason: string;
  /** The one call comes as `function_call`, as before there were tools. */
  readonly legacy: boolean;
  /** A call whose arguments are no JSON, cut by a token limit, is 400 `tool_use_failed`. */
  readonly failsBroken: boolean;
  /** The calls leak into the content, with the markers of a model family. */
  readonly asText: "hermes" | "kimi" | null;
  /** What a message without calls says of them. */
  readonly whenNone: "absent" | "null" | "empty";
}

export interface MessageTraits {
  /** `twice` sends `reasoning` and `reasoning_details`; `parts` puts it into the content; `inline` writes `<think>`. */
  readonly reasoning: "reasoning_content" | "reasoning" | "twice" | "parts" | "inline";
  /** `content` of a message that has none. */
  readonly noContent: "null" | "absent" | "empty";
  /** A body that was not streamed has `delta` beside `message`. */
  readonly bodyDelta: boolean;
  /** Finish reasons by OpenAI's name for them. */
  readonly finishNames: Readonly<Record<string, string>>;
}

/** What is refused, ignored or enforced in a request. */
export interface RequestTraits {
  readonly unknownFields: "reject" | "ignore" | "upstream";
  /** Fields that are refused with `refusalStatus`. `image_url` stands for image parts, `n` for more than one choice. */
  readonly refused: readonly string[];
  readonly refusalStatus: 400 | 422;
  /** Models, by the end of their id, that accept what is refused. */
  readonly acceptedByModels: string | null;
  /** Accepted, and without effect. */
  readonly ignored: readonly string[];
  /** Passed through to a model that lacks them: 502 `upstream_error`. */
  readonly lacking: readonly string[];
  /** JSON modes: guaranteed whatever the prompt says, or left to the model, which does what the prompt says. */
  readonly json: "enforced" | "prompted";
  /** `/responses` only with `store: false`. */
  readonly statelessResponses: boolean;
  /** A model outside the list is 404. */
  readonly knownModelsOnly: boolean;
}

export interface ErrorTraits {
  readonly envelope:
    | "openai"
    | "object"
    | "flat"
    | "message"
    | "text"
    | "detail"
    | "array"
    | "errors"
    | "html"
    | "empty";
  /** OpenAI's own code, the status as a number or as text, or always null. */
  readonly code: "own" | "number" | "numeric-string" | "null";
  /** An error after the status line: a data event, a named one, beside `choices`, a field `error:`, or bare JSON. */
  readonly inStream: "data" | "named-event" | "beside-choices" | "error-field" | "raw-json";
  readonly doneAfterError: boolean;
  /** An upstream that breaks off: the connection closes, or a `stop` is made up. */
  readonly upstreamReset: "close" | "fabricated-stop";
}

/** Headers, and how bytes leave. */
export interface TransportTraits {
  readonly streamType: string;
  /** False answers `stream: true` with one JSON body. */
  readonly streams: boolean;
  /** White space before a JSON body, sent while the answer is made: from so many to so many characters. */
  readonly bodyPadding: readonly [from: number, to: number] | null;
  /** The stream is compressed, whatever the client accepts. */
  readonly gzip: boolean;
  /** Events are held back until so many bytes are together; 0 holds none. */
  readonly blockBytes: number;
  /** Events are held back for so long, in ms; 0 holds none. */
  readonly mergeMs: number;
  readonly firstEventDelayMs: number;
  readonly eventDelayMs: number;
  readonly closesAfterStream: boolean;
  readonly headers: Readonly<Record<string, string>>;
  /** The form of `Retry-After`; `ms` sends `retry-after-ms` beside the integer. */
  readonly retryAfter: "integer" | "float" | "date" | "ms";
  readonly retryAfterOnSuccess: boolean;
  /** `x-ratelimit-reset-…` as a duration (`6s`, `26ms`), seconds or a date. */
  readonly rateLimits: "none" | "durations" | "integers" | "dates";
}

export type Route =
  | "chat"
  | "completions"
  | "embeddings"
  | "responses"
  | "models"
  | "images"
  | "transcriptions"
  | "speech"
  | "riva-tts";

export interface Dialect {
  readonly name: string;
  /** What departs, in one line. */
  readonly about: string;
  /** Where the API begins, without a slash at its end. */
  readonly basePath: string;
  readonly routes: readonly Route[];
  /** What `/models` lists where nothing else is asked for. */
  readonly models: readonly string[] | null;
  readonly framing: Framing;
  readonly chunks: ChunkTraits;
  readonly usage: UsageTraits;
  readonly calls: CallTraits;
  readonly message: MessageTraits;
  readonly requests: RequestTraits;
  readonly errors: ErrorTraits;
  readonly transport: TransportTraits;
}

const SECTIONS = ["framing", "chunks", "usage", "calls", "message", "requests", "errors", "transport"] as const;
type Section = (typeof SECTIONS)[number];

/** A dialect as what it changes in the common ground. */
export type DialectChanges = Pick<Dialect, "about"> &
  Partial<Pick<Dialect, "basePath" | "routes" | "models">> & { readonly [S in Section]?: Partial<Dialect[S]> };

/** OpenAI's own wire: what every other dialect is a change of. */
export const OPENAI: Dialect = {
  name: "openai",
  about: "OpenAI's own: role event first, usage on request as an event of its own, unknown fields refused with 400",
  basePath: "/v1",
  routes: ["chat", "completions", "embeddings", "responses", "models", "images", "transcriptions", "speech"],
  models: null,
  framing: { lineEnd: "\n", space: true, multiLine: false, byteOrderMark: false, done: "sent", comment: null },
  chunks: {
    opening: "role",
    roleOnEvery: false,
    tokensPerEvent: 1,
    finish: "own",
    id: "stable",
    created: "stable",
    padding: "obfuscation",
    emptyEventEvery: 0,
    breaksCharacters: false,
    fields: {},
    choiceFields: {},
  },
  usage: {
    place: "event",
    optIn: true,
    continuous: false,
    excludesReasoning: false,
    details: true,
    extras: () => ({}),
  },
  calls: {
    index: "sent",
    id: "first",
    name: "first",
    type: "first",
    arguments: "fragments",
    interleaved: false,
    onFinishEvent: false,
    finishReason: "tool_calls",
    legacy: false,
    failsBroken: false,
    asText: null,
    whenNone: "absent",
  },
  message: { reasoning: "reasoning_content", noContent: "null", bodyDelta: false, finishNames: {} },
  requests: {
    unknownFields: "reject",
    refused: [],
    refusalStatus: 400,
    acceptedByModels: null,
    ignored: [],
    lacking: [],
    json: "enforced",
    statelessResponses: false,
    knownModelsOnly: false,
  },
  errors: { envelope: "openai", code: "own", inStream: "data", doneAfterError: false, upstreamReset: "close" },
  transport: {
    streamType: "text/event-stream; charset=utf-8",
    streams: true,
    bodyPadding: null,
    gzip: false,
    blockBytes: 0,
    mergeMs: 0,
    firstEventDelayMs: 0,
    eventDelayMs: 0,
    closesAfterStream: false,
    headers: {},
    retryAfter: "integer",
    retryAfterOnSuccess: false,
    rateLimits: "durations",
  },
};

/** What others share: none of them does what OpenAI alone does. */
const COMMON: Dialect = {
  ...OPENAI,
  routes: ["chat", "completions", "embeddings", "models"],
  chunks: { ...OPENAI.chunks, padding: "none" },
  requests: { ...OPENAI.requests, unknownFields: "ignore", json: "prompted" },
  transport: { ...OPENAI.transport, rateLimits: "none" },
};

export function dialect(name: string, changes: DialectChanges): Dialect {
  const sections = Object.fromEntries(
    SECTIONS.map((section) => [section, { ...COMMON[section], ...changes[section] }]),
  ) as Pick<Dialect, Section>;
  const { about, basePath = COMMON.basePath, routes = COMMON.routes, models = COMMON.models } = changes;
  return { name, about, basePath, routes, models, ...sections };
}
