/**
 * The threads that send one plan together. They meet before each block, take its releases one by one, and count what is in
 * flight and what was sent as one. A thread that is alone meets nobody.
 */
import type { EndpointRole } from "../config/settings.js";
import type { Clock } from "./clock.js";
import type { MorePlan } from "./messages.js";

/** Int32 places that all threads see. */
const IN_FLIGHT: Readonly<Record<EndpointRole, number>> = { baseline: 0, candidate: 1 };
const SENT = 2;
const NEXT = 3;
const PLACES = 8;

export type SharedCounts = Int32Array<SharedArrayBuffer>;

export function sharedCounts(): SharedCounts {
  return new Int32Array(new SharedArrayBuffer(PLACES * Int32Array.BYTES_PER_ELEMENT));
}

/** Before a block begins, while no thread sends. @param counts */
export function resetReleases(counts: SharedCounts): void {
  Atomics.store(counts, NEXT, 0);
  Atomics.store(counts, NEXT + 1, 0);
}

/** Where the threads meet; the main thread keeps it. */
export interface Meeting {
  /** All threads are here, or nothing more is sent: when the block begins, on the clock of stamps. */
  begin(): Promise<number>;
  /** All threads are done with what they were given: what follows; null for nothing. */
  more(): Promise<MorePlan | null>;
}

export class Crew {
  constructor(
    readonly index: number,
    readonly count: number,
    private readonly counts: SharedCounts,
    private readonly meeting: Meeting,
  ) {}

  static alone(now: Clock, more: () => Promise<MorePlan | null>): Crew {
    const counts = sharedCounts();
    const begin = async (): Promise<number> => {
      resetReleases(counts);
      return now();
    };
    return new Crew(0, 1, counts, { begin, more });
  }

  begin(): Promise<number> {
    return this.meeting.begin();
  }

  more(): Promise<MorePlan | null> {
    return this.meeting.more();
  }

  /** This thread's share of something, as even as whole numbers allow. */
  share(whole: number): number {
    return Math.floor(whole / this.count) + (this.index < whole % this.count ? 1 : 0);
  }

  /** The next release of a block's queue (0 or 1); beyond its length there is none. */
  take(queue: 0 | 1): number {
    return Atomics.add(this.counts, NEXT + queue, 1);
  }

  /** Releases that were taken of a queue so far, and more where there were none left. */
  taken(queue: 0 | 1): number {
    return Atomics.load(this.counts, NEXT + queue);
  }

  /** Counts one more in flight, and gives how many there are with it. */
  enter(endpoint: EndpointRole): number {
    return Atomics.add(this.counts, IN_FLIGHT[endpoint], 1) + 1;
  }

  /** As {@link enter}; null, and nothing is counted, where there are `most` already. */
  enterBelow(endpoint: EndpointRole, most: number): number | null {
    for (;;) {
      const inFlight = Atomics.load(this.counts, IN_FLIGHT[endpoint]);
      if (inFlight >= most) return null;
      if (Atomics.compareExchange(this.counts, IN_FLIGHT[endpoint], inFlight, inFlight + 1) === inFlight) {
        return inFlight + 1;
      }
    }
  }

  inFlight(endpoint: EndpointRole): number {
    return Atomics.load(this.counts, IN_FLIGHT[endpoint]);
  }

  leave(endpoint: EndpointRole): void {
    Atomics.sub(this.counts, IN_FLIGHT[endpoint], 1);
  }

  get sent(): number {
    return Atomics.load(this.counts, SENT);
  }

  /** Counts attempts unless they would pass `most`. */
  send(attempts: number, most: number): boolean {
    for (;;) {
      const sent = this.sent;
      if (sent + attempts > most) return false;
      if (Atomics.compareExchange(this.counts, SENT, sent, sent + attempts) === sent) return true;
    }
  }
}
