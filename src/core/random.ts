/**
 * Seeded random numbers. Everything random in twintail comes from here, so that a seed in the recording
 * replays every choice. Not for secrets.
 */

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, bound). */
  int(bound: number): number;
  /** Standard normal. */
  normal(): number;
  /** Exponential with mean 1. */
  exponential(): number;
  /** A new array in random order (Fisher and Yates). */
  shuffle<T>(items: readonly T[]): T[];
}

/** FNV-1a over UTF-16 code units, 32 bits: turns a label into a seed, not into a digest. */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}

/**
 * A generator for one seed and one purpose: different labels give independent streams, so that drawing more
 * numbers for one purpose never changes another. The algorithm is sfc32 (Chris Doty-Humphrey, PractRand).
 */
export function seededRandom(seed: number | string, label = ""): Random {
  const key = `${seed}/${label}`;
  let a = hash32(`a${key}`);
  let b = hash32(`b${key}`);
  let c = hash32(`c${key}`);
  let d = 1;
  const next32 = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    c |= 0;
    return t >>> 0;
  };
  for (let i = 0; i < 15; i++) next32();

  const random: Random = {
    next: () => (next32() * 0x200000 + (next32() >>> 11)) / 2 ** 53,
    int: (bound) => Math.floor(random.next() * bound),
    normal: () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next()),
    exponential: () => -Math.log(1 - random.next()),
    shuffle: (items) => {
      const out = [...items];
      for (let i = out.length - 1; i > 0; i--) {
        const j = random.int(i + 1);
        [out[i], out[j]] = [out[j] as never, out[i] as never];
      }
      return out;
    },
  };
  return random;
}
