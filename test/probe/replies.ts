/** Hand-built answers to a probe: an endpoint that supports everything, and what a test puts in place of it. */
import { parseSettings } from "../../src/config/load.js";
import type { EndpointRole, Settings } from "../../src/config/settings.js";
import { parseGoldenSet } from "../../src/golden/load.js";
import type { RequestTemplate } from "../../src/plan/plan.js";
import type { ProbeOptions } from "../../src/probe/feature.js";
import { judgeProbe } from "../../src/probe/judge.js";
import { type ProbePlan, planProbe } from "../../src/probe/plan.js";
import { toneWav } from "../../src/probe/sound.js";
import type { Attempt, Exchange, HeaderLine, RecordedRead } from "../../src/recording/recording.js";
import type { JudgementSummary, ProbeSummary } from "../../src/report/probe-summary.js";
import { type AttemptParts, attempt, event, exchange, headerLine, MS, usage } from "../recording/exchange-builder.js";

export interface Reply extends AttemptParts {
  /** Attempts before the one that counts. */
  readonly before?: readonly AttemptParts[];
}

/** Told by the request what to answer. */
export type Replier = (request: RequestTemplate, copy: number) => Reply;
export type Replies = Readonly<Record<string, Reply | Replier>>;

/** One JSON body. */
export function body(value: unknown, status = 200, more: Partial<Reply> = {}): Reply {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return { status, reads: [[20, text]], headers: [["content-type", "application/json"]], ...more };
}

export const fails = (status: number, message: string, more: Record<string, unknown> = {}): Reply =>
  body({ error: { message, type: "invalid_request_error", code: "bad", ...more } }, status);

/** A chat message as one body. */
export function said(content: string | null, more: Record<string, unknown> = {}, finish = "stop"): Reply {
  return body({
    id: "c",
    model: "m",
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: finish, ...more }],
    usage: { prompt_tokens: 20, completion_tokens: 3, total_tokens: 23 },
  });
}

export interface Call {
  readonly name: string;
  readonly arguments: unknown;
  readonly id?: string;
}

export function called(calls: readonly Call[], promptTokens = 120): Reply {
  const toolCalls = calls.map((call, index) => ({
    id: call.id ?? `call_${index}`,
    type: "function",
    function: {
      name: call.name,
      arguments: typeof call.arguments === "string" ? call.arguments : JSON.stringify(call.arguments),
    },
  }));
  return body({
    choices: [
      { index: 0, message: { role: "assistant", content: null, tool_calls: toolCalls }, finish_reason: "tool_calls" },
    ],
    usage: { prompt_tokens: promptTokens, completion_tokens: 9, total_tokens: promptTokens + 9 },
  });
}

/** A stream whose events come 10 ms apart. */
export function streamed(events: readonly string[], more: Partial<Reply> = {}): Reply {
  return { reads: events.map((text, index): readonly [number, RecordedRead[1]] => [20 + 10 * index, text]), ...more };
}

export const words = (...texts: readonly string[]): string[] => texts.map((text) => event({ content: text }));
export const END = [event({}, {}, "stop"), "data: [DONE]\n\n"];
export const OSLO: Call = { name: "get_weather", arguments: { city: "Oslo", unit: "celsius" } };
const LIMA: Call = { name: "get_weather", arguments: { city: "Lima", unit: "celsius" } };

const CUT_BY_PLAN: Partial<Reply> = { outcome: { kind: "cancelled", by: "plan" } };
const logprob = (top: number) => ({
  logprobs: {
    content: [
      {
        token: "ready",
        logprob: -0.1,
        top_logprobs: Array.from({ length: top }, (_, i) => ({ token: `t${i}`, logprob: -i })),
      },
    ],
  },
});
const response = (text: string): Reply =>
  body({
    object: "response",
    status: "completed",
    output: [{ type: "message", content: [{ type: "output_text", text }] }],
  });
const b64 = (bytes: Buffer): RecordedRead[1] => ({ b64: bytes.toString("base64") });
export const sound = (bytes: Buffer, type = "audio/wav"): Reply => ({
  status: 200,
  reads: [[20, b64(bytes)]],
  headers: [["content-type", type]],
});

