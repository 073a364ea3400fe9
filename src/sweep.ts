/** The table of contents of a sweep: load after load, each decided by those before it, then the file that was written is judged. */
import { randomInt } from "node:crypto";
import { join } from "node:path";
import { nextPoint } from "./capacity/next-point.js";
import type { MeasuredPoint } from "./capacity/saturation.js";
import { settleMsFor } from "./capacity/settle.js";
import { parseSlo } from "./capacity/slo.js";
import { SweepBook } from "./capacity/sweep-book.js";
import { interrupted } from "./capture/reach.js";
import type { CaptureSettings, EndpointRole, LoadSettings, Settings } from "./config/settings.js";
import { TwintailError } from "./core/errors.js";
import { VERSION } from "./core/version.js";
import { type LoadedGoldenSet, loadGoldenSet } from "./golden/load.js";
import { sampleOf } from "./measure/sample.js";
import { measureAll } from "./measure/scored.js";
import type { LoadPoint } from "./plan/load/point.js";
import { SweepPlanner } from "./plan/load/sweep-plan.js";
import type { Plan } from "./plan/plan.js";
import { heedPreflight, preflight } from "./preflight.js";
import { type Access, accessTo, headerOf, type MoreToRecord, reachBoth, record } from "./record.js";
import { RECORDING_FILE } from "./recording/reader.js";
import type { Exchange, HeaderLine, SweepFacts } from "./recording/recording.js";
import { RecordingWriter } from "./recording/writer.js";
import type { SweepSummary } from "./report/sweep-summary.js";
import type { RunOptions } from "./run.js";
import { scoreSweep } from "./score-sweep.js";

const ROLES = ["baseline", "candidate"] as const;
const USER_AGENT = `twintail/${VERSION}`;

/** A sweep that is ready to begin: nothing has touched the network yet. */
export interface PreparedSweep {
  readonly settings: Settings;
  readonly golden: LoadedGoldenSet;
  readonly facts: SweepFacts;
  readonly seed: number;
  /** What wakes and warms up; loads follow as they are decided. */
  readonly plan: Plan;
}

export interface SweepChoice {
  /** Sweep this endpoint alone; by default all that are owned. */
  readonly only?: EndpointRole | undefined;
}

export interface SweepOptions extends Omit<RunOptions, "kind" | "onStart"> {
  readonly onStart?: (folder: string, prepared: PreparedSweep) => void;
  /** A load is about to be sent. */
  readonly onPoint?: (point: LoadPoint) => void;
  /** All of it has ended: what was measured, an entry an endpoint. */
  readonly onMeasured?: (measured: readonly MeasuredPoint[]) => void;
}

export interface FinishedSweep {
  /** `results/<run>`. */
  readonly folder: string;
  readonly recording: string;
  readonly summary: SweepSummary;
  readonly interrupted: boolean;
}

/**
 * Loads the golden set and plans what comes before the first load.
 * @throws TwintailError with the place of a mistake in the golden set, the mix or the SLO, or when an endpoint is not `owned`.
 */
export function prepareSweep(given: Settings, { only }: SweepChoice = {}): PreparedSweep {
  const { load } = given;
  if (load === undefined)
    throw new TwintailError({ cause: "the settings have no load", remedy: "give load, as a configuration has it" });
  const roles = sweptRoles(given, only);
  refuseUnsweepable(given, roles, load);
  if (load.slo !== undefined) parseSlo(load.slo, { file: given.file, loop: load.loop.kind });
  const settings = { ...withoutOtherKeys(given, roles), capture: captureFor(given.capture) };
  const golden = loadGoldenSet(settings.goldens);
  const facts = { roles, together: given.capture.order === "random", load };
  const prepared = { settings, golden, facts, seed: given.capture.seed ?? randomInt(2 ** 31) };
  return { ...prepared, plan: plannerOf(prepared).start };
}

function sweptRoles({ endpoints }: Settings, only: EndpointRole | undefined): readonly EndpointRole[] {
  const roles = only === undefined ? ROLES.filter((role) => endpoints[role].owned) : [only];
  const other = roles.find((role) => !endpoints[role].owned);
  if (roles.length > 0 && other === undefined) return roles;
  throw new TwintailError({
    cause:
      other === undefined
        ? "a sweep loads an endpoint until it gives way, and neither is said to be yours"
        : `a sweep loads an endpoint until it gives way, and the ${other} is not said to be yours`,
    place: `endpoints.${other ?? "*"}.owned`,
    remedy: "set owned: true on an endpoint that you may load",
  });
}

