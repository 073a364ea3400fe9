/** Every rule of conformance. A new one is a constant in the file of its subject, or a file of its own and a line here. */
import { addressRules } from "./addresses.js";
import { bodyRules } from "./bodies.js";
import { bufferingRules } from "./buffering.js";
import { cachingRules } from "./caching.js";
import { connectionRules } from "./connections.js";
import { contentRules } from "./content.js";
import { cutRules } from "./cuts.js";
import { embeddingRules } from "./embeddings.js";
import { errorRules } from "./errors.js";
import { eventRules } from "./events.js";
import { fewerReadsRules } from "./fewer-reads.js";
import { finishRules } from "./finish.js";
import { framingRules } from "./framing.js";
import { headerRules } from "./headers.js";
import { streamOptionsRejected } from "./preflight.js";
import { responseRules } from "./responses.js";
import { retryRules } from "./retries.js";
import type { Rule, RuleText } from "./rule.js";
import { shapeRules } from "./shapes.js";
import { silenceRules } from "./silence.js";
import { toolCallRules } from "./tool-calls.js";
import { upstreamRules } from "./upstream.js";
import { usageRules } from "./usage.js";

export const RULES: readonly Rule[] = [
  ...framingRules,
  ...eventRules,
  ...shapeRules,
  ...finishRules,
  ...usageRules,
  ...bodyRules,
  ...contentRules,
  ...toolCallRules,
  ...errorRules,
  ...retryRules,
  ...upstreamRules,
  ...addressRules,
  ...bufferingRules,
  ...fewerReadsRules,
  ...silenceRules,
  ...cutRules,
  ...cachingRules,
  ...connectionRules,
  ...headerRules,
  ...embeddingRules,
  ...responseRules,
];

/** What a report may name: the rules, and what is learned before a run. */
export const NAMED_RULES: readonly RuleText[] = [...RULES, streamOptionsRejected];
