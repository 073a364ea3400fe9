/**
 * A server that gives a stream up half way says so by RST_STREAM. Node.js ends the stream all the same, and undici takes
 * that for a whole answer: the code of the reset is what tells the two apart. Neither has a hook for it, so
 * `http2.connect`, which undici calls, is wrapped once in the thread that captures.
 */
import http2, { type ClientHttp2Session } from "node:http2";

/** Called when a stream on `socket` ended by a reset, before undici hears of its end. Code 0 is no error. */
type OnReset = (socket: object, code: number) => void;

let watching = false;

export function watchResets(onReset: OnReset): void {
  if (watching) return;
  watching = true;
  const connect = http2.connect as (
    authority: string | URL,
    options: http2.SecureClientSessionOptions,
  ) => ClientHttp2Session;
  const watched = (authority: string | URL, options: http2.SecureClientSessionOptions): ClientHttp2Session => {
    const { createConnection } = options;
    let socket: object | null = null;
    const session = connect(authority, {
      ...options,
      ...(createConnection === undefined
        ? {}
        : {
            createConnection: (to: URL, own: http2.SessionOptions) => {
              const made = createConnection(to, own);
              socket = made;
              return made;
            },
          }),
    });
    const request = session.request.bind(session);
    session.request = (...given) => {
      const stream = request(...given);
      // First in line: undici listens to the same event.
      stream.once("end", () => {
        if (socket !== null && stream.rstCode !== undefined && stream.rstCode !== 0) onReset(socket, stream.rstCode);
      });
      return stream;
    };
    return session;
  };
  http2.connect = watched as typeof http2.connect;
}
