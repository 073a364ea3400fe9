/** Plans of all kinds of settings, for properties of what is planned after them. */
import fc from "fast-check";
import type { CaptureSettings, EndpointRole, EndpointSettings } from "../../src/config/settings.js";
import type { GoldenCase } from "../../src/golden/golden-set.js";
import { buildPlan } from "../../src/plan/build.js";
import { extendPlan } from "../../src/plan/extension.js";
import type { Plan } from "../../src/plan/plan.js";
import { QUICK } from "../config/capture-settings.js";
import { endpointSettings } from "../config/endpoint-settings.js";

const endpoint = (role: EndpointRole, more: Partial<EndpointSettings> = {}): EndpointSettings =>
  endpointSettings(role, { models: { default: `${role}-model` }, ...more });

export const goldenCase = (id: string, more: Partial<GoldenCase> = {}): GoldenCase => ({
  id,
  category: "chat",
  tags: [],
  detects: "",
  api: "chat",
  variants: ["stream"],
  repeat: 1,
  prefix: "unique",
  request: { messages: [{ role: "user", content: `question ${id}` }], max_tokens: 100 },
  expect: {},
  ...more,
});

export interface Setup {
  readonly capture: CaptureSettings;
  readonly cases: readonly GoldenCase[];
  readonly candidate: Partial<EndpointSettings>;
  readonly seed: number;
}

export const inputOf = ({ capture, cases, candidate, seed }: Setup) => ({
  set: { name: "set", cases },
  endpoints: { baseline: endpoint("baseline"), candidate: endpoint("candidate", candidate) },
  capture,
  seed,
  userAgent: "test",
});

export const planOf = (setup: Setup): Plan => buildPlan(inputOf(setup));
export const extend = (setup: Setup, before: Plan, moreRounds: number): Plan =>
  extendPlan({ ...inputOf(setup), before, moreRounds });

export const setups: fc.Arbitrary<Setup> = fc.record({
  seed: fc.nat(1_000_000),
  candidate: fc.constantFrom<Partial<EndpointSettings>>({}, { wake: { budgetMs: 1, capMs: 2 } }),
  cases: fc
    .array(
      fc.record({
        variants: fc.constantFrom<GoldenCase["variants"]>(["stream"], ["body"], ["stream", "body"]),
        repeat: fc.integer({ min: 1, max: 3 }),
        prefix: fc.constantFrom<GoldenCase["prefix"]>("unique", "shared"),
        tags: fc.constantFrom<string[]>([], ["solo"]),
        cancel: fc.constantFrom<{ cancel?: { afterReads: number } }>({}, { cancel: { afterReads: 3 } }),
      }),
      { minLength: 1, maxLength: 5 },
    )
    .map((cases) => cases.map(({ cancel, ...more }, index) => goldenCase(`case-${index}`, { ...more, ...cancel }))),
  capture: fc
    .record({
      rounds: fc.integer({ min: 1, max: 4 }),
      spreadMs: fc.constantFrom(0, 700, 60_000),
      concurrency: fc.integer({ min: 1, max: 3 }),
      order: fc.constantFrom("random" as const, "serial" as const),
      prefix: fc.constantFrom("unique" as const, "shared" as const),
      control: fc.boolean(),
      warmup: fc.nat(2),
      solo: fc.constantFrom({ requests: 0, maxTokens: 1 }, { requests: 2, maxTokens: 50 }),
      once: fc.constantFrom<string[]>([], ["case-0"]),
    })
    .map((change) => ({ ...QUICK, ...change })),
});