/** What an endpoint that supports everything answers, by case. */
export const IDEAL: Replies = {
  "wake.first": said("ready"),
  "chat.plain": said("ready"),
  "stream.stream": streamed([...words("one", ", two", ", three"), ...END]),
  "stream-usage.usage": streamed([...words("ready"), event({}, {}, "stop"), usage(8, 1), "data: [DONE]\n\n"]),
  "max-tokens.few": said("one two three four five six seven", {}, "length"),
  "max-completion-tokens.few": said("one two three four five six seven", {}, "length"),
  "tools.call": called([OSLO]),
  "tools.without": said("I cannot know.", {}),
  "tools-streamed.call": streamed([
    event({
      tool_calls: [{ index: 0, id: "call_0", type: "function", function: { name: "get_weather", arguments: "" } }],
    }),
    event({ tool_calls: [{ index: 0, function: { arguments: '{"city":"Oslo",' } }] }),
    event({ tool_calls: [{ index: 0, function: { arguments: '"unit":"celsius"}' } }] }),
    event({}, {}, "tool_calls"),
    "data: [DONE]\n\n",
  ]),
  "tool-choice-auto.call": called([OSLO]),
  "tool-choice-none.call": said("I would need the tool for that."),
  "tool-choice-required.call": called([OSLO]),
  "tool-choice-named.call": called([{ name: "get_local_time", arguments: { city: "Oslo" } }]),
  "parallel-tools.call": called([OSLO, LIMA]),
  "parallel-tools-off.call": called([OSLO]),
  "json-object.against": said('{"sentence": "Oslo lies in Norway."}'),
  "json-schema.against": said('{"colour": "red", "sides": 3}'),
  "json-schema.plain": said('{"colour": "red", "sides": 3}'),
  "logprobs.logprobs": said("ready", logprob(0)),
  "top-logprobs.top": said("ready", logprob(3)),
  "seed.same": said("otter vine copper moss"),
  "seed.other": said("lamp river quiet stone"),
  "n.two": body({
    choices: [0, 1].map((index) => ({
      index,
      message: { role: "assistant", content: "ready" },
      finish_reason: "stop",
    })),
  }),
  "stop.stop": said("1,2,3,4,5,"),
  "reasoning-effort.low": thought(40),
  "reasoning-effort.high": thought(400),
  "vision.colour": said("Orange."),
  "models.list": body({ object: "list", data: [{ id: "m" }, { id: "e" }] }),
  "embeddings.embed": body({ data: [{ index: 0, embedding: [0.1, 0.2, 0.3] }] }),
  "embeddings-dimensions.embed": body({ data: [{ index: 0, embedding: Array.from({ length: 64 }, () => 0.1) }] }),
  "embeddings-base64.embed": body({ data: [{ index: 0, embedding: Buffer.alloc(12).toString("base64") }] }),
  "completions.text": body({
    object: "text_completion",
    choices: [{ index: 0, text: " five, six", finish_reason: "length" }],
  }),
  "responses-stateless.text": response("ready"),
  "responses.text": response("ready"),
  "images.picture": body({ data: [{ b64_json: "iVBORw0KGgoAAAANSUhEUg" }] }),
  "transcription.tone": body({ text: "" }),
  "speech.speech": sound(toneWav()),
  "riva-speech.speech": sound(toneWav()),
  "unknown-field.field": said("ready"),
  "bad-key.key": fails(401, "Incorrect API key provided", { code: "invalid_api_key" }),
  "wrong-model.model": fails(404, "The model does not exist", { code: "model_not_found" }),
  "over-long-context.prompt": fails(400, "maximum context length is 8192 tokens", { code: "context_length_exceeded" }),
  "cancel-frees.reference": streamed([...words("ready"), ...END]),
  "cancel-frees.cancelled": streamed(words("Once", " upon", " a", " time"), CUT_BY_PLAN),
  "cancel-frees.next": streamed([...words("ready"), ...END]),
  "cancel-frees.running": streamed(words("Once", " upon"), CUT_BY_PLAN),
  "cancel-frees.beside": slow(4_000),
  "long-stream.long": streamed(words("Once", " upon", " a", " time"), { ...CUT_BY_PLAN, endedMs: 150_000 }),
};

/** A first token that waits. */
export function slow(ms: number): Reply {
  return { reads: [...words("ready"), ...END].map((text): readonly [number, RecordedRead[1]] => [ms, text]) };
}

