/**
 * The table of contents of a judgement: a recording goes in, a report comes out. A pure function of the file: no clock,
 * no network, and the same report whatever order its lines are in.
 */

import { assembleReport } from "./assemble/assemble.js";
import { type ColdFacts, coldFactsOf, coldSummary, coldWakes } from "./assemble/cold.js";
import { partialReason } from "./assemble/partial.js";
import { unaskedReason } from "./assemble/shards.js";
import { invalidReason, validityOf } from "./assemble/validity.js";
import { preflightFindings } from "./check/conformance/preflight.js";
import { watchConformance } from "./check/conformance/watch.js";
import { checkExpectations, notJudged } from "./check/expect/check.js";
import type { CheckOutcome, Finding, ParityOutcome } from "./check/finding.js";
import { comparePair } from "./check/parity/compare-pair.js";
import { findFlips } from "./check/parity/flips.js";
import { StoredTexts } from "./check/stored-texts.js";
import { Comparison } from "./compare/comparison.js";
import { controlPairs } from "./compare/control.js";
import { comparisonDoubts, NO_DOUBTS } from "./compare/doubts.js";
import { isControl, judgedPairs, type Pair, pairsOf } from "./compare/pairs.js";
import type { GateText } from "./config/settings.js";
import { TwintailError } from "./core/errors.js";
import type { Completion } from "./decode/completion.js";
import { judge } from "./gate/judge.js";
import { wakeGates } from "./gate/promise.js";
import type { GoldenCase, GoldenSet } from "./golden/golden-set.js";
import { HeldBack } from "./measure/held-back.js";
import { KeptOnce } from "./measure/kept-once.js";
import { type DecodedSample, sampleOf } from "./measure/sample.js";
import { measureAll, type ScoredExchange, scoredExchange } from "./measure/scored.js";
import { TailBook } from "./measure/tail-book.js";
import { findUnplanned, type Suspect, suspectOf, type UnplannedStart } from "./measure/unplanned.js";
import { nameUnsupported } from "./measure/unsupported.js";
import { FirstRounds } from "./recording/first-rounds.js";
import { lateShards } from "./recording/merge.js";
import { readRecording } from "./recording/reader.js";
import type { Exchange, HeaderLine, RecordingFrame } from "./recording/recording.js";
import { shardsOfSegments } from "./recording/shard-segments.js";
import type { Report } from "./report/report.js";
import type { Summary } from "./report/summary.js";

/** A recording judged exchange by exchange: what a report, and a comparison of two runs, begin with. */
export interface JudgedExchanges {
  readonly frame: RecordingFrame;
  /** By id. */
  readonly exchanges: readonly ScoredExchange[];
  readonly tails: TailBook;
  readonly parity: ReadonlyMap<number, ParityOutcome>;
  readonly findings: readonly Finding[];
  readonly cold: Summary["cold"];
  /** Why no answer could be held against expectations; null where they could. */
  readonly unjudged: string | null;
  /** Of merged shards: those whose rounds are not of the moment that the others' are, a sentence each. */
  readonly late: readonly string[];
}

/**
 * Reads and judges every exchange of a stored recording (a run folder or its `recording.jsonl`), complete or partial.
 * @param goldenSet for a recording that holds only its digests.
 * @throws TwintailError with `file:line` when it cannot be read, is no recording, or holds no exchange; or when the golden set
 * is not the one that was recorded.
 */
export function judgeExchanges(path: string, goldenSet?: GoldenSet): JudgedExchanges {
  let scorer: Scorer | null = null;
  const read = readRecording(path, (exchange, header) => {
    refuseOtherKinds(header, path);
    scorer ??= new Scorer(new StoredTexts(header, goldenSet, path));
    scorer.add(exchange, header);
  });
  refuseOtherKinds(read.header, path);
  return judgedBy(scorer ?? new Scorer(new StoredTexts(read.header, goldenSet, path)), read, path);
}

function judgedBy(scorer: Scorer, read: RecordingFrame, path: string): JudgedExchanges {
  const frame = { ...read, header: { ...read.header, goldenSet: scorer.texts.goldenSet } };
  const recorded = nameUnsupported(
    scorer.exchanges.sort((a, b) => a.id - b.id),
    frame,
  );
  if (recorded.length === 0) {
    throw new TwintailError({ cause: "the recording holds no exchange", place: path, remedy: "run it again" });
  }
  const unplanned = scorer.settle(recorded, frame);
  const exchanges = recorded.map((each) => (unplanned.has(each.id) ? { ...each, bucket: "cold" as const } : each));
  const { tails, parity } = scorer;
  return {
    frame,
    exchanges,
    tails,
    parity,
    unjudged: scorer.texts.unjudged,
    late: lateOf(scorer.firstRounds, read),
    findings: [...preflightFindings(frame.header), ...scorer.findings()],
    cold: coldSummary({ cold: scorer.cold, exchanges, unplanned: bySide(unplanned, exchanges), tails, frame }),
  };
}

