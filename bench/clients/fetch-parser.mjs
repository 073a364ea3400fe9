/** The leanest client that knows a token when it sees one: `fetch`, eventsource-parser, `JSON.parse`. */
import { createParser } from "eventsource-parser";
import { BODY, runClient } from "./workload.mjs";

await runClient((baseUrl) => async (headers) => {
  const response = await fetch(`${baseUrl}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(BODY),
  });
  let tokens = 0;
  const parser = createParser({
    onEvent: ({ data }) => {
      if (data !== "[DONE]" && JSON.parse(data).choices[0]?.delta.content) tokens++;
    },
  });
  const decoder = new TextDecoder();
  for await (const bytes of response.body) parser.feed(decoder.decode(bytes, { stream: true }));
  return tokens;
});
