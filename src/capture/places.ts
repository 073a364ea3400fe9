/** How many an open loop may have in flight at each endpoint, and who waits for a place. */
import type { EndpointRole } from "../config/settings.js";

export class Places {
  readonly #taken = { baseline: 0, candidate: 0 };
  #wake: (() => void) | null = null;

  constructor(private readonly most: number) {}

  isFree(endpoint: EndpointRole): boolean {
    return this.#taken[endpoint] < this.most;
  }

  take(endpoint: EndpointRole): void {
    this.#taken[endpoint]++;
  }

  leave(endpoint: EndpointRole): void {
    this.#taken[endpoint]--;
    this.#wake?.();
  }

  /** Arrivals wait in their order, so there is one who waits at most. Gives up when `signal` aborts. */
  async whenFree(endpoints: readonly EndpointRole[], signal: AbortSignal): Promise<void> {
    const stop = (): void => this.#wake?.();
    signal.addEventListener("abort", stop);
    try {
      while (!signal.aborted && !endpoints.every((endpoint) => this.isFree(endpoint))) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = null;
      }
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }
}
