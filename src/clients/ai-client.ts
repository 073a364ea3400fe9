/** The `ai` package with `@ai-sdk/openai-compatible`, from version 4 on. */
import { type Client, type Import, NO_KEY, NOWHERE, type OpenObservation } from "./client.js";
import type { ReplayJob } from "./messages.js";
import type { ObservedCall, ObservedUsage } from "./observation.js";
import { recordedFetch } from "./recorded-fetch.js";
import { thrownBy } from "./thrown.js";

interface Usage {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  /** The names of version 4. */
  readonly promptTokens?: number;
  readonly completionTokens?: number;
}

interface ToolCall {
  readonly toolCallId?: string;
  readonly toolName?: string;
  readonly input?: unknown;
  /** The name of version 4. */
  readonly args?: unknown;
}

interface StreamPart extends ToolCall {
  readonly type: string;
  readonly text?: string;
  readonly textDelta?: string;
  readonly error?: unknown;
  readonly finishReason?: string;
  readonly usage?: Usage;
  readonly totalUsage?: Usage;
}

interface Generated {
  readonly text: string;
  readonly reasoning?: unknown;
  readonly reasoningText?: string;
  readonly toolCalls: readonly ToolCall[];
  readonly finishReason: string;
  readonly usage: Usage;
}

interface ErrorClass {
  isInstance?(error: unknown): boolean;
}

type Options = Readonly<Record<string, unknown>>;

interface AiModule {
  streamText(options: Options): { readonly fullStream: AsyncIterable<StreamPart> };
  generateText(options: Options): Promise<Generated>;
  embedMany(options: Options): Promise<{
    readonly embeddings: readonly (readonly number[])[];
    readonly usage?: { readonly tokens?: number };
  }>;
  jsonSchema(schema: unknown): unknown;
  readonly APICallError?: ErrorClass;
  /** For errors in a stream, from version 7 on; before it they are bare messages. */
  readonly StreamProviderError?: ErrorClass;
}

interface Provider {
  chatModel(id: string): unknown;
  completionModel(id: string): unknown;
  embeddingModel?(id: string): unknown;
  textEmbeddingModel?(id: string): unknown;
}

export async function aiClient(load: Import): Promise<Client> {
  const ai = (await load("ai")) as unknown as AiModule;
  const compatible = await load("@ai-sdk/openai-compatible");
  const create = compatible.createOpenAICompatible as (options: Options) => Provider;
  const isApiError = (error: unknown): boolean =>
    [ai.APICallError, ai.StreamProviderError].some((known) => known?.isInstance?.(error) === true);
  return {
    async replay(job) {
      const seen: OpenObservation = {};
      try {
        const provider = create({
          name: "recorded",
          baseURL: NOWHERE,
          apiKey: NO_KEY,
          includeUsage: true,
          fetch: recordedFetch(job.answer),
        });
        await call(ai, provider, job, seen, (error, where) => {
          seen.thrown ??= thrownBy(error, where, isApiError);
        });
      } catch (error) {
        seen.thrown ??= thrownBy(error, "the call", isApiError);
      }
      return seen;
    },
  };
}

type OnError = (error: unknown, where: string) => void;

async function call(
  ai: AiModule,
  provider: Provider,
  job: ReplayJob,
  seen: OpenObservation,
  onError: OnError,
): Promise<void> {
  const { request } = job;
  const id = String(request.model);
  if (job.call === "embed") return embed(ai, provider, job, seen);
  const options = {
    model: job.api === "completions" ? provider.completionModel(id) : provider.chatModel(id),
    // What was asked changes nothing in how an answer is read; only the tools do.
    prompt: "recorded",
    maxRetries: 0,
    ...(Array.isArray(request.tools) ? { tools: toolsOf(ai, request.tools) } : {}),
    onError: () => {},
  };
  if (job.call === "generateText") return generated(await ai.generateText(options), seen);
  Object.assign(seen, { content: "", reasoning: "", toolCalls: [], finishReason: null, usage: null });
  const calls: ObservedCall[] = [];
  let ordinal = 0;
  for await (const part of ai.streamText(options).fullStream) {
    ordinal++;
    if (part.type === "text-delta") seen.content += part.text ?? part.textDelta ?? "";
    else if (part.type === "reasoning" || part.type === "reasoning-delta")
      seen.reasoning += part.text ?? part.textDelta ?? "";
    else if (part.type === "tool-call") calls.push(callOf(part));
    else if (part.type === "error") onError(part.error, `part ${ordinal} of the stream`);
    else if (part.type === "finish") {
      seen.finishReason = part.finishReason ?? null;
      seen.usage = usageOf(part.totalUsage ?? part.usage);
    }
  }
  seen.toolCalls = calls;
}

function generated(answer: Generated, seen: OpenObservation): void {
  const { reasoning } = answer;
  Object.assign(seen, {
    content: answer.text,
    reasoning: answer.reasoningText ?? (typeof reasoning === "string" ? reasoning : ""),
    toolCalls: answer.toolCalls.map(callOf),
    finishReason: answer.finishReason,
    usage: usageOf(answer.usage),
  } satisfies OpenObservation);
}

async function embed(ai: AiModule, provider: Provider, job: ReplayJob, seen: OpenObservation): Promise<void> {
  const id = String(job.request.model);
  const { input } = job.request;
  const model = provider.embeddingModel?.(id) ?? provider.textEmbeddingModel?.(id);
  const values = (Array.isArray(input) ? input : [input]).map(String);
  const { embeddings, usage } = await ai.embedMany({ model, values, maxRetries: 0 });
  seen.dimensions = embeddings.map((vector) => vector.length);
  seen.usage = { inputTokens: count(usage?.tokens) };
}

/** The tools of the request: a call of a tool that it does not know is an error to this library. */
function toolsOf(ai: AiModule, tools: readonly unknown[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    tools.flatMap((tool) => {
      const declared = (tool as { function?: { name?: unknown; description?: unknown; parameters?: unknown } })
        .function;
      if (declared === undefined) return [];
      const schema = ai.jsonSchema(declared.parameters ?? { type: "object" });
      return [[String(declared.name), { description: declared.description, parameters: schema, inputSchema: schema }]];
    }),
  );
}

function callOf({ toolCallId, toolName, input, args }: ToolCall): ObservedCall {
  const given = input ?? args;
  const text = typeof given === "string" ? given : JSON.stringify(given);
  return { id: toolCallId ?? null, name: toolName ?? null, argumentsText: text ?? null };
}

function usageOf(usage: Usage | undefined): ObservedUsage | null {
  const inputTokens = count(usage?.inputTokens ?? usage?.promptTokens);
  const outputTokens = count(usage?.outputTokens ?? usage?.completionTokens);
  return inputTokens === null && outputTokens === null ? null : { inputTokens, outputTokens };
}

/** What was not counted is `undefined` in some versions and `NaN` in others. */
function count(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}
