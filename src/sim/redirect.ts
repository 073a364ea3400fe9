/** The plain-http door of a system that speaks https: all it says is where to go, and a client that goes loses its key. */
import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * `loopback` leads to the endpoint itself under another origin, so that a client that follows arrives without
 * `Authorization`; `https` leads to the https address that the real system would name, where nobody answers here.
 */
export function redirectHandler(to: "loopback" | "https", port: () => number) {
  const scheme = to === "https" ? "https" : "http";
  return (request: IncomingMessage, response: ServerResponse): void => {
    response.on("error", () => {});
    request.resume();
    const host = (request.headers.host ?? "127.0.0.1").replace(/:\d+$/, "");
    const loopback = /^(?:127(?:\.\d{1,3}){3}|\[::1\]|localhost)$/.test(host) ? host : "127.0.0.1";
    const location = `${scheme}://${loopback}:${port()}${request.url ?? "/"}`;
    response.writeHead(308, { location, "content-length": 0 });
    response.end();
  };
}
