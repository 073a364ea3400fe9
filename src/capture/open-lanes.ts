/** Connections of an open loop: one for each exchange in flight, and the one that was used last is used next. */
import type { EndpointRole } from "../config/settings.js";
import type { Clock } from "./clock.js";
import type { Route } from "./connection.js";
import { Lane } from "./lane.js";

export class OpenLanes {
  readonly #idle: Readonly<Record<EndpointRole, Lane[]>> = { baseline: [], candidate: [] };

  constructor(
    private readonly routes: Readonly<Record<EndpointRole, Route>>,
    private readonly now: Clock,
  ) {}

  take(endpoint: EndpointRole): Lane {
    return this.#idle[endpoint].pop() ?? new Lane(this.routes, this.now);
  }

  giveBack(endpoint: EndpointRole, lane: Lane): void {
    this.#idle[endpoint].push(lane);
  }

  close(): void {
    for (const lane of [...this.#idle.baseline, ...this.#idle.candidate]) lane.close();
  }
}
