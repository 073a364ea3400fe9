/** Tiers of GPUs that scale to zero when nobody asks. */
import { dialect } from "../dialect.js";
import type { Profile } from "./profile.js";

/** Published: a wake is budgeted at 8 minutes and ends in 504 at 10. */
const WAKE_MS = 480_000;
const CAP_MS = 600_000;
const IDLE_MS = 900_000;
/** Minutes are shown as seconds unless told otherwise: a wake of 8 minutes takes 4 s. */
const TIME_SCALE = 1 / 120;

const REFUSED = ["logprobs", "top_logprobs", "n", "image_url"] as const;
const IGNORED = ["seed", "parallel_tool_calls", "logit_bias", "reasoning_effort"] as const;

export const SPOT: Profile = {
  name: "spot",
  about: "scale to zero: a wake budget of 8 min and a cap of 10 min (scaled), 400 or silence for what it lacks",
  dialect: dialect("spot", {
    about: "the profile's own",
    routes: ["chat", "completions", "embeddings", "models"],
    models: ["qwen3-coder"],
    requests: { refused: REFUSED, ignored: IGNORED, json: "prompted" },
  }),
  behaviours: {
    "wake-held": "the first request after idle is held until the wake ends",
    "wake-capped": "a wake that outlasts the cap ends in 504",
    "sleeps-again": "it goes cold after idling",
    "tier-rate": "one stream decodes at the rate of its tier: 118.9 tokens/s on h100x2, 106.6 on a100x2",
    "refused-features": `${REFUSED.join(", ")} are 400`,
    "ignored-features": `${IGNORED.join(", ")} and unknown fields are accepted and ignored`,
    "json-unenforced": "JSON modes encourage: a prompt that contradicts them wins",
    "models-awake": "/models answers while it is cold and wakes nothing",
  },
  defaults: ({ timeScale = TIME_SCALE, wakeMs }) => ({
    startCold: true,
    wakeMs: WAKE_MS * timeScale,
    ...(wakeMs === undefined ? { wakeRepresentsMs: WAKE_MS } : {}),
    capMs: CAP_MS * timeScale,
    idleAfterMs: IDLE_MS * timeScale,
    wakeMode: "hold",
  }),
};
