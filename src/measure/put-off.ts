/** How an endpoint puts a request off, in words that attempts can be counted by. */
import { type Failure, failureClass } from "../decode/failure.js";
import type { Attempt } from "../recording/recording.js";

const REFUSED = "connection refused";
const CLOSED: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE", "ECONNABORTED", "UND_ERR_SOCKET"]);

/** `connection refused`, `connection closed`, `host name not found`, `HTTP 503`, `timeout: connect`, … */
export function putOffBy(attempt: Attempt, failure: Failure | null): string {
  const { outcome, status } = attempt;
  if (status !== undefined && status !== 200) return `HTTP ${status}`;
  if (outcome.kind === "network") {
    if (outcome.phase === "dns") return "host name not found";
    if (outcome.code === "ECONNREFUSED") return REFUSED;
    if (CLOSED.has(outcome.code)) return "connection closed";
  }
  if (outcome.kind === "staleConnection") return "connection closed";
  return failure === null ? "answered" : failureClass(failure);
}
