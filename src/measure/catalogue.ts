/** Every metric, in the order in which reports show them. A new metric is one file in `metrics/` and one line here. */
import type { Metric } from "./metric.js";
import { charRate } from "./metrics/char-rate.js";
import { chunkGap, stall } from "./metrics/chunk-gap.js";
import { connect } from "./metrics/connect.js";
import { cost } from "./metrics/cost.js";
import { decodeRate, tpot } from "./metrics/decode-rate.js";
import { e2e } from "./metrics/e2e.js";
import { e2eIntended, ttftIntended } from "./metrics/intended.js";
import { sendLag } from "./metrics/send-lag.js";
import { cachedTokens, inputTokens, outputTokens, reasoningTokens, tokensPerEvent } from "./metrics/tokens.js";
import { toolCallMs } from "./metrics/tool-call-ms.js";
import { ttfa } from "./metrics/ttfa.js";
import { ttfe } from "./metrics/ttfe.js";
import { ttft } from "./metrics/ttft.js";
import { wake } from "./metrics/wake.js";

export const METRICS: readonly Metric[] = [
  ttft,
  ttfa,
  ttfe,
  chunkGap,
  stall,
  tpot,
  decodeRate,
  charRate,
  e2e,
  toolCallMs,
  connect,
  ttftIntended,
  e2eIntended,
  wake,
  sendLag,
  inputTokens,
  outputTokens,
  reasoningTokens,
  cachedTokens,
  tokensPerEvent,
  cost,
];
