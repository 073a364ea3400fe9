/** A stateless hosted API that passes what it does not know through to the model. */
import { dialect } from "../dialect.js";
import type { Profile } from "./profile.js";

/** What its models lack: asked for, it comes back as 502. */
const LACKING = ["json_schema", "logprobs", "top_logprobs", "parallel_tool_calls", "n", "audio", "functions"] as const;

export const BASTION: Profile = {
  name: "bastion",
  about:
    "stateless /responses, unknown fields passed through to a 502, 401, 402, 404, 413, 429, Riva's path for speech",
  dialect: dialect("bastion", {
    about: "the profile's own",
    routes: ["chat", "completions", "embeddings", "responses", "models", "images", "transcriptions", "riva-tts"],
    models: [
      "gpt-oss-120b",
      "gpt-oss-20b",
      "Llama-3.1-8B-Instruct",
      "Meta-Llama-3_3-70B-Instruct",
      "Qwen3-Coder-30B-A3B-Instruct",
      "Qwen2.5-VL-72B-Instruct",
      "bge-m3",
    ],
    requests: { unknownFields: "upstream", lacking: LACKING, statelessResponses: true, knownModelsOnly: true },
  }),
  behaviours: {
    "responses-stateless": "/responses without `store: false` is 400",
    "pass-through-502": `an unknown field, or one that the models lack (${LACKING.join(", ")}), is 502 upstream_error`,
    redirect: "a second, plain port answers 308 to another origin, on which a client that follows has no Authorization",
    "key-required": "no key, or a wrong one, is 401",
    "insufficient-funds": "402 insufficient_funds once the credit is used up",
    "unknown-model": "a model outside its list, such as gpt-4o, is 404",
    "upload-limit": "a body past the limit is 413",
    "rate-limit": "past its requests per minute, 429 rate_limit_exceeded with Retry-After in whole seconds",
    transient: "a share of the requests meets 502 or 503",
    "speech-path": "/audio/speech is 404; speech is made at /api/v1/tts/text_to_audio in Riva's form",
    embeddings: "/embeddings answers",
    models: "/models lists its own models, none of OpenAI's",
  },
  defaults: () => ({ requireKey: true, transientShare: 0.02, redirect: "loopback" }),
};
