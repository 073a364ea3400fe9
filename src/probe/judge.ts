/** A recording of a probe → what each endpoint does with each feature. A pure function of the file. */
import { cut } from "../check/evidence.js";
import type { EndpointRole } from "../config/settings.js";
import { TwintailError } from "../core/errors.js";
import { NS_PER_MS } from "../core/units.js";
import type { GoldenCase } from "../golden/golden-set.js";
import type { Exchange, HeaderLine, ProbeFacts, RecordingFrame } from "../recording/recording.js";
import type { FeatureSummary, JudgementSummary, ProbeSummary, Verdict } from "../report/probe-summary.js";
import { type Answer, answerOf, CONTROL, FOREIGN } from "./answer.js";
import { FEATURES } from "./catalogue.js";
import type { Answers, Feature, Judgement } from "./feature.js";
import { WAKE_CASE } from "./plan.js";
import { refusalOf } from "./refusal.js";

const MAX_SEEN = 400;

/**
 * Judges what was read of a recording.
 * @throws TwintailError when it is no recording of a probe.
 */
export function judgeProbe(frame: RecordingFrame, exchanges: readonly Exchange[], place: string): ProbeSummary {
  const { header, end } = frame;
  const facts = probeFactsOf(header, place);
  const sides = {
    baseline: new Side("baseline", header, exchanges, place),
    candidate: new Side("candidate", header, exchanges, place),
  };
  const features = FEATURES.map((feature): FeatureSummary => {
    const baseline = sides.baseline.judge(feature);
    const candidate = sides.candidate.judge(feature);
    return {
      id: feature.id,
      name: feature.name,
      inUse: facts.inUse[feature.id] ?? 0,
      baseline,
      candidate,
      differs: says(baseline.verdict) && says(candidate.verdict) ? baseline.verdict !== candidate.verdict : null,
    };
  });
  return {
    schemaVersion: 1,
    probe: {
      runId: header.runId,
      createdAt: header.createdAt,
      goldenSet: { ...facts.goldenSet },
      planned: header.plan.length,
      recorded: exchanges.filter((exchange) => !wasInterrupted(exchange)).length,
      ended: end?.reason ?? "killed",
      versions: { ...header.versions },
    },
    endpoints: { baseline: sides.baseline.summary(), candidate: sides.candidate.summary() },
    features,
    lost: features.filter(isLost).map(({ id }) => id),
    unclear: features
      .filter((feature) => isNeeded(feature) && feature.candidate.verdict === "unclear")
      .map(({ id }) => id),
  };
}

/** The facts of a probe's header. @throws TwintailError for a recording of anything else. */
export function probeFactsOf({ kind, probe }: HeaderLine, place: string): ProbeFacts {
  if (kind === "probe" && probe !== undefined) return probe;
  throw new TwintailError({
    cause: "this is no recording of a probe",
    place,
    remedy: `judge a run with twintail score ${place}`,
  });
}

function says(verdict: Verdict): boolean {
  return verdict !== "unclear" && verdict !== "not tried";
}

const SUPPORT: ReadonlySet<Verdict> = new Set(["supported", "enforced", "encouraged"]);

function isNeeded({ inUse, baseline }: FeatureSummary): boolean {
  return inUse > 0 && SUPPORT.has(baseline.verdict);
}

const LACKING: ReadonlySet<Verdict> = new Set(["ignored", "rejected", "broken"]);

/** A schema that was enforced and is only encouraged is lost too. What was not tried is so by configuration. */
function isLost(feature: FeatureSummary): boolean {
  const { baseline, candidate } = feature;
  if (!isNeeded(feature)) return false;
  return (
    LACKING.has(candidate.verdict) ||
    (baseline.verdict === "enforced" && candidate.verdict !== "enforced" && SUPPORT.has(candidate.verdict))
  );
}

