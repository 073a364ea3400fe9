/** Can an endpoint be reached at all? Asked before the first paid request, without sending one. */
import { ExitCode, errorCode, errorMessage, TwintailError } from "../core/errors.js";
import { type Route, timedClient } from "./connection.js";

const WORDS: Readonly<Record<string, string>> = {
  ENOTFOUND: "its host name does not resolve",
  EAI_AGAIN: "its host name does not resolve (the resolver did not answer)",
  ECONNREFUSED: "it refused the connection",
  EHOSTUNREACH: "no route leads to it",
  ENETUNREACH: "no network leads to it",
  ETIMEDOUT: "it did not answer in time",
  CERT_HAS_EXPIRED: "its certificate has expired",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate chain is self-signed",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate cannot be verified",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another host",
  EPROTO: "it does not speak TLS there",
  ERR_SSL_WRONG_VERSION_NUMBER: "it does not speak TLS there",
  UND_ERR_SOCKET: "it closed the connection",
  ECONNRESET: "it closed the connection",
};

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
  const { host } = new URL(route.origin);
  const timed = timedClient(route, () => 0);
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      if (connectMs > 0) {
        timer = setTimeout(() => reject(Object.assign(new Error("timeout"), { code: "ETIMEDOUT" })), connectMs);
      }
      stop?.addEventListener("abort", () => reject(new Error("interrupted")), { once: true });
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
    const through = route.proxy === undefined ? "" : ` through the proxy ${route.proxy.origin}`;
    const code = errorCode(error) ?? errorMessage(error);
    throw new TwintailError({
      cause: `cannot reach ${host}${through}: ${WORDS[code] ?? (code === "PROXY_REFUSED" ? errorMessage(error) : code)}`,
      place,
      remedy:
        code === "PROXY_REFUSED"
          ? "mend the proxy's address or credentials, or set proxy: none for the endpoint"
          : "start the server, or mend the address",
      error,
    });
  } finally {
    clearTimeout(timer);
    timed.abandon();
  }
}