function lateOf(first: FirstRounds, { header, segments, begun }: RecordingFrame): string[] {
  if (header.shards === undefined) return [];
  const shardOf = shardsOfSegments(segments);
  return lateShards([
    { beganMs: first.beganMs({ segments, begun }, new Map(segments.map(({ id }) => [id, shardOf(id) ?? 0]))) },
  ]);
}

/** Cold starts that nobody planned, of each endpoint by id. */
function bySide(unplanned: ReadonlyMap<number, UnplannedStart>, exchanges: readonly ScoredExchange[]) {
  const of = (role: "baseline" | "candidate") =>
    exchanges.flatMap(({ id, endpoint }) => (endpoint === role ? (unplanned.get(id) ?? []) : []));
  return { baseline: of("baseline"), candidate: of("candidate") };
}

export interface ScoreOptions {
  /** In place of the recording's own. */
  readonly gates?: readonly GateText[] | undefined;
  /** The golden set itself, for a recording that holds only its digests: expectations cannot be judged without it. */
  readonly goldenSet?: GoldenSet | undefined;
}

/**
 * Judges a stored recording (a run folder or its `recording.jsonl`), complete or partial.
 * @throws TwintailError with `file:line` when it cannot be read or is no recording, with the column of a gate that
 * cannot be understood, or when the golden set is not the one that was recorded.
 */
export function score(path: string, { gates, goldenSet }: ScoreOptions = {}): Report {
  const judged = judgeExchanges(path, goldenSet);
  const { frame, exchanges, findings, cold } = judged;
  const { header } = frame;
  const pairs = pairsOf(exchanges);
  const { comparisons, control } = compared(header, exchanges, pairs);
  const flips = findFlips(judgedPairs(pairs));
  const trust = validityOf(frame.machine, exchanges, frame);
  const validity = { ...trust, notes: [...trust.notes, ...judged.late] };
  const asked = gates ?? header.judge.gates;
  const unasked = gates === undefined ? unaskedReason(header) : null;
  const judgement = judge(header.kind === "wake" ? wakeGates(asked) : asked, {
    comparison: comparisons.warm,
    control,
    cases: header.goldenSet.cases,
    findings,
    flips,
    cold,
    // Stalls of milliseconds spoil no wake; one that the machine slept through says so itself.
    invalid: header.kind === "wake" ? null : invalidReason(validity),
    partial: partialReason(frame, exchanges),
    quick: header.judge.quick === true,
    look: 1 + frame.extensions.length,
    promise: header.kind === "wake" ? cold : undefined,
    unjudged: judged.unjudged,
    unasked,
  });
  return assembleReport({ ...judged, pairs, flips, comparisons, control, judgement, validity });
}

const COMPARED: ReadonlySet<string> = new Set(["warm", "solo"]);

/** Both endpoints by phase, control arms left out; and each endpoint against its control. */
function compared(header: HeaderLine, exchanges: readonly ScoredExchange[], pairs: readonly Pair[]) {
  const main = pairs.filter((pair) => !pair.control);
  const common = {
    // What a warm-up or a cold start was answered from says nothing about what is compared.
    doubts: comparisonDoubts(main.filter((pair) => COMPARED.has((pair.baseline ?? pair.candidate)?.phase ?? ""))),
    seed: header.seed,
    estimand: header.judge.estimand ?? "these prompts",
  };
  const of = (phase: string) =>
    new Comparison({ ...common, pairs: main.filter((pair) => (pair.baseline ?? pair.candidate)?.phase === phase) });
  // An endpoint has one tokenizer and one cache: nothing that parts two endpoints parts it from itself.
  const alone = (side: "baseline" | "candidate") =>
    new Comparison({ ...common, doubts: NO_DOUBTS, pairs: controlPairs(exchanges, side) });
  return {
    comparisons: { warm: of("warm"), solo: of("solo") },
    control: header.capture.control ? { baseline: alone("baseline"), candidate: alone("candidate") } : null,
  };
}

/** Neither a probe nor a sweep replays the golden set in rounds: there is nothing in it that a report could compare. */
function refuseOtherKinds({ kind }: HeaderLine, path: string): void {
  if (kind !== "probe" && kind !== "sweep") return;
  throw new TwintailError({
    cause: `this is the recording of a ${kind}`,
    place: path,
    remedy: `judge it with twintail ${kind} --from ${path}`,
  });
}

/** Texts of more warm exchanges than this are not kept: the page has to stay one that can be mailed. */
const MAX_KEPT_TEXTS = 2_000;

class Scorer {
  readonly exchanges: ScoredExchange[] = [];
  readonly tails = new TailBook();
  readonly parity = new Map<number, ParityOutcome>();
  readonly cold: ColdFacts[] = [];
  /** May have been cold starts: what was measured of them waits until all was seen. */
  readonly #suspects: (Suspect & { readonly held: HeldBack | null })[] = [];
  readonly #once = new KeptOnce();
  /** Halves whose mates have not come yet. */
  readonly #waiting = new Map<number, Half>();
  readonly #wire = watchConformance();
  readonly firstRounds = new FirstRounds();
  #cases: ReadonlyMap<string, GoldenCase> | null = null;
  #keptRounds = 0;

  constructor(readonly texts: StoredTexts) {}

