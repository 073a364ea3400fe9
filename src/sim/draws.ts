/** Random choices about requests: they depend on seed and body, and on how often the body was sent, not on arrival order. */
import { createHash } from "node:crypto";
import { seededRandom } from "../core/random.js";

/** A number in [0, 1) for a label; the same label gives the same number again. */
export type Draw = (label: string) => number;

const MAX_BODIES = 100_000;

export class Draws {
  readonly #timesSeen = new Map<string, number>();

  constructor(private readonly seed: string) {}

  /** The draws of one request. A retry sends the same body again: it draws anew. */
  of(body: Buffer): Draw {
    const digest = createHash("sha256").update(body).digest("base64");
    const times = this.#timesSeen.get(digest) ?? 0;
    if (this.#timesSeen.size >= MAX_BODIES) this.#timesSeen.clear();
    this.#timesSeen.set(digest, times + 1);
    return (label) => seededRandom(this.seed, `${label}/${digest}/${times}`).next();
  }
}
