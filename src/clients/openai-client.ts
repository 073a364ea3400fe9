/** The `openai` package, old and new, used as its documentation does. */
import { dimensionOf } from "../decode/embeddings.js";
import { type Client, type Import, NO_KEY, NOWHERE, type OpenObservation } from "./client.js";
import type { ReplayJob } from "./messages.js";
import { type ChatAnswer, type ChatChunk, ChatReader, firstChoice, readAnswer } from "./openai-chat.js";
import { type ResponseEvent, type ResponseObject, ResponseReader } from "./openai-responses.js";
import { recordedFetch } from "./recorded-fetch.js";
import { thrownBy } from "./thrown.js";

type Create = (body: unknown) => Promise<unknown>;

/** As much of the package as is used; what only some versions have is optional. */
interface OpenAi {
  readonly chat: { readonly completions: { create: Create; stream?: StreamHelper } };
  readonly beta?: { readonly chat?: { readonly completions: { stream?: StreamHelper } } };
  readonly completions: { create: Create };
  readonly responses?: { create: Create };
  readonly embeddings: { create: Create };
}
type StreamHelper = (body: unknown) => { finalChatCompletion(): Promise<ChatAnswer> };

interface OpenAiModule {
  readonly default: new (options: Readonly<Record<string, unknown>>) => OpenAi;
  readonly APIError: new (...args: never) => Error;
}

export async function openaiClient(load: Import): Promise<Client> {
  const module = (await load("openai")) as unknown as OpenAiModule;
  const isApiError = (error: unknown): boolean => error instanceof module.APIError;
  return {
    async replay(job) {
      const seen: OpenObservation = {};
      const place = { where: "the call" };
      try {
        const client = new module.default({
          apiKey: NO_KEY,
          baseURL: NOWHERE,
          maxRetries: 0,
          fetch: recordedFetch(job.answer),
        });
        await call(client, job, seen, place);
      } catch (error) {
        seen.thrown = thrownBy(error, place.where, isApiError);
      }
      return seen;
    },
  };
}

interface Place {
  where: string;
}

async function call(client: OpenAi, job: ReplayJob, seen: OpenObservation, place: Place): Promise<void> {
  const body = { ...job.request, stream: job.variant === "stream" };
  switch (job.call) {
    case "chat.completions.create":
      return chat(await client.chat.completions.create(body), job, seen, place);
    case "chat.completions.stream":
      return helper(client, body, seen);
    case "completions.create":
      return completions(await client.completions.create(body), job, seen, place);
    case "responses.create":
      if (client.responses === undefined) seen.absent = true;
      else await responses(await client.responses.create(body), job, seen, place);
      return;
    case "embeddings.create": {
      // Left to itself the client asks for base64, which is not what the recorded request asked for.
      const { stream: _, ...rest } = body;
      return embeddings(await client.embeddings.create({ encoding_format: "float", ...rest }), seen, place);
    }
    default:
      seen.absent = true;
  }
}

/** Each chunk of a stream in turn, with its ordinal as the place of what is thrown there. */
async function each<Chunk>(stream: unknown, place: Place, read: (chunk: Chunk) => void): Promise<void> {
  let ordinal = 0;
  place.where = "event 1";
  for await (const chunk of stream as AsyncIterable<Chunk>) {
    ordinal++;
    place.where = `event ${ordinal}`;
    read(chunk);
    place.where = `event ${ordinal + 1}`;
  }
  place.where = "the end of the stream";
}

async function chat(answer: unknown, job: ReplayJob, seen: OpenObservation, place: Place): Promise<void> {
  if (job.variant === "body") {
    place.where = "reading the answer";
    readAnswer(answer as ChatAnswer, seen);
    return;
  }
  const reader = new ChatReader(seen, job.request);
  await each<ChatChunk>(answer, place, (chunk) => reader.chunk(chunk));
}

/** The helper that accumulates by itself. It makes no promise about reasoning, which its types do not know. */
async function helper(client: OpenAi, body: unknown, seen: OpenObservation): Promise<void> {
  const owner =
    typeof client.chat.completions.stream === "function" ? client.chat.completions : client.beta?.chat?.completions;
  if (typeof owner?.stream !== "function") {
    seen.absent = true;
    return;
  }
  const { stream: _, ...rest } = body as Record<string, unknown>;
  readAnswer(await owner.stream({ ...rest, stream: true }).finalChatCompletion(), seen);
  delete seen.reasoning;
}

interface TextAnswer {
  readonly choices: readonly {
    readonly index?: number;
    readonly text: string;
    readonly finish_reason: string | null;
  }[];
  readonly usage?: ChatAnswer["usage"];
}

async function completions(answer: unknown, job: ReplayJob, seen: OpenObservation, place: Place): Promise<void> {
  seen.content = "";
  seen.finishReason = null;
  seen.usage = null;
  const read = (part: TextAnswer): void => {
    const choice = firstChoice(part.choices);
    seen.content += choice?.text ?? "";
    seen.finishReason = choice?.finish_reason || (seen.finishReason ?? null);
    if (part.usage != null) {
      const { prompt_tokens, completion_tokens } = part.usage;
      seen.usage = { inputTokens: prompt_tokens ?? null, outputTokens: completion_tokens ?? null };
    }
  };
  if (job.variant === "stream") await each<TextAnswer>(answer, place, read);
  else {
    place.where = "reading the answer";
    read(answer as TextAnswer);
  }
}

async function responses(answer: unknown, job: ReplayJob, seen: OpenObservation, place: Place): Promise<void> {
  const reader = new ResponseReader(seen);
  if (job.variant === "stream") await each<ResponseEvent>(answer, place, (event) => reader.event(event));
  else {
    place.where = "reading the answer";
    reader.body(answer as ResponseObject);
  }
}

interface EmbeddingAnswer {
  readonly data: readonly { readonly embedding: string | readonly number[] }[];
  readonly usage?: { readonly prompt_tokens?: number };
}

function embeddings(answer: unknown, seen: OpenObservation, place: Place): void {
  place.where = "reading the answer";
  const { data, usage } = answer as EmbeddingAnswer;
  seen.dimensions = data.map(({ embedding }) =>
    // Asked for base64, the client hands the text on: nothing of it is lost, whichever numbers it holds.
    typeof embedding === "string" ? dimensionOf(embedding) : embedding.length,
  );
  seen.usage = usage == null ? null : { inputTokens: usage.prompt_tokens ?? null };
}
