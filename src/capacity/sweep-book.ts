/**
 * What a sweep measured: fed line by line, live or from a file, in any order. Its memory is that of its points. An exchange
 * that comes before its point began, as only a shuffled file has it, is held until then.
 */
import type { EndpointRole } from "../config/settings.js";
import type { Measurement, Metric } from "../measure/metric.js";
import type { DecodedSample } from "../measure/sample.js";
import { pointOfPhase } from "../plan/load/point.js";
import type { BegunLine, DroppedLine, MachineLine, PointLine, SweepFacts } from "../recording/recording.js";
import { figuresOf } from "./measured-point.js";
import { PointBook } from "./point-book.js";
import { judgePoints, type MeasuredPoint } from "./saturation.js";
import { parseSlo, type Slo } from "./slo.js";
import { CELLS } from "./window.js";

const ROLES: readonly EndpointRole[] = ["baseline", "candidate"];

interface Waiting {
  readonly sample: DecodedSample;
  readonly measurements: ReadonlyMap<Metric, Measurement>;
}

interface Entry {
  readonly line: PointLine;
  readonly segment: number;
  readonly books: ReadonlyMap<EndpointRole, PointBook>;
  /** How many requests of each case were planned. */
  readonly dealt: ReadonlyMap<EndpointRole, ReadonlyMap<string, number>>;
}

export class SweepBook {
  readonly facts: SweepFacts;
  readonly slo: Slo | null;
  readonly #points = new Map<number, PointLine>();
  readonly #begun = new Map<number, BegunLine>();
  readonly #entries = new Map<number, Entry>();
  readonly #waiting = new Map<number, Waiting[]>();
  readonly #dropped: DroppedLine[] = [];
  readonly #machine: MachineLine[] = [];
  #cutAtNs = Number.POSITIVE_INFINITY;
  readonly #models = new Map<EndpointRole, Set<string>>();

  /** @throws TwintailError with the place of a mistake in the SLO. */
  constructor(facts: SweepFacts) {
    this.facts = facts;
    this.slo = facts.load.slo === undefined ? null : parseSlo(facts.load.slo);
  }

  point(line: PointLine): void {
    this.#points.set(line.point.index, line);
    this.#open(line.point.index);
  }

  begun(line: BegunLine): void {
    const index = pointOfPhase(line.phase);
    if (index === null) return;
    this.#begun.set(index, line);
    this.#open(index);
  }

  dropped(line: DroppedLine): void {
    this.#dropped.push(line);
  }

  machine(line: MachineLine): void {
    this.#machine.push(line);
  }

  /** The sweep was cut then: a load whose window was still open was not measured. */
  cutAt(atNs: number): void {
    this.#cutAtNs = atNs;
  }

  add(sample: DecodedSample, measurements: ReadonlyMap<Metric, Measurement>): void {
    const index = pointOfPhase(sample.exchange.phase);
    if (index === null || sample.bucket === "none") return;
    this.#seeModel(sample);
    const entry = this.#entries.get(index);
    if (entry !== undefined) this.#enter(entry, { sample, measurements });
    else this.#waiting.set(index, [...(this.#waiting.get(index) ?? []), { sample, measurements }]);
  }

  /** Every point that began, by endpoint, then by load. */
  measured(): MeasuredPoint[] {
    return ROLES.flatMap((role) => {
      const own = [...this.#entries.values()].flatMap((entry) => {
        const book = entry.books.get(role);
        if (book === undefined || book.window.toNs > this.#cutAtNs) return [];
        const dealt = entry.dealt.get(role) ?? new Map();
        return [figuresOf(book, this.slo, this.#machineDuring(entry, book), this.#droppedOf(entry, book), dealt)];
      });
      return judgePoints(own);
    });
  }

  /** What an endpoint called its models. */
  modelsSeen(role: EndpointRole): string[] {
    return [...(this.#models.get(role) ?? [])].sort().slice(0, MAX_MODELS);
  }

  #open(index: number): void {
    const [line, begun] = [this.#points.get(index), this.#begun.get(index)];
    if (line === undefined || begun === undefined) return;
    const books = new Map(
      line.point.roles.map((role) => [role, new PointBook(role, line.point, begun.atNs, this.slo)] as const),
    );
    const dealt = new Map(line.point.roles.map((role) => [role, dealtTo(role, line)] as const));
    const entry = { line, segment: begun.segment, books, dealt };
    this.#entries.set(index, entry);
    const waiting = this.#waiting.get(index) ?? [];
    this.#waiting.delete(index);
    for (const each of waiting) this.#enter(entry, each);
  }

  #enter({ books, segment }: Entry, { sample, measurements }: Waiting): void {
    // A stamp of another process's clock lies nowhere on this one's.
    if (sample.exchange.segment === segment) books.get(sample.exchange.endpoint)?.add(sample, measurements);
  }

  #machineDuring({ segment }: Entry, { window }: PointBook): MachineLine[] {
    return this.#machine
      .filter((line) => line.segment === segment && line.toNs > window.fromNs && line.fromNs < window.toNs)
      .sort((a, b) => a.fromNs - b.fromNs);
  }

  /** Null in a closed loop, which drops nothing. */
  #droppedOf({ line, segment }: Entry, { role, window }: PointBook): Float64Array | null {
    if (this.facts.load.loop.kind === "closed") return null;
    const cells = new Float64Array(CELLS);
    const first = line.plan[0]?.id ?? 0;
    for (const { segment: own, atNs, ids } of this.#dropped) {
      const cell = window.cellOf(atNs);
      if (own !== segment || cell === null) continue;
      const count = ids.filter((id) => line.plan[id - first]?.endpoint === role).length;
      cells[cell] = (cells[cell] as number) + count;
    }
    return cells;
  }

  #seeModel({ exchange, completion: { model } }: DecodedSample): void {
    if (model === null) return;
    const own = this.#models.get(exchange.endpoint) ?? new Set();
    this.#models.set(exchange.endpoint, own);
    if (own.size < MAX_KEPT) own.add(model.length > MAX_NAME ? `${model.slice(0, MAX_NAME - 1)}…` : model);
  }
}

/** What an endpoint calls itself may be as long as an answer, and another one each time. */
const MAX_NAME = 200;
const MAX_MODELS = 50;
const MAX_KEPT = 10_000;

function dealtTo(role: EndpointRole, { plan }: PointLine): Map<string, number> {
  const dealt = new Map<string, number>();
  for (const { endpoint, caseId } of plan) if (endpoint === role) dealt.set(caseId, (dealt.get(caseId) ?? 0) + 1);
  return dealt;
}
