/** Where a scenario runs: a folder of its own, endpoints that end with it, and the real command line in this process. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { main } from "../../dist/cli/program.js";
import { guardedIo, type Io } from "../../dist/cli/terminal-io.js";
import { renderJson, type SimProcess, score, startSimProcess } from "../../dist/index.js";
import { loadGoldenSet } from "../../src/golden/load.js";
import type { Exchange, HeaderLine, RecordingLine } from "../../src/recording/recording.js";
import type { Summary } from "../../src/report/summary.js";
import type { SimOptions } from "../../src/sim/options.js";
import { type RawServer, rawServer } from "../capture/harness.js";
import { type Ended, typedIn } from "../typed.js";
import { type Answer, well } from "./servers.js";

type Role = "baseline" | "candidate";

/** Three small cases, one of them no stream. */
const SET = `name: small
defaults: { temperature: 0, max_tokens: 20, stream: true }
cases:
  - { id: capital, category: chat, detects: a wrong answer, request: { messages: [{ role: user, content: "Capital of Norway?" }] }, expect: {}, reference: Oslo it is. }
  - { id: colour, category: chat, detects: a wrong answer, request: { messages: [{ role: user, content: "Colour of snow?" }] }, expect: {}, reference: White. }
  - { id: body, category: chat, detects: a wrong answer, stream: false, request: { messages: [{ role: user, content: "Say hi." }] }, expect: {}, reference: hi }
`;

export interface RunOptions {
  readonly baseline: string;
  readonly candidate: string;
  /** Of both endpoints. */
  readonly endpoint?: object;
  readonly of?: Partial<Record<Role, object>>;
  readonly capture?: object;
  readonly gates?: readonly string[];
  /** Top-level keys. */
  readonly more?: object;
  readonly environment?: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
  readonly onOutput?: (text: string) => void;
}

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** The run folder, where one was made. */
  readonly folder: string | null;
}

/** A run whose recording was read back and held against what must always hold. */
export interface Recorded extends Ran {
  readonly folder: string;
  readonly header: HeaderLine;
  readonly lines: readonly RecordingLine[];
  /** By id. */
  readonly exchanges: readonly Exchange[];
  readonly summary: Summary;
}

/** Short, but not so short that a busy machine looks like a hung endpoint. */
export const TIMEOUTS = { connect: "10s", firstByte: "10s", idle: "10s", total: "20s" };

/** Answers at once. A process of its own: whatever this one is busy with, it is no reason for a timeout. */
const WELL = { decodeTokensPerS: 50_000, prefillTokensPerS: 1e6, tokenJitterMs: 0 };
let shared: Promise<SimProcess> | null = null;

/** Ends what places share. */
export async function stopShared(): Promise<void> {
  const sim = await shared;
  shared = null;
  await sim?.stop();
}

export class Place {
  readonly folder = mkdtempSync(join(tmpdir(), "twintail-fault-"));
  readonly #closing: (() => unknown)[] = [];
  readonly #interrupts = new Set<() => void>();
  readonly #configs = new Map<string, string>();
  #runs = 0;

  defer(close: () => unknown): void {
    this.#closing.push(close);
  }

