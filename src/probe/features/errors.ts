/** What an endpoint does with requests that it should refuse. Here a failure is what is looked for. */
import { shown } from "../../check/evidence.js";
import { type Answer, contentOf, wasCut } from "../answer.js";
import { ANSWER_TOKENS, type Feature, type Judgement, user, verdict } from "../feature.js";
import { refusalOf, wasOverloaded } from "../refusal.js";
import { SAY_READY } from "./chat.js";

/** A status that came, and none that money or a retry could change. */
function refusedWith(answer: Answer): number | null {
  const { status, outcome } = answer.attempt;
  if (outcome.kind !== "complete" || status === undefined || status < 300) return null;
  if (status === 402 || wasOverloaded(answer)) return null;
  return status >= 500 && refusalOf(answer)?.verdict !== "rejected" ? null : status;
}

function said({ failure, completion }: Answer): string {
  const { error } = completion;
  const parts = [
    error?.type == null ? "" : `type ${error.type}`,
    error?.code == null ? "" : `code ${error.code}`,
    error === null || error.envelope === "openai" ? "" : `not OpenAI's envelope but ${error.envelope}`,
  ];
  const facts = parts.filter((part) => part !== "").join(", ");
  return `${failure?.message ?? "no error"}${facts === "" ? "" : ` (${facts})`}`;
}

/** Transport failures, rate limits and in-band errors: as for any other feature. */
function otherwise(answer: Answer): Judgement {
  return refusalOf(answer) ?? verdict("broken", "neither answered nor refused");
}

const unknownField: Feature = {
  id: "unknown-field",
  name: "unknown request field",
  keys: [],
  judgesFailures: true,
  requests: ({ settings }) => [
    {
      part: "field",
      api: "chat",
      variant: "body",
      request: { ...user(SAY_READY), ...settings(ANSWER_TOKENS), twintail_unknown_field: true },
    },
  ],
  judge(answers) {
    const answer = answers.one("field");
    if (refusedWith(answer) !== null) return verdict("rejected", said(answer));
    if (answer.failure !== null) return otherwise(answer);
    return verdict("ignored", "answered as if the field were not there");
  },
};

const badKey: Feature = {
  id: "bad-key",
  name: "wrong key → 401",
  keys: [],
  judgesFailures: true,
  requests: ({ settings }) => [
    {
      part: "key",
      api: "chat",
      variant: "body",
      request: { ...user(SAY_READY), ...settings(ANSWER_TOKENS) },
      change: (template) => ({ ...template, key: "wrong" }),
    },
  ],
  judge(answers) {
    const answer = answers.one("key");
    const status = refusedWith(answer);
    if (status === 401) return verdict("supported", said(answer));
    if (status !== null) return verdict("broken", `${said(answer)}; clients expect 401`);
    if (answer.failure !== null) return otherwise(answer);
    return verdict("ignored", "a wrong key is answered like the right one");
  },
};

const NO_MODEL = "twintail-no-such-model";

const wrongModel: Feature = {
  id: "wrong-model",
  name: "unknown model → 404",
  keys: [],
  judgesFailures: true,
  requests: ({ settings }) => [
    {
      part: "model",
      api: "chat",
      variant: "body",
      model: NO_MODEL,
      request: { ...user(SAY_READY), ...settings(ANSWER_TOKENS) },
    },
  ],
  judge(answers) {
    const answer = answers.one("model");
    const status = refusedWith(answer);
    if (status === 404 || status === 400) return verdict("supported", said(answer));
    if (status !== null) return verdict("broken", `${said(answer)}; clients expect 404 or 400`);
    if (answer.failure !== null) return otherwise(answer);
    return verdict("ignored", `answered, by model ${shown(answer.completion.model)}`);
  },
};

/** Words of the filler; about as many tokens and a third more. */
const FILLER_WORDS = 120_000;
const CODE = "KX-4471";

const longContext: Feature = {
  id: "over-long-context",
  name: "over-long prompt → 400",
  keys: [],
  costly: `a prompt of ${FILLER_WORDS.toLocaleString("en-US")} words may be billed`,
  judgesFailures: true,
  requests: ({ settings }) => [
    {
      part: "prompt",
      api: "chat",
      variant: "body",
      request: {
        ...user(
          `The access code is ${CODE}.\n${"The harbour was quiet that day. ".repeat(FILLER_WORDS / 6)}\nWhat is the access code? Reply with the code only.`,
        ),
        ...settings(ANSWER_TOKENS),
      },
      expect: { contains: CODE },
    },
  ],
  judge(answers) {
    const answer = answers.one("prompt");
    const status = refusedWith(answer);
    if (status === 400 || status === 413 || status === 422) return verdict("supported", said(answer));
    if (status !== null) return verdict("broken", `${said(answer)}; clients expect 400 or 413`);
    if (answer.failure !== null) return otherwise(answer);
    const tokens = answer.completion.usage?.inputTokens ?? null;
    const counted = tokens === null ? "" : `, ${tokens.toLocaleString("en-US")} prompt tokens by usage`;
    if (contentOf(answer).includes(answer.golden.expect.contains ?? CODE)) {
      return verdict("unclear", `answered rightly${counted}: its context is longer than this prompt`);
    }
    if (wasCut(answer))
      return verdict("unclear", `cut at ${ANSWER_TOKENS} tokens${counted}: ${shown(contentOf(answer))}`);
    return verdict("broken", `accepted, but the start of the prompt was lost${counted}: ${shown(contentOf(answer))}`);
  },
};

export const ERROR_FEATURES: readonly Feature[] = [unknownField, badKey, wrongModel, longContext];
