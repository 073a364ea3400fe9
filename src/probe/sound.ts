/** A short tone, made here: no recording of anybody's voice is sent anywhere. */

const RATE_HZ = 16_000;
const SECONDS = 0.5;
const TONE_HZ = 440;
const HEADER_BYTES = 44;

/** A WAV file: mono, 16 bit, 16 kHz, half a second. */
export function toneWav(): Buffer {
  const samples = RATE_HZ * SECONDS;
  const wav = Buffer.alloc(HEADER_BYTES + samples * 2);
  wav.write("RIFF", 0, "latin1");
  wav.writeUInt32LE(wav.length - 8, 4);
  wav.write("WAVEfmt ", 8, "latin1");
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20); // PCM
  wav.writeUInt16LE(1, 22); // channels
  wav.writeUInt32LE(RATE_HZ, 24);
  wav.writeUInt32LE(RATE_HZ * 2, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write("data", 36, "latin1");
  wav.writeUInt32LE(samples * 2, 40);
  for (let index = 0; index < samples; index++) {
    const value = Math.sin((2 * Math.PI * TONE_HZ * index) / RATE_HZ) * 0.3 * 32_767;
    wav.writeInt16LE(Math.round(value), HEADER_BYTES + index * 2);
  }
  return wav;
}

const SIGNATURES: readonly (readonly [name: string, offset: number, bytes: string])[] = [
  ["WAV", 0, "RIFF"],
  ["MP3", 0, "ID3"],
  ["Ogg", 0, "OggS"],
  ["FLAC", 0, "fLaC"],
  ["MP4", 4, "ftyp"],
];

/** The audio format that bytes begin with; null when none is known. */
export function soundFormat(bytes: Buffer): string | null {
  for (const [name, offset, signature] of SIGNATURES) {
    if (bytes.subarray(offset, offset + signature.length).toString("latin1") === signature) return name;
  }
  return bytes.length > 1 && bytes[0] === 0xff && ((bytes[1] as number) & 0xe0) === 0xe0 ? "MP3" : null;
}