function wasInterrupted({ attempts }: Exchange): boolean {
  const outcome = attempts.at(-1)?.outcome;
  return outcome?.kind === "cancelled" && outcome.by === "user";
}

/** One endpoint: its answers by case, and the verdicts so far. */
class Side {
  readonly #answers = new Map<string, Answer[]>();
  readonly #verdicts = new Map<string, Verdict>();
  readonly #silent: string | null;

  constructor(
    private readonly role: EndpointRole,
    private readonly header: HeaderLine,
    exchanges: readonly Exchange[],
    private readonly place: string,
  ) {
    const cases = new Map(header.goldenSet.cases.map((golden) => [golden.id, golden]));
    const own = exchanges.filter(({ endpoint }) => endpoint === role);
    const answers = [...own]
      .sort((a, b) => a.id - b.id)
      .map((exchange) =>
        answerOf(exchange, caseOf(cases, exchange, place), header.requests[exchange.requestId]?.body ?? {}),
      );
    const alive = answers.filter((answer) => isChat(answer) && succeeded(answer));
    for (const answer of answers) {
      const outlived = alive.some((other) => cameAfter(other, answer));
      const { caseId } = answer.exchange;
      this.#answers.set(caseId, [...(this.#answers.get(caseId) ?? []), { ...answer, outlived }]);
    }
    this.#silent = this.#whySilent();
  }

  judge(feature: Feature): JudgementSummary {
    const parts = this.#partsOf(feature);
    const answers = parts.flatMap((part) => this.#answers.get(part) ?? []);
    const judged = this.#judge(feature, parts, answers);
    this.#verdicts.set(feature.id, judged.verdict);
    // What decided: the first that was refused, where one was.
    const shown = answers.find((answer) => !isControl(answer) && refusalOf(answer) !== null) ?? answers[0];
    const error = judged.verdict === "not tried" ? null : (shown?.completion.error ?? null);
    return {
      verdict: judged.verdict,
      seen: cut(judged.seen, MAX_SEEN),
      status: shown?.attempt.status ?? null,
      error: error === null ? null : { message: error.message, type: error.type, code: error.code },
      exchanges: answers.map(({ exchange }) => exchange.id),
      attempts: answers.reduce((total, { exchange }) => total + exchange.attempts.length, 0),
    };
  }

  summary(): ProbeSummary["endpoints"]["baseline"] {
    const { baseUrl, models, simulated } = this.header.endpoints[this.role];
    return {
      baseUrl,
      models: { ...models },
      simulated: simulated ?? null,
      answered: this.#silent === null,
      failure: this.#silent,
      wake: this.#wake(),
    };
  }

  #judge(feature: Feature, parts: readonly string[], answers: readonly Answer[]): Judgement {
    const left = this.header.notTested.find(({ caseId, endpoint }) => caseId === feature.id && endpoint === this.role);
    if (left !== undefined) return { verdict: "not tried", seen: left.reason };
    if (this.#silent !== null && !answers.some(succeeded)) {
      return { verdict: "not tried", seen: `no chat request of the ${this.role} succeeded: ${this.#silent}` };
    }
    const planned = this.header.plan.filter(
      ({ caseId, endpoint }) => endpoint === this.role && parts.includes(caseId),
    ).length;
    if (planned === 0) return { verdict: "not tried", seen: "this recording holds no request for it" };
    if (answers.length < planned) return { verdict: "not tried", seen: "the probe ended before it" };
    if (answers.some(({ exchange }) => wasInterrupted(exchange)))
      return { verdict: "not tried", seen: "the probe was interrupted" };
    const refusals: Judgement[] = [];
    for (const answer of answers) {
      const refusal = isControl(answer) ? null : refusalOf(answer);
      const asPlain = refusal === null ? null : this.#likePlain(feature, answer);
      if (asPlain !== null) return asPlain;
      if (refusal !== null && feature.judgesFailures !== true) refusals.push(refusal);
    }
    // A request that was refused outweighs another one that was lost.
    const refusal = refusals.find(({ verdict }) => verdict !== "unclear") ?? refusals[0];
    if (refusal !== undefined) return refusal;
    return feature.judge(this.#view(feature));
  }

  /** What refuses a plain request refuses this one too, whatever it asks for. */
  #likePlain(feature: Feature, answer: Answer): Judgement | null {
    const [plain] = this.#answers.get("chat.plain") ?? [];
    if (feature.id === "chat" || plain?.failure == null) return null;
    if (plain.failure.message !== answer.failure?.message) return null;
    return { verdict: "not tried", seen: `a plain chat request fails in the same way: ${plain.failure.message}` };
  }

