/** The `openai` SDK: every chunk parsed as it comes. */
import OpenAI from "openai";
import { BODY, runClient } from "./workload.mjs";

await runClient((baseURL) => {
  const client = new OpenAI({ apiKey: "bench", baseURL, maxRetries: 0, timeout: 30_000 });
  return async (headers) => {
    let tokens = 0;
    for await (const chunk of await client.chat.completions.create(BODY, { headers })) {
      if (chunk.choices[0]?.delta.content) tokens++;
    }
    return tokens;
  };
});
