/** A hop in front of somebody else's model. */
import { dialect } from "../dialect.js";
import { simulatedCost } from "../dialects/gateways.js";
import type { Profile } from "./profile.js";

const STREAM_CAP_MS = 60_000;
const STREAM_IDLE_MS = 30_000;
const MERGE_MS = 200;
const EMPTY_EVERY = 8;

export const GATEWAY: Profile = {
  name: "gateway",
  about:
    "merged events, long streams cut, a doubled /v1, usage on the finish event, empty events, retries that double the cost",
  dialect: dialect("gateway", {
    about: "the profile's own",
    basePath: "/v1/v1",
    chunks: { emptyEventEvery: EMPTY_EVERY },
    usage: {
      place: "finish",
      optIn: false,
      details: false,
      extras: (counts) => ({ cost: simulatedCost(counts), attempts: counts.attempts }),
    },
    transport: { mergeMs: MERGE_MS },
  }),
  behaviours: {
    "merged-events": `events of ${MERGE_MS} ms share a write`,
    "stream-cut": `a stream that lasts longer than the cap (${STREAM_CAP_MS / 1_000} s) is cut without a finish reason`,
    "idle-cut": `a stream in which nothing comes for ${STREAM_IDLE_MS / 1_000} s is cut`,
    "body-timeout": "an answer in one body that takes longer than the cap is 504",
    "doubled-v1": "it serves /v1/v1; /v1/chat/completions is 404 with the path that it does not know",
    "usage-on-finish": "usage comes unasked on the finish event, and on no event of its own",
    "empty-events": `every ${EMPTY_EVERY} tokens an event has an empty delta`,
    "upstream-retries": "a share of the answers is made twice: twice the time, x-gateway-attempts: 2, twice the cost",
  },
  defaults: ({ timeScale = 1 }) => ({
    streamCapMs: STREAM_CAP_MS * timeScale,
    streamIdleMs: STREAM_IDLE_MS * timeScale,
    upstreamRetryShare: 0.1,
  }),
};
