/**
 * The table of contents of `twintail clients`: recorded answers go through real client libraries, and what each made of
 * them is held against our own decoding. Nothing is sent.
 */

import { locateSdk } from "./clients/cache.js";
import { callsFor } from "./clients/calls.js";
import { installSdk } from "./clients/install.js";
import { markNews } from "./clients/news.js";
import type { Observation } from "./clients/observation.js";
import { type InstalledSdk, PACKAGES } from "./clients/packages.js";
import { type ClientProcess, startClientProcess } from "./clients/process.js";
import type { SdkChoice } from "./clients/sdk-choice.js";
import { type Candidate, ExchangeSelector, type Selection, servedAnswer } from "./clients/select.js";
import { judge } from "./clients/verdict.js";
import { TwintailError } from "./core/errors.js";
import { decodeAttempt } from "./decode/decode.js";
import { failureOf } from "./decode/failure.js";
import { readRecording } from "./recording/reader.js";
import type { ClientResult, ClientRow, ClientsReport } from "./report/clients.js";

export interface ClientsOptions extends Selection {
  readonly sdks: readonly SdkChoice[];
  /** Where downloaded SDKs are. */
  readonly cache: string;
  /** Download what is missing, with these variables for npm. */
  readonly install?: { readonly environment: Readonly<Record<string, string | undefined>> };
  /** The command line that a missing SDK is answered with, without `--install`. */
  readonly command: string;
  /** For one answer in one call of one client; 20 s unless given. */
  readonly exchangeMs?: number;
  /** For one client in all; 10 min unless given. */
  readonly clientMs?: number;
  readonly onProgress?: (line: string) => void;
}

/**
 * Replays a recording through client libraries.
 * @throws TwintailError when it cannot be read, an SDK is missing or cannot be installed, or none of them runs here.
 */
export async function replayThroughClients(path: string, options: ClientsOptions): Promise<ClientsReport> {
  const selector = new ExchangeSelector(options);
  const { header } = readRecording(path, (exchange, head) => selector.add(exchange, head));
  const chosen = selector.chosen();
  const fit = chosen.filter(({ unfit }) => unfit === null);
  if (fit.length === 0) {
    throw new TwintailError({
      cause: "the recording holds no warm answer that can be replayed",
      place: path,
      remedy: "give another recording, or another --endpoint",
    });
  }
  const clients = await prepare(options);
  const results: ClientResult[] = [];
  for (const client of clients) {
    if (client.sdk.unusable === null) results.push(...(await replayAll(client, fit, options)));
  }
  const marked = markNews(results);
  return {
    schemaVersion: 1,
    run: { id: header.runId, goldenSet: header.goldenSet.name, node: process.versions.node },
    clients: clients.map(({ id, choice, sdk }) => ({
      id,
      asked: choice.label,
      packages: { ...sdk.versions },
      unusable: sdk.unusable,
    })),
    table: tableOf(marked),
    results: marked,
    notReplayed: chosen.flatMap(({ exchange: { endpoint, caseId, variant }, unfit }) =>
      unfit === null ? [] : [{ endpoint, caseId, variant, reason: unfit }],
    ),
  };
}

interface PreparedClient {
  /** `openai 6.49.0`, with how it was asked for where two are the same version. */
  readonly id: string;
  readonly choice: SdkChoice;
  readonly sdk: InstalledSdk;
}

async function prepare(options: ClientsOptions): Promise<readonly PreparedClient[]> {
  const clients: PreparedClient[] = [];
  for (const choice of options.sdks) {
    if (options.install !== undefined && choice.spec !== undefined) {
      options.onProgress?.(`installing ${choice.label}`);
      await installSdk(choice, options.cache, options.install.environment);
    }
    const sdk = locateSdk(choice, options.cache, options.command);
    const id = `${choice.name} ${sdk.versions[choice.name]}`;
    clients.push({ id: clients.some((each) => each.id === id) ? `${id} (${choice.label})` : id, choice, sdk });
  }
  if (clients.every(({ sdk }) => sdk.unusable !== null)) {
    throw new TwintailError({
      cause: clients.map(({ sdk }) => sdk.unusable).join("; "),
      place: "--sdk",
      remedy: "use that Node.js, or name a version that runs here, such as --sdk openai@6,ai@6",
    });
  }
  return clients;
}

