/** Before a cold trial: an endpoint is put to sleep, or left alone for so long that it is known to sleep. */
import type { EndpointRole } from "../config/settings.js";
import { NS_PER_MS } from "../core/units.js";
import type { EndpointAccess } from "./access.js";
import type { Clock } from "./clock.js";
import type { Ending } from "./ending.js";
import type { Pause } from "./limits.js";
import { scaleDown } from "./scale-down.js";

/**
 * Uses the endpoint's `scaleDown` where it has one, and otherwise waits until it has been idle for its `idleAfter`; an
 * endpoint with neither is taken to sleep. Where putting it to sleep fails, the pause says so and the trial goes on: its
 * time will tell.
 * @param lastActiveNs when it last had something in flight
 * @returns the pause; null when there was none.
 */
export async function fallAsleep(
  endpoint: EndpointRole,
  access: EndpointAccess,
  lastActiveNs: number,
  now: Clock,
  ending: Ending,
): Promise<Pause | null> {
  const fromNs = now();
  if (access.scaleDown !== undefined) {
    const failed = await scaleDown(access.scaleDown, access, ending.signalOf([endpoint]));
    const pause = { endpoint, fromNs, toNs: now(), why: "scale-down" } as const;
    return failed === null ? pause : { ...pause, failed };
  }
  const dueNs = lastActiveNs + (access.idleAfterMs ?? 0) * NS_PER_MS;
  if (dueNs - fromNs <= NS_PER_MS) return null;
  await ending.sleepUntil(dueNs, now, [endpoint]);
  return { endpoint, fromNs, toNs: now(), why: "idle" };
}
