/** Rows, releases and request bodies of a probe, collected in the order of planning. */
import type { EndpointRole, EndpointSettings, Settings } from "../config/settings.js";
import { digestOf } from "../core/digest.js";
import type { GoldenCase } from "../golden/golden-set.js";
import type { Block, NotTested, Phase, Plan, PlannedRequest, Release, RequestTemplate } from "../plan/plan.js";
import { buildRequest } from "../plan/request.js";
import { CONTROL, FOREIGN } from "./answer.js";
import type { Feature, ProbeRequest } from "./feature.js";

/** Features at once at most: a probe is no load test. */
const MAX_IN_FLIGHT = 2;

/** What a request is made for. */
export type Subject = Pick<Feature, "id" | "name" | "keys">;

export interface Target {
  readonly role: EndpointRole;
  readonly model: string;
}

/** Collects rows, releases and request bodies, giving ids in the order of planning. */
export class Draft {
  readonly rows: PlannedRequest[] = [];
  readonly blocks: Block[] = [];
  readonly cases: GoldenCase[] = [];
  readonly notTested: NotTested[] = [];
  readonly #requests = new Map<string, RequestTemplate>();
  readonly #main: Release[] = [];
  /** How often each case was planned, at both endpoints alike. */
  readonly #copies = new Map<string, number>();
  #pairs = 0;

  constructor(
    private readonly settings: Settings,
    private readonly userAgent: string,
  ) {}

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
    const { order, concurrency } = this.settings.capture;
    const inFlight = order === "serial" ? 1 : Math.min(MAX_IN_FLIGHT, concurrency);
    if (this.#main.length > 0) this.blocks.push({ phase: "probe", concurrency: inFlight, releases: this.#main });
  }

  /** A block a step; endpoints that share hardware get one each. */
  addSteps(subject: Subject, requests: readonly ProbeRequest[], targets: readonly Target[]): void {
    const steps = [...new Set(requests.map(({ step }) => step ?? 0))].sort((a, b) => a - b);
    const groups = this.settings.capture.order === "serial" ? targets.map((target) => [target]) : [targets];
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
    const serial = this.settings.capture.order === "serial";
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
    const endpoint = endpointFor(subject, this.settings.endpoints[at.role]);
    const golden = this.cases.find(({ id }) => id === caseIdOf(subject, request)) as GoldenCase;
    const model = request.model ?? at.model;
    const built = buildRequest(endpoint, golden, {
      variant: request.variant,
      model,
      userAgent: this.userAgent,
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
