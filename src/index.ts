/**
 * twintail as a library.
 *
 * ```ts
 * import { loadSettings, prepareRun, run } from "twintail";
 *
 * const { report } = await run(prepareRun(loadSettings("twintail.yaml")));
 * console.log(report.summary.metrics.ttfa?.warm?.shift);
 * ```
 *
 * @packageDocumentation
 */
export { type CapacityOptions, capacity } from "./capacity.js";
export type {
  CheckOutcome,
  ExpectationOutcome,
  Finding,
  ParityOutcome,
  Severity,
  ToolCallOutcome,
} from "./check/finding.js";
export { type ClientsOptions, replayThroughClients } from "./clients.js";
export { type AboutToRun, type CompareRunsOptions, checkPinnedRun, compareRuns } from "./compare-runs.js";
export {
  type CapacitySettings,
  type DemandSettings,
  loadCapacity,
  parseCapacity,
  type TierPrice,
  type TierSettings,
  type TierWake,
} from "./config/capacity-file.js";
export { loadSettings, parseSettings } from "./config/load.js";
export type { EndpointRole, EndpointSettings, Settings } from "./config/settings.js";
export { TwintailError } from "./core/errors.js";
export type { Completion, TokenEvent, ToolCall, Usage } from "./decode/completion.js";
export { decodeAttempt } from "./decode/decode.js";
export { type ExtendOptions, extendRun, type PreparedExtension, prepareExtension } from "./extend.js";
export type { GoldenCase, GoldenSet } from "./golden/golden-set.js";
export { type LoadedGoldenSet, loadGoldenSet } from "./golden/load.js";
export { METRICS } from "./measure/catalogue.js";
export type { Measurement, Metric, Sample } from "./measure/metric.js";
export { Tail } from "./measure/tail.js";
export { type MergedRun, type MergeOptions, mergeShards } from "./merge.js";
export { buildPlan } from "./plan/build.js";
export type { Arm, Phase, Plan, PlannedRequest } from "./plan/plan.js";
export {
  type FinishedProbe,
  type PreparedProbe,
  type ProbeOptions,
  prepareProbe,
  probe,
  type RunProbeOptions,
  scoreProbe,
} from "./probe.js";
export { readRecording } from "./recording/reader.js";
export type { Attempt, Exchange, HeaderLine, Outcome, RecordingFrame } from "./recording/recording.js";
export { renderCapacityHtml } from "./report/capacity-html.js";
export type { CapacityMode, CapacitySummary, CapacityTier } from "./report/capacity-summary.js";
export { renderCapacityTerminal } from "./report/capacity-terminal.js";
export { renderHtml } from "./report/html.js";
export { renderJson } from "./report/json.js";
export { renderMarkdown } from "./report/markdown.js";
export { renderProbeJson } from "./report/probe-json.js";
export type { ProbeSummary, Verdict } from "./report/probe-summary.js";
export { renderProbeTerminal } from "./report/probe-terminal.js";
export { writeProbe } from "./report/probe-write.js";
export type { Report } from "./report/report.js";
export type { RunComparison } from "./report/run-comparison.js";
export { renderRunComparisonTerminal } from "./report/run-comparison-terminal.js";
export type { Summary } from "./report/summary.js";
export { renderSweepHtml } from "./report/sweep-html.js";
export { renderSweepJson } from "./report/sweep-json.js";
export type { EndpointSweep, SweepPoint, SweepSummary } from "./report/sweep-summary.js";
export { renderSweepTerminal } from "./report/sweep-terminal.js";
export { writeSweep } from "./report/sweep-write.js";
export { renderTerminal } from "./report/terminal.js";
export { renderTrendHtml } from "./report/trend-html.js";
export type { TrendSummary } from "./report/trend-summary.js";
export { renderTrendTerminal } from "./report/trend-terminal.js";
export { writeReport } from "./report/write.js";
export { type PreparedResume, prepareResume, resumeRun } from "./resume.js";
export { type FinishedRun, type PreparedRun, prepareRun, type RunOptions, run } from "./run.js";
export { score } from "./score.js";
export { scoreSweep } from "./score-sweep.js";
export type { ShardToRun } from "./shard-part.js";
export type { SimOptions } from "./sim/options.js";
export { type SimProcess, startReplayProcess, startSimProcess } from "./sim/process.js";
export type { ReplayOptions } from "./sim/replay/options.js";
export {
  type FinishedSweep,
  type PreparedSweep,
  prepareSweep,
  type SweepChoice,
  type SweepOptions,
  sweep,
} from "./sweep.js";
export { type AddedNight, type AddNightOptions, addToHistory, type TrendOptions, trend } from "./trend.js";
export { type PreparedWake, prepareWake, wake } from "./wake.js";