export function thought(tokens: number): Reply {
  return body({
    choices: [{ index: 0, message: { role: "assistant", content: "0.05" }, finish_reason: "stop" }],
    usage: {
      prompt_tokens: 30,
      completion_tokens: tokens + 4,
      total_tokens: tokens + 34,
      completion_tokens_details: { reasoning_tokens: tokens },
    },
  });
}

const SET = `name: desk
defaults: { temperature: 0, max_tokens: 64, stream: true }
cases:
  - id: plain
    category: chat
    detects: nothing
    request: { messages: [{ role: user, content: hello }] }
    expect: { contains: hello }
`;

const MODELS = "{ default: m, embeddings: e, images: i, transcription: t, speech: s }";

export interface ProbeSetting {
  readonly set?: string;
  readonly baseline?: string;
  readonly candidate?: string;
  readonly capture?: string;
  readonly options?: ProbeOptions;
}

export function settingsOf({ baseline = "", candidate = "", capture = "" }: ProbeSetting = {}): Settings {
  const models = (more: string): string => (more.includes("models:") ? "" : `models: ${MODELS}, `);
  return parseSettings(
    `goldens: set.yaml
endpoints:
  baseline: { ${models(baseline)}baseUrl: "http://baseline.test/v1"${baseline === "" ? "" : `, ${baseline}`} }
  candidate: { ${models(candidate)}baseUrl: "http://candidate.test/v1"${candidate === "" ? "" : `, ${candidate}`} }
capture: { concurrency: 4${capture === "" ? "" : `, ${capture}`} }
`,
    "/",
  );
}

/** Everything is tried, unless a test says otherwise. */
export function planned(setting: ProbeSetting = {}): ProbePlan {
  return planProbe({
    settings: settingsOf(setting),
    golden: parseGoldenSet(setting.set ?? SET, "/"),
    options: setting.options ?? { all: true, longStreamMs: 150_000 },
    seed: 1,
    userAgent: "test",
  });
}

const STARTS_MS = 1_000;
/** Requests come one after another: none lasts as long. */
const APART_MS = 600_000;

/** Plays the plan against answers: the ideal ones, but for those given. */
export function play(
  plan: ProbePlan,
  candidate: Replies = {},
  baseline: Replies = {},
): { header: HeaderLine; exchanges: Exchange[] } {
  const given: Readonly<Record<EndpointRole, Replies>> = { baseline, candidate };
  const exchanges = plan.plan.rows.map((row, place) => {
    const startsMs = STARTS_MS + place * APART_MS;
    const reply = given[row.endpoint][row.caseId] ?? IDEAL[row.caseId];
    if (reply === undefined) throw new Error(`no answer to ${row.caseId}`);
    const template = plan.plan.requests[row.requestId] as RequestTemplate;
    const { before = [], ...last } = typeof reply === "function" ? reply(template, row.repeat) : reply;
    const attempts: Attempt[] = [...before, last].map((parts, index) =>
      attempt({ dispatchedMs: startsMs + index * 100, ...parts }),
    );
    return exchange(attempts, { ...row, arm: row.arm, releasedAtNs: startsMs * MS });
  });
  const header: HeaderLine = {
    ...headerLine(plan.set.cases),
    kind: "probe",
    probe: plan.facts,
    requests: plan.plan.requests,
    plan: plan.plan.rows,
    notTested: plan.plan.notTested,
  };
  return { header, exchanges };
}

export function judged(candidate: Replies = {}, baseline: Replies = {}, setting: ProbeSetting = {}): ProbeSummary {
  const { header, exchanges } = play(planned(setting), candidate, baseline);
  const end = { type: "end", segment: 0, atNs: 1, reason: "complete" } as const;
  return judgeProbe(
    {
      header,
      extensions: [],
      segments: [],
      machine: [],
      pauses: [],
      stopped: [],
      resumes: [],
      points: [],
      begun: [],
      dropped: [],
      end,
      tornBytes: 0,
    },
    exchanges,
    "recording.jsonl",
  );
}

/** What the candidate got for one feature. */
export function candidateGot(id: string, replies: Replies, setting: ProbeSetting = {}): JudgementSummary {
  const feature = judged(replies, {}, setting).features.find((each) => each.id === id);
  if (feature === undefined) throw new Error(`no feature ${id}`);
  return feature.candidate;
}
