/**
 * The cutover checklist: what people who moved between OpenAI-compatible endpoints wrote down to look at before they do, as
 * far as a run can see it. An item is verified by evidence, failed by evidence, or not tested; thin evidence is no evidence.
 */
import type { ChecklistItem } from "../report/decision.js";
import type { Summary } from "../report/summary.js";
import type { Judged } from "./assemble.js";
import { costItems } from "./checklist/cost.js";
import { Evidence } from "./checklist/evidence.js";
import { latencyItems } from "./checklist/latency.js";
import { parityItems } from "./checklist/parity.js";
import { privacyItems } from "./checklist/privacy.js";
import { reliabilityItems } from "./checklist/reliability.js";
import { streamingItems } from "./checklist/streaming.js";

/** @param summary everything else of the report */
export function checklist(judged: Judged, summary: Summary): ChecklistItem[] {
  const evidence = new Evidence(judged, summary);
  return [
    ...parityItems(evidence),
    ...reliabilityItems(evidence),
    ...streamingItems(evidence),
    ...latencyItems(evidence),
    ...costItems(evidence),
    ...privacyItems(evidence),
  ];
}
