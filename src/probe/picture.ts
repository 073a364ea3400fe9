/** A small picture of one colour, made here so that what it shows is known. */
import { crc32, deflateSync } from "node:zlib";

export const ORANGE = [255, 140, 0] as const;
const SIDE = 64;

/** A PNG of 64 × 64 pixels (below that some encoders refuse), as a data URL. */
export function pictureUrl(colour: readonly [number, number, number]): string {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(SIDE, 0);
  header.writeUInt32BE(SIDE, 4);
  header.set([8, 2, 0, 0, 0], 8); // 8 bits a channel, RGB
  const row = Buffer.from([0, ...Array.from({ length: SIDE }, () => colour).flat()]); // filter 0
  const pixels = deflateSync(Buffer.concat(Array.from({ length: SIDE }, () => row)));
  const png = Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", pixels),
    chunk("IEND", Buffer.alloc(0)),
  ]);
  return `data:image/png;base64,${png.toString("base64")}`;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length, 0);
  body.copy(whole, 4);
  whole.writeUInt32BE(crc32(body), body.length + 4);
  return whole;
}
