/** Bytes in a recording: as text where UTF-8 gives them back exactly, as base64 otherwise. */
import { isUtf8 } from "node:buffer";
import type { RecordedRead } from "./recording.js";

export function encodeBytes(bytes: Uint8Array): RecordedRead[1] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return isUtf8(buffer) ? buffer.toString("utf8") : { b64: buffer.toString("base64") };
}

export function decodeBytes(encoded: RecordedRead[1]): Buffer {
  return typeof encoded === "string" ? Buffer.from(encoded, "utf8") : Buffer.from(encoded.b64, "base64");
}
