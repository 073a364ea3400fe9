import type { ScoredExchange } from "../../measure/scored.js";
import type { ChecklistItem } from "../../report/decision.js";
import { type Answer, type Evidence, failed, named, notTested, plural, verified } from "./evidence.js";

/** Fewer prompts stand for nobody's traffic; with fewer rounds a case that fails at times passes too often. */
const LEAST_CASES = 20;
const LEAST_ROUNDS = 3;
const LEAST_JSON = 5;

/** Fields beyond the core contract: what servers ignore or refuse without a word. */
const NON_CORE = ["logprobs", "seed", "n", "logit_bias", "parallel_tool_calls", "reasoning_effort", "stop"];
const REJECTED = [
  "field-rejected",
  "logprobs-missing",
  "choices-ignored",
  "dimensions-ignored",
  "stream-options-rejected",
];
const SAMPLING = ["temperature", "top_p", "presence_penalty", "frequency_penalty"];

export function parityItems(evidence: Evidence): ChecklistItem[] {
  const item = (id: string, text: string, answer: Answer): ChecklistItem => ({
    id,
    group: "parity",
    item: text,
    ...answer,
  });
  return [
    item("completion", "A completion in one body succeeds", bodies(evidence)),
    item("streamed-completion", "A streamed completion succeeds", streams(evidence)),
    item("tool-call", "A tool call arrives with a declared name and valid arguments", toolCalls(evidence)),
    item("other-apis", "Every other API in use answers: embeddings, responses, completions", otherApis(evidence)),
    item("models", "Every prompt has a model on the candidate", models(evidence)),
    item("sampling-pinned", "Sampling parameters are pinned in every request", samplingPinned(evidence)),
    item("usage", "Server-reported usage comes with every answer", usage(evidence)),
    item("features", "Each non-core feature in use was probed", features(evidence)),
    item("golden-prompts", "Golden prompts compared: no case regresses consistently", goldenPrompts(evidence)),
    item("tool-call-rate", "The rate of right tool calls did not drop", toolCallRate(evidence)),
    item("structured-output", "Structured output is valid", structuredOutput(evidence)),
    item("new-on-the-wire", "Nothing new on the wire breaks a common client", newOnTheWire(evidence)),
    item(
      "sdks",
      "The SDKs in use read these answers",
      notTested("`twintail clients` feeds the recorded bytes to real SDKs"),
    ),
  ];
}

const works = ({ failure }: ScoredExchange): boolean => failure === null;

function bodies(evidence: Evidence): Answer {
  const among = (each: ScoredExchange) => each.variant === "body" && isGenerated(evidence, each);
  return evidence.everyCase(among, works, "no case asks for a body: give one `variants: [stream, body]`");
}

function streams(evidence: Evidence): Answer {
  const among = (each: ScoredExchange) => each.variant === "stream" && isGenerated(evidence, each);
  return evidence.everyCase(among, works, "no case asks for a stream");
}

function isGenerated(evidence: Evidence, exchange: ScoredExchange): boolean {
  return evidence.caseOf(exchange)?.api !== "embeddings";
}

function toolCalls(evidence: Evidence): Answer {
  if (evidence.unjudged !== null) return notTested(evidence.unjudged);
  const expects = (each: ScoredExchange): boolean =>
    each.phase === "warm" &&
    each.check?.excluded === undefined &&
    (evidence.caseOf(each)?.expect.tool_calls?.length ?? 0) > 0;
  const called = ({ check }: ScoredExchange): boolean =>
    check?.toolCalls?.trigger === true && check.toolCalls.schema !== false;
  return evidence.everyCase(expects, called, "no case expects a tool call");
}

function toolCallRate(evidence: Evidence): Answer {
  return evidence.unjudged === null ? evidence.noWorse("tool_calls", "right") : notTested(evidence.unjudged);
}

function otherApis(evidence: Evidence): Answer {
  const { cases } = evidence.header.goldenSet;
  const used = [...new Set(cases.map(({ api }) => api).filter((api) => api !== "chat"))];
  if (used.length === 0) return notTested("every case is a chat completion: add a case of each API in use");
  const unasked = used.filter((api) => !evidence.own.some((each) => evidence.caseOf(each)?.api === api));
  if (unasked.length > 0) return notTested(`the candidate was not asked for ${named(unasked)}: it has no model for it`);
  return evidence.everyCase((each) => evidence.caseOf(each)?.api !== "chat", works, "nothing was asked");
}

function models({ header, own }: Evidence): Answer {
  const missing = header.notTested.filter(({ endpoint }) => endpoint === "candidate");
  const unknown = own.filter(({ failure }) => failure?.code === "model_not_found");
  if (unknown.length > 0) {
    return failed(`model_not_found for ${named([...new Set(unknown.map(({ caseId }) => caseId))])}`);
  }
  if (missing.length > 0) {
    return notTested(`not asked: ${named(missing.map(({ caseId }) => caseId))}; ${missing[0]?.reason ?? ""}`);
  }
  if (own.length === 0) return notTested("nothing was asked");
  const answered = new Set(own.flatMap(({ failure, caseId }) => (failure === null ? [caseId] : [])));
  const without = header.goldenSet.cases.filter(({ id, cancel }) => cancel === undefined && !answered.has(id));
  if (without.length > 0) return notTested(`never answered: ${named(without.map(({ id }) => id))}`);
  return verified(`${plural(answered.size, "case")} answered`);
}

