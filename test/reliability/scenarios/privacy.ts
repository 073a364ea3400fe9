/** Keys come from the environment and reach nothing but the endpoint that they are for. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { decodeBytes } from "../../../src/recording/reads.js";
import { chunk, LAST_CHUNK, plainAnswer, SSE_HEAD } from "../../capture/harness.js";
import { complete, lastOf, type Place, type Recorded, type RunOptions } from "../place.js";
import type { Scenario } from "../scenario.js";
import { type Answer, DONE, delta, isStream, stream, well } from "../servers.js";

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

const MAIL = [delta("Write to anna."), delta("schmidt@exa"), delta("mple.com today."), delta("", "stop"), DONE];

/** One run stored so, and one stored in full, against the same answers with an address across three deltas. */
async function storedAs(place: Place, options: Partial<RunOptions>): Promise<{ recorded: Recorded; full: Recorded }> {
  const candidate = await place.server((socket, request, count) =>
    (isStream(request) ? stream(...MAIL) : well)(socket, request, count),
  );
  const both = { baseline: await place.healthy(), candidate: candidate.baseUrl };
  return { recorded: await place.recorded({ ...both, ...options }), full: await place.recorded(both) };
}

const textOf = ({ folder }: Recorded): string =>
  readdirSync(folder)
    .filter((name) => name !== "tails")
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("\n");

function leavesOut(recorded: Recorded, texts: readonly string[]): void {
  const all = `${textOf(recorded)}\n${recorded.out}\n${recorded.err}`;
  for (const text of texts) expect([text, all.includes(text)]).toEqual([text, false]);
}

/** Bytes that the candidate sent, by id. */
const lengthsOf = (recorded: Recorded): number[] =>
  lastOf(recorded).map(({ reads }) => reads.reduce((sum, [, bytes]) => sum + decodeBytes(bytes).length, 0));

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
  {
    area,
    fault: "personal data in an answer, across its deltas, with `store: redacted`",
    outcome:
      "masked in place before it is written, with equal lengths and the same reads: timing scores as it did; prompts are digests",
    run: async (place) => {
      const { recorded, full } = await storedAs(place, { more: { store: "redacted" } });
      expect(recorded.header.store).toBe("redacted");
      leavesOut(recorded, ["anna.schmidt", "Capital of Norway"]);
      expect(textOf(full)).toContain("anna.schmidt");
      expect(recorded.exchanges.filter(({ masked }) => (masked ?? 0) > 0)).toHaveLength(8);
      expect(lengthsOf(recorded)).toEqual(lengthsOf(full));
    },
  },
  {
    area,
    fault: "answers that nobody may read, with `store: metadata`",
    outcome: "no word of an answer or a prompt is written; what streams and when is",
    run: async (place) => {
      const { recorded, full } = await storedAs(place, { more: { store: "metadata" } });
      leavesOut(recorded, ["anna.schmidt", "Write to", "Capital of Norway"]);
      expect(textOf(full)).toContain("Write to");
      expect(lengthsOf(recorded)).toEqual(lengthsOf(full));
      expect(recorded.summary.metrics.ttft?.warm?.candidate?.values).toBe(8);
    },
  },
  {
    area,
    fault: "a run where CI=true and `store` is not set",
    outcome: "stored as redacted, since its artifacts are seen by many; the report says so",
    run: async (place) => {
      const { recorded } = await storedAs(place, { more: { store: undefined }, environment: { CI: "true" } });
      expect(recorded.summary.run.store).toBe("redacted");
      expect(recorded.out).toContain("Stored as redacted");
      leavesOut(recorded, ["anna.schmidt", "Capital of Norway"]);
    },
  },
];