const EXCHANGE_MS = 20_000;
const CLIENT_MS = 600_000;

async function replayAll(
  client: PreparedClient,
  fit: readonly Candidate[],
  options: ClientsOptions,
): Promise<readonly ClientResult[]> {
  options.onProgress?.(`replaying ${fit.length} answers through ${client.id}`);
  const process = await startClientProcess(client.sdk, options.exchangeMs ?? EXCHANGE_MS);
  const deadline = performance.now() + (options.clientMs ?? CLIENT_MS);
  try {
    const results: ClientResult[] = [];
    for (const each of fit) results.push(...(await replayOne(client, each, process, deadline)));
    return results;
  } finally {
    process.stop();
  }
}

async function replayOne(
  { id, choice }: PreparedClient,
  { exchange, attempt, api, request }: Candidate,
  process: ClientProcess,
  deadline: number,
): Promise<readonly ClientResult[]> {
  const { endpoint, caseId, variant, round } = exchange;
  const completion = decodeAttempt(attempt, api, variant);
  const failure = failureOf(attempt, completion, api);
  const status = attempt.status ?? 200;
  const blank = { client: id, endpoint, caseId, variant, round, exchange: exchange.id, new: false };
  const notTested = (call: string, note: string): ClientResult => ({
    ...blank,
    ...{
      call,
      verdict: "not tested",
      lost: [],
      thrown: null,
      failure: failure?.message ?? null,
      unguarded: null,
      note,
    },
  });
  const calls = callsFor(choice.name, api, variant);
  if (calls.length === 0) return [notTested(api, `${PACKAGES[choice.name].at(-1)} does not speak this API`)];
  const results: ClientResult[] = [];
  for (const call of calls) {
    if (performance.now() > deadline) {
      results.push(notTested(call, "the time limit of this client was reached"));
      continue;
    }
    const answer = servedAnswer(attempt);
    const seen = await process.replay({ type: "replay", call, api, variant, request, answer });
    const { verdict, lost } = judge(choice.name, { completion, failure, status }, seen);
    results.push({
      ...blank,
      call,
      verdict,
      lost: [...lost],
      thrown: thrownIn(seen),
      failure: failure?.message ?? null,
      unguarded: seen.unguarded ?? null,
      note: noteOn(seen, status),
    });
  }
  return results;
}

function thrownIn({ thrown }: Observation): ClientResult["thrown"] {
  if (thrown === undefined) return null;
  const { name, message, where, status, code } = thrown;
  return { name, message, where, status, code };
}

function noteOn(seen: Observation, status: number): string | null {
  if (seen.absent) return "this version has no such call";
  if (status >= 300 && status < 400) return "outside a replay, fetch follows a redirect before the client sees it";
  return null;
}

function tableOf(results: readonly ClientResult[]): ClientRow[] {
  const rows = new Map<string, ClientRow>();
  for (const { client, call, endpoint, verdict, unguarded } of results) {
    const key = JSON.stringify([client, call, endpoint]);
    const row = rows.get(key) ?? { client, call, endpoint, verdicts: noVerdicts(), unguarded: 0 };
    row.verdicts[verdict]++;
    if (unguarded !== null) row.unguarded++;
    rows.set(key, row);
  }
  const clients = [...new Set(results.map(({ client }) => client))];
  return [...rows.values()].sort(
    (a, b) =>
      clients.indexOf(a.client) - clients.indexOf(b.client) ||
      a.call.localeCompare(b.call, "en") ||
      a.endpoint.localeCompare(b.endpoint, "en"),
  );
}

function noVerdicts(): ClientRow["verdicts"] {
  return { parsed: 0, lost: 0, thrown: 0, swallowed: 0, error: 0, "not tested": 0 };
}
