/** The run's own deadline, and requests that are not shaped as OpenAI's. */
import { afterEach, describe, expect, test } from "vitest";
import { CHAT_BODY, captureFrom, plainAnswer, type RawServer, rawServer } from "./harness.js";

const open: RawServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});
const serve = async (answer: Parameters<typeof rawServer>[0]): Promise<RawServer> => {
  const server = await rawServer(answer);
  open.push(server);
  return server;
};
const ONCE = { warmup: 0, solo: { requests: 0, maxTokens: 1 }, rounds: 1, concurrency: 1 };

describe("the deadline of a run", () => {
  test("ends what hangs, and says so", async () => {
    const { baseUrl } = await serve(() => {});
    const { exchanges, reason } = await captureFrom({ baseUrl, settings: { ...ONCE, rounds: 5, deadlineMs: 700 } });
    expect(reason).toBe("deadline");
    expect(exchanges.length).toBe(2);
    for (const { attempts } of exchanges) {
      expect(attempts.map(({ outcome }) => outcome)).toEqual([{ kind: "cancelled", by: "deadline" }]);
    }
  });

  test("no retry waits past it: the failure stands at once", async () => {
    const { baseUrl, requests } = await serve((socket) =>
      socket.write(plainAnswer("{}", "429 Too Many Requests", "retry-after: 30\r\n")),
    );
    const { exchanges, reason } = await captureFrom({ baseUrl, settings: { ...ONCE, deadlineMs: 20_000 } });
    expect(reason).toBe("complete");
    expect(requests.length).toBe(2);
    for (const { attempts } of exchanges) {
      expect(attempts.map(({ status, backoff }) => [status, backoff])).toEqual([[429, undefined]]);
    }
  });
});

describe("the shape of a request", () => {
  test("paths with the model in them, a query, and a key in a header of its own: as Azure has it", async () => {
    const { baseUrl, requests } = await serve((socket) => socket.write(plainAnswer(CHAT_BODY)));
    await captureFrom({
      baseUrl: baseUrl.replace("/v1", "/openai"),
      settings: ONCE,
      apiKey: "a-key-of-azure",
      endpoint: {
        paths: { chat: "/deployments/{model}/chat/completions" },
        query: "?api-version=2024-10-21",
        apiKeyHeader: "api-key",
        models: { default: "my model" },
      },
    });
    expect(requests[0]).toMatch(/^POST \/openai\/deployments\/my%20model\/chat\/completions\?api-version=2024-10-21 /);
    expect(requests[0]).toMatch(/^api-key: a-key-of-azure\r$/m);
    expect(requests[0]).not.toMatch(/^authorization:/im);
  });
});
