/** Settings and golden set → every request of a probe, in order, and the cases that its answers are decoded by. */
import type { EndpointRole, EndpointSettings, Settings } from "../config/settings.js";
import { digestOf } from "../core/digest.js";
import { TwintailError } from "../core/errors.js";
import type { GoldenCase, GoldenSet } from "../golden/golden-set.js";
import type { LoadedGoldenSet } from "../golden/load.js";
import type { Block, NotTested, Phase, Plan, PlannedRequest, Release, RequestTemplate } from "../plan/plan.js";
import { buildRequest, modelFor } from "../plan/request.js";
import type { ProbeFacts } from "../recording/recording.js";
import { CONTROL, FOREIGN } from "./answer.js";
import { FEATURES } from "./catalogue.js";
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
/** Features at once at most: a probe is no load test. */
const MAX_IN_FLIGHT = 2;

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
  const draft = new Draft(input);
  const context = contextOf(golden.set, options);
  const chatModels = {
    baseline: chatModel(settings, golden.set, "baseline"),
    candidate: chatModel(settings, golden.set, "candidate"),
  };
  planWake(draft, context, chatModels);
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
  return {
    cancelStreams: options.cancelStreams ?? CANCEL_STREAMS,
    longStreamMs: options.longStreamMs ?? null,
    longStreamTokens: options.longStreamTokens ?? null,
    limit: (tokens) => ({ [key]: tokens }),
  };
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
function planWake(draft: Draft, { limit }: RequestContext, models: Readonly<Record<EndpointRole, string>>): void {
  const targets = ROLES.filter((role) => draft.input.settings.endpoints[role].wake !== undefined).map((role) => ({
    role,
    model: models[role],
  }));
  if (targets.length === 0) return;
  const request: ProbeRequest = {
    part: "first",
    api: "chat",
    variant: "body",
    request: { ...user(SAY_READY), ...limit(ANSWER_TOKENS) },
  };
  const waking: Subject = { id: "wake", name: "waking", keys: [] };
  draft.addCase(waking, request);
  draft.blocks.push({
    phase: "cold",
    concurrency: targets.length,
    releases: draft.releases(waking, request, 0, targets, "cold"),
  });
}

/** What a request is made for. */
type Subject = Pick<Feature, "id" | "name" | "keys">;

interface Target {
  readonly role: EndpointRole;
  readonly model: string;
}

/** Collects rows, releases and request bodies, giving ids in the order of planning. */
class Draft {
  readonly rows: PlannedRequest[] = [];
  readonly blocks: Block[] = [];
  readonly cases: GoldenCase[] = [];
  readonly notTested: NotTested[] = [];
  readonly #requests = new Map<string, RequestTemplate>();
  readonly #main: Release[] = [];
  /** How often each case was planned, at both endpoints alike. */
  readonly #copies = new Map<string, number>();
  #pairs = 0;

  constructor(readonly input: ProbeInput) {}

  addCase(subject: Subject, request: ProbeRequest): void {
    const id = caseIdOf(subject, request);
    if (this.cases.some((golden) => golden.id === id)) return;
    this.cases.push({
      id,
      category: "probe",
      tags: [...(request.foreign === true ? [FOREIGN] : []), ...(request.control === true ? [CONTROL] : [])],
      detects: subject.name,
      api: request.api,
      variants: [request.variant],
      repeat: request.copies ?? 1,
      prefix: "shared",
      request: request.request,
      expect: request.expect ?? {},
      ...(request.cancel === undefined ? {} : { cancel: request.cancel }),
    });
  }

  /** Rows that run among others. */
  addToMain(subject: Subject, request: ProbeRequest, targets: readonly Target[]): void {
    for (let copy = 0; copy < (request.copies ?? 1); copy++) {
      this.#main.push(...this.releases(subject, request, this.#nextCopy(subject, request), targets, "probe"));
    }
  }

