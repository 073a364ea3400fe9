/** How many attempts a capture may make in all, at both endpoints together: `capture.maxRequests`. */
import type { Crew } from "./crew.js";
import type { Ending } from "./ending.js";

export class RequestBudget {
  constructor(
    private readonly maxRequests: number | undefined,
    private readonly ending: Ending,
    private readonly crew: Crew,
  ) {}

  /** Takes places for attempts that go together; false, and nothing more is sent at all, when there are not enough. */
  take(attempts: number): boolean {
    const { maxRequests } = this;
    if (this.crew.send(attempts, maxRequests ?? Number.POSITIVE_INFINITY)) return true;
    const { sent } = this.crew;
    const more = sent === maxRequests ? "" : `, and ${attempts} more would pass ${maxRequests}`;
    this.ending.drain(`capture.maxRequests: ${sent} requests were sent${more}`);
    this.ending.withhold();
    return false;
  }
}