  add(exchange: Exchange, header: HeaderLine): void {
    this.#cases ??= this.#prepare(header);
    const golden = this.#cases.get(exchange.caseId);
    if (golden === undefined) {
      throw new TwintailError({
        cause: `exchange ${exchange.id} is of case "${exchange.caseId}", which the header lacks`,
        remedy: "the file was changed or damaged",
      });
    }
    const sample = sampleOf(exchange, golden, header);
    const measurements = measureAll(sample);
    const request = header.requests[exchange.requestId];
    const body = this.texts.bodyOf(request?.body ?? {}, golden);
    const check = this.#checkOf(sample, golden, body);
    const keep = {
      text: this.texts.shown && exchange.round < this.#keptRounds,
      sketch: this.texts.saysWhatItSaid(exchange),
    };
    const scored = scoredExchange(sample, measurements, check, keep, this.#once);
    this.exchanges.push(scored);
    this.firstRounds.add(exchange);
    if (sample.bucket !== "none") {
      // A control arm is compared with its own endpoint alone: tails, rates and pairs are of the same exchanges.
      const inTails = !isControl(exchange);
      const suspect = suspectOf(sample, scored, header);
      if (suspect !== null) {
        this.#suspects.push({ ...suspect, held: inTails ? new HeldBack(measurements, scored.scalars) : null });
      }
      if (suspect === null && inTails) this.tails.record(exchange, measurements);
      if (exchange.phase === "cold") this.cold.push(coldFactsOf(sample));
      const { baseUrl } = header.endpoints[exchange.endpoint];
      const { completion, earlier } = sample;
      // A waking endpoint refuses and holds on purpose: neither is a habit of its wire.
      if (exchange.phase !== "cold")
        this.#wire.see({ exchange, completion, earlier, golden, body, path: request?.path, baseUrl });
    }
    if (exchange.phase === "warm") this.#pairUp(sample, check);
  }

  /** After the last exchange: what was no cold start enters its tails, and the tails are whole. */
  settle(exchanges: readonly ScoredExchange[], frame: RecordingFrame): Map<number, UnplannedStart> {
    const wakes = (role: "baseline" | "candidate") => coldWakes(this.cold, exchanges, role);
    const unplanned = findUnplanned({
      suspects: this.#suspects,
      exchanges,
      wakes: { baseline: wakes("baseline"), candidate: wakes("candidate") },
      frame,
    });
    for (const { exchange, held } of this.#suspects) {
      if (held !== null && !unplanned.has(exchange.id)) this.tails.record(exchange, held.measurements());
    }
    this.tails.settle();
    return unplanned;
  }

  findings(): Finding[] {
    return this.#wire.findings();
  }

  #prepare(header: HeaderLine): ReadonlyMap<string, GoldenCase> {
    const perRound = header.plan.filter(({ phase, round }) => phase === "warm" && round === 0).length;
    this.#keptRounds = Math.max(1, Math.floor(MAX_KEPT_TEXTS / Math.max(1, perRound)));
    return new Map(this.texts.goldenSet.cases.map((golden) => [golden.id, golden]));
  }

  /** Only phase warm is held against expectations: the others ask for something else than the case does. */
  #checkOf(
    { exchange, bucket, completion, failure }: DecodedSample,
    golden: GoldenCase,
    body: RequestBody,
  ): CheckOutcome | null {
    if (exchange.phase !== "warm") return null;
    if (bucket === "none") return notJudged("cancelled");
    const excluded = this.texts.excluded(exchange, body, failure !== null);
    if (excluded !== null) return notJudged(excluded);
    return this.texts.told(checkExpectations(golden, completion, body, failure?.message ?? null));
  }

  /** Answers are compared as soon as both halves are there, and then let go. */
  #pairUp(sample: DecodedSample, check: CheckOutcome | null): void {
    const { pairId, endpoint } = sample.exchange;
    if (isControl(sample.exchange)) return;
    // Without its moments: what waits for its mate must not hold every event of the recording.
    const answer: Completion = { ...sample.completion, tokenEvents: [] };
    const comparable = sample.bucket === "warm" && this.texts.saysWhatItSaid(sample.exchange);
    const half: Half = { answer, comparable, check };
    const mate = this.#waiting.get(pairId);
    if (mate === undefined) {
      this.#waiting.set(pairId, half);
      return;
    }
    this.#waiting.delete(pairId);
    if (!half.comparable || !mate.comparable) return;
    // Vectors of two models are not comparable, and their dimensions are an expectation's business.
    if (answer.dimensions !== null && mate.answer.dimensions !== null) return;
    const bothMeet = [half, mate].every((each) => each.check?.met && each.check.expectations.length > 0);
    const [baseline, candidate] = endpoint === "baseline" ? [answer, mate.answer] : [mate.answer, answer];
    const outcome = comparePair(baseline, candidate, bothMeet);
    this.parity.set(pairId, this.texts.shown ? outcome : { ...outcome, firstDifference: null });
  }
}

type RequestBody = Readonly<Record<string, unknown>>;

/** One answer of a pair, waiting for the other. */
interface Half {
  readonly answer: Completion;
  readonly comparable: boolean;
  readonly check: CheckOutcome | null;
}
