/** Golden set × endpoints × settings → every request of a run, in order. Seeded: the same input gives the same plan. */
import type { ArrivalSettings, CaptureSettings, EndpointRole, EndpointSettings } from "../config/settings.js";
import { digestOf } from "../core/digest.js";
import { TwintailError } from "../core/errors.js";
import { type Random, seededRandom } from "../core/random.js";
import type { GoldenCase, GoldenSet, Variant } from "../golden/golden-set.js";
import { firstArrivals, repeatedTrace } from "./load/arrivals.js";
import {
  ARM_ENDPOINT,
  type Arm,
  type Block,
  type NotTested,
  type Phase,
  type Plan,
  type PlannedRequest,
  type Release,
  type RequestTemplate,
} from "./plan.js";
import { buildRequest, modelFor } from "./request.js";

export interface PlanInput {
  readonly set: GoldenSet;
  readonly endpoints: Readonly<Record<EndpointRole, EndpointSettings>>;
  readonly capture: CaptureSettings;
  readonly seed: number;
  readonly userAgent: string;
  /**
   * How many processes send the plan together. Then it has neither cold trials nor solo requests, since another shard would
   * wake or load the endpoint meanwhile, and each shard has a warm-up of its own.
   */
  readonly shards?: number;
}

const ROLES = ["baseline", "candidate"] as const;

/** @throws TwintailError when nothing is left to send, or a named case does not exist. */
export function buildPlan(input: PlanInput): Plan {
  const { set, capture, seed } = input;
  for (const id of capture.once) {
    if (!set.cases.some((goldenCase) => goldenCase.id === id)) {
      throw new TwintailError({
        cause: `capture.once names "${id}", which is no case`,
        remedy: `use an id of ${set.name}`,
      });
    }
  }
  const { tested, notTested } = splitByModel(input);
  const draft = new Draft(input);
  if (input.shards === undefined) {
    planCold(draft, input, tested);
    planWarmup(draft, input, tested);
    planSolo(draft, input, tested);
  } else {
    planWarmup(draft, input, tested, capture.warmup * input.shards);
  }
  planRounds(draft, input, tested);
  const plan = {
    seed,
    rounds: capture.rounds,
    rows: draft.rows,
    blocks: draft.blocks,
    requests: Object.fromEntries(draft.requests),
    notTested,
  };
  return { ...plan, digest: digestOf(plan) };
}

/** @throws TwintailError when no case can be sent to both. */
export function splitByModel(
  input: PlanInput,
  roles: readonly EndpointRole[] = ROLES,
): { tested: GoldenCase[]; notTested: NotTested[] } {
  const tested: GoldenCase[] = [];
  const notTested: NotTested[] = [];
  for (const goldenCase of input.set.cases) {
    const missing = roles.filter((role) => modelFor(input.endpoints[role], goldenCase) === undefined);
    if (missing.length === 0) tested.push(goldenCase);
    for (const endpoint of missing) {
      const reason = `no model for category "${goldenCase.category}" in endpoints.${endpoint}.models`;
      notTested.push({ caseId: goldenCase.id, endpoint, reason });
    }
  }
  if (tested.length === 0) {
    throw new TwintailError({
      cause: roles.length === 2 ? "no case has a model on both endpoints" : `no case has a model on the ${roles[0]}`,
      place: `endpoints.${roles.length === 2 ? "*" : roles[0]}.models`,
      remedy: "map a default model",
    });
  }
  return { tested, notTested };
}

/** One moment of a round: a case in one variant, sent to both sides by the given arms. */
interface Moment {
  readonly goldenCase: GoldenCase;
  readonly variant: Variant;
  readonly repeat: number;
  readonly arms: readonly Arm[];
}

const MAIN_ARMS: readonly Arm[] = ["baseline", "candidate"];
const CONTROL_ARMS: readonly Arm[] = ["control", "candidate2"];

/** Collects rows, releases and request bodies, giving ids in the order of planning. */
export class Draft {
  readonly rows: PlannedRequest[] = [];
  readonly blocks: Block[] = [];
  readonly requests = new Map<string, RequestTemplate>();
  readonly #firing: Random;
  readonly #nonces: Random;
  #pairs = 0;

