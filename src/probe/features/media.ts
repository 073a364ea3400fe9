/** Pictures and sounds: costly, so tried only where a model is mapped for them, or when asked for. */
import { shown } from "../../check/evidence.js";
import type { RequestTemplate } from "../../plan/plan.js";
import { type Answer, contentType, listIn, textIn } from "../answer.js";
import { type Answers, type Feature, type Judgement, type ProbeRequest, verdict } from "../feature.js";
import { multipartForm } from "../form.js";
import { soundFormat, toneWav } from "../sound.js";
import { pathUnder } from "./paths.js";

/** A request whose body is written here, at a path of its own. */
function foreignRequest(
  part: string,
  request: Readonly<Record<string, unknown>>,
  change: NonNullable<ProbeRequest["change"]>,
): ProbeRequest {
  return { part, api: "chat", variant: "body", request, foreign: true, change };
}

/** The body without what chat alone has. */
function plainBody({ body }: RequestTemplate): Readonly<Record<string, unknown>> {
  const { stream: _, ...rest } = body;
  return rest;
}

const IMAGE_SIGNATURES = ["iVBORw0KGgo", "/9j/", "UklGR", "R0lGOD"]; // base64 of PNG, JPEG, WebP, GIF

const images: Feature = {
  id: "images",
  name: "/images/generations",
  keys: [],
  model: "images",
  costly: "a picture costs more than text",
  requests: () => [
    foreignRequest("picture", { prompt: "A plain orange square.", n: 1 }, (template, endpoint) => ({
      ...template,
      path: pathUnder(endpoint, "/images/generations"),
      body: plainBody(template),
    })),
  ],
  judge(answers) {
    const answer = answers.one("picture");
    const [first] = listIn(answer, "data");
    const [encoded, url] = [textIn(first, "b64_json"), textIn(first, "url")];
    if (url !== null) return verdict("supported", "a picture as an address");
    if (encoded === null)
      return verdict("broken", `no picture under "data": ${shown(answer.json ?? contentType(answer))}`);
    const known = IMAGE_SIGNATURES.some((signature) => encoded.startsWith(signature));
    return known
      ? verdict("supported", `a picture of ${Math.floor((encoded.length * 3) / 4)} bytes`)
      : verdict("broken", `base64 of no picture: ${shown(encoded)}`);
  },
};

const transcription: Feature = {
  id: "transcription",
  name: "/audio/transcriptions",
  keys: [],
  model: "transcription",
  costly: "it is billed by the minute",
  requests: () => [
    foreignRequest("tone", {}, (template, endpoint, model) => {
      const file = { field: "file", name: "tone.wav", type: "audio/wav", bytes: toneWav() };
      const form = multipartForm({ model, response_format: "json" }, file);
      return {
        ...template,
        path: pathUnder(endpoint, "/audio/transcriptions"),
        headers: { ...template.headers, "content-type": form.type },
        body: { model, response_format: "json" },
        raw: form.bytes.toString("base64"),
      };
    }),
  ],
  judge(answers) {
    const answer = answers.one("tone");
    const text = (answer.json as { text?: unknown } | null | undefined)?.text;
    // The tone has no words: whatever text it is heard as, the form was taken and an answer came.
    if (typeof text === "string") return verdict("supported", `a tone was heard as ${shown(text)}`);
    return verdict("broken", `no "text": ${shown(answer.json ?? contentType(answer))}`);
  },
};

function judgeSound(answers: Answers): Judgement {
  const answer: Answer = answers.one("speech");
  const format = soundFormat(answer.bytes);
  const type = contentType(answer);
  if (format !== null) return verdict("supported", `${answer.bytes.length} bytes of ${format}`);
  const raw = answer.bytes.length > 0 && (type.startsWith("audio/") || type.startsWith("application/octet-stream"));
  if (raw) return verdict("supported", `${answer.bytes.length} bytes of ${type}, in no format that has a signature`);
  return verdict("broken", `${answer.bytes.length} bytes of ${type || "no type"} that are no sound`);
}

const speech: Feature = {
  id: "speech",
  name: "/audio/speech",
  keys: [],
  model: "speech",
  costly: "it is billed by the character",
  requests: () => [
    foreignRequest("speech", { input: "Hello.", voice: "alloy" }, (template, endpoint) => ({
      ...template,
      path: pathUnder(endpoint, "/audio/speech"),
      body: plainBody(template),
    })),
  ],
  judge: judgeSound,
};

/** Another contract than OpenAI's, at the origin: an endpoint that has it lacks nothing, and is called differently. */
const rivaSpeech: Feature = {
  id: "riva-speech",
  name: "Riva TTS (/api/v1/tts/text_to_audio)",
  keys: [],
  model: "speech",
  costly: "it is billed by the character",
  requests: () => [
    foreignRequest("speech", {}, (template) => ({
      ...template,
      path: "/api/v1/tts/text_to_audio",
      // The fields of Riva's SynthesizeSpeechRequest; encoding 1 is linear PCM.
      body: {
        text: "Hello.",
        language_code: "en-US",
        encoding: 1,
        sample_rate_hz: 16_000,
        voice_name: "English-US.Female-1",
      },
    })),
  ],
  judge: judgeSound,
};

export const MEDIA_FEATURES: readonly Feature[] = [images, transcription, speech, rivaSpeech];