  #view(feature: Feature): Answers {
    const all = (part: string): readonly Answer[] => this.#answers.get(`${feature.id}.${part}`) ?? [];
    const { place } = this;
    return {
      all,
      one(part) {
        const [answer] = all(part);
        if (answer === undefined) throw damaged(`the answer of ${feature.id}.${part} is missing`, place);
        return answer;
      },
      verdictOf: (id) => this.#verdicts.get(id),
    };
  }

  #partsOf({ id }: Feature): string[] {
    return this.header.goldenSet.cases.map((golden) => golden.id).filter((caseId) => caseId.startsWith(`${id}.`));
  }

  /** Why the endpoint counts as down: no chat succeeded. Null when one did. */
  #whySilent(): string | null {
    const chats = [...this.#answers.values()].flat().filter(isChat);
    if (chats.some(succeeded)) return null;
    return chats.find(({ failure }) => failure !== null)?.failure?.message ?? "none was sent";
  }

  #wake(): ProbeSummary["endpoints"]["baseline"]["wake"] {
    const [answer] = this.#answers.get(WAKE_CASE) ?? [];
    if (answer === undefined) return null;
    const { exchange, attempt, failure } = answer;
    return {
      ok: failure === null && attempt.outcome.kind === "complete",
      ms: Math.round((attempt.endedAtNs - exchange.releasedAtNs) / NS_PER_MS),
      attempts: exchange.attempts.length,
      seen: failure?.message ?? "awake",
    };
  }
}

function isControl({ golden }: Answer): boolean {
  return golden.tags.includes(CONTROL);
}

/** Whatever else it answers: features of chat are most of what is tried, and all of what a golden set is replayed by. */
function isChat({ golden }: Answer): boolean {
  return golden.api === "chat" && !golden.tags.includes(FOREIGN) && !REFUSED_BY_ALL.has(golden.id);
}

/** An endpoint that answers these may serve nobody. */
const REFUSED_BY_ALL: ReadonlySet<string> = new Set(["bad-key.key", "wrong-model.model"]);

/** A stream that was left on purpose had begun: that is an answer too. */
function succeeded({ attempt, failure }: Answer): boolean {
  const { status, outcome } = attempt;
  const left = outcome.kind === "cancelled" && outcome.by === "plan";
  return (
    failure === null && status !== undefined && status >= 200 && status < 300 && (outcome.kind !== "cancelled" || left)
  );
}

/** Stamps count from the origin of their segment. */
function cameAfter(later: Answer, earlier: Answer): boolean {
  if (later.exchange.segment !== earlier.exchange.segment) return later.exchange.segment > earlier.exchange.segment;
  return later.attempt.dispatchedAtNs >= earlier.attempt.endedAtNs;
}

function caseOf(cases: ReadonlyMap<string, GoldenCase>, exchange: Exchange, place: string): GoldenCase {
  const golden = cases.get(exchange.caseId);
  if (golden !== undefined) return golden;
  throw damaged(`exchange ${exchange.id} is of case "${exchange.caseId}", which the header lacks`, place);
}

function damaged(cause: string, place: string): TwintailError {
  return new TwintailError({ cause, place, remedy: "the file was changed or damaged" });
}
