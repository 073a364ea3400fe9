/** One gate held against what was measured, with the reason in a sentence. */
import type { Estimand } from "../compare/estimate.js";
import { type Answer, answerOf, isFailed, type MeasuredQuestion, readingOf } from "./answer.js";
import { unresolved } from "./control.js";
import { type CountedQuestion, countOf } from "./count.js";
import { type Figures, figuresOf } from "./figures.js";
import { aboutOf, betterOf, type Gate, kindOf, unitOf } from "./gate.js";
import { compares, type Held, hold } from "./hold.js";
import { type Evidence, type GateResult, LOOK_ALPHA } from "./judgement.js";
import { apartReason } from "./kept-apart.js";
import { neededForRank, neededForShare } from "./needed.js";
import type { ParsedGate } from "./parse.js";
import { printHead } from "./print.js";
import { nothingSelected, selected } from "./selection.js";

export function judgeGate({ gate, source }: ParsedGate, evidence: Evidence): GateResult {
  const { question, op, margin } = gate;
  const kind = kindOf(question);
  const result = resultOf(gate, evidence);
  const written = {
    text: source.text,
    place: source.line === 0 ? null : { line: source.line, column: source.column },
    kind,
    op,
    margin,
    unit: unitOf(question),
    about: aboutOf(gate),
  };
  if (kind === "latency" && evidence.quick) {
    return { ...written, ...result, result: "skipped", decides: null, reason: "a quick run asks contract gates alone" };
  }
  if (kind === "latency" && evidence.invalid !== null) {
    const reason = `no latency can pass or fail here: ${evidence.invalid}`;
    return { ...written, ...result, result: "invalid", decides: null, reason };
  }
  return { ...written, ...result };
}

type Result = Omit<GateResult, "text" | "place" | "kind" | "op" | "margin" | "unit" | "about">;

function resultOf(gate: Gate, evidence: Evidence): Result {
  const { question, selectors } = gate;
  const nothing = nothingSelected(selectors, evidence.cases);
  if (nothing !== null) return { ...NO_SAMPLE, reason: `${printHead(gate)}: ${nothing}` };
  if (question.subject === "metric" || question.subject === "rate") return measured(gate, question, evidence);
  return counted(gate, question, evidence);
}

const NO_SAMPLE = {
  result: "inconclusive",
  value: null,
  lower: null,
  upper: null,
  n: 0,
  rounds: 0,
  method: "none",
  reads: null,
  decides: null,
  notes: [],
} as const;

function counted(gate: Gate, question: CountedQuestion, evidence: Evidence): Result {
  const { op, margin } = gate;
  const { value, n, says, notes } = countOf(question, gate.selectors, evidence);
  if (value === null) {
    const why = unjudged(question, evidence) ?? says;
    return { ...NO_SAMPLE, notes: [...notes], reason: `${printHead(gate)}: ${why}` };
  }
  const result = compares(value, op, margin) ? "pass" : "fail";
  const rounds = new Set(evidence.comparison.exchanges.map(({ round }) => round)).size;
  const method = question.subject === "wake" && question.take === "max" ? "none" : "exact";
  const common = { ...NO_SAMPLE, result, value, n, rounds, method, notes: [...notes] } as const;
  if (question.take !== "max") {
    const asked = `${op} ${margin} is ${result === "pass" ? "met" : "not met"}`;
    return { ...common, reason: `${printHead(gate)}: ${says}; ${asked}` };
  }
  const figures = figuresOf("ms", [value, margin]);
  const took = Number.isFinite(value) ? `took ${figures(value)}` : "never came to a token";
  return { ...common, reason: `${printHead(gate)}: ${says} ${took}, ${beside(value, margin)} ${figures(margin)}` };
}

function measured(gate: Gate, question: MeasuredQuestion, evidence: Evidence): Result {
  const { selectors, op, margin } = gate;
  const comparison = selected(evidence.comparison, selectors, evidence.cases);
  const answer = answerOf(question, comparison);
  const { estimate, shape } = answer;
  const { value, n, rounds, method, notes } = estimate;
  const about = {
    value,
    n,
    rounds,
    method,
    reads: readingOf(question, estimate),
    notes: [...notes],
  };
  const open = { ...about, result: "inconclusive", decides: null } as const;
  if (value === null) {
    const why = unjudged(question, evidence) ?? notes.at(-1) ?? "no sample";
    return { ...open, lower: null, upper: null, reason: `${printHead(gate)}: ${why}` };
  }
  const held = hold(estimate, shape, op, margin);
  const { lower, upper } = held;
  const bounds = { lower, upper };
  const words = new Words(gate, question, answer, held, evidence.comparison.estimand);
  if (estimate.doubtful) return { ...open, ...bounds, reason: `${words.value()} is doubtful: ${notes.join("; ")}` };
  if (shape !== "observed" && lower === null && upper === null) {
    return { ...open, ...bounds, reason: `${words.value()} has no bounds: ${words.whyUnbounded()}` };
  }
  const apart = apartReason(question, held, comparison);
  if (apart !== null) return { ...open, ...bounds, reason: `${words.interval()} ${apart}` };
  const why = unresolved(gate, question, evidence.control, evidence.cases, held);
  if (why !== null) return { ...open, ...bounds, reason: `${words.interval()}: ${why}` };
  return { ...about, ...held, reason: held.result === "inconclusive" ? words.undecided() : words.decided() };
}

