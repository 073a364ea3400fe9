/** Runs against servers of raw bytes whose recordings are cut as a kill would leave them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect } from "vitest";
import {
  parseSettings,
  prepareResume,
  prepareRun,
  type RunOptions,
  readRecording,
  resumeRun,
  run,
} from "../dist/index.js";
import type { Exchange, HeaderLine, RecordingLine, ResumeLine } from "../src/recording/recording.js";
import { CHAT_BODY, chunk, LAST_CHUNK, plainAnswer, type RawServer, rawServer, SSE_HEAD } from "./capture/harness.js";
import { CAPITALS } from "./golden/sets.js";
import { content, finish, usage } from "./recording/exchange-builder.js";

export const folder = mkdtempSync(join(tmpdir(), "twintail-resume-"));
export const goldens = join(folder, "set.yaml");
writeFileSync(goldens, CAPITALS);

const servers: RawServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});
afterAll(() => rmSync(folder, { recursive: true }));

export const raw = async (
  answer: (socket: Socket, request: string, count: number) => void = answered,
): Promise<RawServer> => {
  const server = await rawServer(answer);
  servers.push(server);
  return server;
};
export function answered(socket: Socket, request: string): void {
  if (!request.includes('"stream":true')) {
    socket.write(plainAnswer(CHAT_BODY));
    return;
  }
  const counted = request.includes('"stream_options"') ? usage(5, 1) : "";
  socket.write(`${SSE_HEAD}${chunk(content("Oslo") + finish() + counted)}${LAST_CHUNK}`);
}

export interface Written {
  readonly baseline: string;
  readonly candidate: string;
  readonly both?: string;
  readonly endpoint?: string;
  readonly capture?: Readonly<Record<string, string>>;
  readonly goldens?: string;
}
const CAPTURE = { rounds: "3", concurrency: "2", retry: "{ attempts: 1 }", solo: "{ requests: 0 }", warmup: "1" };

export function settingsOf({
  baseline,
  candidate,
  both = "",
  endpoint = "",
  capture = {},
  goldens: set = goldens,
}: Written) {
  const written = Object.entries({ ...CAPTURE, ...capture }).map(([name, value]) => `${name}: ${value}`);
  return parseSettings(
    `goldens: ${set}
endpoints:
  baseline: { baseUrl: "${baseline}", models: { default: m }${both} }
  candidate: { baseUrl: "${candidate}", models: { default: m }${both}${endpoint} }
capture: { ${written.join(", ")} }
`,
    folder,
  );
}
export type Settings = ReturnType<typeof settingsOf>;

let results = 0;
export const freshResults = (): string => join(folder, `results-${results++}`);
export const runOf = (settings: Settings, options: RunOptions = {}) =>
  run(prepareRun(settings), { resultsFolder: freshResults(), ...options });
export const resume = (settings: Settings, of: string, options: RunOptions = {}) =>
  resumeRun(prepareResume(settings, of), options);

export const linesOf = (file: string): RecordingLine[] =>
  readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as RecordingLine);
export const write = (file: string, lines: readonly unknown[]): void =>
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
export const typesOf = (file: string): string[] =>
  linesOf(file)
    .map(({ type }) => type)
    .filter((type) => type !== "machine" && type !== "exchange");
export const exchangesOf = (file: string): Exchange[] => {
  const seen: Exchange[] = [];
  readRecording(file, (exchange) => seen.push(exchange));
  return seen.sort((a, b) => a.id - b.id);
};
export const headerOf = (file: string): HeaderLine => linesOf(file)[0] as HeaderLine;
export const resumeLines = (file: string) => linesOf(file).filter((line): line is ResumeLine => line.type === "resume");

/** The recording as a kill leaves it, with these exchanges and no end. */
export function killed(file: string, keep: (exchange: Exchange) => boolean): void {
  write(
    file,
    linesOf(file).filter((line) => line.type !== "end" && (line.type !== "exchange" || keep(line))),
  );
}

/** A run against two servers that answer at once, with all of its 2 + 3 × 3 × 2 requests. */
export const PLANNED = 20;
export async function recorded(change: Partial<Written> = {}, options: RunOptions = {}) {
  const [a, b] = await Promise.all([raw(), raw()]);
  const settings = settingsOf({ baseline: a.baseUrl, candidate: b.baseUrl, ...change });
  const first = await runOf(settings, options);
  expect(first.report.summary.run).toMatchObject({ planned: PLANNED, recorded: PLANNED });
  const sent = [a.requests.length, b.requests.length] as const;
  return {
    settings,
    first,
    file: first.recording,
    /** What each server was asked since. */
    asked: () => [a.requests.slice(sent[0]), b.requests.slice(sent[1])] as const,
    stop: () => Promise.all([a.close(), b.close()]),
  };
}
export const bodyOf = (request: string): unknown => JSON.parse(request.slice(request.indexOf("\r\n\r\n") + 4));
