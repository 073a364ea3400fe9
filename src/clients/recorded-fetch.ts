/** A `fetch` that answers once, from a recording, and sends nothing. */
import type { ServedAnswer } from "./messages.js";

/** Statuses whose responses may have no body. */
const BODILESS = new Set([204, 205, 304]);

export function recordedFetch(answer: ServedAnswer): typeof fetch {
  let asked = false;
  return async () => {
    if (asked) throw new Error("the recording has one answer, and the client asked again");
    asked = true;
    const body = BODILESS.has(answer.status) ? null : bodyOf(answer);
    return new Response(body, { status: answer.status, headers: headersOf(answer) });
  };
}

/** One chunk a read, handed over when it is asked for: an error after them must not overtake what came before it. */
function bodyOf({ reads, broken }: ServedAnswer): ReadableStream<Uint8Array> {
  let next = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const read = reads[next++];
        if (read !== undefined) controller.enqueue(read);
        else if (broken === null) controller.close();
        else {
          const { message, cause } = broken;
          controller.error(new TypeError(message, { cause: Object.assign(new Error(cause.message), cause) }));
        }
      },
    },
    { highWaterMark: 0 },
  );
}

/** Framing is gone from the recorded bytes, and what no `fetch` would let pass is left out. */
function headersOf(answer: ServedAnswer): Headers {
  const headers = new Headers();
  for (const [name, value] of answer.headers) {
    if (name === "transfer-encoding" || name === "connection") continue;
    try {
      headers.append(name, value);
    } catch {
      // A name or value that HTTP does not allow: a real fetch would not have handed it on either.
    }
  }
  return headers;
}