  constructor(private readonly input: PlanInput) {
    this.#firing = seededRandom(input.seed, "which fires first");
    this.#nonces = seededRandom(input.seed, "nonces");
  }

  /** Adds the rows of one moment and returns their ids, first to fire first. */
  pair(moment: Moment, phase: Phase, round: number, maxTokens?: number): number[] {
    const { goldenCase, variant, repeat } = moment;
    const pairId = this.#pairs++;
    // Drawn for every pair, used or not: settings that differ in one case must not shift the others' nonces.
    const drawn = this.#nonces
      .int(2 ** 32)
      .toString(16)
      .padStart(8, "0");
    const unique = this.input.capture.prefix === "unique" && goldenCase.prefix === "unique";
    const reversed = this.#firing.int(2) === 1 && this.input.capture.order === "random";
    const arms = reversed ? [...moment.arms].reverse() : moment.arms;
    return arms.map((arm) => {
      const endpoint = this.input.endpoints[ARM_ENDPOINT[arm]];
      const model = modelFor(endpoint, goldenCase) as string;
      const { id: requestId, template } = buildRequest(endpoint, goldenCase, {
        variant,
        model,
        userAgent: this.input.userAgent,
        ...(maxTokens === undefined ? {} : { maxTokens }),
      });
      this.requests.set(requestId, template);
      const id = this.rows.length;
      this.rows.push({
        id,
        pairId,
        endpoint: endpoint.role,
        arm,
        caseId: goldenCase.id,
        repeat,
        round,
        phase,
        variant,
        requestId,
        // Beside the template, not in it: bodies are stored once, however often they are sent.
        ...(unique && goldenCase.api !== "embeddings" ? { nonce: drawn } : {}),
        ...(phase === "warm" && goldenCase.cancel !== undefined ? { cancel: goldenCase.cancel } : {}),
      });
      return id;
    });
  }
}

/**
 * The first contact with a scale-to-zero endpoint is its cold trial; an endpoint that never sleeps is left alone.
 * @param trial from 0. Before the first an endpoint is taken to sleep unless its settings say how it falls asleep; before
 * a later one it has just been asked.
 */
export function planCold(
  draft: Draft,
  input: PlanInput,
  tested: readonly GoldenCase[],
  trial = 0,
  roles: readonly EndpointRole[] = ROLES,
): void {
  const { capture, endpoints } = input;
  const arms = roles.filter((role) => endpoints[role].wake !== undefined);
  if (arms.length === 0) return;
  const rows = draft.pair(plainMoment(tested, arms), "cold", trial);
  const wakes = (role: EndpointRole): boolean =>
    trial > 0 || endpoints[role].wake?.assumeIdle === false || endpoints[role].scaleDown !== undefined;
  for (const block of inOrder(capture, "cold", 1, [{ rows, notBeforeMs: 0 }])) {
    const own = block.releases.flatMap((release) => release.rows.map((id) => draft.rows[id]?.endpoint));
    const asleep = ROLES.filter((role) => own.includes(role) && wakes(role));
    draft.blocks.push(asleep.length === 0 ? block : { ...block, asleep });
  }
}

/** So many requests of the plainest case to each endpoint, one after another. */
export function planWarmup(
  draft: Draft,
  input: PlanInput,
  tested: readonly GoldenCase[],
  count = input.capture.warmup,
  trial = 0,
  roles: readonly EndpointRole[] = ROLES,
): void {
  if (count === 0) return;
  const moment = plainMoment(tested, roles);
  const releases = Array.from({ length: count }, () => ({
    rows: draft.pair(moment, "warmup", trial),
    notBeforeMs: 0,
  }));
  draft.blocks.push(...inOrder(input.capture, "warmup", 1, releases));
}

/** The plainest case to wake or warm up with: the first chat without tools and without a cancel rule, as a stream. */
function plainMoment(tested: readonly GoldenCase[], arms: readonly Arm[]): Moment {
  const plain = tested.find(
    ({ api, request, cancel, variants }) =>
      api === "chat" && request.tools === undefined && cancel === undefined && variants.includes("stream"),
  );
  const goldenCase = plain ?? (tested[0] as GoldenCase);
  return { goldenCase, variant: goldenCase.variants[0] ?? "body", repeat: 0, arms };
}

