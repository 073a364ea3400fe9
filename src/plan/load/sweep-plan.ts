/**
 * What a sweep sends: at first what wakes and warms up the endpoints, then load after load, as each is decided. Seeded: the
 * same loads in the same order give the same requests. No prompt is sent twice, so that no prefix cache answers for the GPU.
 */
import type { EndpointRole, LoadSettings, TraceArrival } from "../../config/settings.js";
import { digestOf } from "../../core/digest.js";
import { seededRandom } from "../../core/random.js";
import type { GoldenCase } from "../../golden/golden-set.js";
import { Draft, type PlanInput, planCold, planWarmup, splitByModel } from "../build.js";
import type { Block, Plan, PlannedRequest, Release, RequestTemplate } from "../plan.js";
import { buildRequest, modelFor } from "../request.js";
import { arrivalTimes } from "./arrivals.js";
import { Decks, type WeightedCase, weightedCases } from "./mix.js";
import { type LoadPoint, phaseOfPoint } from "./point.js";
import { traceCases, traceRequest } from "./trace-cases.js";

export interface SweepInput extends PlanInput {
  readonly roles: readonly EndpointRole[];
  readonly load: LoadSettings;
}

/** A plan that went on: all rows and templates, with blocks of the new ones alone. */
export interface PlannedPoint {
  readonly plan: Plan;
  readonly rows: readonly PlannedRequest[];
  readonly requests: Readonly<Record<string, RequestTemplate>>;
}

/** Before the first load; their times say how many requests it may take. */
const WARMUPS = 4;
/** What a closed loop may send beyond what is expected of it. */
const SPARE = 1.5;
/** Of one endpoint under one load: more would be no line that a recording can hold. A load that needs more says so. */
const MAX_ROWS = 200_000;

/** What is asked in one request, and by how many tokens it is answered at most. */
interface Asked {
  readonly golden: GoldenCase;
  readonly variant: WeightedCase["variant"];
  readonly maxTokens?: number;
}

export class SweepPlanner {
  /** Every case that may be asked, those made for a trace included. */
  readonly cases: readonly GoldenCase[];
  readonly mix: readonly WeightedCase[];
  readonly #start: Plan;
  readonly #decks: Decks;
  readonly #templates = new Map<string, string>();
  readonly #requests: Record<string, RequestTemplate>;
  readonly #rows: PlannedRequest[];
  readonly #firing;
  readonly #firstNonce: number;
  #pairs: number;
  #prompts = 0;