function samplingPinned(evidence: Evidence): Answer {
  const asked = evidence.bodies().filter(({ golden }) => golden.api !== "embeddings");
  if (asked.length === 0) return notTested("no request samples");
  // The Responses API has no penalties.
  const wanted = (api: string): readonly string[] => (api === "responses" ? SAMPLING.slice(0, 2) : SAMPLING);
  const left = SAMPLING.map((key) => ({
    key,
    cases: new Set(
      asked.flatMap(({ golden, body }) =>
        wanted(golden.api).includes(key) && (body[key] === undefined || body[key] === null) ? [golden.id] : [],
      ),
    ).size,
  })).filter(({ cases }) => cases > 0);
  if (left.length === 0) return verified(`${SAMPLING.join(", ")} stand in all ${asked.length} bodies that were sent`);
  return failed(
    `left to the server's defaults: ${left.map(({ key, cases }) => `${key} in ${plural(cases, "case")}`).join(", ")}`,
  );
}

function usage(evidence: Evidence): Answer {
  const broken = evidence.failedBy("usage-impossible", "usage-lost", "usage-missing", "usage-missing-in-body");
  if (broken !== null) return broken;
  const answered = evidence.own.filter(({ failure, cancelled }) => failure === null && cancelled === null);
  const without = answered.filter((each) => each.usage === null);
  if (answered.length === 0) return notTested("no request was answered");
  if (without.length > 0) {
    const cases = [...new Set(without.map(({ caseId }) => caseId))];
    return failed(`${without.length} of ${answered.length} answers have none: ${named(cases)}`);
  }
  return verified(`with all ${answered.length} answers`);
}

function features(evidence: Evidence): Answer {
  const refused = evidence.failedBy(...REJECTED);
  if (refused !== null) return refused;
  const unsupported = evidence.own.filter(({ failure }) => failure?.kind === "unsupported_feature");
  if (unsupported.length > 0) {
    return failed(`never answered: ${named([...new Set(unsupported.map(({ caseId }) => caseId))])}`);
  }
  const bodies = evidence.bodies().map(({ body }) => body);
  const used = NON_CORE.filter((key) => bodies.some((body) => body[key] !== undefined && body[key] !== null));
  // A recording may hold digests in place of prompts: the golden set knows.
  const shown = evidence.bodies().some(({ golden, body }) => hasPicture(body) || hasPicture(golden.request));
  const text = shown ? [...used, "pictures"] : used;
  return notTested(
    text.length === 0
      ? "these prompts use none; `twintail probe` tries those that your traffic uses"
      : `in use here: ${text.join(", ")}; an answer does not prove an effect, \`twintail probe\` does`,
  );
}

function hasPicture({ messages }: Readonly<Record<string, unknown>>): boolean {
  if (!Array.isArray(messages)) return false;
  return messages.some((message: unknown) => {
    const content = (message as { content?: unknown } | null)?.content;
    return (
      Array.isArray(content) &&
      content.some((part: unknown) => (part as { type?: unknown } | null)?.type === "image_url")
    );
  });
}

function goldenPrompts({ summary, header, warm, unjudged }: Evidence): Answer {
  if (unjudged !== null) return notTested(unjudged);
  if (summary.parity.pairs === 0) return notTested("no pair of answers could be compared");
  const regressed = summary.parity.flips
    .filter(({ direction, consistent }) => direction === "regressed" && consistent)
    .map(({ caseId }) => caseId);
  const compared = warm.pairs.filter((pair) =>
    // What a cold start said was compared like any other answer.
    [pair.baseline, pair.candidate].every((each) => each?.bucket === "warm" || each?.bucket === "cold"),
  );
  const rounds = new Set(compared.flatMap(({ baseline }) => baseline?.round ?? [])).size;
  const cases = new Set(compared.flatMap(({ baseline }) => baseline?.caseId ?? [])).size;
  const seen = `${plural(summary.parity.pairs, "pair")} of ${plural(cases, "case")} in ${plural(rounds, "round")}`;
  if (rounds < LEAST_ROUNDS) {
    const so = regressed.length === 0 ? "" : ` (${named(regressed)} would)`;
    return notTested(`${seen}${so}: ${LEAST_ROUNDS} rounds at least tell a regression from a single bad answer`);
  }
  if (regressed.length > 0) return failed(`${plural(regressed.length, "case")}: ${named(regressed)}`);
  if (cases < LEAST_CASES) return notTested(`${seen}: fewer than ${LEAST_CASES} prompts are no golden set`);
  if (header.goldenSet.cases.every(({ expect }) => Object.keys(expect).length === 0))
    return notTested(`${seen}: no case expects anything, so that none could regress`);
  return verified(seen);
}

function structuredOutput({ summary, unjudged }: Evidence): Answer {
  if (unjudged !== null) return notTested(unjudged);
  const { count, of } = summary.rates.json_valid?.candidate ?? { count: 0, of: 0 };
  const before = summary.rates.json_valid?.baseline;
  if (of === 0) return notTested("no case expects JSON");
  const seen = `${count} of ${of} answers`;
  if (count < of)
    return failed(`${seen} are valid${before === undefined ? "" : `, baseline ${before.count} of ${before.of}`}`);
  return of < LEAST_JSON ? notTested(`${seen} are valid: too few`) : verified(`${seen} are valid JSON of their schema`);
}

function newOnTheWire({ summary, own }: Evidence): Answer {
  const breaking = summary.findings.filter(
    ({ severity, sides, endpoint }) =>
      severity === "breaks" && (sides === "candidate" || (sides === "pair" && endpoint === undefined)),
  );
  if (breaking.length > 0) return failed(named(breaking.map(({ rule }) => rule)));
  const answered = own.filter(({ failure }) => failure === null).length;
  return answered === 0
    ? notTested("nothing was answered")
    : verified(`${plural(answered, "answer")} held against every rule`);
}