/** Fewer arrivals in a window say nothing, and there may be none at all. */
const LEAST_ARRIVALS = 10;

function refuseUnsweepable({ endpoints, capture }: Settings, roles: readonly EndpointRole[], load: LoadSettings): void {
  const limited = roles.find((role) => endpoints[role].limits !== undefined);
  if (limited !== undefined) {
    throw new TwintailError({
      cause: "a sweep would find these limits of yours, and nothing of the endpoint",
      place: `endpoints.${limited}.limits`,
      remedy: "leave them out of a configuration for sweeps",
    });
  }
  const [, second] = roles;
  if (capture.order === "serial" && second !== undefined && endpoints[second].wake !== undefined) {
    throw new TwintailError({
      cause: `the ${second} would be asleep again when its turn comes`,
      place: "capture.order",
      remedy: "sweep each by itself with --only",
    });
  }
  if (load.loop.kind === "closed" || load.loop.shape.kind === "trace") return;
  const least = load.points === "auto" ? load.from : Math.min(...load.points);
  const arrivals = (least * load.windowMs) / 1_000;
  if (arrivals >= LEAST_ARRIVALS) return;
  throw new TwintailError({
    cause: `at ${least} requests/s a window of ${load.windowMs / 1_000} s holds about ${Number(arrivals.toPrecision(2))} requests`,
    place: "load.window",
    remedy: `raise it, or begin higher: ${LEAST_ARRIVALS} are the least`,
  });
}

/** The key of an endpoint that is not asked is not needed. */
function withoutOtherKeys(settings: Settings, roles: readonly EndpointRole[]): Settings {
  const of = (role: EndpointRole) => {
    const { apiKeyEnv: _, ...keyless } = settings.endpoints[role];
    return roles.includes(role) ? settings.endpoints[role] : keyless;
  };
  return { ...settings, endpoints: { baseline: of("baseline"), candidate: of("candidate") } };
}

/** What is asked again would add load that nobody planned, and a refusal is what a sweep looks for. */
function captureFor(given: CaptureSettings): CaptureSettings {
  const { arrivals: _, ...capture } = given;
  return {
    ...capture,
    rounds: 1,
    spreadMs: 0,
    control: false,
    once: [],
    solo: { ...given.solo, requests: 0 },
    retry: { attempts: 1, on: [] },
  };
}

function plannerOf({ settings, golden, facts, seed }: Omit<PreparedSweep, "plan">): SweepPlanner {
  const { endpoints, capture } = settings;
  const { roles, load } = facts;
  return new SweepPlanner({ set: golden.set, endpoints, capture, seed, userAgent: USER_AGENT, roles, load });
}

/**
 * Sends load after load, records them, and judges the recording. The report is not written to disk.
 * @throws TwintailError before the first request when a key or an endpoint is missing; or, with everything recorded so far on
 * disk, when the disk refuses a line.
 */
export async function sweep(given: PreparedSweep, options: SweepOptions = {}): Promise<FinishedSweep> {
  const { roles } = given.facts;
  const access = accessTo(given.settings, options.environment ?? process.env);
  await reachBoth(given.settings, access, options.stop, roles);
  if (options.stop?.aborted) throw interrupted();
  const said = await preflight({
    settings: given.settings,
    access,
    cases: given.golden.set.cases,
    userAgent: USER_AGENT,
    stop: options.stop,
    roles,
  });
  if (options.stop?.aborted) throw interrupted();
  const prepared = { ...given, settings: heedPreflight(given.settings, said) };
  const planner = plannerOf(prepared);
  const header = sweepHeader(prepared, planner, access, said);
  const folder = join(options.resultsFolder ?? "results", header.runId);
  const recording = join(folder, RECORDING_FILE);
  const writer = RecordingWriter.create(recording, header);
  options.onStart?.(folder, { ...prepared, plan: planner.start });
  const live = new LiveSweep(prepared.facts, planner, header, options);
  const job = { plan: planner.start, capture: prepared.settings.capture, runId: header.runId, more: () => live.more() };
  const stopped = await record(job, access, writer, {
    stop: options.stop,
    onReleased: options.onReleased,
    onExchange: (exchange) => {
      live.add(exchange);
      options.onExchange?.(exchange);
    },
    onBegun: (line) => live.book.begun(line),
    onDropped: (line) => live.book.dropped(line),
    onMachine: (line) => live.book.machine(line),
    onStopped: ({ endpoint }) => live.giveUp(endpoint),
  });
  return { folder, recording, summary: scoreSweep(recording), interrupted: stopped };
}

