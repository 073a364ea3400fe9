/** What a plan will give a gate to look at: how many requests, rounds and cases, at best. */
import type { Side } from "../compare/comparison.js";
import type { Settings } from "../config/settings.js";
import type { GoldenCase } from "../golden/golden-set.js";
import type { Plan, PlannedRequest } from "../plan/plan.js";
import type { Gate, Question } from "./gate.js";
import { selectedCases, selectsVariant } from "./selection.js";

export interface Planned {
  readonly plan: Pick<Plan, "rows">;
  readonly cases: readonly GoldenCase[];
}

export interface Support {
  /** Requests of one side, or pairs, that may carry a value. */
  readonly n: number;
  readonly rounds: number;
  /** Cases, each with its variant. */
  readonly cases: number;
  /** The most requests of one case, its variants together. */
  readonly most: number;
  /** Why there is none; empty where there is. */
  readonly why: string;
  /** What would give some. */
  readonly remedy: string;
}

const ROLES = ["baseline", "candidate"] as const;

/** Metrics that only a streamed answer has. A test holds the list to the metrics themselves. */
export const STREAMED: ReadonlySet<string> = new Set([
  "ttft",
  "ttfa",
  "ttfe",
  "chunk_gap",
  "stall",
  "tpot",
  "decode_rate",
  "char_rate",
  "tool_call_ms",
  "ttft_intended",
  "tokens_per_event",
]);
const OPEN_LOOP: ReadonlySet<string> = new Set(["ttft_intended", "e2e_intended"]);

export function supportOf(
  { question, selectors }: Gate,
  planned: Planned,
  settings: Pick<Settings, "endpoints" | "capture">,
): Support {
  const { subject } = question;
  if (subject === "wake") return wakeSupport(question.side, planned, settings);
  const cases = new Map(selectedCases(selectors, planned.cases).map((each) => [each.id, each]));
  const rows = planned.plan.rows.filter(
    ({ phase, arm, caseId, variant }) =>
      phase === "warm" && arm === "candidate" && cases.has(caseId) && selectsVariant(selectors, variant),
  );
  if (rows.length === 0) {
    return {
      ...counted([]),
      why: "no request of this plan is selected",
      remedy: "mend the selector, or give the case a model on both endpoints",
    };
  }
  const demand = demandOf(question, settings);
  const left = rows.filter((row) => demand.holds(row, cases.get(row.caseId) as GoldenCase));
  return { ...counted(left), why: left.length === 0 ? demand.otherwise : "", remedy: demand.remedy };
}

function counted(rows: readonly PlannedRequest[]): Pick<Support, "n" | "rounds" | "cases" | "most"> {
  const ofCase = new Map<string, number>();
  for (const { caseId } of rows) ofCase.set(caseId, (ofCase.get(caseId) ?? 0) + 1);
  return {
    n: rows.length,
    rounds: new Set(rows.map(({ round }) => round)).size,
    cases: new Set(rows.map(({ caseId, variant }) => `${caseId} ${variant}`)).size,
    most: [...ofCase.values()].reduce((most, count) => Math.max(most, count), 0),
  };
}

/** What a request needs to carry a value, and what to say where none does. */
interface Demand {
  readonly holds: (row: PlannedRequest, golden: GoldenCase) => boolean;
  readonly otherwise: string;
  readonly remedy: string;
}

function demandOf(question: Question, settings: Pick<Settings, "endpoints" | "capture">): Demand {
  if (question.subject === "metric") return metricDemand(question, settings);
  if (question.subject === "rate") return rateDemand(question.name);
  if (question.subject === "flips") {
    const holds: Demand["holds"] = (row, { expect }) => row.cancel === undefined && Object.keys(expect).length > 0;
    return { holds, otherwise: "no case of this plan expects anything", remedy: "give cases an expect" };
  }
  return ANY;
}

const ANY: Demand = { holds: () => true, otherwise: "", remedy: "" };

function metricDemand(
  question: Extract<Question, { subject: "metric" }>,
  { endpoints, capture }: Pick<Settings, "endpoints" | "capture">,
): Demand {
  const { name } = question;
  if (OPEN_LOOP.has(name) && capture.arrivals === undefined) {
    return {
      holds: () => false,
      otherwise: `${name} needs a schedule, and a closed loop has none`,
      remedy: "use ttft or e2e, or give capture.arrivals",
    };
  }
  if (name === "cost") {
    const sides = "side" in question ? [question.side] : ROLES;
    const unpriced = sides.find((side) => {
      const { price } = endpoints[side];
      return price?.inputPerMTok === undefined || price.outputPerMTok === undefined;
    });
    if (unpriced !== undefined) {
      const remedy = `give endpoints.${unpriced}.price inputPerMTok and outputPerMTok`;
      return { holds: () => false, otherwise: `the ${unpriced} has no price per token`, remedy };
    }
  }
  const streamed = STREAMED.has(name);
  const calls = name === "tool_call_ms";
  return {
    // A request that is cancelled on purpose has no latency.
    holds: (row, golden) =>
      row.cancel === undefined &&
      !(streamed && (row.variant !== "stream" || golden.api === "embeddings")) &&
      !(calls && !expectsCalls(golden)),
    otherwise: calls
      ? "no streamed case of this plan expects a tool call"
      : `no streamed answer of this plan has ${name}`,
    remedy: calls ? "add one to the golden set" : "select cases that are streamed",
  };
}

function rateDemand(name: string): Demand {
  const judged = (test: (golden: GoldenCase) => boolean, what: string): Demand => ({
    holds: (row, golden) => row.cancel === undefined && test(golden),
    otherwise: `no case of this plan ${what}`,
    remedy: "add one to the golden set",
  });
  switch (name) {
    case "expectations":
      return judged(({ expect }) => Object.keys(expect).length > 0, "expects anything");
    case "json_valid":
      return judged(({ expect }) => expect.is_json !== undefined && expect.is_json !== false, "expects JSON (is_json)");
    case "tool_calls":
    case "tool_trigger":
      return judged(
        (golden) => expectsCalls(golden) || golden.expect.no_tool_calls === true,
        "expects a tool call, or none",
      );
    case "tool_schema":
    case "tool_value":
      return judged(expectsCalls, "expects a tool call");
    case "coalesced":
      return {
        holds: ({ variant }) => variant === "stream",
        otherwise: "no case of this plan is streamed",
        remedy: "stream one",
      };
    default:
      return ANY;
  }
}

function expectsCalls({ expect }: GoldenCase): boolean {
  return (expect.tool_calls ?? []).length > 0;
}

function wakeSupport(side: Side, { plan }: Planned, { endpoints }: Pick<Settings, "endpoints">): Support {
  const rows = plan.rows.filter(({ phase, endpoint }) => phase === "cold" && endpoint === side);
  const why =
    endpoints[side].wake === undefined
      ? `endpoints.${side} has no wake, so nothing is woken`
      : "no cold trial is planned";
  return {
    ...counted(rows),
    why: rows.length === 0 ? why : "",
    remedy: `give endpoints.${side} a wake, or remove the gate`,
  };
}
