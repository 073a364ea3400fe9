/** Rules about connections: how long they live, and what their headers say of the way. */
import { header } from "../../recording/headers.js";
import { type Account, endpointRule, type Rule, rule } from "./rule.js";

const MIN_ANSWERS = 3;

/** `connection: close` on every answer; one that refuses keep-alive once may have been shutting down. */
function closeAccount(): Account {
  let answers = 0;
  let closed = 0;
  let first: { id: number; caseId: string } | null = null;
  return {
    see({ attempt, exchange }) {
      if (attempt.headers === undefined) return;
      answers++;
      if (!/\bclose\b/i.test(header(attempt, "connection") ?? "")) return;
      closed++;
      if (first === null || exchange.id < first.id) first = { id: exchange.id, caseId: exchange.caseId };
    },
    verdict: () =>
      first === null || closed < MIN_ANSWERS || closed < answers
        ? null
        : { evidence: "connection: close", caseId: first.caseId, count: closed, of: answers },
  };
}

const closes = endpointRule(
  {
    id: "connection-closed-each-time",
    subject: "connections",
    severity: "note",
    message: "every answer closes its connection: each request pays for a new one, with its TLS handshake",
    clients: "connection pools, which have nothing to keep",
  },
  closeAccount,
);

const stale = rule(
  {
    id: "keep-alive-broken",
    subject: "connections",
    severity: "note",
    message:
      "a kept-alive connection was closed without saying so: the next request on it fails and has to be sent again",
    clients: "clients that do not retry a POST on a reset connection; openai-node and openai-python do",
  },
  ({ exchange }) => {
    for (const { outcome } of exchange.attempts) {
      if (outcome.kind === "staleConnection") return `${outcome.code}: ${outcome.message}`;
    }
    return null;
  },
);

const unframed = rule(
  {
    id: "stream-ends-by-close",
    subject: "connections",
    severity: "differs",
    message: "a stream has neither chunks nor a length, as in HTTP/1.0: a cut looks like an end",
    clients: "every HTTP client: it reports no error when such a stream is cut",
  },
  ({ exchange, attempt }) => {
    if (exchange.variant !== "stream" || attempt.status !== 200) return null;
    if (header(attempt, "transfer-encoding") !== null || header(attempt, "content-length") !== null) return null;
    return /\bclose\b/i.test(header(attempt, "connection") ?? "")
      ? "connection: close, no transfer-encoding, no content-length"
      : null;
  },
);

const oldHop = rule(
  {
    id: "http-1-0-hop",
    subject: "connections",
    severity: "note",
    message:
      "a hop on the way speaks HTTP/1.0: it has no chunks, so it tends to buffer streams and to close connections",
    clients: "clients that show tokens as they come",
  },
  ({ attempt }) => {
    const via = header(attempt, "via");
    return via !== null && /(?:^|,)\s*(?:HTTP\/)?1\.0\s/i.test(via) ? `via: ${via}` : null;
  },
);

export const connectionRules: readonly Rule[] = [closes, stale, unframed, oldHop];