  /** To be called once, between the rows among others and those that run alone. */
  endMain(): void {
    const { order, concurrency } = this.input.settings.capture;
    const inFlight = order === "serial" ? 1 : Math.min(MAX_IN_FLIGHT, concurrency);
    if (this.#main.length > 0) this.blocks.push({ phase: "probe", concurrency: inFlight, releases: this.#main });
  }

  /** A block a step; endpoints that share hardware get one each. */
  addSteps(subject: Subject, requests: readonly ProbeRequest[], targets: readonly Target[]): void {
    const steps = [...new Set(requests.map(({ step }) => step ?? 0))].sort((a, b) => a - b);
    const groups = this.input.settings.capture.order === "serial" ? targets.map((target) => [target]) : [targets];
    for (const group of groups) {
      this.#copies.clear();
      for (const step of steps) {
        const releases = requests
          .filter((request) => (request.step ?? 0) === step)
          .flatMap((request) =>
            Array.from({ length: request.copies ?? 1 }, () =>
              this.releases(subject, request, this.#nextCopy(subject, request), group, "probe"),
            ).flat(),
          );
        this.blocks.push({ phase: "probe", concurrency: releases.length, releases });
      }
    }
  }

  releases(
    subject: Subject,
    request: ProbeRequest,
    repeat: number,
    targets: readonly Target[],
    phase: Phase,
  ): Release[] {
    const pairId = this.#pairs++;
    const rows = targets.map(({ role, model }) => this.#row(subject, request, repeat, { role, model, phase, pairId }));
    const serial = this.input.settings.capture.order === "serial";
    return (serial ? rows.map((row) => [row]) : [rows]).map((each) => ({ rows: each, notBeforeMs: 0 }));
  }

  plan(seed: number): Plan {
    const plan = {
      seed,
      rounds: 1,
      rows: this.rows,
      blocks: this.blocks,
      requests: Object.fromEntries(this.#requests),
      notTested: this.notTested,
    };
    return { ...plan, digest: digestOf(plan) };
  }

  #nextCopy(subject: Subject, request: ProbeRequest): number {
    const id = caseIdOf(subject, request);
    const copy = this.#copies.get(id) ?? 0;
    this.#copies.set(id, copy + 1);
    return copy;
  }

  #row(
    subject: Subject,
    request: ProbeRequest,
    repeat: number,
    at: Target & { readonly phase: Phase; readonly pairId: number },
  ): number {
    const endpoint = endpointFor(subject, this.input.settings.endpoints[at.role]);
    const golden = this.cases.find(({ id }) => id === caseIdOf(subject, request)) as GoldenCase;
    const model = request.model ?? at.model;
    const built = buildRequest(endpoint, golden, {
      variant: request.variant,
      model,
      nonce: null,
      userAgent: this.input.userAgent,
    });
    const template = request.change?.(built.template, endpoint, model) ?? built.template;
    const requestId = `${at.role}.${golden.id}`;
    this.#requests.set(requestId, template);
    const id = this.rows.length;
    this.rows.push({
      id,
      pairId: at.pairId,
      endpoint: at.role,
      arm: at.role,
      caseId: golden.id,
      repeat,
      round: 0,
      phase: at.phase,
      variant: request.variant,
      requestId,
      ...(request.cancel === undefined ? {} : { cancel: request.cancel }),
    });
    return id;
  }
}

/**
 * The endpoint as it is configured, but for what would hide the feature: `extra` would overwrite the field under test, and
 * usage is asked for only by the request that looks for it.
 */
function endpointFor({ keys }: Subject, endpoint: EndpointSettings): EndpointSettings {
  const extra = Object.fromEntries(Object.entries(endpoint.extra).filter(([key]) => !keys.includes(key)));
  return { ...endpoint, streamUsage: false, extra };
}

function caseIdOf({ id }: Subject, { part }: ProbeRequest): string {
  return `${id}.${part}`;
}
