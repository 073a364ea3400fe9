/** Settings and golden set → every request of a probe, in order, and the cases that its answers are decoded by. */
import type { EndpointRole, Settings } from "../config/settings.js";
import { TwintailError } from "../core/errors.js";
import type { GoldenCase, GoldenSet } from "../golden/golden-set.js";
import type { LoadedGoldenSet } from "../golden/load.js";
import type { Plan } from "../plan/plan.js";
import { modelFor } from "../plan/request.js";
import type { ProbeFacts } from "../recording/recording.js";
import { FEATURES } from "./catalogue.js";
import { Draft, type Subject } from "./draft.js";
import {
  ANSWER_TOKENS,
  type Feature,
  type ProbeOptions,
  type ProbeRequest,
  type RequestContext,
  user,
} from "./feature.js";
import { SAY_READY } from "./features/chat.js";

const ROLES = ["baseline", "candidate"] as const;

export const WAKE_CASE = "wake.first";

export interface ProbePlan {
  readonly plan: Plan;
  /** The requests as cases, so that a recording of a probe is read like any other. */
  readonly set: GoldenSet;
  readonly facts: ProbeFacts;
}

export interface ProbeInput {
  readonly settings: Settings;
  readonly golden: LoadedGoldenSet;
  readonly options: ProbeOptions;
  readonly seed: number;
  readonly userAgent: string;
}

/** @throws TwintailError when an endpoint has no model for chat. */
export function planProbe(input: ProbeInput): ProbePlan {
  const { settings, golden, options } = input;
  const draft = new Draft(settings, input.userAgent);
  const context = contextOf(golden.set, options);
  const chatModels = {
    baseline: chatModel(settings, golden.set, "baseline"),
    candidate: chatModel(settings, golden.set, "candidate"),
  };
  planWake(draft, context, settings, chatModels);
  const alone: (() => void)[] = [];
  for (const feature of byUse(golden.set)) {
    const requests = feature.requests(context);
    const targets = ROLES.flatMap((role) => {
      const choice = choiceOf(feature, requests, role, input, chatModels[role]);
      if ("model" in choice) return [{ role, model: choice.model }];
      draft.notTested.push({ caseId: feature.id, endpoint: role, reason: choice.reason });
      return [];
    });
    if (targets.length === 0) continue;
    for (const request of requests) draft.addCase(feature, request);
    if (requests.some(({ step }) => step !== undefined)) alone.push(() => draft.addSteps(feature, requests, targets));
    else for (const request of requests) draft.addToMain(feature, request, targets);
  }
  draft.endMain();
  for (const plan of alone) plan();
  const facts: ProbeFacts = {
    goldenSet: { name: golden.set.name, digest: golden.digest, cases: golden.set.cases.length },
    inUse: Object.fromEntries(
      FEATURES.map((feature) => [feature.id, usersOf(feature, golden.set).length] as const).filter(
        ([, count]) => count > 0,
      ),
    ),
    cancelStreams: context.cancelStreams,
    ...(context.longStreamMs === null ? {} : { longStreamMs: context.longStreamMs }),
  };
  return { plan: draft.plan(input.seed), set: { name: `probe of ${golden.set.name}`, cases: draft.cases }, facts };
}

/** What the golden set needs is known first, should the probe be stopped. A dependent feature keeps its place after its base. */
function byUse(set: GoldenSet): readonly Feature[] {
  const used = FEATURES.filter((feature) => usersOf(feature, set).length > 0);
  return [...used, ...FEATURES.filter((feature) => !used.includes(feature))];
}

/** The cases that ask for a feature. */
export function usersOf({ uses }: Feature, set: GoldenSet): readonly GoldenCase[] {
  return uses === undefined ? [] : set.cases.filter((golden) => uses(golden, golden.request));
}

const LIMIT_KEYS = ["max_tokens", "max_completion_tokens"] as const;
const CANCEL_STREAMS = 4;

