/** Facts of decoding that are no finding, each with its reason. Every other fact has a rule. */
import type { AnomalyKind } from "../../decode/anomaly.js";

export const NO_FINDING: Readonly<Partial<Record<AnomalyKind, string>>> = {
  "padding-keys": "OpenAI sends `obfuscation` itself, and clients ignore keys that they do not know",
  "usage-extras": "counts beside the standard ones are read by those who know them and ignored by all others",
};
