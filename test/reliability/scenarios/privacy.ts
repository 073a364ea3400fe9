/** Keys come from the environment and reach nothing but the endpoint that they are for. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { chunk, LAST_CHUNK, plainAnswer, SSE_HEAD } from "../../capture/harness.js";
import { complete, type Recorded } from "../place.js";
import type { Scenario } from "../scenario.js";
import { type Answer, delta } from "../servers.js";

const area = "privacy" as const;
const KEY = "sk-privacy-0123456789abcdef";

/** Not one eighth of it in a row, in any spelling, in any file or on any stream. */
function nowhere({ folder, out, err }: Recorded, secret: string): void {
  const pieces = [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)];
  const texts = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => [file.name, readFileSync(join(file.parentPath, file.name), "utf8")] as const);
  for (const [name, text] of [...texts, ["stdout", out], ["stderr", err]] as const) {
    for (const piece of pieces) expect([name, text.includes(piece)]).toEqual([name, false]);
  }
  expect(texts.map(([name]) => name)).toEqual(
    expect.arrayContaining(["recording.jsonl", "report.json", "report.html"]),
  );
}

function echoing(fault: string, answer: (key: string) => Answer): Scenario {
  return {
    area,
    fault,
    outcome: "masked before anything is written: it stands in no file and in no output",
    run: async (place) => {
      const echo = await place.server((socket, request, count) => {
        const key = /authorization: Bearer (\S+)/i.exec(request)?.[1] ?? "none";
        answer(key)(socket, request, count);
      });
      const recorded = await place.recorded({
        baseline: await place.healthy(),
        candidate: echo.baseUrl,
        of: { candidate: { apiKeyEnv: "KEY" } },
        environment: { KEY },
      });
      complete(recorded, "candidate");
      expect(echo.requests[0]).toContain(KEY);
      nowhere(recorded, KEY);
    },
  };
}

export const PRIVACY: readonly Scenario[] = [
  echoing("an error that repeats the key, in its body and its headers", (key) => (socket) => {
    socket.write(
      plainAnswer(
        JSON.stringify({ error: { message: `bad key ${key}`, code: key } }),
        "400 Bad Request",
        `x-echo: ${key}\r\nlocation: https://x.example/?k=${key}\r\n`,
      ),
    );
  }),
  echoing("an answer that repeats the key across deltas and reads", (key) => (socket) => {
    socket.write(SSE_HEAD);
    const pieces = [
      delta(`your key is ${key.slice(0, 9)}`),
      delta(key.slice(9, 15)),
      delta(key.slice(15)),
      delta("", "stop"),
    ];
    for (const piece of pieces) socket.write(chunk(piece));
    const raw = `: ${key}\n\n`;
    socket.write(chunk(raw.slice(0, 12)), () =>
      setTimeout(() => socket.write(`${chunk(raw.slice(12))}${LAST_CHUNK}`), 20),
    );
  }),
  echoing("an answer that repeats the key as JSON escapes", (key) => (socket) => {
    const escaped = [...key].map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
    socket.write(plainAnswer(`{"error":{"message":"bad key ${escaped}"}}`, "400 Bad Request"));
  }),
  {
    area,
    fault: "a secret in the query of an endpoint's address, repeated by the endpoint",
    outcome: "sent, and in no file and in no output",
    run: async (place) => {
      const secret = "signature-0123456789abcdef";
      const echo = await place.server((socket, request) => {
        const line = request.slice(0, request.indexOf("\r\n"));
        socket.write(plainAnswer(JSON.stringify({ error: { message: line } }), "400 Bad Request"));
      });
      const recorded = await place.recorded({
        baseline: await place.healthy(),
        candidate: `${echo.baseUrl}?api-version=2024-06-01&sig=${secret}`,
      });
      expect(echo.requests[0]).toContain(secret);
      nowhere(recorded, secret);
    },
  },
];