  async close(): Promise<void> {
    for (const close of this.#closing.reverse()) await close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** What a first Ctrl-C is to every command that runs. */
  interrupt(): void {
    for (const interrupt of this.#interrupts) interrupt();
  }

  async server(answer: Answer = well): Promise<RawServer> {
    const server = await rawServer(answer);
    this.defer(() => server.close());
    return server;
  }

  /** The address of an endpoint that answers every request well; all places have the same one. */
  async healthy(): Promise<string> {
    shared ??= startSimProcess({ tier: "h100x2", engine: WELL });
    return (await shared).baseUrl;
  }

  async sim(options: Partial<SimOptions> = {}): Promise<SimProcess> {
    const sim = await startSimProcess({ tier: "h100x2", engine: WELL, ...options });
    this.defer(() => sim.stop());
    return sim;
  }

  write(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  /** 12 requests an endpoint: enough for an error rate of all or nothing to be told from 0.3. */
  config({ baseline, candidate, endpoint, of, capture, gates, more }: Omit<RunOptions, "environment">): string {
    const at = (role: Role, baseUrl: string): object => ({
      baseUrl,
      models: { default: "m" },
      streamUsage: false,
      ...endpoint,
      ...of?.[role],
    });
    this.write("set.yaml", SET);
    return this.write(
      `run-${this.#runs++}.yaml`,
      JSON.stringify({
        goldens: "set.yaml",
        store: "full",
        endpoints: { baseline: at("baseline", baseline), candidate: at("candidate", candidate) },
        capture: {
          rounds: 4,
          concurrency: 12,
          warmup: 0,
          solo: { requests: 0, maxTokens: 10 },
          seed: 5,
          prefix: "shared",
          retry: { attempts: 1 },
          giveUpAfter: 0,
          timeouts: TIMEOUTS,
          ...capture,
        },
        gates: gates ?? ["errors rate < 0.3"],
        ...more,
      }),
    );
  }

  /** One command of the real command line. */
  async twintail(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    onOutput: RunOptions["onOutput"] = () => {},
  ): Promise<Omit<Ran, "folder">> {
    let out = "";
    let err = "";
    const io: Io = {
      stdout: {
        write: (text: string) => {
          out += text;
          onOutput(text);
        },
      },
      stderr: {
        write: (text: string) => {
          err += text;
          onOutput(text);
        },
      },
      environment,
      onInterrupt: (callback) => {
        this.#interrupts.add(callback);
        return () => this.#interrupts.delete(callback);
      },
    };
    const code = await main(args, guardedIo(io));
    return { code, out, err };
  }

  /** One command in a process of its own. */
  spawned(args: readonly string[]): Promise<Ended> {
    return typedIn(process.cwd(), args);
  }

  /** The configuration that a run was made with. */
  configOf({ folder }: Pick<Recorded, "folder">): string {
    return this.#configs.get(dirname(folder)) ?? "";
  }

  async run(options: RunOptions): Promise<Ran> {
    const results = join(this.folder, `results-${this.#runs}`);
    const config = this.config(options);
    this.#configs.set(results, config);
    const args = ["run", config, "--out", results, ...(options.flags ?? [])];
    const ended = await this.twintail(args, options.environment, options.onOutput);
    let folder: string | null = null;
    try {
      const [name] = readdirSync(results);
      folder = name === undefined ? null : join(results, name);
    } catch {
      // Nothing was written.
    }
    return { ...ended, folder };
  }

  /** A run that has to leave a recording, with nothing lost. */
  async recorded(options: RunOptions): Promise<Recorded> {
    const ran = await this.run(options);
    if (ran.folder === null) throw new Error(`nothing was recorded: ${ran.err}`);
    return wholeRecording({ ...ran, folder: ran.folder });
  }
}

/** Reads a recording and holds it against what must be so however its run went. */
export function wholeRecording(ran: Ran & { readonly folder: string }): Recorded {
  const text = readFileSync(join(ran.folder, "recording.jsonl"), "utf8");
  expect(text.endsWith("\n"), "the last line is whole").toBe(true);
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as RecordingLine);
  const header = lines[0] as HeaderLine;
  expect(header.type).toBe("header");
  const exchanges = lines.filter((line): line is Exchange => line.type === "exchange").sort((a, b) => a.id - b.id);
  expect(new Set(exchanges.map(({ id }) => id)).size, "no exchange stands twice").toBe(exchanges.length);
  for (const exchange of exchanges) {
    expect(exchange.attempts.length).toBeGreaterThan(0);
    const planned = header.plan[exchange.id];
    expect(planned).toMatchObject({ id: exchange.id, endpoint: exchange.endpoint, caseId: exchange.caseId });
  }
  // Where texts are left out, expectations are judged by the golden set itself, as the run did.
  const { summary } = score(
    ran.folder,
    header.store === undefined ? {} : { goldenSet: loadGoldenSet(join(ran.folder, "../../set.yaml")).set },
  );
  const file = join(ran.folder, "report.json");
  expect(readFileSync(file, "utf8"), "score gives the report of the run").toBe(renderJson(summary));
  expect(summary.run.recorded).toBe(exchanges.filter(({ attempts }) => !isCut(attempts.at(-1))).length);
  return { ...ran, header, lines, exchanges, summary };
}

/** Cut by a stop, or stopped while it waited to be asked again. */
function isCut(attempt: Exchange["attempts"][number] | undefined): boolean {
  if (attempt?.backoff !== undefined) return true;
  return attempt?.outcome.kind === "cancelled" && attempt.outcome.by !== "plan";
}

/** Every planned request of an endpoint ran to its end. */
export function complete({ header, exchanges }: Recorded, role: Role): void {
  const planned = header.plan.filter(({ endpoint }) => endpoint === role).map(({ id }) => id);
  const there = exchanges.filter(({ endpoint }) => endpoint === role).map(({ id }) => id);
  expect(there, `every request of the ${role} is recorded`).toEqual(planned);
}

/** ... and was answered with 200, at once. */
export function unharmed(recorded: Recorded, role: Role = "baseline"): void {
  complete(recorded, role);
  const own = recorded.exchanges.filter(({ endpoint }) => endpoint === role);
  expect(own.map(({ attempts }) => attempts.map(({ status, outcome }) => [status, outcome.kind]))).toEqual(
    own.map(() => [[200, "complete"]]),
  );
}

/** Last attempts of an endpoint, by id of their exchange. */
export function lastOf({ exchanges }: Recorded, role: Role = "candidate"): Exchange["attempts"][number][] {
  return exchanges.flatMap(({ endpoint, attempts }) => (endpoint === role ? attempts.slice(-1) : []));
}

/** What the server was sent of the golden set is what the recording says was sent. */
export function nothingUnseen(recorded: Recorded, role: Role, server: RawServer): void {
  const sent = recorded.exchanges
    .filter(({ endpoint }) => endpoint === role)
    .flatMap(({ attempts }) => attempts)
    .filter(({ sentAtNs }) => sentAtNs !== undefined);
  expect(server.requests.length, "requests that the server saw and the recording has").toBe(sent.length);
}
