/** Words and letters by which something is judged: `metadata` must not turn one fact into another. */
import { expect, it } from "vitest";
import { decodeAttempt } from "../../src/decode/decode.js";
import { echoesKey } from "../../src/measure/echo.js";
import { WAKING_WORDS } from "../../src/recording/waking.js";
import { storedExchange } from "../../src/redact/exchange.js";
import { attempt, exchange } from "../recording/exchange-builder.js";

const stored = (made: ReturnType<typeof attempt>) => {
  const [clean] = storedExchange(exchange([made]), [], "metadata").attempts;
  if (clean === undefined) throw new Error("no attempt");
  return clean;
};
const saidOf = (status: number, message: string): string =>
  decodeAttempt(stored(attempt({ status, reads: [[1, JSON.stringify({ error: { message } })]] })), "chat", "body").error
    ?.message ?? "";

it("a 503 that says that the model is on its way says so still, and nothing else", () => {
  expect(saidOf(503, "Loading model llama-7 of Ada")).toBe("Loading model xxxxx-1 xx xxx");
  expect(WAKING_WORDS.test(saidOf(503, "The server is starting, Ada"))).toBe(true);
  expect(saidOf(404, "The model ada is not there")).toBe("xxx model xxx xx xxx xxxxx");
  const answer = JSON.stringify({
    choices: [{ index: 0, message: { content: "Loading model" }, finish_reason: "stop" }],
  });
  expect(decodeAttempt(stored(attempt({ reads: [[1, answer]] })), "chat", "body").content).toBe("xxxxxxx xxxxx");
});

it.each(["content", "arguments"])("letters beyond ASCII stay beyond it where they are escaped, in %s", (where) => {
  const escaped = "\\u4f60\\u597d, a";
  const message =
    where === "content"
      ? `{"content":"${escaped}"}`
      : `{"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\\"a\\":\\"${escaped.replaceAll("\\", "\\\\")}\\"}"}}]}`;
  const made = attempt({ reads: [[1, `{"choices":[{"index":0,"message":${message},"finish_reason":"stop"}]}`]] });
  const answer = decodeAttempt(stored(made), "chat", "body");
  expect(
    where === "content" ? answer.content : Object.values(JSON.parse(answer.toolCalls[0]?.argumentsText ?? ""))[0],
  ).toBe("××, x");
});

it("the mask of a key in a header stays, and so does how often a hop tried", () => {
  const headers = [
    ["x-echo", "key: ****************"],
    ["x-envoy-attempt-count", "3"],
    ["x-attempted-by", "ada"],
  ] as const;
  const clean = stored(attempt({ headers }));
  expect(clean.headers).toEqual([
    ["x-echo", "#####****************"],
    ["x-envoy-attempt-count", "3"],
    ["x-attempted-by", "###"],
  ]);
  expect(echoesKey(clean, null)).toBe(true);
});
