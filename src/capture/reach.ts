/** Can an endpoint be reached at all? Asked before the first paid request, without sending one. */
import { formatDurationMs } from "../core/duration.js";
import { ExitCode, errorCode, errorMessage, TwintailError } from "../core/errors.js";
import { type Route, timedClient } from "./connection.js";

interface Words {
  /** After "it" or "the proxy", or, where `of` is set, after "its" or "the proxy's". */
  readonly says: string;
  readonly of?: true;
  readonly remedy: string;
}

const ADDRESS = "start the server, or mend the address";
const NAME = "mend the host name, or this machine's DNS";
const NETWORK = "mend this machine's network, or the address";
const TRUST = "name its authority with caFile, or mend the certificate";
const PLAIN = "write http://, or the port that speaks TLS";

const WORDS: Readonly<Record<string, Words>> = {
  ENOTFOUND: { says: "host name does not resolve", of: true, remedy: NAME },
  ENODATA: { says: "host name does not resolve", of: true, remedy: NAME },
  EAI_AGAIN: { says: "host name does not resolve (the resolver did not answer)", of: true, remedy: NAME },
  ECONNREFUSED: { says: "refused the connection", remedy: ADDRESS },
  EHOSTUNREACH: { says: "cannot be routed to from here", remedy: NETWORK },
  ENETUNREACH: { says: "cannot be routed to from here", remedy: NETWORK },
  UND_ERR_SOCKET: { says: "closed the connection", remedy: ADDRESS },
  ECONNRESET: { says: "closed the connection", remedy: ADDRESS },
};

/** Of the endpoint itself, also behind a proxy: TLS is spoken through the tunnel. */
const TLS_WORDS: Readonly<Record<string, Words>> = {
  CERT_HAS_EXPIRED: { says: "certificate has expired", of: true, remedy: "renew it, or set this machine's clock" },
  CERT_NOT_YET_VALID: {
    says: "certificate is not valid yet",
    of: true,
    remedy: "set this machine's clock, or mend the certificate",
  },
  DEPTH_ZERO_SELF_SIGNED_CERT: { says: "certificate is self-signed", of: true, remedy: TRUST },
  SELF_SIGNED_CERT_IN_CHAIN: { says: "certificate chain is self-signed", of: true, remedy: TRUST },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: { says: "certificate cannot be verified", of: true, remedy: TRUST },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: { says: "certificate is of an unknown authority", of: true, remedy: TRUST },
  UNABLE_TO_GET_ISSUER_CERT: { says: "certificate is of an unknown authority", of: true, remedy: TRUST },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    says: "certificate is for another host",
    of: true,
    remedy: "write the host that the certificate names",
  },
  EPROTO: { says: "does not speak TLS there", remedy: PLAIN },
  ERR_SSL_WRONG_VERSION_NUMBER: { says: "does not speak TLS there", remedy: PLAIN },
  ERR_SSL_PACKET_LENGTH_TOO_LONG: { says: "does not speak TLS there", remedy: PLAIN },
};

const TIMEOUT = "TWINTAIL_CONNECT_TIMEOUT";

/** The user stopped before anything was sent. */
export function interrupted(): TwintailError {
  return new TwintailError({ cause: "interrupted before the first request", exitCode: ExitCode.interrupted });
}

/**
 * Opens and closes one connection (DNS, TCP, and TLS for https).
 * @throws TwintailError that says what failed, for `place` in the configuration.
 */
export async function checkReachable(
  route: Route,
  connectMs: number,
  place: string,
  stop?: AbortSignal,
): Promise<void> {
  const timed = timedClient(route, () => 0);
  let timer: NodeJS.Timeout | undefined;
  let onStop = (): void => {};
  try {
    await new Promise<void>((resolve, reject) => {
      if (connectMs > 0) {
        timer = setTimeout(() => reject(Object.assign(new Error("timeout"), { code: TIMEOUT })), connectMs);
      }
      onStop = () => reject(new Error("interrupted"));
      stop?.addEventListener("abort", onStop, { once: true });
      timed.client.once("connect", () => resolve());
      timed.client.once("connectionError", (_origin, _targets, error) => reject(error));
      // undici connects only for a request: this one is taken back before it can be written.
      timed.client.dispatch(
        { method: "GET", path: "/" },
        {
          onRequestStart: (controller) => controller.abort(new Error("only connecting")),
          onResponseError: (_controller, error) =>
            errorMessage(error) === "only connecting" ? resolve() : reject(error),
        },
      );
    });
  } catch (error) {
    if (stop?.aborted) throw interrupted();
    throw unreachable(route, connectMs, place, error);
  } finally {
    clearTimeout(timer);
    stop?.removeEventListener("abort", onStop);
    timed.abandon();
  }
}

function unreachable({ origin, proxy }: Route, connectMs: number, place: string, error: unknown): TwintailError {
  const { host } = new URL(origin);
  const code = errorCode(error) ?? "";
  const told = (why: string, remedy: string): TwintailError => {
    const through = proxy === undefined ? "" : ` through the proxy ${proxy.origin}`;
    return new TwintailError({ cause: `cannot reach ${host}${through}: ${why}`, place, remedy, error });
  };
  if (code === TIMEOUT || code === "ETIMEDOUT") {
    const within = code === TIMEOUT ? ` within ${formatDurationMs(connectMs)}` : " in time";
    return told(`there was no connection${within}`, `${ADDRESS}, or raise capture.timeouts.connect`);
  }
  if (code === "PROXY_REFUSED") {
    return told(errorMessage(error), "mend the proxy's address or credentials, or set proxy: none for the endpoint");
  }
  const tls = TLS_WORDS[code];
  if (tls !== undefined) return told(sentence(tls, "it", "its"), tls.remedy);
  const words = WORDS[code];
  if (words === undefined) return told(code === "" ? errorMessage(error).slice(0, 300) : code, ADDRESS);
  // What a connection through a proxy met before the tunnel stood is the proxy's own.
  if (proxy === undefined) return told(sentence(words, "it", "its"), words.remedy);
  return told(
    sentence(words, "the proxy", "the proxy's"),
    "mend the proxy's address, or set proxy: none for the endpoint",
  );
}

function sentence({ says, of }: Words, subject: string, possessive: string): string {
  return `${of === true ? possessive : subject} ${says}`;
}