function contextOf(set: GoldenSet, options: ProbeOptions): RequestContext {
  const [max, maxCompletion] = LIMIT_KEYS.map((key) => set.cases.filter(({ request }) => key in request).length);
  // An endpoint that wants the other name is configured by `rename`.
  const key = (maxCompletion ?? 0) > (max ?? 0) ? "max_completion_tokens" : "max_tokens";
  const sampling = sharedSampling(set);
  return {
    cancelStreams: options.cancelStreams ?? CANCEL_STREAMS,
    longStreamMs: options.longStreamMs ?? null,
    longStreamTokens: options.longStreamTokens ?? null,
    settings: (tokens) => ({ ...sampling, ...(tokens === null ? {} : { [key]: tokens }) }),
  };
}

const SAMPLING_KEYS = ["temperature", "top_p", "presence_penalty", "frequency_penalty"] as const;

/** A field that some cases leave out may be one that the endpoint refuses: it is sent only where all send it alike. */
function sharedSampling(set: GoldenSet): Readonly<Record<string, unknown>> {
  const chats = set.cases.filter(({ api }) => api === "chat");
  const shared = SAMPLING_KEYS.flatMap((key): [string, unknown][] => {
    const values = new Set(chats.map(({ request }) => request[key]));
    const [value] = values;
    return values.size === 1 && value !== undefined ? [[key, value]] : [];
  });
  return Object.fromEntries(shared);
}

/** The model that most plain questions go to. */
function chatModel({ endpoints }: Settings, set: GoldenSet, role: EndpointRole): string {
  const endpoint = endpoints[role];
  const mapped = set.cases.filter(({ api }) => api === "chat").map((golden) => modelFor(endpoint, golden));
  const model = endpoint.models.default ?? mapped.find((each) => each !== undefined);
  if (model !== undefined) return model;
  throw new TwintailError({
    cause: `the ${role} has no model for chat`,
    place: `endpoints.${role}.models`,
    remedy: "map a default model",
  });
}

/** The model that a feature is tried with at one endpoint, or why it is not. */
function choiceOf(
  feature: Feature,
  requests: readonly ProbeRequest[],
  role: EndpointRole,
  { settings, golden, options }: ProbeInput,
  fallback: string,
): { readonly model: string } | { readonly reason: string } {
  const endpoint = settings.endpoints[role];
  if (requests.length === 0) return { reason: "needs --long-stream" };
  const omitted = feature.keys.find((key) => endpoint.omit.includes(key));
  if (omitted !== undefined) return { reason: `endpoints.${role}.omit takes "${omitted}" out of every request` };
  const key = feature.model;
  const mapped = key === undefined ? undefined : endpoint.models[key];
  if (mapped === null) return { reason: `endpoints.${role}.models.${key} is null` };
  if (feature.costly !== undefined) {
    if (mapped !== undefined) return { model: mapped };
    if (options.all === true) return { model: fallback };
    const how = key === undefined ? "--all tries it" : `map models.${key}, or give --all`;
    return { reason: `${feature.costly}: ${how}` };
  }
  const users = usersOf(feature, golden.set);
  const model = users.map((golden) => modelFor(endpoint, golden)).find((each) => each !== undefined);
  if (model !== undefined) return { model };
  if (users.length > 0) return { reason: `no model in endpoints.${role}.models for the cases that use it` };
  if (key === "embeddings" && mapped === undefined)
    return { reason: `no model under endpoints.${role}.models.embeddings` };
  return { model: mapped ?? fallback };
}

/** The first contact wakes an endpoint that scales to zero, in a phase of its own and under the cap of its wake. */
function planWake(
  draft: Draft,
  context: RequestContext,
  { endpoints }: Settings,
  models: Readonly<Record<EndpointRole, string>>,
): void {
  const targets = ROLES.filter((role) => endpoints[role].wake !== undefined).map((role) => ({
    role,
    model: models[role],
  }));
  if (targets.length === 0) return;
  const request: ProbeRequest = {
    part: "first",
    api: "chat",
    variant: "body",
    request: { ...user(SAY_READY), ...context.settings(ANSWER_TOKENS) },
  };
  const waking: Subject = { id: "wake", name: "waking", keys: [] };
  draft.addCase(waking, request);
  draft.blocks.push({
    phase: "cold",
    concurrency: 1,
    releases: draft.releases(waking, request, 0, targets, "cold"),
  });
}
