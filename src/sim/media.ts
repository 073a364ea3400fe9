/** Images and sound at the level of a probe: the smallest valid answers. Nothing is generated. */
import { invalidRequest } from "./request-error.js";

type Body = Readonly<Record<string, unknown>>;

export interface MediaAnswer {
  readonly contentType: string;
  readonly bytes: Buffer | string;
}

/** One pixel. */
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

const MAX_IMAGES = 10;
const SAMPLE_RATE = 16_000;

/** `/images/generations`. @throws RequestError without a prompt. */
export function imageAnswer(body: Body): MediaAnswer {
  if (typeof body.prompt !== "string" || body.prompt === "") throw invalidRequest("'prompt' is required", "prompt");
  const count = body.n ?? 1;
  if (typeof count !== "number" || !Number.isInteger(count) || count < 1 || count > MAX_IMAGES) {
    throw invalidRequest(`'n' must be from 1 to ${MAX_IMAGES}`, "n");
  }
  const data = Array.from({ length: count }, () => ({ b64_json: PNG }));
  return json({ created: Math.floor(Date.now() / 1_000), data });
}

/** `/audio/speech`. @throws RequestError without input or voice, or for a format that is not made here. */
export function speechAnswer(body: Body): MediaAnswer {
  for (const name of ["input", "voice"])
    if (typeof body[name] !== "string") throw invalidRequest(`'${name}' is required`, name);
  switch (body.response_format ?? "mp3") {
    case "mp3":
      return { contentType: "audio/mpeg", bytes: silentMp3() };
    case "wav":
      return { contentType: "audio/wav", bytes: silentWav() };
    case "pcm":
      return { contentType: "audio/pcm", bytes: Buffer.alloc(SAMPLE_RATE / 5) };
    default:
      throw invalidRequest("the simulator makes mp3, wav and pcm", "response_format");
  }
}

/** Riva's `/api/v1/tts/text_to_audio`: not OpenAI's shape. @throws RequestError without a text. */
export function rivaSpeechAnswer(body: Body): MediaAnswer {
  if (typeof body.text !== "string" || body.text === "") throw invalidRequest("'text' is required", "text");
  return { contentType: "audio/wav", bytes: silentWav() };
}

/**
 * `/audio/transcriptions`, from a multipart form.
 * @throws RequestError without a boundary, a file or a model.
 */
export function transcriptionAnswer(form: Buffer, contentType: string | undefined): MediaAnswer {
  const fields = formFields(form, contentType);
  const file = fields.get("file");
  if (file === undefined || file.length === 0) throw invalidRequest("'file' is required", "file");
  if (fields.get("model") === undefined) throw invalidRequest("you must provide a 'model'", "model");
  const text = "This is a simulated transcription.";
  switch (fields.get("response_format")?.toString() ?? "json") {
    case "text":
      return { contentType: "text/plain; charset=utf-8", bytes: `${text}\n` };
    case "verbose_json":
      return json({ task: "transcribe", language: "english", duration: 0.2, text, segments: [] });
    default:
      return json({ text, usage: { type: "duration", seconds: 1 } });
  }
}

const MAX_PARTS = 100;

/** The parts of a form by name. Linear in its size; the last of one name counts. */
function formFields(form: Buffer, contentType: string | undefined): ReadonlyMap<string, Buffer> {
  const boundary = /^multipart\/form-data;.{0,200}?boundary="?([^";]{1,200})"?/i.exec(contentType ?? "")?.[1];
  if (boundary === undefined) throw invalidRequest("the body must be multipart/form-data with a boundary");
  const mark = Buffer.from(`--${boundary}`);
  const fields = new Map<string, Buffer>();
  let at = form.indexOf(mark);
  for (let parts = 0; at >= 0 && parts < MAX_PARTS; parts++) {
    const from = at + mark.length;
    const next = form.indexOf(mark, from);
    if (next < 0) break;
    const part = form.subarray(from, next);
    const headersEnd = part.indexOf("\r\n\r\n");
    const head = part.toString("latin1", 0, Math.min(Math.max(0, headersEnd), 2_000));
    const name = /;\s{0,9}name="([^"]{1,100})"/i.exec(head)?.[1];
    if (name !== undefined) fields.set(name, part.subarray(headersEnd + 4, Math.max(headersEnd + 4, part.length - 2)));
    at = next;
  }
  return fields;
}

function json(value: unknown): MediaAnswer {
  return { contentType: "application/json", bytes: JSON.stringify(value) };
}

/** Five frames of MPEG-1 layer III, 128 kbit/s at 44.1 kHz: 417 bytes each, all silence. */
function silentMp3(): Buffer {
  const frame = Buffer.alloc(417);
  frame.writeUInt32BE(0xfffb9064, 0);
  return Buffer.concat(Array.from({ length: 5 }, () => frame));
}

/** A tenth of a second of 16-bit mono. */
function silentWav(): Buffer {
  const bytes = SAMPLE_RATE / 5;
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(36 + bytes, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(SAMPLE_RATE, 24);
  header.writeUInt32LE(2 * SAMPLE_RATE, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);
  header.writeUInt32LE(bytes, 40);
  return Buffer.concat([header, Buffer.alloc(bytes)]);
}
