/**
 * An endpoint that costs next to nothing, so that whoever loads it is the limit: `POST` of anything is answered at once with one
 * chat stream of two tokens, always the same bytes. Prints its port as JSON; ends with its parent.
 */
import { createServer } from "node:net";

const HEAD_END = Buffer.from("\r\n\r\n");
const ANSWER = Buffer.from(answer());

const server = createServer({ noDelay: true }, (socket) => {
  let rest = Buffer.alloc(0);
  socket.on("error", () => socket.destroy());
  socket.on("data", (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    for (let end = endOfRequest(rest); end !== null; end = endOfRequest(rest)) {
      rest = rest.subarray(end);
      socket.write(ANSWER);
    }
  });
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`));
process.once("disconnect", () => process.exit(0));

/** Bytes of the first whole request; null while it is not whole. */
function endOfRequest(bytes) {
  const head = bytes.indexOf(HEAD_END);
  if (head < 0) return null;
  const length = /\r\ncontent-length: *(\d+)/i.exec(bytes.toString("latin1", 0, head))?.[1] ?? "0";
  const end = head + HEAD_END.length + Number(length);
  return bytes.length < end ? null : end;
}

function answer() {
  const chunk = (part) =>
    `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 0, model: "m", ...part })}\n\n`;
  const choice = (delta, finish_reason = null) => ({ choices: [{ index: 0, delta, finish_reason }] });
  const usage = { prompt_tokens: 16, completion_tokens: 2, total_tokens: 18 };
  const body = [
    chunk(choice({ role: "assistant", content: "one" })),
    chunk(choice({ content: " two" })),
    chunk(choice({}, "stop")),
    chunk({ choices: [], usage }),
    "data: [DONE]\n\n",
  ].join("");
  return `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}
