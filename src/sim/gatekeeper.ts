/** Who is let in: keys, credit, rates, and the failures that strike before an answer begins. Knows no dialect. */
import type { IncomingHttpHeaders } from "node:http";
import { TwintailError } from "../core/errors.js";
import { INVALID_KEY } from "../core/invalid-key.js";
import type { Draw } from "./draws.js";
import { type Injected, Injector } from "./inject.js";
import type { SimOptions } from "./options.js";
import { simulatedError } from "./request-error.js";

const MINUTE_MS = 60_000;

export class Gatekeeper {
  readonly #options: SimOptions;
  /** Undefined accepts any. */
  readonly #key: string | undefined;
  readonly #injector: Injector;
  #admitted = 0;
  /** When requests of the last minute were admitted. */
  #recentMs: number[] = [];

  /** @throws TwintailError when the key's variable is not set. */
  constructor(options: SimOptions, environment: Readonly<Record<string, string | undefined>>, nowMs: number) {
    this.#options = options;
    this.#key = keyOf(options.apiKeyEnv, environment);
    this.#injector = new Injector(options.inject ?? [], nowMs);
  }

  /** @throws RequestError 401, or what is injected for every request. */
  checkKey(headers: IncomingHttpHeaders, nowMs: number): void {
    const given = givenKey(headers);
    const wrong = this.#key === undefined ? given === INVALID_KEY : given !== this.#key;
    if (wrong || (given === undefined && this.#options.requireKey === true)) throw simulatedError(401);
    const injected = this.#injector.ofRead(nowMs);
    if (injected !== null) throw injected;
  }

  /**
   * What is injected into the answer of a request that makes work.
   * @throws RequestError when it is turned away.
   */
  admit(nowMs: number, draw: Draw): Injected {
    const { credit, rpm, transientShare = 0 } = this.#options;
    const injected = this.#injector.of(nowMs, draw);
    if (injected.error !== null) throw injected.error;
    if (credit !== undefined && this.#admitted >= credit) throw simulatedError(402);
    if (rpm !== undefined) this.#checkRate(nowMs, rpm);
    const drawn = transientShare > 0 ? draw("transient") : 1;
    if (drawn < transientShare) throw simulatedError(drawn < transientShare / 2 ? 502 : 503);
    this.#admitted++;
    return injected;
  }

  #checkRate(nowMs: number, rpm: number): void {
    this.#recentMs = this.#recentMs.filter((atMs) => atMs > nowMs - MINUTE_MS);
    const oldest = this.#recentMs[0];
    if (oldest !== undefined && this.#recentMs.length >= rpm) {
      throw simulatedError(429, Math.max(1, Math.ceil((oldest + MINUTE_MS - nowMs) / 1_000)));
    }
    this.#recentMs.push(nowMs);
  }
}

function keyOf(
  name: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (name === undefined) return undefined;
  const key = environment[name];
  if (key !== undefined && key !== "") return key;
  throw new TwintailError({ cause: `${name} is not set`, place: "sim options, apiKeyEnv", remedy: `export ${name}` });
}

/** `Authorization: Bearer`, or Azure's `api-key`. */
function givenKey({ authorization, "api-key": apiKey }: IncomingHttpHeaders): string | undefined {
  if (authorization !== undefined) return authorization.replace(/^bearer\s+/i, "");
  return typeof apiKey === "string" ? apiKey : undefined;
}
