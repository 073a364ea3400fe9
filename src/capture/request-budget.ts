/** How many attempts a capture may make in all, at both endpoints together: `capture.maxRequests`. */
import type { Ending } from "./ending.js";

export class RequestBudget {
  #sent = 0;

  constructor(
    private readonly maxRequests: number | undefined,
    private readonly ending: Ending,
  ) {}

  /** Takes places for attempts that go together; false, and nothing more is sent at all, when there are not enough. */
  take(attempts: number): boolean {
    const { maxRequests } = this;
    if (maxRequests !== undefined && this.#sent + attempts > maxRequests) {
      const more = this.#sent === maxRequests ? "" : `, and ${attempts} more would pass ${maxRequests}`;
      this.ending.drain(`capture.maxRequests: ${this.#sent} requests were sent${more}`);
      this.ending.withhold();
      return false;
    }
    this.#sent += attempts;
    return true;
  }
}
