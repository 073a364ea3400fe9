/**
 * A gate as a tree: what is asked of a run, and where the line is drawn. Margins are in the unit of the value: ms, shares
 * from 0 to 1, ratios candidate / baseline, counts, or the metric's own.
 */
import type { Side } from "../compare/comparison.js";
import { RATES } from "../compare/rates.js";
import { METRICS } from "../measure/catalogue.js";
import type { Better } from "../measure/metric.js";
import type { Operator } from "./judgement.js";

export interface Gate {
  readonly question: Question;
  readonly selectors: readonly Selector[];
  readonly op: Operator;
  readonly margin: number;
}

/** `side` is the one side that is asked about; questions without it are about both. */
export type Question =
  | {
      readonly subject: "metric";
      readonly name: string;
      readonly take: "quantile";
      readonly percent: number;
      readonly side: Side;
    }
  | {
      readonly subject: "metric";
      readonly name: string;
      readonly take: "max" | "min" | "mean" | "slow_share rate";
      readonly side: Side;
    }
  | { readonly subject: "metric"; readonly name: string; readonly take: "shift" | "slow_share diff" }
  | { readonly subject: "metric"; readonly name: string; readonly take: "ratio"; readonly percent: number }
  | { readonly subject: "rate"; readonly name: string; readonly take: "rate"; readonly side: Side }
  | { readonly subject: "rate"; readonly name: string; readonly take: "diff" | "drop" }
  | { readonly subject: "findings"; readonly take: "new" }
  | { readonly subject: "findings"; readonly take: "count"; readonly side: Side }
  | { readonly subject: "flips"; readonly take: "regressed" | "improved" }
  | { readonly subject: "wake"; readonly take: "max" | "count"; readonly side: Side };

export const SELECTOR_KEYS = ["category", "tag", "case", "variant", "severity", "rule"] as const;

export type SelectorKey = (typeof SELECTOR_KEYS)[number];

export interface Selector {
  readonly key: SelectorKey;
  readonly value: string;
}

/** The unit of values, bounds and margin, as reports name it. */
export function unitOf(question: Question): string {
  switch (question.take) {
    case "shift":
    case "ratio":
      return "ratio";
    case "rate":
    case "diff":
    case "drop":
    case "slow_share diff":
    case "slow_share rate":
      return "share";
    case "new":
    case "count":
    case "regressed":
    case "improved":
      return "count";
    case "quantile":
    case "max":
    case "min":
    case "mean":
      return question.subject === "metric" ? metricUnit(question.name) : "ms";
  }
}

/** Which values are better; `neither` where a gate may rightly ask for either. */
export function betterOf(question: Question): Better {
  if (question.subject === "rate") {
    if (question.take === "drop") return "lower";
    return RATES.find(({ name }) => name === question.name)?.better ?? "neither";
  }
  if (question.subject !== "metric")
    return question.take === "improved" || question.take === "count" ? "neither" : "lower";
  if (question.take === "slow_share diff" || question.take === "slow_share rate") return "lower";
  return METRICS.find(({ name }) => name === question.name)?.better ?? "neither";
}

/**
 * What a machine that cannot be trusted spoils: every time and speed. Counts of tokens, their price, and whether answers,
 * calls, streams and the wire are as they should be, are the contract.
 */
export function kindOf(question: Question): "latency" | "contract" {
  if (question.subject === "wake") return "latency";
  if (question.subject === "metric") return CONTRACT_UNITS.has(metricUnit(question.name)) ? "contract" : "latency";
  if (question.subject !== "rate") return "contract";
  return RATES.find(({ name }) => name === question.name)?.timing === true ? "latency" : "contract";
}

/** The key of the exploratory family that a gate's own test belongs to: a gate on one side tests no difference. */
export function aboutOf({ question, selectors }: Gate): string | null {
  if (selectors.length > 0) return null;
  if (question.take === "shift") return `warm shift ${question.name}`;
  if (question.take === "slow_share diff") return `slow_share ${question.name}`;
  if (question.take === "diff" || question.take === "drop") return `rate ${question.name}`;
  return null;
}

const CONTRACT_UNITS = new Set(["tokens", "tokens/event", "USD"]);

function metricUnit(metric: string): string {
  return METRICS.find(({ name }) => name === metric)?.unit ?? "";
}
