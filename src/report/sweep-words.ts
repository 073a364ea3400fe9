/** What a sweep's figures read as, the same in every format. What came from outside is made printable by each format. */
import { parseDurationMs } from "../core/duration.js";
import { formatCount, formatPlainMs, formatSignificant } from "./numbers.js";
import type { EndpointSweep, SweepInterval, SweepPoint, SweepSummary, SweptEndpoint } from "./sweep-summary.js";

type Axis = SweepSummary["load"]["axis"];

export const SWEEP_WORDS: Readonly<Record<SweepSummary["verdict"], string>> = {
  measured: "Measured",
  partial: "Partial sweep",
  invalid: "Invalid sweep",
};

export const STOP_WORDS: Readonly<Record<EndpointSweep["stopped"]["kind"], string>> = {
  saturated: "saturated",
  "rate-limited": "rate-limited, not saturated",
  failing: "failing",
  top: "highest load reached",
  full: "limit in flight",
  machine: "this machine",
  limit: "limit of the run",
  interrupted: "interrupted",
  listed: "all loads measured",
};

/** The unit of a sweep's load. */
export const LOAD_UNITS: Readonly<Record<Axis, string>> = {
  concurrency: "in flight",
  rate: "arrivals/s",
  trace: "as recorded",
};

/** `16`, `12.5`; a trace has no load of its own. */
export function loadText(load: number | null): string {
  if (load === null) return "trace";
  return Number.isInteger(load) ? formatCount(load) : formatSignificant(load);
}

/** `at 31.2 [28.0, 34.5] in flight`. */
export function atLoad({ value, lo, hi }: SweepInterval, axis: Axis): string {
  const whole = [value, lo, hi].every((each) => each === null || Number.isInteger(each));
  const format = whole ? formatCount : formatSignificant;
  return `at ${`${format(value)} ${boundsText({ lo, hi }, format)}`.trim()} ${LOAD_UNITS[axis]}`;
}

/** `24.1 [23.2, 25.0]`, `24.1 [≥ 23.2]` where only one bound exists. */
export function intervalText(interval: SweepInterval): string {
  const bounds = boundsText(interval);
  return `${formatSignificant(interval.value)}${bounds === "" ? "" : ` ${bounds}`}`;
}

/** `[23.2, 25.0]`; empty without a bound. */
export function boundsText({ lo, hi }: Pick<SweepInterval, "lo" | "hi">, format = formatSignificant): string {
  if (lo !== null && hi !== null) return `[${format(lo)}, ${format(hi)}]`;
  if (lo !== null) return `[≥ ${format(lo)}]`;
  return hi === null ? "" : `[≤ ${format(hi)}]`;
}

/** `p99`, `send_lag` and `ttft` keep their own spelling. */
const NAME = /^(?:\w*[\d_]\w*|tt\w+)\b/;

/** With a capital and a full stop, whatever came. */
export function sentence(text: string): string {
  const first = NAME.test(text) ? text.charAt(0) : text.charAt(0).toUpperCase();
  return `${first}${text.slice(1).trimEnd().replace(/\.$/, "")}.`;
}

/** The models that were asked: `gpt-4o, embeddings: bge-m3`; empty where none is named. */
export function sweptModels({ models }: Pick<SweptEndpoint, "models">): string {
  return Object.entries(models)
    .filter(([, model]) => model !== null)
    .map(([use, model]) => (use === "default" ? model : `${use}: ${model}`))
    .join(", ");
}

/** `$0.15 in, $0.60 out a million tokens`, `$6.40 an hour`; empty without a price. */
export function priceText({ price }: Pick<SweptEndpoint, "price">): string {
  if (price === null) return "";
  const dollars = (usd: number): string => `$${usd >= 0.01 ? usd.toFixed(2) : String(usd)}`;
  const tokens = [
    price.inputPerMTok === undefined ? "" : `${dollars(price.inputPerMTok)} in`,
    price.cachedInputPerMTok === undefined ? "" : `${dollars(price.cachedInputPerMTok)} in from a cache`,
    price.outputPerMTok === undefined ? "" : `${dollars(price.outputPerMTok)} out`,
  ].filter((part) => part !== "");
  return [
    tokens.length === 0 ? "" : `${tokens.join(", ")} a million tokens`,
    price.perHour === undefined ? "" : `${dollars(price.perHour)} an hour`,
  ]
    .filter((part) => part !== "")
    .join("; ");
}

