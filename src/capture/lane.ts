/**
 * A lane is one of the `concurrency` slots. It holds one connection an endpoint, made afresh for each round, so that
 * keep-alive does not pin one replica for a whole run.
 */
import type { EndpointRole } from "../config/settings.js";
import type { Clock } from "./clock.js";
import { type Route, type TimedClient, timedClient } from "./connection.js";

export class Lane {
  readonly #clients = new Map<EndpointRole, { timed: TimedClient; epoch: string }>();

  constructor(
    private readonly routes: Readonly<Record<EndpointRole, Route>>,
    private readonly now: Clock,
  ) {}

  /** The endpoint's client for an epoch (a phase and round); a client of an earlier epoch is closed. */
  client(endpoint: EndpointRole, epoch: string): TimedClient {
    const held = this.#clients.get(endpoint);
    if (held !== undefined && held.epoch === epoch && !held.timed.client.destroyed) return held.timed;
    if (held !== undefined) held.timed.abandon();
    const timed = timedClient(this.routes[endpoint], this.now);
    this.#clients.set(endpoint, { timed, epoch });
    return timed;
  }

  /** Makes the endpoint's next request open a connection of its own. */
  renew(endpoint: EndpointRole): void {
    const held = this.#clients.get(endpoint);
    if (held !== undefined) held.timed.abandon();
    this.#clients.delete(endpoint);
  }

  close(): void {
    for (const { timed } of this.#clients.values()) timed.abandon();
    this.#clients.clear();
  }
}