/** Decode at concurrency 1, on the first case tagged `solo`: the figure that a tier is known by. */
function planSolo(draft: Draft, input: PlanInput, tested: readonly GoldenCase[]): void {
  const { requests, maxTokens } = input.capture.solo;
  const goldenCase = tested.find(({ tags }) => tags.includes("solo"));
  if (requests === 0 || goldenCase === undefined) return;
  const moment = { goldenCase, variant: "stream", repeat: 0, arms: MAIN_ARMS } as const;
  const releases = Array.from({ length: requests }, () => ({
    rows: draft.pair(moment, "solo", 0, maxTokens),
    notBeforeMs: 0,
  }));
  draft.blocks.push(...inOrder(input.capture, "solo", 1, releases));
}

function planRounds(draft: Draft, input: PlanInput, tested: readonly GoldenCase[]): void {
  const { capture, seed } = input;
  const order = seededRandom(seed, "order of a round");
  const releases: Release[] = [];
  for (let round = 0; round < capture.rounds; round++) {
    const notBeforeMs = Math.round((capture.spreadMs * round) / capture.rounds);
    const early: Moment[] = [];
    const moments: Moment[] = [];
    for (const goldenCase of tested) {
      const once = capture.once.includes(goldenCase.id);
      if (once && round > 0) continue;
      for (let repeat = 0; repeat < goldenCase.repeat; repeat++) {
        for (const variant of goldenCase.variants) {
          const target = once ? early : moments;
          target.push({ goldenCase, variant, repeat, arms: MAIN_ARMS });
          if (capture.control) target.push({ goldenCase, variant, repeat, arms: CONTROL_ARMS });
        }
      }
    }
    for (const moment of [...early, ...order.shuffle(moments)]) {
      releases.push({ rows: draft.pair(moment, "warm", round), notBeforeMs });
    }
  }
  if (capture.arrivals === undefined) {
    draft.blocks.push(...inOrder(capture, "warm", capture.concurrency, releases));
    return;
  }
  const { maxInFlight, whenFull } = capture.arrivals;
  const timed = atTimes(releases, capture.arrivals, seededRandom(seed, "arrivals"));
  draft.blocks.push({ phase: "warm", concurrency: maxInFlight, releases: timed, open: { whenFull } });
}

/** The same releases in the same order, each at its arrival. */
function atTimes(releases: readonly Release[], arrivals: ArrivalSettings, random: Random): Release[] {
  const { shape, rate = 1, toRate = rate } = arrivals;
  const forMs = (2_000 * releases.length) / (rate + toRate);
  const times =
    shape.kind === "trace"
      ? repeatedTrace(shape.arrivals, releases.length).map(({ atMs }) => atMs)
      : firstArrivals(shape, { forMs, from: rate, to: toRate }, releases.length, random);
  return releases.map((release, index) => ({ ...release, notBeforeMs: times[index] as number }));
}

/**
 * `random` sends both halves of a pair together. `serial` is for endpoints that share hardware: only one of them
 * has requests in flight, in blocks A B B A. What is due at another time stands in another block: a block waits for its
 * last release, and the other halves of its pairs would wait with it.
 */
function inOrder(capture: CaptureSettings, phase: Phase, concurrency: number, pairs: readonly Release[]): Block[] {
  if (capture.order === "random") return [{ phase, concurrency, releases: pairs }];
  const size = 2 * concurrency;
  const blocks: Block[] = [];
  let end = 0;
  for (let start = 0, turn = 0; start < pairs.length; start = end, turn++) {
    const due = pairs[start]?.notBeforeMs;
    end = start + 1;
    while (end - start < size && pairs[end]?.notBeforeMs === due) end++;
    const chunk = pairs.slice(start, end);
    // In serial order rows keep their arms' order: the baseline's side first.
    const halves = [0, 1].map((side) =>
      chunk.map(({ rows, notBeforeMs }) => ({ rows: rows.slice(side, side + 1), notBeforeMs })),
    );
    const secondFirst = turn % 2 === 1;
    for (const half of secondFirst ? halves.reverse() : halves) {
      const releases = half.filter(({ rows }) => rows.length > 0);
      if (releases.length > 0) blocks.push({ phase, concurrency, releases });
    }
  }
  return blocks;
}