/** `closed loop, both endpoints at the same moments; each load settles for at least 10 s and is measured for 30 s`. */
export function shapeLine({ load, endpoints }: SweepSummary): string {
  const both = endpoints.baseline.sweep !== null && endpoints.candidate.sweep !== null;
  const moments = !load.together
    ? ", one endpoint after the other"
    : `, both endpoints at the same moments${loadedAlike(endpoints) ? "" : " where both were loaded"}`;
  const full =
    load.maxInFlight === null
      ? ""
      : `; at most ${formatCount(load.maxInFlight)} in flight, beyond that an arrival ${load.whenFull === "wait" ? "waits" : "is dropped"}`;
  const window = `${load.axis === "trace" ? "it settles for" : "each load settles for at least"} ${formatPlainMs(load.settleMs)} and is measured for ${formatPlainMs(load.windowMs)}`;
  return `${load.shape}${both ? moments : ""}${full}; ${window}`;
}

function loadedAlike({ baseline, candidate }: SweepSummary["endpoints"]): boolean {
  const loads = (endpoint: SweptEndpoint): string =>
    (endpoint.sweep?.points ?? [])
      .map(({ index }) => index)
      .sort((a, b) => a - b)
      .join(" ");
  return loads(baseline) === loads(candidate);
}

/** `The measuring machine kept up`, as far as it did. */
export function keptUp({ figures }: SweepSummary["validity"]): string {
  return `The measuring machine kept up${figures.every(({ ok }) => ok) ? "" : " under the loads that decide, and not under all"}`;
}

/** One term of an SLO that is drawn on its metric; errors are in percent, times in ms. */
export interface SloLimit {
  readonly metric: string;
  /** `p95`; null of a rate. */
  readonly quantile: string | null;
  readonly value: number;
  readonly text: string;
}

const TERM = /^\s*([a-z_0-9]+)(?:\s+(p[\d.]+|min|max|mean|rate))?\s*[<>]=?\s*(\S+(?: \S+)?)\s*$/;
const SHARES: ReadonlySet<string> = new Set(["errors", "http_429"]);

/** The limits of an SLO's terms, as far as they can be drawn. */
export function sloLimits(points: readonly SweepPoint[]): SloLimit[] {
  const texts = new Set(points.flatMap(({ slo }) => slo.terms.map(({ text }) => text)));
  return [...texts].flatMap((text): SloLimit[] => {
    const [, metric = "", take, limit = ""] = TERM.exec(text) ?? [];
    const value = limitValue(limit.replace(" ", ""), SHARES.has(metric));
    if (metric === "" || value === null) return [];
    return [{ metric, quantile: take === undefined || take === "rate" ? null : take, value, text }];
  });
}

function limitValue(text: string, isShare: boolean): number | null {
  const [, number, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text) ?? [];
  if (number !== undefined) return isShare && percent === "" ? 100 * Number(number) : Number(number);
  try {
    return parseDurationMs(text);
  } catch {
    return null;
  }
}

/** What kept a sweep from its answer: this machine, or how many it let be in flight. */
export function invalidityWords({ endpoints, validity }: SweepSummary): {
  readonly heading: string;
  readonly meaning: string;
} {
  const untrusted = [endpoints.baseline, endpoints.candidate].flatMap(
    ({ sweep }) => sweep?.points.filter(({ trusted }) => !trusted) ?? [],
  );
  if (untrusted.length > 0 && untrusted.every(({ full }) => full)) {
    return {
      heading: "Arrivals met the limit in flight",
      meaning: "They met load.maxInFlight before the endpoint gave way, so its own limit lies higher: raise it.",
    };
  }
  const over = validity.figures.some(({ ok }) => !ok);
  return {
    heading: "The measuring machine was in the way",
    meaning: `Past such a load a sweep measures this machine, not an endpoint.${over ? "" : ` ${noFigureOver(validity)}`}`,
  };
}

/** Of a machine that was in the way though none of its figures over the whole sweep says so. */
function noFigureOver({ figures }: SweepSummary["validity"]): string {
  return figures.every(({ value }) => value === null)
    ? "Nothing was recorded by which it could be judged."
    : "Over the whole sweep it kept its limits; the loads that it was in the way of say how.";
}