/** Rates of what answers were expected to be. */
const OF_EXPECTATIONS = /^(?:expectations|json_valid|tool_(?:calls|trigger|schema|value))$/;

/** Why the question has no sample, where answers could not be held against expectations. */
function unjudged(question: Gate["question"], evidence: Evidence): string | null {
  const asks = question.subject === "flips" || (question.subject === "rate" && OF_EXPECTATIONS.test(question.name));
  return asks ? (evidence.unjudged ?? null) : null;
}

/** The sentences about one measured gate, their figures in equal digits. */
class Words {
  readonly #head: string;
  readonly #figures: Figures;
  readonly #isFailed: boolean;

  constructor(
    private readonly gate: Gate,
    private readonly question: MeasuredQuestion,
    private readonly answer: Answer,
    private readonly held: Held,
    private readonly of: Estimand,
  ) {
    const { value } = answer.estimate;
    this.#head = printHead(gate);
    const isDifference = ["diff", "drop", "slow_share diff"].includes(question.take);
    const { decides, lower, upper } = held;
    this.#figures = figuresOf(isDifference ? "points" : unitOf(question), [
      value,
      lower,
      upper,
      gate.margin,
      decides?.pass ?? null,
      decides?.fail ?? null,
    ]);
    this.#isFailed = value !== null && isFailed(value, betterOf(question)) && unitOf(question) !== "share";
  }

  value(): string {
    return `${this.#head} ${this.#figures(this.answer.estimate.value)}`;
  }

  interval(): string {
    const { lower, upper } = this.held;
    if (lower === null && upper === null) return this.value();
    return `${this.value()} [${this.#bare(lower)}, ${this.#bare(upper)}]`;
  }

  decided(): string {
    const { estimate, shape } = this.answer;
    const { margin } = this.gate;
    const value = estimate.value as number;
    const where = `${beside(value, margin)} ${this.#margin()}`;
    if (this.#isFailed) {
      const side = "side" in this.question ? ` of the ${this.question.side}` : "";
      return `${this.#head} is not reached: too many requests${side} failed before they had a value, so it is ${where}`;
    }
    if (shape === "observed") {
      const end = this.question.take === "max" ? "highest" : "lowest";
      return `${this.value()}, the ${end} of ${estimate.n} observed, is ${where}`;
    }
    return `${this.interval()} is ${where}`;
  }

  undecided(): string {
    const { decides, lower, upper } = this.held;
    const { op } = this.gate;
    const parts = [`${this.interval()} does not settle ${op} ${this.#margin()}`];
    const missing = (op.startsWith("<") ? upper : lower) === null;
    if (missing) parts.push(this.whyUnbounded());
    const up = op.startsWith("<");
    const at = (value: number, below: boolean): string => `${this.#figures(value)} or ${below ? "less" : "more"}`;
    const { pass = null, fail = null } = decides ?? {};
    if (decides !== null && pass === null && this.answer.shape === "counts") parts.push(this.#whyTooFew());
    const would = [
      ...(pass === null ? [] : [`passed at ${at(pass, up)}`]),
      ...(fail === null ? [] : [`failed at ${at(fail, !up)}`]),
    ];
    if (would.length > 0) parts.push(`this run would have ${would.join(" and ")}`);
    return parts.join("; ");
  }

  whyUnbounded(): string {
    const { estimate } = this.answer;
    const { question } = this;
    if (question.take !== "quantile") return estimate.notes.join("; ") || "one value gives none";
    const side = this.gate.op.startsWith("<") ? "upper" : "lower";
    const needed = neededForRank(side, question.percent / 100, LOOK_ALPHA);
    const of = this.of === "these prompts" ? "requests" : "cases";
    return `to pass takes ${needed} ${of}, and there are ${estimate.n}`;
  }

  /** No count of so few is far enough from the margin. */
  #whyTooFew(): string {
    const { op, margin } = this.gate;
    const low = op.startsWith("<");
    const needed = neededForShare(low ? margin : 1 - margin, LOOK_ALPHA);
    const { n } = this.answer.estimate;
    return needed === null
      ? "no number of samples could pass it"
      : `to pass takes ${needed} samples ${low ? "without one" : "that all count"}, and there are ${n}`;
  }

  /** Without the sign that a difference shows. */
  #margin(): string {
    return this.#figures(this.gate.margin).replace(/^\+/, "");
  }

  /** A bound without the unit that its value has just shown. */
  #bare(bound: number | null): string {
    return this.#figures(bound).replace(/ (%|points|characters\/s|tokens\/s|tokens\/event|tokens)$/, "");
  }
}

function beside(value: number, margin: number): string {
  return value === margin ? "exactly" : value > margin ? "above" : "below";
}