  /** @throws TwintailError when no case can be sent to all that are swept, or the mix names a category without one. */
  constructor(private readonly input: SweepInput) {
    const { seed, load, roles } = input;
    const { tested, notTested } = splitByModel(input, roles);
    const arrivals = arrivalsOf(load);
    const made = traceCases(arrivals);
    this.cases = made.length === 0 ? tested : [...tested, ...made];
    this.mix = weightedCases(tested, load.mix);
    this.#decks = new Decks(this.mix, seededRandom(seed, "cases of a sweep"));
    this.#firing = seededRandom(seed, "which fires first");
    this.#firstNonce = seededRandom(seed, "nonces of a sweep").int(2 ** 32);
    const draft = new Draft(input);
    planCold(draft, input, tested, 0, roles);
    planWarmup(draft, input, tested, Math.max(WARMUPS, input.capture.warmup), 0, roles);
    this.#rows = draft.rows;
    this.#requests = Object.fromEntries(draft.requests);
    this.#pairs = draft.rows.reduce((most, { pairId }) => Math.max(most, pairId), -1) + 1;
    const plan = {
      seed,
      rounds: 1,
      rows: [...draft.rows],
      blocks: draft.blocks,
      requests: { ...this.#requests },
      notTested,
    };
    this.#start = { ...plan, digest: digestOf(plan) };
  }

  /** What wakes and warms up. */
  get start(): Plan {
    return this.#start;
  }

  /**
   * The requests of one load.
   * @param expectPerS closed loop: how many answers a second the load may bring at most, by endpoint
   * @param fromLoad open loop: where the rate rises from while it settles
   */
  point(
    point: LoadPoint,
    { expectPerS, fromLoad }: { expectPerS: Partial<Record<EndpointRole, number>>; fromLoad: number },
  ): PlannedPoint {
    const first = this.#rows.length;
    const known = new Set(Object.keys(this.#requests));
    const block =
      this.input.load.loop.kind === "closed" ? this.#closed(point, expectPerS) : this.#open(point, fromLoad);
    const requests = Object.fromEntries(Object.entries(this.#requests).filter(([id]) => !known.has(id)));
    const rows = this.#rows.slice(first);
    const plan: Plan = { ...this.#start, rows: [...this.#rows], blocks: [block], requests: { ...this.#requests } };
    return { plan, rows, requests };
  }

  #closed(point: LoadPoint, expectPerS: Partial<Record<EndpointRole, number>>): Block {
    const seconds = (point.settleMs + point.windowMs) / 1_000;
    const load = point.load ?? 1;
    const counts = point.roles.map((role) =>
      Math.min(MAX_ROWS, Math.ceil(SPARE * (expectPerS[role] ?? load) * seconds) + load),
    );
    const releases: Release[] = [];
    for (let index = 0; index < Math.max(...counts); index++) {
      const roles = point.roles.filter((_, at) => index < (counts[at] as number));
      // Of two lanes' own moments: the prompt is the same, and nothing else makes them a pair.
      for (const id of this.#send(this.#decks.next(), roles, point, false))
        releases.push({ rows: [id], notBeforeMs: 0 });
    }
    return {
      phase: phaseOfPoint(point.index),
      concurrency: load,
      releases,
      perEndpoint: true,
      rampMs: point.settleMs / 2,
      until429: true,
      untilMs: point.settleMs + point.windowMs,
    };
  }

  #open(point: LoadPoint, fromLoad: number): Block {
    const { load: settings } = this.input;
    const arrivals = this.#arrivalsIn(point, fromLoad);
    const releases = arrivals.map(({ atMs, asked }) => ({
      rows: this.#send(asked, this.#firing.int(2) === 1 ? [...point.roles].reverse() : point.roles, point, true),
      notBeforeMs: atMs,
    }));
    return {
      phase: phaseOfPoint(point.index),
      concurrency: settings.maxInFlight,
      releases,
      open: { whenFull: settings.whenFull },
      perEndpoint: true,
      until429: true,
      untilMs: point.settleMs + point.windowMs,
    };
  }

  #arrivalsIn(point: LoadPoint, fromLoad: number): { atMs: number; asked: Asked }[] {
    const { load, seed } = this.input;
    const wholeMs = point.settleMs + point.windowMs;
    if (load.loop.kind === "closed") return [];
    if (load.loop.shape.kind === "trace") {
      const own = load.loop.shape.arrivals.filter(({ atMs }) => atMs < wholeMs);
      return own.map((arrival) => ({ atMs: arrival.atMs, asked: this.#askedBy(arrival) }));
    }
    const rate = point.load ?? 1;
    const course = [
      { forMs: point.settleMs / 2, from: Math.min(fromLoad, rate), to: rate },
      { forMs: wholeMs - point.settleMs / 2, from: rate, to: rate },
    ];
    const random = seededRandom(seed, `arrivals of point ${point.index}`);
    const times = arrivalTimes(load.loop.shape, course, random);
    // A point without a row would be no line of a recording.
    if (times.length === 0) times.push(point.settleMs + point.windowMs / 2);
    return times.map((atMs) => ({ atMs, asked: this.#decks.next() }));
  }

  #askedBy(arrival: TraceArrival): Asked {
    return traceRequest(arrival, this.cases) ?? this.#decks.next();
  }

  /** Adds a row an endpoint, all with one prompt, and gives their ids. */
  #send(asked: Asked, roles: readonly EndpointRole[], { index }: LoadPoint, pair: boolean): number[] {
    const nonce = this.#nextNonce();
    const shared = this.#pairs;
    return roles.map((role) => {
      const id = this.#rows.length;
      this.#rows.push({
        id,
        pairId: pair ? shared : this.#pairs,
        endpoint: role,
        arm: role,
        caseId: asked.golden.id,
        repeat: 0,
        round: 0,
        phase: phaseOfPoint(index),
        variant: asked.variant,
        requestId: this.#template(role, asked),
        ...(asked.golden.api === "embeddings" ? {} : { nonce }),
        ...(asked.maxTokens === undefined ? {} : { maxTokens: asked.maxTokens }),
      });
      if (!pair || role === roles.at(-1)) this.#pairs++;
      return id;
    });
  }

  #template(role: EndpointRole, { golden, variant }: Asked): string {
    const key = `${role} ${variant} ${golden.id}`;
    const known = this.#templates.get(key);
    if (known !== undefined) return known;
    const endpoint = this.input.endpoints[role];
    const model = modelFor(endpoint, golden) ?? "";
    const { id, template } = buildRequest(endpoint, golden, {
      variant,
      model,
      userAgent: this.input.userAgent,
    });
    this.#requests[id] = template;
    this.#templates.set(key, id);
    return id;
  }

  /** A step through all 32-bit numbers by an odd one: none comes twice. */
  #nextNonce(): string {
    return ((this.#firstNonce + Math.imul(this.#prompts++, 0x9e3779b1)) >>> 0).toString(16).padStart(8, "0");
  }
}

function arrivalsOf({ loop }: LoadSettings): readonly TraceArrival[] {
  return loop.kind === "open" && loop.shape.kind === "trace" ? loop.shape.arrivals : [];
}