function sweepHeader(
  { settings, golden, facts }: Omit<PreparedSweep, "plan">,
  planner: SweepPlanner,
  access: Access,
  said: NonNullable<HeaderLine["preflight"]>,
): HeaderLine {
  return headerOf({
    settings,
    access,
    plan: planner.start,
    capture: settings.capture,
    kind: "sweep",
    name: `${golden.set.name}-sweep`,
    goldenSet: { ...golden.set, cases: planner.cases },
    goldenDigest: golden.digest,
    sweep: facts,
    preflight: said,
  });
}

/** What was measured so far, and what follows from it. */
class LiveSweep {
  readonly book: SweepBook;
  readonly #cases;
  /** Of the warm-up, by endpoint: what an answer took, ms. */
  readonly #warmups: Record<EndpointRole, number[]> = { baseline: [], candidate: [] };
  readonly #givenUp = new Set<EndpointRole>();
  #points = 0;
  /** The load before, by endpoint: a rate rises from there. */
  readonly #fromLoad: Record<EndpointRole, number> = { baseline: 0, candidate: 0 };

  constructor(
    private readonly facts: SweepFacts,
    private readonly planner: SweepPlanner,
    private readonly header: HeaderLine,
    private readonly options: Pick<SweepOptions, "onPoint" | "onMeasured">,
  ) {
    this.book = new SweepBook(facts);
    this.#cases = new Map(planner.cases.map((golden) => [golden.id, golden]));
  }

  add(exchange: Exchange): void {
    const golden = this.#cases.get(exchange.caseId);
    if (golden === undefined) return;
    const sample = sampleOf(exchange, golden, this.header);
    if (exchange.phase === "warmup" && sample.failure === null) {
      const { endedAtNs, dispatchedAtNs } = sample.attempt;
      this.#warmups[exchange.endpoint].push((endedAtNs - dispatchedAtNs) / 1e6);
    }
    if (exchange.phase.startsWith("sweep:")) this.book.add(sample, measureAll(sample));
  }

  /** Nothing more is sent to it, so that no load is left to try on it. */
  giveUp(endpoint: EndpointRole): void {
    this.#givenUp.add(endpoint);
  }

  async more(): Promise<MoreToRecord | null> {
    const measured = this.book.measured();
    if (this.#points > 0) this.options.onMeasured?.(measured.filter(({ index }) => index === this.#points - 1));
    const roles = this.facts.roles.filter((role) => !this.#givenUp.has(role));
    const next = nextPoint({ ...this.facts, roles }, measured);
    if ("done" in next) return null;
    const point: LoadPoint = {
      index: this.#points++,
      roles: next.roles,
      load: next.load,
      settleMs: settleMsFor(this.facts, next, measured, (role) => Math.max(0, ...this.#warmups[role])),
      windowMs: this.facts.load.windowMs,
    };
    const expectPerS = Object.fromEntries(
      next.roles.map((role) => [role, this.#expected(role, next.load ?? 1, measured)]),
    );
    const fromLoad = Math.min(...next.roles.map((role) => this.#fromLoad[role]));
    const planned = this.planner.point(point, { expectPerS, fromLoad });
    for (const role of next.roles) this.#fromLoad[role] = next.load ?? 0;
    const line = { type: "point", segment: 0, point, plan: planned.rows, requests: planned.requests } as const;
    this.book.point(line);
    this.options.onPoint?.(point);
    return { plan: planned.plan, line };
  }

  /** Answers a second that so many lanes may bring at most: throughput grows no faster than the load. */
  #expected(role: EndpointRole, load: number, measured: readonly MeasuredPoint[]): number {
    const own = measured.filter((each) => each.role === role && each.load !== null);
    const usedUp = own.flatMap((each) => (each.load === load ? (each.usedUpPerS ?? []) : []));
    if (usedUp.length > 0) return MORE_THAN_USED_UP * Math.max(...usedUp);
    // The nearest load below says most: it had the most answers, and is the least way off.
    const below = own.findLast((each) => each.trusted && (each.load as number) <= load && each.throughput.value > 0);
    if (below !== undefined) return (load / (below.load as number)) * below.throughput.value;
    const took = this.#warmups[role].sort((a, b) => a - b)[0];
    return took === undefined ? load : (UNKNOWN_MIX * 1_000 * load) / Math.max(1, took);
  }
}

/** Of what was used up before its time was over: lanes that ran dry say how fast they were, within noise. */
const MORE_THAN_USED_UP = 2;
/** The mix may be answered so much faster than the one case that warms up. */
const UNKNOWN_MIX = 4;
