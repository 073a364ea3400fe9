/**
 * Of exchanges with one id the one that counts. A resume sends again what a stop had cut, so that an exchange may stand in a
 * recording twice: cut in one segment, and whole in a later one.
 */
import { TwintailError } from "../core/errors.js";
import { isInterrupted } from "./interrupted.js";
import type { Exchange } from "./recording.js";

interface Cut {
  readonly exchange: Exchange;
  readonly place: string;
}

export class LatestExchanges {
  /** Segments of those that ran to their end, by id. */
  readonly #whole = new Map<number, number>();
  /** Few: those in flight when a run was stopped. */
  readonly #cut = new Map<number, Cut>();

  /**
   * Whether this one counts, whatever else the file holds. One that was cut is kept until {@link left}.
   * @throws TwintailError when its id was recorded before, and not cut.
   */
  counts(exchange: Exchange, place: string): boolean {
    const { id, segment } = exchange;
    const whole = this.#whole.get(id);
    const cut = this.#cut.get(id);
    if (isInterrupted(exchange)) {
      if ((whole ?? Number.POSITIVE_INFINITY) <= segment || cut?.exchange.segment === segment) throw twice(id, place);
      if (whole === undefined && (cut === undefined || cut.exchange.segment < segment)) {
        this.#cut.set(id, { exchange, place });
      }
      return false;
    }
    if (whole !== undefined) throw twice(id, place);
    if (cut !== undefined && cut.exchange.segment >= segment) throw twice(id, cut.place);
    this.#cut.delete(id);
    this.#whole.set(id, segment);
    return true;
  }

  /** Those that were cut and that nothing took the place of. */
  left(): Exchange[] {
    return [...this.#cut.values()].map(({ exchange }) => exchange);
  }
}

function twice(id: number, place: string): TwintailError {
  return new TwintailError({
    cause: `exchange ${id} is in the recording twice`,
    place,
    remedy: "the file was changed: remove one of the two lines",
  });
}
