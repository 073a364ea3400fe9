/** A run against an endpoint that refuses `stream_options`: asked before, left out, and reported. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { parseSettings, prepareRun, readRecording, run } from "../dist/index.js";
import { chunk, LAST_CHUNK, plainAnswer, type RawServer, rawServer, SSE_HEAD } from "./capture/harness.js";
import { content, finish, usage } from "./recording/exchange-builder.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-preflight-"));
afterAll(() => rmSync(folder, { recursive: true }));
const goldens = join(folder, "set.yaml");
writeFileSync(
  goldens,
  `name: small
defaults: { temperature: 0, max_tokens: 100, stream: true }
cases:
  - id: capital
    category: closed-form
    detects: a wrong answer
    request: { messages: [{ role: user, content: "Capital of Norway?" }] }
    expect: { icontains: oslo }
`,
);

const open: RawServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
  rmSync(join(folder, "results"), { recursive: true, force: true });
});

const answer = (socket: Socket, withUsage: boolean): void => {
  socket.write(`${SSE_HEAD}${chunk(content("Oslo") + finish() + (withUsage ? usage(5, 1) : ""))}${LAST_CHUNK}`);
};
const REFUSAL = plainAnswer('{"detail":[{"msg":"Extra inputs are not permitted"}]}', "422 Unprocessable Entity");
const asksForUsage = (request: string): boolean => request.includes('"stream_options"');

async function runAgainst(candidate: (socket: Socket, request: string) => void, more = "") {
  const baseline = await rawServer((socket, request) => answer(socket, asksForUsage(request)));
  const other = await rawServer(candidate);
  open.push(baseline, other);
  const settings = parseSettings(
    `goldens: ${goldens}
endpoints:
  baseline: { baseUrl: "${baseline.baseUrl}", models: { default: m } }
  candidate: { baseUrl: "${other.baseUrl}", models: { default: m }${more} }
capture: { rounds: 2, prefix: shared, concurrency: 1, warmup: 0, solo: { requests: 0 }, seed: 5, retry: { attempts: 1 } }
`,
    folder,
  );
  const finished = await run(prepareRun(settings), { resultsFolder: join(folder, "results") });
  const { header } = readRecording(finished.recording, () => {});
  return { summary: finished.report.summary, header, requests: other.requests };
}

describe("stream_options", () => {
  test("that an endpoint refuses is left out for it alone, and found", async () => {
    const { summary, header, requests } = await runAgainst((socket, request) => {
      if (asksForUsage(request)) socket.write(REFUSAL);
      else answer(socket, false);
    });
    expect(header.preflight).toMatchObject({
      baseline: { streamUsage: "accepted" },
      candidate: { streamUsage: "refused", status: 422, message: "HTTP 422: Extra inputs are not permitted" },
    });
    expect(requests.map(asksForUsage)).toEqual([true, false, true, false, false]);
    expect(summary.rates.errors?.candidate).toMatchObject({ count: 0, of: 2 });
    const asked = Object.values(header.requests).filter(({ body }) => "stream_options" in body);
    expect(asked.length).toBe(1);
    expect(summary.findings).toContainEqual(
      expect.objectContaining({
        rule: "stream-options-rejected",
        severity: "breaks",
        endpoint: "candidate",
        evidence: "HTTP 422: Extra inputs are not permitted",
      }),
    );
  });

  test.each<[string, (socket: Socket, asks: boolean, count: number) => void, string]>([
    [
      "by a gateway that passes it on to a model without it, as 502",
      (socket, asks) => (asks ? void socket.write(plainAnswer("{}", "502 Bad Gateway")) : answer(socket, false)),
      "refused",
    ],
    [
      "inside a stream",
      (socket, asks) =>
        asks
          ? void socket.write(`${SSE_HEAD}${chunk('data: {"error":{"message":"unknown field"}}\n\n')}${LAST_CHUNK}`)
          : answer(socket, false),
      "refused",
    ],
    [
      "once, for another reason that passes",
      (socket, asks, count) =>
        count === 1 ? void socket.write(plainAnswer("{}", "400 Bad Request")) : answer(socket, asks),
      "accepted",
    ],
    [
      "while there is no room, which says nothing of it",
      (socket) => void socket.write(plainAnswer("{}", "429 Too Many Requests")),
      "unknown",
    ],
  ])("refused %s", async (_name, respond, expected) => {
    let count = 0;
    const { header } = await runAgainst((socket, request) => respond(socket, asksForUsage(request), ++count));
    expect(header.preflight?.candidate?.streamUsage).toBe(expected);
  });

  test("is asked about under the limit that the set's cases have", async () => {
    const { requests } = await runAgainst((socket, request) => answer(socket, asksForUsage(request)));
    expect(requests[0]).toContain('"max_tokens":16');
  });

  test("is not blamed for an endpoint that refuses everything", async () => {
    const { summary, header } = await runAgainst((socket) => void socket.write(REFUSAL));
    expect(header.preflight?.candidate).toMatchObject({ streamUsage: "unknown", status: 422 });
    expect(summary.findings.map(({ rule }) => rule)).not.toContain("stream-options-rejected");
    expect(summary.rates.errors?.candidate).toMatchObject({ count: 2, of: 2 });
  });

  test("is not asked about where the configuration has turned it off, or the endpoint may be asleep", async () => {
    for (const more of [", streamUsage: false", ", wake: { budget: 1s, cap: 1s }"]) {
      const { header } = await runAgainst((socket, request) => answer(socket, asksForUsage(request)), more);
      expect(header.preflight).toEqual({ baseline: { streamUsage: "accepted", status: 200 } });
    }
  });
});
